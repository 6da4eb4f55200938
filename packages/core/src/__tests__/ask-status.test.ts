import { describe, expect, it } from '@jest/globals';
import { askStatus, instant, ok, refuse } from '../index.js';
import type { Did, Instant, Outcome, StatusEvidence } from '../index.js';

const AT = instant(1_795_801_622);
const uris = ['https://dso.example/1', 'https://dso.example/2'] as const;
const evidence = (uri: string, goodUntil: number): StatusEvidence => ({ uri, listIssuedAt: AT, goodUntil: goodUntil as Instant });
const ask = (answer: Outcome<readonly StatusEvidence[]>) =>
  askStatus(
    { checkStatus: () => Promise.resolve(answer) },
    { references: uris.map((uri) => ({ kind: 'token', uri, index: 1 })), issuer: 'did:web:dso.example' as Did, at: AT },
  );

describe('askStatus', () => {
  it('passes an answer for every entry that counts for a second more, and a refusal', async () => {
    expect((await ask(ok(uris.map((uri) => evidence(uri, AT + 1))))).ok).toBe(true);
    expect((await ask(refuse('REVOKED', 'status', 'x'))).refusal?.code).toBe('REVOKED');
  });

  it.each([AT, AT - 1, Number.NaN, Number.POSITIVE_INFINITY])('takes an answer until %p for one that has run out', async (end) => {
    await expect(ask(ok([evidence(uris[0], AT + 1), evidence(uris[1], end)]))).rejects.toMatchObject({ code: 'STATUS_STALE' });
  });

  it.each([[[]], [[uris[0]]], [[uris[1], uris[1]]]])('takes an answer for %j alone for no answer', async (answered) => {
    await expect(ask(ok(answered.map((uri) => evidence(uri, AT + 1))))).rejects.toMatchObject({ code: 'STATUS_UNAVAILABLE' });
  });
});
