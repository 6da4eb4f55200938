import {
  Fault,
  ok,
  refuse,
  type Did,
  type DidResolverPort,
  type DidUrl,
  type Instant,
  type Outcome,
  type ResolvedDid,
  type ResolvedKey,
  type SignatureAlgorithm,
  type VerificationRelationship,
} from '@gridpass/core';

/** Which key of which DID is asked for, and for what use. */
export interface KeyQuery {
  readonly did: Did;
  readonly kid: DidUrl;
  readonly use: VerificationRelationship;
}

/** The keys of one verification: each DID is resolved once, and once more when its cached document may be outdated. */
export interface KeyRing {
  /** Refuses with the resolver's codes, DID_METHOD_UNSUPPORTED, KEY_NOT_AUTHORIZED or ALGORITHM_NOT_ALLOWED. */
  findKey(query: KeyQuery): Promise<Outcome<ResolvedKey>>;
  /** The key as a document fetched just now has it; undefined when that is the document already used. */
  refreshKey(query: KeyQuery): Promise<Outcome<ResolvedKey> | undefined>;
  /** The documents used so far, for the audit record. */
  documents(): readonly ResolvedDid[];
}

/** What a ring is made of. */
export interface KeyRingOptions {
  readonly resolver: DidResolverPort;
  readonly methods: readonly string[];
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly at: Instant;
}

/** Creates the ring of one verification; never shared between two. */
export function createKeyRing({ resolver, methods, algorithms, at }: KeyRingOptions): KeyRing {
  const asked = new Map<Did, Promise<Outcome<ResolvedDid>>>();
  const refreshed = new Map<Did, Promise<Outcome<ResolvedDid>>>();
  const read = new Map<Did, ResolvedDid>();

  const resolve = async (did: Did, fresh: boolean): Promise<Outcome<ResolvedDid>> => {
    const document = await resolver.resolveDid(did, { fresh });
    if (!document.ok) return document;
    if (document.value.did !== did) throw new Fault('RESOLVER_UNAVAILABLE', 'the resolver answered for another DID');
    read.set(did, document.value);
    return document;
  };
  const once = (made: Map<Did, Promise<Outcome<ResolvedDid>>>, did: Did, fresh: boolean): Promise<Outcome<ResolvedDid>> => {
    const known = made.get(did);
    if (known !== undefined) return known;
    const started = resolve(did, fresh);
    made.set(did, started);
    return started;
  };
  const refreshKey = async (query: KeyQuery): Promise<Outcome<ResolvedKey> | undefined> => {
    const current = read.get(query.did);
    // A document fetched for this request cannot get fresher; so an attacker cannot make us ask twice.
    if (current !== undefined && current.fetchedAt >= at && !refreshed.has(query.did)) return undefined;
    const document = await once(refreshed, query.did, true);
    return document.ok ? pickKey(document.value, query, algorithms) : document;
  };
  return {
    refreshKey,
    documents: () => [...read.values()],
    findKey: async (query) => {
      const method = query.did.split(':')[1] ?? '';
      if (!methods.includes(method)) return refuse('DID_METHOD_UNSUPPORTED', 'resolve', `method ${method}`);
      // Once a fresh document was fetched, the cached one counts no more.
      const document = await (refreshed.get(query.did) ?? once(asked, query.did, false));
      if (!document.ok) return document;
      const key = pickKey(document.value, query, algorithms);
      if (key.ok || key.refusal.code !== 'KEY_NOT_AUTHORIZED') return key;
      return (await refreshKey(query)) ?? key;
    },
  };
}

function pickKey(document: ResolvedDid, { kid, use }: KeyQuery, algorithms: readonly SignatureAlgorithm[]): Outcome<ResolvedKey> {
  const named = document.keys.filter(({ id }) => id === kid);
  const [key] = named;
  // Two methods of one id: which of them counts would depend on who reads (attacks: fragment confusion).
  if (key === undefined || named.length > 1) return refuse('KEY_NOT_AUTHORIZED', 'resolve', 'kid: not one method of the DID');
  if (!key.relationships.includes(use)) return refuse('KEY_NOT_AUTHORIZED', 'resolve', `kid: not for ${use}`);
  if (!algorithms.includes(key.alg)) return refuse('ALGORITHM_NOT_ALLOWED', 'resolve', 'the algorithm of the key is not on the list');
  return ok(key);
}
