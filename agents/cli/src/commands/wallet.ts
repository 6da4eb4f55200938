import { Option } from 'commander';
import type { Command } from 'commander';
import { memberOf, textsIn } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import { askJson } from '../adapters/http.js';
import type { HttpCall } from '../adapters/http.js';
import { advise } from '../advice.js';
import { addFinalOptions, isMeant } from '../confirm.js';
import type { FinalOptions, Plan } from '../confirm.js';
import { withExamples } from '../help.js';
import { wholeId } from '../ids.js';
import { CommandError } from '../io.js';
import type { Io } from '../io.js';
import { addOutputOptions, rowsOf, show, showRows } from '../output.js';
import type { OutputOptions } from '../output.js';
import { toCell, toDate } from '../print.js';
import { objectOf, partyNames, readSociety, trimmed } from '../society-file.js';
import { httpAddress } from '../values.js';
import { CLAIMS_HELP, readClaims } from './claims-option.js';
import { addSocietyOption } from './target-options.js';

interface WalletOptions extends OutputOptions {
  readonly society?: string;
  readonly url?: string;
  readonly wallet?: string;
}

interface ApplyOptions extends WalletOptions {
  readonly issuer?: string;
  readonly type?: string;
  readonly claims?: string;
  readonly subject?: string;
  readonly audience?: string;
  readonly evidence?: readonly string[];
}

interface DeleteOptions extends WalletOptions, FinalOptions {
  readonly credential?: boolean;
}

const STATE = { name: 'state', kind: 'state' } as const;
const APPLICATIONS = [
  { name: 'id', kind: 'id' },
  'type',
  STATE,
  'applied',
  'received',
  'issuer',
  'reason',
  'problem',
  { name: 'applicationId', wide: true },
] as const;
const CREDENTIALS = [
  { name: 'id', kind: 'id' },
  'type',
  'format',
  STATE,
  'ends',
  { name: 'face', kind: 'id' },
  { name: 'issuer', kind: 'did' },
] as const;

/** `gridpass wallet`: what an owner does with a wallet that a wallet program keeps. */
export function addWalletCommands(program: Command, io: Io): void {
  const wallet = program.command('wallet').description('a wallet, as its owner');
  addApply(wallet, io);
  const applications = addOptions(wallet.command('applications').description('list what was applied for, and how it stands'))
    .option('--refresh', 'ask the issuers first, and receive what is ready')
    .action(async (options: WalletOptions & { readonly refresh?: boolean }) => {
      if (options.refresh === true) await ask(io, options, { method: 'POST', path: '/applications/refresh', json: {} });
      printApplications(io, options, await ask(io, options, { method: 'GET', path: '/applications' }));
    });
  withExamples(applications, 'gridpass wallet applications --wallet household-anna --refresh');
  const offers = addOptions(
    wallet.command('offers').description('receive what an offer holds').argument('<offer>', 'openid-credential-offer://…'),
  )
    .option('--tx-code <code>', 'its transaction code')
    .option('--audience <origin>', 'the verifier it is meant for, where a person knows that already; else it is received for every face')
    .action(async (offer: string, options: WalletOptions & { readonly txCode?: string; readonly audience?: string }) => {
      const { txCode, audience } = options;
      const json = { offer, ...(txCode === undefined ? {} : { txCode }), ...(audience === undefined ? {} : { audience }) };
      await printCredentials(io, options, await ask(io, options, { method: 'POST', path: '/offers', json }));
    });
  withExamples(offers, "gridpass wallet offers 'openid-credential-offer://?credential_offer_uri=…' --wallet household-anna");
  const credentials = addOptions(wallet.command('credentials').description('list what the wallet holds')).action(
    async (options: WalletOptions) => printCredentials(io, options, await ask(io, options, { method: 'GET', path: '/credentials' })),
  );
  withExamples(credentials, 'gridpass wallet credentials --wallet household-anna');
  const remove = addFinalOptions(
    addOptions(
      wallet.command('delete').description('forget an application, or a credential for good').argument('<id>', 'its id, or the beginning'),
    ),
  )
    .option('--credential', 'the id is of a credential')
    .action((id: string, options: DeleteOptions) => deleteOne(io, id, options));
  withExamples(remove, 'gridpass wallet delete 8fK2mPqa --credential --wallet household-anna --dry-run');
}

