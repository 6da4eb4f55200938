import { Option } from 'commander';
import type { Command } from 'commander';
import { InputError } from '@gridpass/core';
import type { Did, JsonObject, JsonValue } from '@gridpass/core';
import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import { DID_METHODS, createDidResolver, didWebUrlOf, parseDid } from '@gridpass/did';
import { createGuardedFetch } from '@gridpass/net';
import { systemClock } from '../adapters/system-clock.js';
import { withExamples } from '../help.js';
import { wholeId } from '../ids.js';
import { AnswerIsNo, CommandError } from '../io.js';
import type { Io } from '../io.js';
import { addOutputOptions, rowsOf, show, showRows } from '../output.js';
import type { OutputOptions } from '../output.js';
import { printJson, toCell, toDate } from '../print.js';
import { objectOf, partyNames, readSociety } from '../society-file.js';
import type { TargetOptions } from '../society-file.js';
import { httpAddress, toInstant, wholeNumber } from '../values.js';
import { addDidKeyCommands } from './did-keys.js';
import { addSocietyOption, addTargetOptions, askAdmin, idsOf } from './target-options.js';

type Options = TargetOptions & OutputOptions;

const COLUMNS = [
  { name: 'transferId', kind: 'id' },
  { name: 'state', kind: 'state' },
  { name: 'from', kind: 'did' },
  { name: 'to', kind: 'did' },
  { name: 'confirmer', kind: 'did' },
  'expires',
  { name: 'did', kind: 'did' },
] as const;
/** The characters of a transfer's id. */
const WHOLE = 22;
const TRANSFER = 'the id of a transfer, or its beginning';
const VERBS = {
  accept: 'take an offered device over',
  reject: 'turn an offered device down',
  cancel: 'take an offer back',
  confirm: 'as grid operator: the device counts as commissioned again',
} as const;

/** `gridpass did`: documents, keys and owners of DIDs. */
export function addDidCommands(program: Command, io: Io): void {
  const did = program.command('did').description('documents, keys and owners of DIDs');
  const resolve = addSocietyOption(
    did
      .command('resolve')
      .argument('<did>', 'of any method that this program knows')
      .description('print the DID document; no where there is none. Asks the chain itself, not the issuer'),
  )
    .option('--at <time>', 'as it was then, e.g. 2026-11-22T12:00:00Z; did:web has no past')
    .addOption(new Option('--rpc <address>', 'another EVM node, with --chain-id and --registry').argParser(httpAddress))
    .addOption(new Option('--chain-id <n>', 'the chain of --rpc').argParser(wholeNumber(1, 9_007_199_254_740_991)))
    .option('--registry <account>', 'the ERC-1056 registry there')
    .action((text: string, options: ResolveOptions) => resolveDid(io, text, options));
  withExamples(addOutputOptions(resolve), 'gridpass did resolve did:web:issuer.example:t:dso');
  addDidKeyCommands(did, io);
  addTransferCommands(did.command('transfer').description("a device's DID goes to another owner, in two steps"), io);
}

function addTransferCommands(transfer: Command, io: Io): void {
  const offer = addTargetOptions(
    transfer.command('offer').argument('<did>', 'of the device').description('offer a device to another owner'),
  )
    .requiredOption('--to <owner>', 'the new owner: a tenant of this issuer, or a DID elsewhere')
    .addOption(new Option('--hours <n>', 'how long the offer stands, 1 to 720').argParser(wholeNumber(1, 720)).default('24'))
    .action(async (did: string, options: Options & { readonly to: string; readonly hours: string }) => {
      const lifeSeconds = String(Number(options.hours) * 3_600);
      const answer = await askAdmin(io, options, { method: 'POST', path: 'did/transfers', json: { did, to: options.to, lifeSeconds } });
      await print(io, options, answer);
      printOffer(io, options, memberOf(answer, 'offer'));
    });
  withExamples(offer, 'gridpass did transfer offer did:ethr:0x7a69:0x02ab --to supplier --tenant dso');
  for (const [verb, says] of Object.entries(VERBS)) {
    const command = addTargetOptions(transfer.command(verb).argument('<transfer>', TRANSFER).description(says)).action(
      async (text: string, options: Options) => {
        const path = `did/transfers/${encodeURIComponent(await wholeTransferId(io, options, text))}/${verb}`;
        await print(io, options, await askAdmin(io, options, { method: 'POST', path, json: {} }));
      },
    );
    withExamples(command, `gridpass did transfer ${verb} Qm31Zx8a --tenant dso`);
  }
  const answer = addTargetOptions(
    transfer
      .command('answer')
      .argument('<offer>', 'the address of the offer')
      .description('take over a device that another issuer offers, by the address of its offer'),
  )
    .option('--reject', 'turn it down instead')
    .action(async (given: string, options: Options & { readonly reject?: boolean }) => {
      const decision = options.reject === true ? 'reject' : 'accept';
      const document = await askAdmin(io, options, { method: 'POST', path: 'did/offers/answer', json: { offer: given, decision } });
      await print(io, options, document);
      printOffer(io, options, memberOf(document, 'ownershipOffer'));
    });
  withExamples(answer, 'gridpass did transfer answer https://issuer.example/t/dso/transfers/Qm31Zx8a --tenant supplier');
  const ownership = addTargetOptions(
    transfer.command('ownership').argument('<transfer>', TRANSFER).description("make the offer of the new owner's credential"),
  ).action(async (text: string, options: Options) => {
    const path = `did/transfers/${encodeURIComponent(await wholeTransferId(io, options, text))}/ownership`;
    const document = await askAdmin(io, options, { method: 'POST', path, json: {} });
    const uri = memberOf(document, 'offerUri');
    show(io, options, { document, names: [uri], people: () => printOffer(io, options, uri) });
  });
  withExamples(ownership, 'gridpass did transfer ownership Qm31Zx8a --tenant dso');
  const list = addTargetOptions(transfer.command('list').description('list transfers by, to and for the tenant')).action(
    async (options: Options) => {
      const document = await askAdmin(io, options, { method: 'GET', path: 'did/transfers' });
      await print(io, options, document, rowsOf(memberOf(document, 'rows')));
    },
  );
  withExamples(list, 'gridpass did transfer list --tenant dso');
}

