import type { DidResolverPort, Instant, Outcome, ResolvedKey, SignatureAlgorithm } from '@gridpass/core';
import type { ParsedCredential } from '@gridpass/suite';
import { createKeyRing } from './key-ring.js';
import { findIssuerKey, type PastKeyPorts } from './past-key.js';

/** Finds the key by which one credential is to be judged now. Refuses and throws as the verifier does; the caller checks the proof with it. */
export type IssuerKeyFinder = (parsed: ParsedCredential, at: Instant) => Promise<Outcome<ResolvedKey>>;

/**
 * The verifier's rule on issuers' keys for those who judge credentials by other stages of their own, e.g. wallets: today's
 * key or, with `history`, the one the issuer had when the chain came to know of the issuance.
 */
export function createIssuerKeyFinder(options: {
  readonly resolver: DidResolverPort;
  readonly methods: readonly string[];
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly history?: PastKeyPorts;
}): IssuerKeyFinder {
  const { history, ...ring } = options;
  return (parsed, at) => findIssuerKey(parsed, { ring: createKeyRing({ ...ring, at }), at, ...(history === undefined ? {} : { history }) });
}
