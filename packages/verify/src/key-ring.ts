import {
  Fault,
  refuse,
  type Did,
  type DidResolverPort,
  type DidUrl,
  type Digest,
  type Instant,
  type Outcome,
  type ResolvedDid,
  type ResolvedKey,
  type SignatureAlgorithm,
  type VerificationRelationship,
} from '@gridpass/core';
import { pickKey } from '@gridpass/keys';

/** Which key of which DID is asked for, and for what use. */
export interface KeyQuery {
  readonly did: Did;
  readonly kid: DidUrl;
  readonly use: VerificationRelationship;
}

/** That a credential was accepted under a key of the past, and what showed it; for the audit record. */
export interface PastKeyUse {
  readonly credential: Digest;
  readonly issuer: Did;
  readonly index: number;
  readonly size: number;
  readonly anchoredAt: Instant;
}

/** The keys of one verification: each DID is resolved once, and once more when its cached document may be outdated. */
export interface KeyRing {
  /** Refuses with the resolver's codes, DID_METHOD_UNSUPPORTED, KEY_NOT_AUTHORIZED or ALGORITHM_NOT_ALLOWED. */
  findKey(query: KeyQuery): Promise<Outcome<ResolvedKey>>;
  /** The document of today; refuses with the resolver's codes or DID_METHOD_UNSUPPORTED. */
  findDocument(did: Did): Promise<Outcome<ResolvedDid>>;
  /** The key as a document fetched just now has it; undefined when that is the document already used. */
  refreshKey(query: KeyQuery): Promise<Outcome<ResolvedKey> | undefined>;
  /** The key as the DID had it at a past instant, without falling back to another time. */
  findKeyAt(query: KeyQuery, at: Instant): Promise<Outcome<ResolvedKey>>;
  /** When the document that `findKeyAt` read for this instant changed next; undefined where nobody knows. */
  nextChangeAfter(did: Did, at: Instant): Instant | undefined;
  /** The documents of today used so far, for the audit record. */
  documents(): readonly ResolvedDid[];
  /** The documents of the past used so far. */
  pastDocuments(): readonly ResolvedDid[];
  notePastUse(use: PastKeyUse): void;
  /** The credentials that were accepted under a key of the past. */
  pastUses(): readonly PastKeyUse[];
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
  const past = new Map<string, Promise<Outcome<ResolvedDid>>>();
  const pastRead = new Map<string, ResolvedDid>();
  const pastUses = new Map<Digest, PastKeyUse>();

  const resolve = async (did: Did, fresh: boolean): Promise<Outcome<ResolvedDid>> => {
    const document = await resolver.resolveDid(did, { fresh });
    if (!document.ok) return document;
    if (document.value.did !== did) throw new Fault('RESOLVER_UNAVAILABLE', 'the resolver answered for another DID');
    read.set(did, document.value);
    return document;
  };
  const resolveAt = async (did: Did, then: Instant): Promise<Outcome<ResolvedDid>> => {
    const document = await resolver.resolveDid(did, { at: then });
    if (document.ok && document.value.did !== did) throw new Fault('RESOLVER_UNAVAILABLE', 'the resolver answered for another DID');
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
    return document.ok ? toKey(document.value, query, algorithms, at) : document;
  };
  const findDocument = async (did: Did): Promise<Outcome<ResolvedDid>> => {
    const method = did.split(':')[1] ?? '';
    if (!methods.includes(method)) return refuse('DID_METHOD_UNSUPPORTED', 'resolve', `method ${method}`);
    // Once a fresh document was fetched, the cached one counts no more.
    return refreshed.get(did) ?? once(asked, did, false);
  };
  return {
    refreshKey,
    documents: () => [...read.values()],
    pastDocuments: () => [...pastRead.values()],
    notePastUse: (use) => {
      pastUses.set(use.credential, use);
    },
    pastUses: () => [...pastUses.values()],
    findKeyAt: async (query, then) => {
      const name = pastName(query.did, then);
      const asking = past.get(name) ?? resolveAt(query.did, then);
      past.set(name, asking);
      const document = await asking;
      if (!document.ok) return document;
      pastRead.set(name, document.value);
      return toKey(document.value, query, algorithms, at);
    },
    nextChangeAfter: (did, then) => pastRead.get(pastName(did, then))?.nextChangeAt,
    findDocument,
    findKey: async (query) => {
      const document = await findDocument(query.did);
      if (!document.ok) return document;
      const key = toKey(document.value, query, algorithms, at);
      if (key.ok || key.refusal.code !== 'KEY_NOT_AUTHORIZED') return key;
      return (await refreshKey(query)) ?? key;
    },
  };
}

const pastName = (did: Did, then: Instant): string => `${String(then)} ${did}`;

/** The end of a key is judged at the time of this verification, also in a document of the past: a key that was revoked stays so. */
function toKey(
  document: ResolvedDid,
  { did, kid, use }: KeyQuery,
  algorithms: readonly SignatureAlgorithm[],
  at: Instant,
): Outcome<ResolvedKey> {
  const key = pickKey(document, { did, kid, uses: [use], at });
  if (!key.ok || algorithms.includes(key.value.alg)) return key;
  return refuse('ALGORITHM_NOT_ALLOWED', 'resolve', 'the algorithm of the key is not on the list');
}