function wholeTransferId(io: Io, options: Options, text: string): Promise<string> {
  const list = ['did', 'transfer', 'list'];
  const source = idsOf(io, options, { what: 'transfer', member: 'transferId', length: WHOLE, path: 'did/transfers', list });
  return wholeId(text, { ...source, page: () => askAdmin(io, options, { method: 'GET', path: 'did/transfers' }) });
}

interface ResolveOptions extends OutputOptions {
  readonly at?: string;
  readonly society?: string;
  readonly rpc?: string;
  readonly chainId?: string;
  readonly registry?: string;
}

async function resolveDid(io: Io, text: string, options: ResolveOptions): Promise<void> {
  const did = parseDid(text);
  if (!did.ok) throw new InputError(did.refusal.code, did.refusal.detail);
  const at = options.at === undefined ? undefined : new Date(toInstant('--at', options.at) * 1_000);
  const isEthr = did.value.startsWith('did:ethr:');
  const chain = isEthr ? await chainOf(io, options) : undefined;
  const fetch = createGuardedFetch({ ...wayOut(did.value, chain?.rpcUrl), maxRedirects: 0, clock: systemClock });
  try {
    const resolver = createDidResolver({
      methods: DID_METHODS.filter((method) => method !== 'ethr' || isEthr),
      chains: chain === undefined ? [] : [chain],
      fetch,
      clock: systemClock,
      cacheSeconds: 0,
      maxEntries: 1,
    });
    const query = at === undefined ? '' : `?versionTime=${at.toISOString().replace(/\.\d+Z$/u, 'Z')}`;
    const result = parseJson(JSON.stringify(await resolver.resolver.resolve(`${did.value}${query}`)));
    if (!result.ok || !isJsonObject(result.value)) throw new CommandError('DID_NOT_FOUND', 'the document is not plain JSON');
    const document = result.value;
    const metadata = objectOf(document, 'didDocumentMetadata');
    const isNone = memberOf(document, 'didDocument') === null || memberOf(metadata, 'deactivated') === true;
    show(io, options, { document, names: isNone ? [] : [did.value], people: () => printJson(io, document) });
    if (isNone) throw new AnswerIsNo();
  } finally {
    await fetch.close();
  }
}

/** Where resolving a DID leads, and nowhere else. */
function wayOut(did: Did, rpcUrl: string | undefined): { readonly allow: readonly string[]; readonly allowPrivate: boolean } {
  if (rpcUrl !== undefined) return { allow: [new URL(rpcUrl).origin], allowPrivate: true };
  if (!did.startsWith('did:web:')) return { allow: ['https://none.invalid'], allowPrivate: false };
  const { origin, protocol } = new URL(didWebUrlOf(did));
  // Plain http is did:web on the loopback host alone; any other host must have a public address.
  return { allow: [origin], allowPrivate: protocol === 'http:' };
}

async function chainOf(
  io: Io,
  options: ResolveOptions,
): Promise<{ readonly chainId: number; readonly rpcUrl: string; readonly registry: string }> {
  if (options.rpc !== undefined) {
    const { rpc: rpcUrl, chainId = '', registry = '' } = options;
    if (chainId === '' || registry === '') throw new CommandError('REQUEST_MALFORMED', '--rpc needs --chain-id and --registry beside it');
    return { rpcUrl, chainId: Number(chainId), registry };
  }
  const society = await readSociety(io, options);
  const chain = objectOf(society, 'chain');
  const [rpcUrl, chainId, registry] = [
    memberOf(objectOf(society, 'urls'), 'chain'),
    memberOf(chain, 'chainId'),
    memberOf(objectOf(chain, 'contracts'), 'DidRegistry'),
  ];
  if (typeof rpcUrl !== 'string' || typeof chainId !== 'number' || typeof registry !== 'string')
    throw new CommandError('CONFIG_INVALID', 'the society names no chain; give one with --rpc');
  return { rpcUrl, chainId, registry };
}

/** An address to hand on, where there is one; the other forms have it already. */
function printOffer(io: Io, options: Options, offer: JsonValue | undefined): void {
  const isForPeople = options.json !== true && (options.output === undefined || options.output === 'wide');
  if (isForPeople && typeof offer === 'string') io.out(`${toCell(offer)}\n`);
}

async function print(io: Io, options: Options, answer: JsonObject, rows: readonly JsonObject[] = [answer]): Promise<void> {
  showRows(io, options, {
    document: answer,
    id: 'transferId',
    columns: COLUMNS,
    nameOf: await partyNames(io, options),
    rows: rows.map((row) => ({ ...row, expires: toDate(memberOf(row, 'expiresAt')) })),
  });
}
