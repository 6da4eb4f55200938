import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import { LONGEST_VALIDITY_SECONDS } from '@gridpass/did';
import { askJson } from '../adapters/http.js';
import { CommandError } from '../io.js';
import type { Io } from '../io.js';
import { printJson, printTable, toCell, toDate } from '../print.js';
import { resolveTarget } from '../society-file.js';
import type { TargetOptions } from '../society-file.js';
import { addTargetOptions } from './target-options.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
}

const FOR = 'how long it counts, e.g. 12h, 30d, 1y, or seconds';
const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400, y: 31_536_000 } as const;

/** The verbs of `gridpass did` that change DIDs; they need an operator whose duty is `keys`. */
export function addDidKeyCommands(did: Command, io: Io): void {
  addTargetOptions(did.command('list').description('the DIDs that the tenant manages')).action(async (options: Options) => {
    const answer = await ask(io, options, 'GET', 'dids');
    if (options.json === true) return printJson(io, answer);
    const rows = memberOf(answer, 'rows');
    return printTable(
      io,
      ['alias', 'provider', 'created', 'own', 'ended', 'did'],
      (Array.isArray(rows) ? (rows as readonly JsonObject[]).filter(isJsonObject) : []).map((row) => ({
        ...row,
        created: toDate(memberOf(row, 'createdAt')),
        own: memberOf(row, 'own') === true ? 'yes' : '',
        ended: toDate(memberOf(row, 'deactivatedAt')),
      })),
    );
  });
  addTargetOptions(did.command('create').description('make a did:ethr, e.g. for a device; it exists without a transaction'))
    .option('--alias <name>', "a name for it among the tenant's DIDs")
    .action(async (options: Options & { readonly alias?: string }) => {
      const answer = await ask(io, options, 'POST', 'dids', options.alias === undefined ? {} : { alias: options.alias });
      if (options.json === true) printJson(io, answer);
      else io.out(`${toCell(memberOf(answer, 'did'))}\n`);
    });
  addTargetOptions(
    did.command('rotate [did]').description("give the tenant's own DID, or another of its DIDs, a new key; the old one counts no longer"),
  )
    .option('--emergency', 'also where what was issued so far cannot be anchored first, and falls with the old key')
    .action(async (which: string | undefined, options: Options & { readonly emergency?: boolean }) => {
      const body = { ...(which === undefined ? {} : { did: which }), ...(options.emergency === true ? { emergency: true } : {}) };
      const answer = await ask(io, options, 'POST', 'did/rotate', body);
      if (options.json === true) return printJson(io, answer);
      const block = memberOf(answer, 'block');
      return io.out(
        `${toCell(memberOf(answer, 'did'))} signs as ${toCell(memberOf(answer, 'kid'))}${block === undefined ? '' : ` from block ${toCell(block)} on`}\n`,
      );
    });
  addStatementCommands(did, io);
  addEndCommands(did, io);
}

/** What is said about a DID for a time: delegates, keys, services. */
function addStatementCommands(did: Command, io: Io): void {
  const delegate = did.command('delegate').description('accounts that speak for a DID, until they end');
  const delegateType = (): Option =>
    new Option('--type <type>', 'sigAuth: authentication and assertions; veriKey: assertions')
      .choices(['sigAuth', 'veriKey'])
      .default('veriKey');
  addTargetOptions(delegate.command('add <did> <account>').description('let an account speak for a DID'))
    .addOption(delegateType())
    .requiredOption('--for <duration>', FOR)
    .action(async (which: string, account: string, options: Options & { readonly type: string; readonly for: string }) => {
      await change(io, options, 'did/delegates/add', {
        did: which,
        account: toAccount(account),
        type: options.type,
        validSeconds: toSeconds(options.for),
      });
    });
  addTargetOptions(delegate.command('remove <did> <account>').description('an account speaks for a DID no longer'))
    .addOption(delegateType())
    .action(async (which: string, account: string, options: Options & { readonly type: string }) => {
      await change(io, options, 'did/delegates/remove', { did: which, account: toAccount(account), type: options.type });
    });

  const key = did.command('key').description('further keys of a DID, until they end');
  const keyUse = (): Option =>
    new Option('--use <use>', 'authentication includes assertions').choices(['authentication', 'assertion']).default('assertion');
  addTargetOptions(key.command('add <did> <file>').description('list the public secp256k1 key of a JWK file'))
    .addOption(keyUse())
    .requiredOption('--for <duration>', FOR)
    .action(async (which: string, file: string, options: Options & { readonly use: string; readonly for: string }) => {
      const validSeconds = toSeconds(options.for);
      await change(io, options, 'did/keys/add', { did: which, publicJwk: await readPublicJwk(io, file), use: options.use, validSeconds });
    });
  addTargetOptions(key.command('remove <did> <file>').description('list a key no longer'))
    .addOption(keyUse())
    .action(async (which: string, file: string, options: Options & { readonly use: string }) => {
      await change(io, options, 'did/keys/remove', { did: which, publicJwk: await readPublicJwk(io, file), use: options.use });
    });

  const service = did.command('service').description('addresses in the document of a DID, until they end');
  addTargetOptions(service.command('add <did> <type> <endpoint>').description('publish an address'))
    .requiredOption('--for <duration>', FOR)
    .action(async (which: string, type: string, endpoint: string, options: Options & { readonly for: string }) => {
      await change(io, options, 'did/services/add', { did: which, type, endpoint, validSeconds: toSeconds(options.for) });
    });
  addTargetOptions(service.command('remove <did> <type> <endpoint>').description('take an address back')).action(
    async (which: string, type: string, endpoint: string, options: Options) => {
      await change(io, options, 'did/services/remove', { did: which, type, endpoint });
    },
  );
}

