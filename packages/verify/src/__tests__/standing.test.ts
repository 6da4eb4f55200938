import { describe, expect, it } from '@jest/globals';
import { ok, refuse } from '@gridpass/core';
import type { CredentialContent, Instant, Outcome, StatusEvidence, StatusPort } from '@gridpass/core';
import { NOON, createPaperSociety } from '@gridpass/testkit';
import { checkStanding } from '../standing.js';
import { verifierFor } from './fixtures.js';

const uris = ['https://dso.example/1', 'https://dso.example/2'] as const;
const content = {
  issuer: 'did:web:dso.example',
  status: [
    { kind: 'bitstring', purpose: 'revocation', uri: uris[0], index: 1 },
    { kind: 'bitstring', purpose: 'suspension', uri: uris[1], index: 1 },
  ],
} as unknown as CredentialContent;
const evidence = (uri: string, goodUntil: number): StatusEvidence => ({ uri, listIssuedAt: NOON, goodUntil: goodUntil as Instant });
const portOf = (answer: Outcome<readonly StatusEvidence[]>): StatusPort => ({ checkStatus: () => Promise.resolve(answer) });
const stands = (...answer: readonly StatusEvidence[]) => checkStanding(content, portOf(ok(answer)), NOON);

describe('checkStanding', () => {
  it('takes an answer that counts for one second more', async () => {
    expect((await stands(evidence(uris[0], NOON + 1), evidence(uris[1], NOON + 1))).ok).toBe(true);
  });

  it.each([NOON, NOON - 1, 0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'takes an answer that counts until %p, at noon, for no answer, whichever of the entries it is about',
    async (end) => {
      await expect(stands(evidence(uris[0], end), evidence(uris[1], NOON + 9))).rejects.toMatchObject({ code: 'STATUS_STALE' });
      await expect(stands(evidence(uris[0], NOON + 9), evidence(uris[1], end))).rejects.toMatchObject({ code: 'STATUS_STALE' });
    },
  );

  it('wants an answer for every entry', async () => {
    await expect(stands()).rejects.toMatchObject({ code: 'STATUS_UNAVAILABLE' });
    await expect(stands(evidence(uris[0], NOON + 9))).rejects.toMatchObject({ code: 'STATUS_UNAVAILABLE' });
    await expect(stands(evidence(uris[1], NOON + 9), evidence(uris[1], NOON + 9))).rejects.toMatchObject({ code: 'STATUS_UNAVAILABLE' });
  });

  it('passes a refusal on', async () => {
    expect((await checkStanding(content, portOf(refuse('REVOKED', 'status', 'x')), NOON)).refusal?.code).toBe('REVOKED');
  });
});

describe('ends told by a port that are no numbers', () => {
  it('open nothing: a status that counts until NaN, for a credential and for a link above it', async () => {
    const society = await createPaperSociety();
    for (const issuer of [society.dso.did, society.regulator.did]) {
      const status: StatusPort = {
        checkStatus: async (query) => {
          const answer = await society.status.checkStatus(query);
          if (query.issuer !== issuer || !answer.ok) return answer;
          return ok(answer.value.map((entry) => ({ ...entry, goodUntil: Number.NaN as Instant })));
        },
      };
      await expect(verifierFor(society, { status }).verifyCredential(society.entitlement.compact, NOON)).rejects.toMatchObject({
        code: 'STATUS_STALE',
      });
    }
  });
});
