import { SIGNATURE_ALGORITHMS, type Outcome } from '@gridpass/core';
import { createSchemas } from '@gridpass/schema';
import { SIGNED_AGE_BOUNDS, createForgetfulSeenLists, createStatusChecker } from '@gridpass/status';
import { createChallengeRepository } from '@gridpass/store';
import { createAuthoritySource } from '@gridpass/trust';
import { createVerifier, type VerifiedCredential } from '@gridpass/verify';
import type { Society } from '../compose.js';

/** What a verifier who trusts the root alone says of a credential now. It has seen nothing before, so that no cache answers. */
export function verify(society: Society, compact: string): Promise<Outcome<VerifiedCredential>> {
  const { resolver, fetch, clock, store, history } = society.program;
  const { stalenessBoundSeconds } = society.config;
  return createVerifier({
    resolver,
    status: createStatusChecker({
      fetch,
      resolver,
      clock,
      stalenessBoundSeconds,
      signedAge: SIGNED_AGE_BOUNDS,
      seen: createForgetfulSeenLists(),
    }),
    authority: createAuthoritySource({ fetch }),
    challenges: createChallengeRepository(store),
    schemas: createSchemas(),
    anchors: [{ did: society.did('root'), mayIssue: ['RegulatorAccreditation'] }],
    algorithms: SIGNATURE_ALGORITHMS,
    methods: ['ethr', 'jwk', 'key'],
    limits: { maxDepth: 4, maxCredentials: 8, presentationMaxAgeSeconds: 300, clockSkewSeconds: 5 },
    ...(history === undefined ? {} : { history }),
  }).verifyCredential(compact, clock.now());
}