interface FinalOptions extends Options {
  readonly yes?: boolean;
  readonly own?: boolean;
}

/** What cannot be taken back is said twice. */
function addEndCommands(did: Command, io: Io): void {
  addTargetOptions(
    did.command('owner <did> <account>').description('give a DID away at once, for good; devices rather change hands with `did transfer`'),
  )
    .option('--yes', 'it cannot be taken back')
    .action(async (which: string, newOwner: string, options: FinalOptions) => {
      assertMeant(options, 'the DID goes to another owner');
      await change(io, options, 'did/owner', { did: which, newOwner: toAccount(newOwner) });
    });
  addTargetOptions(did.command('deactivate <did>').description('end a DID for good: its document stays empty, of a did:web it is gone'))
    .option('--own', 'it is the DID the tenant issues under, and all it issued falls with it')
    .option('--yes', 'it cannot be taken back')
    .action(async (which: string, options: FinalOptions) => {
      assertMeant(options, 'the DID ends');
      await change(io, options, 'did/deactivate', { did: which, ...(options.own === true ? { own: true } : {}) });
    });
}

function assertMeant({ yes }: FinalOptions, what: string): void {
  if (yes !== true) throw new CommandError('REQUEST_MALFORMED', `${what} for good; say --yes to do it`);
}

/** An account as the issuer reads it; wallets print them with the capitals of EIP-55. */
function toAccount(text: string): string {
  if (!/^0x[0-9a-fA-F]{40}$/u.test(text)) throw new CommandError('REQUEST_MALFORMED', 'an account is 0x and 40 hexadecimal digits');
  return text.toLowerCase();
}

/** Seconds of `90`, `12h`, `30d`. */
function toSeconds(text: string): number {
  const [, digits = '', unit = 's'] = /^([1-9]\d{0,8})([smhdy])?$/u.exec(text) ?? [];
  const seconds = Number(digits) * SECONDS[unit as keyof typeof SECONDS];
  if (digits === '' || seconds > LONGEST_VALIDITY_SECONDS) throw new CommandError('REQUEST_MALFORMED', `--for is ${FOR}; at most 20y`);
  return seconds;
}

/** A file with a private key is refused here, before it leaves the machine. */
async function readPublicJwk(io: Io, file: string): Promise<JsonObject> {
  const path = resolve(io.directory, file);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new CommandError('REQUEST_MALFORMED', `${path} cannot be read`, { cause });
  }
  const json = parseJson(text);
  if (!json.ok || !isJsonObject(json.value)) throw new CommandError('REQUEST_MALFORMED', `${path} is no JWK`);
  if (Object.hasOwn(json.value, 'd')) throw new CommandError('REQUEST_MALFORMED', `${path} holds a private key; give its public part`);
  return json.value;
}

async function change(io: Io, options: Options, path: string, json: JsonObject): Promise<void> {
  const answer = await ask(io, options, 'POST', path, json);
  if (options.json === true) return printJson(io, answer);
  const [transactions, block] = [memberOf(answer, 'transactions'), memberOf(answer, 'block')];
  // A did:web changes where its document is served, and nothing of it is on a chain.
  const where =
    block === undefined ? '' : ` in block ${toCell(block)} (${Array.isArray(transactions) ? transactions.map(toCell).join(', ') : ''})`;
  return io.out(`${toCell(memberOf(answer, 'did'))} changed${where}\n`);
}

async function ask(io: Io, options: TargetOptions, method: 'GET' | 'POST', path: string, json?: JsonObject): Promise<JsonObject> {
  const { url, tenant, token } = await resolveTarget(io, options);
  return askJson({ url: `${url}/t/${encodeURIComponent(tenant)}/admin/${path}`, method, token, ...(json === undefined ? {} : { json }) });
}
