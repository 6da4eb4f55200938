import { Resolver } from 'did-resolver';
import type { DIDResolutionResult, DIDResolver } from 'did-resolver';
import { Fault, InputError, refuse } from '@gridpass/core';
import type { Clock, Did, DidResolverPort, FetchPort, Instant, Meter, Outcome, ResolvedDid } from '@gridpass/core';
import { parseJson } from '@gridpass/codec';
import { BoundedCache } from './bounded-cache.js';
import { parseDidDocument } from './document.js';
import type { EthrIndex } from './ethr-index/ethr-index.js';
import { createEthrIndexMethod, createEthrIndexes } from './ethr-index/method.js';
import type { EthrIndexes } from './ethr-index/method.js';
import { createEthrMethod } from './methods/ethr.js';
import type { EthrChain } from './methods/ethr.js';
import { resolveDidJwk } from './methods/jwk.js';
import { resolveDidKey } from './methods/key.js';
import { resolveDidPeer } from './methods/peer.js';
import { createWebMethod } from './methods/web.js';
import { onlyOfToday, sameForEver } from './methods/versions.js';
import { methodIdOf, methodOf, parseDid } from './parse.js';

export const DID_METHODS = ['ethr', 'key', 'jwk', 'peer', 'web'] as const;
export type DidMethod = (typeof DID_METHODS)[number];

export interface DidResolverSettings {
  /** Which methods are answered; at least one. */
  readonly methods: readonly DidMethod[];
  /** Chains for did:ethr; the RPC addresses must be allowed by the fetch port too. */
  readonly chains: readonly EthrChain[];
  /** Indexes that answer for their chains instead of the node; the caller closes them. */
  readonly ethrIndexes?: readonly EthrIndex[];
  /** For documents whose address a DID names, and so others. */
  readonly fetch: FetchPort;
  /** For the nodes of `chains`; `fetch` unless given. */
  readonly chainFetch?: FetchPort;
  readonly clock: Clock;
  /** How long an answer counts; at most an hour, for a removed key stays usable that long. 0 caches nothing. */
  readonly cacheSeconds: number;
  readonly maxEntries: number;
  /** Told whether the cache knew; nobody is unless given. */
  readonly meter?: Pick<Meter, 'looked'>;
}

const MAX_CACHE_SECONDS = 3_600;
/** Where a question about a moment must reach the method; the others' documents are the same at every moment. */
const METHODS_THAT_CHANGE: ReadonlySet<string> = new Set(['ethr', 'web']);

interface Entry {
  readonly result: DIDResolutionResult;
  readonly resolved: ResolvedDid;
  readonly asked: number;
  readonly goodUntil: number;
}

/**
 * One resolver over the configured methods, with a bounded cache of good answers; refusals and faults are never kept.
 * `resolver` is the same thing as a did-resolver `Resolver`, for libraries that want one.
 */
export function createDidResolver(settings: DidResolverSettings): DidResolverPort & { readonly resolver: Resolver } {
  checkSettings(settings);
  const { clock, cacheSeconds } = settings;
  const indexes = createEthrIndexes(settings.methods.includes('ethr') ? (settings.ethrIndexes ?? []) : []);
  const methods = createMethods(settings, indexes);
  const direct = new Resolver({ ...methods });
  const cache = new BoundedCache<Entry>(settings.maxEntries);
  const underWay = new Map<Did, Promise<Outcome<Entry>>>();
  let asked = 0;

  async function ask(did: Did, versionTime?: string): Promise<Outcome<Entry>> {
    const turn = (asked += 1);
    const now = clock.now();
    const result = await direct.resolve(did, versionTime === undefined ? {} : { versionTime });
    const resolved = toResolvedDid(did, result, now);
    if (!resolved.ok) {
      // A DID that was good and is no longer must not live on in the cache.
      if (versionTime === undefined) cache.delete(did);
      return resolved;
    }
    const entry: Entry = { result, resolved: resolved.value, asked: turn, goodUntil: now + cacheSeconds };
    // A slow older answer never replaces a newer one.
    if (versionTime === undefined && cacheSeconds > 0 && (cache.get(did)?.asked ?? 0) < turn) cache.set(did, entry);
    return { ok: true, value: entry };
  }

  function cached(did: Did): Entry | undefined {
    const entry = cache.get(did);
    if (entry === undefined) return undefined;
    const now = clock.now();
    // A clock that was set back must not stretch the life of an answer.
    return entry.resolved.fetchedAt <= now && now < entry.goodUntil ? entry : undefined;
  }

  async function current(did: Did): Promise<Outcome<Entry>> {
    const entry = cached(did);
    if (entry !== undefined) return { ok: true, value: entry };
    const already = underWay.get(did);
    if (already !== undefined) return already;
    const asking = ask(did).finally(() => underWay.delete(did));
    underWay.set(did, asking);
    return asking;
  }

  return Object.freeze({
    async resolveDid(text: Did, options: { readonly at?: Instant; readonly fresh?: boolean } = {}): Promise<Outcome<ResolvedDid>> {
      const parsed = parseDid(text);
      if (!parsed.ok) return parsed;
      const did = parsed.value;
      // An index keeps its own answers and knows when they end; to keep them here as well would make them older than they say.
      const index = indexes.indexOf(did);
      if (index !== undefined) return index.resolveDid(did, options);
      const hit = options.at === undefined && options.fresh !== true ? cached(did) : undefined;
      settings.meter?.looked('resolver', hit !== undefined);
      if (hit !== undefined) return { ok: true, value: hit.resolved };
      if (!Object.hasOwn(methods, methodOf(did)))
        return refuse('DID_METHOD_UNSUPPORTED', 'resolve', 'did: the method is not configured; chains names where did:ethr is read');
      const entry =
        options.at !== undefined && METHODS_THAT_CHANGE.has(methodOf(did))
          ? await ask(did, toIso(options.at))
          : options.fresh === true
            ? await ask(did)
            : await current(did);
      return entry.ok ? { ok: true, value: entry.value.resolved } : entry;
    },
    resolver: new Resolver(cachingRegistry(methods, { current, indexes })),
  });
}

