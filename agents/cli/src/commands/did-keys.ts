import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import { LONGEST_VALIDITY_SECONDS } from '@gridpass/did';
import { addFinalOptions, isMeant } from '../confirm.js';
import type { FinalOptions as Final } from '../confirm.js';
import { withExamples } from '../help.js';
import { CommandError } from '../io.js';
import type { Io } from '../io.js';
import { rowsOf, show, showRows } from '../output.js';
import type { OutputOptions } from '../output.js';
import { toCell, toDate } from '../print.js';
import type { TargetOptions } from '../society-file.js';
import { addTargetOptions, askAdmin } from './target-options.js';

type Options = TargetOptions & OutputOptions;

const FOR = 'how long it counts, e.g. 12h, 30d, 1y, or seconds';
const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400, y: 31_536_000 } as const;

const DID = "one of the tenant's DIDs";
const ACCOUNT = '0x and 40 hexadecimal digits';

/** The verbs of `gridpass did` that change DIDs; they need an operator whose duty is `keys`. */
export function addDidKeyCommands(did: Command, io: Io): void {
  const list = addTargetOptions(did.command('list').description('list the DIDs that the tenant manages')).action(
    async (options: Options) => {
      const document = await askAdmin(io, options, { method: 'GET', path: 'dids' });
      showRows(io, options, {
        document,
        id: 'did',
        columns: ['alias', 'provider', 'created', 'own', 'ended', { name: 'did', kind: 'did' }],
        rows: rowsOf(memberOf(document, 'rows')).map((row) => ({
          ...row,
          created: toDate(memberOf(row, 'createdAt')),
          own: memberOf(row, 'own') === true ? 'yes' : '',
          ended: toDate(memberOf(row, 'deactivatedAt')),
        })),
      });
    },
  );
  withExamples(list, 'gridpass did list --tenant dso');
  const create = addTargetOptions(did.command('create').description('make a did:ethr, e.g. for a device; it exists without a transaction'))
    .option('--alias <name>', "a name for it among the tenant's DIDs")
    .action(async (options: Options & { readonly alias?: string }) => {
      const json = options.alias === undefined ? {} : { alias: options.alias };
      const document = await askAdmin(io, options, { method: 'POST', path: 'dids', json });
      const made = memberOf(document, 'did');
      show(io, options, { document, names: [made], people: () => io.out(`${toCell(made)}\n`) });
    });
  withExamples(create, 'gridpass did create --alias meter-7 --tenant dso');
  addRotate(did, io);
  addDelegateCommands(did, io);
  addKeyCommands(did, io);
  addServiceCommands(did, io);
  addEndCommands(did, io);
}

interface RotateOptions extends Options, Final {
  readonly emergency?: boolean;
}

function addRotate(did: Command, io: Io): void {
  const rotate = addFinalOptions(
    addTargetOptions(
      did
        .command('rotate')
        .argument('[did]', `${DID}; its own unless given`)
        .description("give the tenant's own DID, or another of its DIDs, a new key; the old one counts no longer"),
    ),
  )
    .option('--emergency', 'also where what was issued so far cannot be anchored first, and falls with the old key')
    .action(async (which: string | undefined, options: RotateOptions) => {
      const json = { ...(which === undefined ? {} : { did: which }), ...(options.emergency === true ? { emergency: true } : {}) };
      const falls = [
        'the key that counts now signs nothing more',
        options.emergency === true
          ? 'what was issued and is not anchored falls with it'
          : 'what was issued is anchored first and stays good, or nothing is done',
      ];
      const does = `give ${which ?? "the tenant's own DID"} a new key`;
      if (!(await isMeant(io, options, 'did rotate', () => Promise.resolve({ does, falls, document: json })))) return;
      const document = await askAdmin(io, options, { method: 'POST', path: 'did/rotate', json });
      const block = memberOf(document, 'block');
      const from = block === undefined ? '' : ` from block ${toCell(block)} on`;
      show(io, options, {
        document,
        names: [memberOf(document, 'kid')],
        people: () => io.out(`${toCell(memberOf(document, 'did'))} signs as ${toCell(memberOf(document, 'kid'))}${from}\n`),
      });
    });
  withExamples(rotate, 'gridpass did rotate --tenant dso --yes');
}

/** Accounts that speak for a DID for a time. */
function addDelegateCommands(did: Command, io: Io): void {
  const delegate = did.command('delegate').description('accounts that speak for a DID, until they end');
  const type = (): Option =>
    new Option('--type <type>', 'sigAuth: authentication and assertions; veriKey: assertions')
      .choices(['sigAuth', 'veriKey'])
      .default('veriKey');
  const add = addTargetOptions(
    delegate.command('add').argument('<did>', DID).argument('<account>', ACCOUNT).description('let an account speak for a DID'),
  )
    .addOption(type())
    .requiredOption('--for <duration>', FOR)
    .action(async (which: string, account: string, options: Options & { readonly type: string; readonly for: string }) => {
      await change(io, options, 'did/delegates/add', {
        did: which,
        account: toAccount(account),
        type: options.type,
        validSeconds: toSeconds(options.for),
      });
    });
  withExamples(add, `gridpass did delegate add did:ethr:0x7a69:0x02ab 0x${'12'.repeat(20)} --for 30d --tenant dso`);
  const remove = addTargetOptions(
    delegate
      .command('remove')
      .argument('<did>', DID)
      .argument('<account>', ACCOUNT)
      .description('let an account speak for a DID no longer'),
  )
    .addOption(type())
    .action(async (which: string, account: string, options: Options & { readonly type: string }) => {
      await change(io, options, 'did/delegates/remove', { did: which, account: toAccount(account), type: options.type });
    });
  withExamples(remove, `gridpass did delegate remove did:ethr:0x7a69:0x02ab 0x${'12'.repeat(20)} --tenant dso`);
}

