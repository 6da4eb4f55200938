import { digestOf } from '@gridpass/codec';
import {
  Fault,
  instant,
  ok,
  refuse,
  type Did,
  type DidResolverPort,
  type DidUrl,
  type Instant,
  type Outcome,
  type PublicJwk,
  type RefusalCode,
  type ResolvedDid,
  type ResolvedKey,
  type VerificationRelationship,
} from '@gridpass/core';
import { algorithmOf } from '@gridpass/keys';

/** A resolver over documents a test puts in; keeps the last answer per DID until asked for a fresh one, as a cache would. */
export interface FakeResolver extends DidResolverPort {
  publishKey(did: Did, kid: DidUrl, publicJwk: PublicJwk, relationships?: readonly VerificationRelationship[]): void;
  withdrawKey(did: Did, kid: DidUrl): void;
  refuseDid(did: Did, code: RefusalCode): void;
  /** From now on every resolution throws RESOLVER_UNAVAILABLE, until called with false. */
  fail(failing: boolean): void;
  /** DIDs asked for, in order. */
  readonly asked: Did[];
}

/** Creates a resolver without documents. */
export function createFakeResolver(at: Instant = instant(1_780_000_000)): FakeResolver {
  const documents = new Map<Did, ResolvedKey[]>();
  const refusals = new Map<Did, RefusalCode>();
  const cache = new Map<Did, ResolvedDid>();
  const asked: Did[] = [];
  let failing = false;
  const read = (did: Did): ResolvedDid | undefined => {
    const keys = documents.get(did);
    if (keys === undefined) return undefined;
    return { did, keys: [...keys], services: [], fetchedAt: at, documentDigest: digestOf(JSON.stringify(keys)) };
  };
  return {
    asked,
    publishKey: (did, id, publicJwk, relationships = ['assertionMethod', 'authentication']) => {
      documents.set(did, [
        ...(documents.get(did) ?? []).filter((key) => key.id !== id),
        { id, alg: algorithmOf(publicJwk), publicJwk, relationships },
      ]);
    },
    withdrawKey: (did, id) => {
      documents.set(
        did,
        (documents.get(did) ?? []).filter((key) => key.id !== id),
      );
    },
    refuseDid: (did, code) => {
      refusals.set(did, code);
    },
    fail: (value) => {
      failing = value;
    },
    resolveDid: async (did, options): Promise<Outcome<ResolvedDid>> => {
      asked.push(did);
      if (failing) throw new Fault('RESOLVER_UNAVAILABLE', 'the resolver of the test is down');
      const code = refusals.get(did);
      if (code !== undefined) return refuse(code, 'resolve', 'as the test asked');
      const known = options?.fresh === true ? undefined : cache.get(did);
      const document = known ?? read(did);
      if (document === undefined) return refuse('DID_NOT_FOUND', 'resolve', 'no document');
      cache.set(did, document);
      return ok(document);
    },
  };
}