/** For other libraries: the same cache, but copies, since they may write on what they get; plain questions only. */
function cachingRegistry(
  methods: Readonly<Record<string, DIDResolver>>,
  { current, indexes }: { readonly current: (did: Did) => Promise<Outcome<Entry>>; readonly indexes: EthrIndexes },
): Record<string, DIDResolver> {
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]): [string, DIDResolver] => [
      name,
      async (text, parsed, resolver, options) => {
        const did = parseDid(text);
        if (!did.ok) return { didResolutionMetadata: { error: 'invalidDid' }, didDocument: null, didDocumentMetadata: {} };
        const plain = parsed.query === undefined && options['versionTime'] === undefined && indexes.indexOf(did.value) === undefined;
        const canonical = { ...parsed, did: did.value, id: methodIdOf(did.value) };
        const entry = plain ? await current(did.value) : undefined;
        // What the port refuses, e.g. a deactivated DID, has an answer of its own shape here.
        return entry?.ok === true ? structuredClone(entry.value.result) : method(did.value, canonical, resolver, options);
      },
    ]),
  );
}

function toResolvedDid(did: Did, result: DIDResolutionResult, at: Instant): Outcome<ResolvedDid> {
  const {
    didDocument,
    didDocumentMetadata,
    didResolutionMetadata: { error, message },
  } = result;
  const detail = typeof message === 'string' ? message : 'did';
  switch (error) {
    case undefined:
      break;
    case 'notFound':
      return refuse('DID_NOT_FOUND', 'resolve', detail);
    case 'invalidDid':
      return refuse('DID_MALFORMED', 'resolve', detail);
    case 'unsupportedDidMethod':
      return refuse('DID_METHOD_UNSUPPORTED', 'resolve', detail);
    case 'featureNotSupported':
      return refuse('DID_VERSION_UNAVAILABLE', 'resolve', detail);
    default:
      throw new Fault('RESOLVER_UNAVAILABLE', 'a method ended with an error of its own');
  }
  if (didDocumentMetadata.deactivated === true) return refuse('DID_DEACTIVATED', 'resolve', 'did');
  if (didDocument === null) return refuse('DID_NOT_FOUND', 'resolve', 'did: no document');
  const json = parseJson(JSON.stringify(didDocument));
  if (!json.ok) return refuse('DID_NOT_FOUND', 'resolve', 'document: not plain JSON');
  const { versionId } = didDocumentMetadata;
  return parseDidDocument(did, json.value, { at, ...(versionId === undefined ? {} : { versionId }) });
}

function createMethods(settings: DidResolverSettings, indexes: EthrIndexes): Readonly<Record<string, DIDResolver>> {
  const make: Readonly<Record<DidMethod, () => DIDResolver>> = {
    ethr: () => createEthrIndexMethod(indexes, createEthrMethod({ ...settings, fetch: settings.chainFetch ?? settings.fetch })),
    key: () => sameForEver(resolveDidKey),
    jwk: () => sameForEver(resolveDidJwk),
    peer: () => sameForEver(resolveDidPeer),
    web: () => onlyOfToday(createWebMethod(settings), settings.clock),
  };
  return Object.fromEntries(settings.methods.map((method) => [method, make[method]()]));
}

function checkSettings(settings: DidResolverSettings): void {
  const wrong = (what: string): never => {
    throw new InputError('CONFIG_INVALID', `did resolver: ${what}`);
  };
  if (settings.methods.length === 0) wrong('at least one method');
  if (settings.methods.includes('ethr') && settings.chains.length + (settings.ethrIndexes?.length ?? 0) === 0)
    wrong('did:ethr needs a chain or an index of one');
  const { cacheSeconds, maxEntries, chains } = settings;
  if (!Number.isSafeInteger(cacheSeconds) || cacheSeconds < 0 || cacheSeconds > MAX_CACHE_SECONDS) wrong('cacheSeconds is 0 to 3600');
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) wrong('maxEntries is at least 1');
  if (new Set(chains.map((chain) => chain.chainId)).size !== chains.length) wrong('each chain is named once');
  if (chains.some((chain) => !/^0x[0-9a-fA-F]{40}$/.test(chain.registry))) wrong('a registry is a contract address');
}

function toIso(at: Instant): string {
  return new Date(at * 1000).toISOString().replace('.000Z', 'Z');
}
