import type { Command } from 'commander';
import { isJsonObject, memberOf } from '@gridpass/codec';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { askJson } from '../adapters/http.js';
import type { HttpCall } from '../adapters/http.js';
import { CommandError } from '../io.js';
import type { Io } from '../io.js';
import { printJson, printTable, toCell, toDate } from '../print.js';
import { objectOf, readSociety, trimmed } from '../society-file.js';
import { readClaims } from './claims-option.js';

interface WalletOptions {
  readonly society?: string;
  readonly url?: string;
  readonly wallet?: string;
  readonly json?: boolean;
}

interface ApplyOptions extends WalletOptions {
  readonly issuer?: string;
  readonly type?: string;
  readonly claims?: string;
  readonly subject?: string;
  readonly audience?: string;
  readonly evidence?: readonly string[];
}

const APPLICATIONS = ['id', 'type', 'state', 'applied', 'received', 'issuer', 'reason', 'problem'];
const CREDENTIALS = ['id', 'type', 'format', 'state', 'ends', 'face', 'issuer'];

/** `gridpass wallet`: what an owner does with a wallet that a wallet program keeps. */
export function addWalletCommands(program: Command, io: Io): void {
  const wallet = program.command('wallet').description('a wallet, as its owner');
  addApply(wallet, io);
  addOptions(wallet.command('applications').description('what was applied for, and how it stands'))
    .option('--refresh', 'ask the issuers first, and receive what is ready')
    .action(async (options: WalletOptions & { readonly refresh?: boolean }) => {
      if (options.refresh === true) await ask(io, options, { method: 'POST', path: '/applications/refresh', json: {} });
      printApplications(io, options, await ask(io, options, { method: 'GET', path: '/applications' }));
    });
  addOptions(wallet.command('offers').description('receive what an offer holds').argument('<offer>', 'openid-credential-offer://…'))
    .option('--tx-code <code>', 'its transaction code')
    .action(async (offer: string, options: WalletOptions & { readonly txCode?: string }) => {
      const json = { offer, ...(options.txCode === undefined ? {} : { txCode: options.txCode }) };
      printCredentials(io, options, await ask(io, options, { method: 'POST', path: '/offers', json }));
    });
  addOptions(wallet.command('credentials').description('what the wallet holds')).action(async (options: WalletOptions) =>
    printCredentials(io, options, await ask(io, options, { method: 'GET', path: '/credentials' })),
  );
  addOptions(wallet.command('delete').description('forget an application, or a credential for good').argument('<id>'))
    .option('--credential', 'the id is of a credential')
    .action(async (id: string, options: WalletOptions & { readonly credential?: boolean }) => {
      const kind = options.credential === true ? 'credentials' : 'applications';
      await ask(io, options, { method: 'DELETE', path: `/${kind}/${encodeURIComponent(id)}` });
      if (options.json === true) printJson(io, { deleted: id });
      else io.out(`${id} is deleted here; its issuer is told nothing\n`);
    });
}

function addApply(wallet: Command, io: Io): void {
  addOptions(wallet.command('apply').description('apply for a credential; it is received by itself once the issuer grants it'))
    .requiredOption('--issuer <address>', 'the credential issuer')
    .requiredOption('--type <type>', 'what to apply for')
    .requiredOption('--claims <json>', 'what it shall say: JSON, or @ and a file with it')
    .option('--subject <did>', "whom it is about; an organisation's own DID unless given")
    .option('--audience <origin>', 'the verifier it is meant for, where a person knows that already')
    .option(
      '--evidence <id>',
      'a credential of the wallet that is shown; may be given for each, all of one face',
      (id: string, before: readonly string[]) => [...before, id],
      [],
    )
    .action(async (options: ApplyOptions) => {
      const application = await ask(io, options, {
        method: 'POST',
        path: '/applications',
        json: {
          issuer: trimmed(options.issuer ?? ''),
          type: options.type ?? '',
          claims: await readClaims(io, options.claims ?? ''),
          evidence: [...(options.evidence ?? [])],
          ...(options.subject === undefined ? {} : { subject: options.subject }),
          ...(options.audience === undefined ? {} : { audience: options.audience }),
        },
      });
      if (options.json === true) printJson(io, application);
      else
        io.out(
          `${toCell(memberOf(application, 'id'))} is ${toCell(memberOf(application, 'state'))}: gridpass wallet applications --refresh\n`,
        );
    });
}

function addOptions(command: Command): Command {
  return command
    .option('--society <file>', 'the running society (default: .gridpass/society.json)')
    .option('--url <address>', "the wallet program's address instead of the society's")
    .requiredOption('--wallet <name>', "which wallet; its owner's token comes from the society or OWNER_TOKEN")
    .option('--json', 'print JSON');
}

async function ask(
  io: Io,
  options: WalletOptions,
  { path, ...call }: Pick<HttpCall, 'method' | 'json'> & { readonly path: string },
): Promise<JsonObject> {
  const { url, token } = await resolveWallet(io, options);
  const own = `${url}/wallets/${encodeURIComponent(options.wallet ?? '')}`;
  return askJson({ ...call, url: `${own}${path}`, token, of: 'the wallet' });
}

/** `--url` and the variable OWNER_TOKEN win over the society's file. */
async function resolveWallet(io: Io, options: WalletOptions): Promise<{ readonly url: string; readonly token: string }> {
  const given = io.env['OWNER_TOKEN'];
  if (options.url !== undefined && given !== undefined) return { url: trimmed(options.url), token: given };
  const society = await readSociety(io, options);
  const url = options.url ?? memberOf(objectOf(society, 'urls'), 'wallet');
  const token = given ?? memberOf(objectOf(society, 'tokens'), `wallet:${options.wallet ?? ''}`);
  if (typeof url !== 'string') throw new CommandError('CONFIG_INVALID', 'the society names no wallets; give their address with --url');
  if (typeof token !== 'string')
    throw new CommandError('ADMIN_TOKEN_INVALID', `no token of the owner of ${options.wallet ?? ''} is known; set OWNER_TOKEN`);
  return { url: trimmed(url), token };
}

function printApplications(io: Io, options: WalletOptions, answer: JsonObject): void {
  if (options.json === true) return printJson(io, answer);
  const rows = rowsOf(memberOf(answer, 'applications'));
  const dated = rows.map((row) => ({
    ...row,
    applied: toDate(memberOf(row, 'submittedAt')),
    received: toDate(memberOf(row, 'receivedAt')),
  }));
  return printTable(io, APPLICATIONS, dated);
}

function printCredentials(io: Io, options: WalletOptions, answer: JsonObject): void {
  if (options.json === true) return printJson(io, answer);
  const rows = rowsOf(memberOf(answer, 'credentials'));
  return printTable(
    io,
    CREDENTIALS,
    rows.map((row) => ({ ...row, ends: toDate(memberOf(row, 'validUntil')) })),
  );
}

function rowsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : [];
}
