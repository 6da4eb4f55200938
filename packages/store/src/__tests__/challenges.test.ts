import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { instant, tenantId } from '@gridpass/core';
import type { Challenge, Nonce } from '@gridpass/core';
import { openTestStore } from '@gridpass/testkit';
import { createChallengeRepository, type Store } from '../index.js';

const here = tenantId('gate');
const there = tenantId('other-gate');
const at = instant(1000);
const challenge = (state: string, overrides: Partial<Challenge> = {}): Challenge => ({
  tenant: here,
  state,
  nonce: `nonce-${state}` as Nonce,
  audience: 'decentralized_identifier:did:web:gate.example',
  channel: 'behind_the_meter',
  sessionThumbprint: 'print',
  expiresAt: instant(1100),
  ...overrides,
});

describe('the challenge repository', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(() => store.close());

  it('reads what was issued, in its own tenant only', async () => {
    const challenges = createChallengeRepository(store);
    await challenges.issueChallenge(challenge('read'));
    expect(await challenges.readChallenge({ tenant: here, state: 'read', at })).toEqual({ ok: true, value: challenge('read') });
    expect((await challenges.readChallenge({ tenant: there, state: 'read', at })).refusal?.code).toBe('CHALLENGE_UNKNOWN');
  });

  it('lets exactly one of many concurrent uses consume', async () => {
    const challenges = createChallengeRepository(store);
    await challenges.issueChallenge(challenge('race'));
    const uses = await Promise.all(
      Array.from({ length: 8 }, () => challenges.consumeChallenge({ tenant: here, state: 'race', nonce: 'nonce-race' as Nonce, at })),
    );
    expect(uses.filter(({ ok }) => ok)).toHaveLength(1);
    expect((await challenges.readChallenge({ tenant: here, state: 'race', at })).refusal?.code).toBe('CHALLENGE_UNKNOWN');
  });

  it.each([
    ['a prefix of the nonce', { nonce: 'nonce-keep'.slice(0, -1) as Nonce }],
    ['a longer nonce', { nonce: 'nonce-keeps' as Nonce }],
    ['another case', { nonce: 'NONCE-KEEP' as Nonce }],
    ['another tenant', { tenant: there }],
    ['the second of expiry', { at: instant(1100) }],
    ['another state', { state: 'keep2' }],
  ])('does not consume with %s, and keeps the challenge', async (name, overrides) => {
    const challenges = createChallengeRepository(store);
    const state = 'keep';
    if ((await challenges.readChallenge({ tenant: here, state, at })).ok === false) await challenges.issueChallenge(challenge(state));
    const query = { tenant: here, state, nonce: 'nonce-keep' as Nonce, at };
    expect({ name, code: (await challenges.consumeChallenge({ ...query, ...overrides })).refusal?.code }).toEqual({
      name,
      code: 'CHALLENGE_UNKNOWN',
    });
    expect((await challenges.readChallenge(query)).ok).toBe(true);
  });

  it('sweeps what nobody answered, in bounded steps', async () => {
    const challenges = createChallengeRepository(store);
    for (const index of [1, 2, 3]) await challenges.issueChallenge(challenge(`old-${index}`, { tenant: there, expiresAt: instant(10) }));
    await challenges.issueChallenge(challenge('young', { tenant: there }));
    expect(await challenges.dropExpiredChallenges(there, { at, limit: 2 })).toBe(2);
    expect(await challenges.dropExpiredChallenges(there, { at, limit: 2 })).toBe(1);
    expect((await challenges.readChallenge({ tenant: there, state: 'young', at })).ok).toBe(true);
  });
});
