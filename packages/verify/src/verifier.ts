import { NO_METER, type Instant, type Outcome, type Received } from '@gridpass/core';
import { Current } from './current.js';
import { checkHolderStands, type HeldBy } from './holder-standing.js';
import { createKeyRing } from './key-ring.js';
import { createLinkTexts } from './links.js';
import { assertOptions, type Expected, type VerifierOptions } from './options.js';
import { Parsed } from './parse.js';
import { createProofMemo } from './proof-memo.js';
import { Proven, type ProveContext } from './prove.js';
import { Resolved } from './resolve.js';
import { Trusted, type TrustContext } from './trusted.js';
import { checkCredentialAlone, type VerifiedCredential } from './verified-credential.js';

/** Turns what was received into what is known. */
export interface Verifier {
  /** Runs the five stages; refuses with the code of the first that does not hold, throws Fault when one cannot tell. */
  verify(received: Received, expected: Expected): Promise<Outcome<Trusted>>;
  /** Checks one credential outside a presentation, for wallets and issuers; never enough to open a gate. */
  verifyCredential(compact: string, at: Instant): Promise<Outcome<VerifiedCredential>>;
  /** Whether a holder that was let in before still stands, by its DID as the resolver has it; to be asked at every use of a grant. */
  checkHolder(holder: HeldBy, at: Instant): Promise<Outcome<true>>;
}

/**
 * Creates a verifier; one lives as long as the program, so that proofs of credentials seen before cost nothing.
 * Throws InputError CONFIG_INVALID for an empty list of anchors, algorithms or methods.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  assertOptions(options);
  const { time } = options.meter ?? NO_METER;
  const memo = createProofMemo();
  const linkTexts = createLinkTexts();
  const contextAt = (at: Instant): ProveContext & TrustContext => ({
    ...options,
    memo,
    linkTexts,
    at,
    maxDepth: options.limits.maxDepth,
    ring: createKeyRing({ resolver: options.resolver, methods: options.methods, algorithms: options.algorithms, at }),
  });
  return {
    verify: async (received, expected) => {
      const context = contextAt(received.at);
      // stage     in → out (sealed)                                                     asks
      const parsed = Parsed.parse(received, options.limits); //                          nothing
      if (!parsed.ok) return parsed;
      const resolved = await time('resolve', () => Resolved.resolve(parsed.value, context)); // DID resolver; for a rotated key log and chain
      if (!resolved.ok) return resolved;
      const proven = await time('prove', () => Proven.prove(resolved.value, expected, context)); // challenge store
      if (!proven.ok) return proven;
      const current = await time('status', () => Current.check(proven.value, options.status)); // status lists
      if (!current.ok) return current;
      return time('trust', () => Trusted.trust(current.value, context)); // authorities, resolver, status lists
    },
    verifyCredential: (compact, at) => checkCredentialAlone(compact, contextAt(at)),
    checkHolder: (holder, at) => checkHolderStands(contextAt(at).ring, holder, at),
  };
}