function addKeyCommands(did: Command, io: Io): void {
  const key = did.command('key').description('further keys of a DID, until they end');
  const file = 'a JWK with a public secp256k1 key';
  const use = (): Option =>
    new Option('--use <use>', 'authentication includes assertions').choices(['authentication', 'assertion']).default('assertion');
  const add = addTargetOptions(
    key.command('add').argument('<did>', DID).argument('<file>', file).description('list the public secp256k1 key of a JWK file'),
  )
    .addOption(use())
    .requiredOption('--for <duration>', FOR)
    .action(async (which: string, path: string, options: Options & { readonly use: string; readonly for: string }) => {
      const validSeconds = toSeconds(options.for);
      await change(io, options, 'did/keys/add', { did: which, publicJwk: await readPublicJwk(io, path), use: options.use, validSeconds });
    });
  withExamples(add, 'gridpass did key add did:ethr:0x7a69:0x02ab backup.jwk --for 1y --tenant dso');
  const remove = addTargetOptions(key.command('remove').argument('<did>', DID).argument('<file>', file).description('list a key no longer'))
    .addOption(use())
    .action(async (which: string, path: string, options: Options & { readonly use: string }) => {
      await change(io, options, 'did/keys/remove', { did: which, publicJwk: await readPublicJwk(io, path), use: options.use });
    });
  withExamples(remove, 'gridpass did key remove did:ethr:0x7a69:0x02ab backup.jwk --tenant dso');
}

function addServiceCommands(did: Command, io: Io): void {
  const service = did.command('service').description('addresses in the document of a DID, until they end');
  const place = (command: Command): Command =>
    command.argument('<did>', DID).argument('<type>', 'of the service, e.g. Exchange').argument('<endpoint>', 'its address');
  const add = addTargetOptions(place(service.command('add').description('publish an address')))
    .requiredOption('--for <duration>', FOR)
    .action(async (which: string, type: string, endpoint: string, options: Options & { readonly for: string }) => {
      await change(io, options, 'did/services/add', { did: which, type, endpoint, validSeconds: toSeconds(options.for) });
    });
  withExamples(add, 'gridpass did service add did:ethr:0x7a69:0x02ab Exchange https://dso.example/exchange --for 1y --tenant dso');
  const remove = addTargetOptions(place(service.command('remove').description('take an address back'))).action(
    async (which: string, type: string, endpoint: string, options: Options) => {
      await change(io, options, 'did/services/remove', { did: which, type, endpoint });
    },
  );
  withExamples(remove, 'gridpass did service remove did:ethr:0x7a69:0x02ab Exchange https://dso.example/exchange --tenant dso');
}

interface EndOptions extends Options, Final {
  readonly own?: boolean;
}

function addEndCommands(did: Command, io: Io): void {
  const owner = addFinalOptions(
    addTargetOptions(
      did
        .command('owner')
        .argument('<did>', DID)
        .argument('<account>', ACCOUNT)
        .description('give a DID away at once, for good; devices rather change hands with `gridpass did transfer offer`'),
    ),
  ).action(async (which: string, account: string, options: EndOptions) => {
    const json = { did: which, newOwner: toAccount(account) };
    const falls = ['the tenant changes its document no more'];
    const does = `give ${which} to ${json.newOwner}`;
    if (!(await isMeant(io, options, 'did owner', () => Promise.resolve({ does, falls, document: json })))) return;
    await change(io, options, 'did/owner', json);
  });
  withExamples(owner, `gridpass did owner did:ethr:0x7a69:0x02ab 0x${'12'.repeat(20)} --tenant dso --yes`);
  const end = addFinalOptions(
    addTargetOptions(
      did.command('deactivate').argument('<did>', DID).description('end a DID for good: its document stays empty, of a did:web it is gone'),
    ),
  )
    .option('--own', 'it is the DID the tenant issues under, and all it issued falls with it')
    .action(async (which: string, options: EndOptions) => {
      const json = { did: which, ...(options.own === true ? { own: true } : {}) };
      const falls = [options.own === true ? 'all that the tenant issued falls with it' : 'what is bound to it is shown no more'];
      if (!(await isMeant(io, options, 'did deactivate', () => Promise.resolve({ does: `end ${which}`, falls, document: json })))) return;
      await change(io, options, 'did/deactivate', json);
    });
  withExamples(end, 'gridpass did deactivate did:ethr:0x7a69:0x02ab --tenant dso --yes');
}

/** An account as the issuer reads it; wallets print them with the capitals of EIP-55. */
function toAccount(text: string): string {
  if (!/^0x[0-9a-fA-F]{40}$/u.test(text)) throw new CommandError('REQUEST_MALFORMED', '<account> is 0x and 40 hexadecimal digits');
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
  const document = await askAdmin(io, options, { method: 'POST', path, json });
  const [transactions, block] = [memberOf(document, 'transactions'), memberOf(document, 'block')];
  // A did:web changes where its document is served, and nothing of it is on a chain.
  const where =
    block === undefined ? '' : ` in block ${toCell(block)} (${Array.isArray(transactions) ? transactions.map(toCell).join(', ') : ''})`;
  const did = memberOf(document, 'did');
  show(io, options, { document, names: [did], people: () => io.out(`${toCell(did)} changed${where}\n`) });
}
