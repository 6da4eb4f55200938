import { ok, refuse, type Challenge, type ChallengePort, type Outcome } from '@gridpass/core';

/** A challenge store in memory with the contract of the real one: single use, bound to tenant and state. */
export function createFakeChallenges(): ChallengePort & { readonly size: number } {
  const open = new Map<string, Challenge>();
  const unknown = (): Outcome<never> => refuse('CHALLENGE_UNKNOWN', 'prove', 'no such challenge');
  return {
    get size() {
      return open.size;
    },
    issueChallenge: async (challenge) => {
      open.set(`${challenge.tenant}\n${challenge.state}`, challenge);
    },
    readChallenge: async ({ tenant, state, at }) => {
      const challenge = open.get(`${tenant}\n${state}`);
      return challenge === undefined || challenge.expiresAt <= at ? unknown() : ok(challenge);
    },
    consumeChallenge: async ({ tenant, state, nonce, at }) => {
      const challenge = open.get(`${tenant}\n${state}`);
      if (challenge === undefined || challenge.nonce !== nonce || challenge.expiresAt <= at) return unknown();
      open.delete(`${tenant}\n${state}`);
      return ok(challenge);
    },
  };
}
