import type { Command } from 'commander';
import { InputError } from '@gridpass/core';
import type { Did, JsonObject, JsonValue } from '@gridpass/core';
import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import { DID_METHODS, createDidResolver, didWebUrlOf, parseDid } from '@gridpass/did';
import { createGuardedFetch } from '@gridpass/net';
import { askJson } from '../adapters/http.js';
import { systemClock } from '../adapters/system-clock.js';
import { AnswerIsNo, CommandError } from '../io.js';
import type { Io } from '../io.js';
import { printJson, printTable, toCell, toDate } from '../print.js';
import { objectOf, readSociety, resolveTarget } from '../society-file.js';
import type { TargetOptions } from '../society-file.js';
import { addDidKeyCommands } from './did-keys.js';
import { addTargetOptions } from './target-options.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
}

const COLUMNS = ['transferId', 'state', 'from', 'to', 'confirmer', 'expires', 'did'];
const VERBS = {
  accept: 'take an offered device over',
  reject: 'turn an offered device down',
  cancel: 'take an offer back',
  confirm: 'as grid operator: the device counts as commissioned again',
} as const;

/** `gridpass did`: documents, keys and owners of DIDs. */
export function addDidCommands(program: Command, io: Io): void {
  const did = program.command('did').description('documents, keys and owners of DIDs');
  did
    .command('resolve <did>')
    .description('print the DID document; exits 1 when there is none. Asks the chain itself, not the issuer')
    .option('--at <time>', 'as it was then, e.g. 2026-11-22T12:00:00Z; did:web has no past')
    .option('--society <file>', 'the running society, whose chain is asked (default: .gridpass/society.json)')
    .option('--rpc <address>', 'another EVM node, with --chain-id and --registry')
    .option('--chain-id <n>', 'the chain of --rpc')
    .option('--registry <account>', 'the ERC-1056 registry there')
    .option('--json', 'JSON, which is printed anyway')
    .action((text: string, options: ResolveOptions) => resolveDid(io, text, options));
  addDidKeyCommands(did, io);
  addTransferCommands(did.command('transfer').description("a device's DID goes to another owner, in two steps"), io);
}

function addTransferCommands(transfer: Command, io: Io): void {
  addTargetOptions(transfer.command('offer <did>').description('offer a device to another owner'))
    .requiredOption('--to <owner>', 'the new owner: a tenant of this issuer, or a DID elsewhere')
    .option('--hours <n>', 'how long the offer stands', '24')
    .action(async (did: string, options: Options & { readonly to: string; readonly hours: string }) => {
      if (!/^[1-9]\d{0,2}$/u.test(options.hours)) throw new CommandError('REQUEST_MALFORMED', '--hours is 1 to 720');
      const lifeSeconds = String(Number(options.hours) * 3_600);
      const answer = await ask(io, options, 'POST', 'did/transfers', { did, to: options.to, lifeSeconds });
      print(io, options, answer);
      printOffer(io, options, memberOf(answer, 'offer'));
    });
  for (const [verb, says] of Object.entries(VERBS)) {
    addTargetOptions(transfer.command(`${verb} <transfer>`).description(says)).action(async (id: string, options: Options) => {
      print(io, options, await ask(io, options, 'POST', `did/transfers/${encodeURIComponent(id)}/${verb}`, {}));
    });
  }
  addTargetOptions(
    transfer.command('answer <offer>').description('take over a device that another issuer offers, by the address of its offer'),
  )
    .option('--reject', 'turn it down instead')
    .action(async (offer: string, options: Options & { readonly reject?: boolean }) => {
      const decision = options.reject === true ? 'reject' : 'accept';
      const answer = await ask(io, options, 'POST', 'did/offers/answer', { offer, decision });
      print(io, options, answer);
      printOffer(io, options, memberOf(answer, 'ownershipOffer'));
    });
  addTargetOptions(transfer.command('ownership <transfer>').description("the offer of the new owner's credential")).action(
    async (id: string, options: Options) => {
      const answer = await ask(io, options, 'POST', `did/transfers/${encodeURIComponent(id)}/ownership`, {});
      if (options.json === true) printJson(io, answer);
      else printOffer(io, options, memberOf(answer, 'offerUri'));
    },
  );
  addTargetOptions(transfer.command('list').description('transfers by, to and for the tenant')).action(async (options: Options) => {
    const answer = await ask(io, options, 'GET', 'did/transfers');
    const rows = memberOf(answer, 'rows');
    print(io, options, answer, Array.isArray(rows) ? (rows as readonly JsonObject[]).filter(isJsonObject) : []);
  });
}

interface ResolveOptions {
  readonly at?: string;
  readonly society?: string;
  readonly rpc?: string;
  readonly chainId?: string;
  readonly registry?: string;
}

async function resolveDid(io: Io, text: string, options: ResolveOptions): Promise<void> {
  const did = parseDid(text);
  if (!did.ok) throw new InputError(did.refusal.code, did.refusal.detail);
  const at = options.at === undefined ? undefined : new Date(options.at);
  if (at !== undefined && Number.isNaN(at.getTime()))
    throw new CommandError('REQUEST_MALFORMED', '--at is a time, e.g. 2026-11-22T12:00:00Z');
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
    printJson(io, result.value);
    const metadata = objectOf(result.value, 'didDocumentMetadata');
    if (memberOf(result.value, 'didDocument') === null || memberOf(metadata, 'deactivated') === true) throw new AnswerIsNo();
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
    if (!URL.canParse(rpcUrl) || !/^[1-9]\d*$/u.test(chainId) || registry === '')
      throw new CommandError('REQUEST_MALFORMED', '--rpc needs an address, --chain-id and --registry');
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

async function ask(io: Io, options: TargetOptions, method: 'GET' | 'POST', path: string, json?: JsonObject): Promise<JsonObject> {
  const { url, tenant, token } = await resolveTarget(io, options);
  return askJson({ url: `${url}/t/${encodeURIComponent(tenant)}/admin/${path}`, method, token, ...(json === undefined ? {} : { json }) });
}

/** An address to hand on, where there is one; JSON has it already. */
function printOffer(io: Io, options: Options, offer: JsonValue | undefined): void {
  if (options.json !== true && typeof offer === 'string') io.out(`${toCell(offer)}\n`);
}

function print(io: Io, options: Options, answer: JsonObject, rows: readonly JsonObject[] = [answer]): void {
  if (options.json === true) printJson(io, answer);
  else
    printTable(
      io,
      COLUMNS,
      rows.map((row) => ({ ...row, expires: toDate(memberOf(row, 'expiresAt')) })),
    );
}