async function deleteOne(io: Io, text: string, options: DeleteOptions): Promise<void> {
  const kind = options.credential === true ? 'credentials' : 'applications';
  const read = (): Promise<JsonObject> => ask(io, options, { method: 'GET', path: `/${kind}` });
  const source = {
    ...{ what: kind.slice(0, -1), member: 'id', rows: kind, length: LENGTHS[kind] },
    ...{ page: read, seen: advise(options, 'wallet', kind) },
  };
  const plan = async (): Promise<Plan> => {
    const id = await wholeId(text, source);
    const row = rowsOf(memberOf(await read(), kind)).find((one) => one['id'] === id);
    if (row === undefined)
      throw new CommandError('NOT_FOUND', `the wallet has no ${source.what} ${text}; see: ${source.seen}`, { ending: 'no' });
    const [type, state] = [memberOf(row, 'type') ?? '', memberOf(row, 'state') ?? ''];
    const lost =
      options.credential === true ? 'it is gone for good: only its issuer can give another' : 'its offer is not received any more';
    return {
      does: `delete the ${source.what} ${id}: ${toCell(type)}, ${toCell(state)}`,
      falls: [lost, 'its issuer is told nothing'],
      document: { id, type, state },
    };
  };
  if (!(await isMeant(io, options, 'wallet delete', plan))) return;
  const id = await wholeId(text, source);
  await ask(io, options, { method: 'DELETE', path: `/${kind}/${encodeURIComponent(id)}` });
  show(io, options, {
    document: { deleted: id },
    names: [id],
    people: () => io.out(`${id} is deleted here; its issuer is told nothing\n`),
  });
}

/** The characters of the whole id of an application and of a credential in a wallet. */
const LENGTHS = { applications: 16, credentials: 43 } as const;

function addApply(wallet: Command, io: Io): void {
  const apply = addOptions(
    wallet.command('apply').description('apply for a credential; it is received by itself once the issuer grants it'),
  )
    .addOption(new Option('--issuer <address>', 'the credential issuer').argParser(httpAddress).makeOptionMandatory())
    .requiredOption('--type <type>', 'what to apply for, e.g. CustomerStatus')
    .requiredOption('--claims <json>', CLAIMS_HELP)
    .option('--subject <did>', "whom it is about; an organisation's own DID unless given")
    .option('--audience <origin>', 'the verifier it is meant for, where a person knows that already')
    .option(
      '--evidence <id>',
      'a credential of the wallet that is shown; may be given for each, all of one face',
      (id: string, before: readonly string[]) => [...before, id],
      [],
    )
    .action(async (options: ApplyOptions) => {
      const document = await ask(io, options, {
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
      show(io, options, {
        document,
        names: [memberOf(document, 'id')],
        people: () =>
          io.out(
            `${toCell(memberOf(document, 'id'))} is ${toCell(memberOf(document, 'state'))}: ${advise(options, 'wallet', 'applications', '--refresh')}\n`,
          ),
      });
    });
  withExamples(
    apply,
    'gridpass wallet apply --wallet household-anna --issuer http://127.0.0.1:4100/t/dso --type CustomerStatus --claims @claims.json',
  );
}

function addOptions(command: Command): Command {
  return addOutputOptions(addSocietyOption(command))
    .addOption(new Option('--url <address>', "the wallet program's address instead of the society's").argParser(httpAddress))
    .requiredOption('--wallet <name>', "which wallet; its owner's token comes from the society or OWNER_TOKEN");
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
  const rows = rowsOf(memberOf(answer, 'applications')).map((row) => ({
    ...row,
    applied: toDate(memberOf(row, 'submittedAt')),
    received: toDate(memberOf(row, 'receivedAt')),
  }));
  // Below the table, which a sentence would make too wide.
  const why = rowsOf(memberOf(answer, 'applications')).flatMap((row) => {
    const because = textsIn(row, 'because');
    return because.length === 0
      ? []
      : [toCell(`${toCell(memberOf(row, 'id'))}: ${toCell(memberOf(row, 'problem'))}: ${because.join('; ')}`)];
  });
  showRows(io, options, {
    ...{ document: answer, id: 'id', columns: APPLICATIONS, rows },
    ...(why.length === 0 ? {} : { below: why.join('\n') }),
  });
}

async function printCredentials(io: Io, options: WalletOptions, answer: JsonObject): Promise<void> {
  const rows = rowsOf(memberOf(answer, 'credentials')).map((row) => ({ ...row, ends: toDate(memberOf(row, 'validUntil')) }));
  showRows(io, options, { document: answer, id: 'id', columns: CREDENTIALS, rows, nameOf: await partyNames(io, options) });
}
