import { describe, expect, it } from '@jest/globals';
import { Fault, instant, ok } from '@gridpass/core';
import type { DesiredAdmission, Did, Instant, StatusPort } from '@gridpass/core';
import { checkStanding } from '../standing.js';

const AT = instant(1_795_801_622);
const GRACE = 600;
const uri = 'https://dso.example/1';
const admission = (more: Partial<DesiredAdmission>): DesiredAdmission =>
  ({
    notAfter: instant(AT + 9),
    checkedAt: AT,
    status: [{ issuer: 'did:web:dso.example' as Did, references: [{ kind: 'token', uri, index: 1 }] }],
    ...more,
  }) as DesiredAdmission;
const until = (goodUntil: number): StatusPort => ({
  checkStatus: () => Promise.resolve(ok([{ uri, listIssuedAt: AT, goodUntil: goodUntil as Instant }])),
});
const down: StatusPort = { checkStatus: () => Promise.reject(new Fault('STATUS_UNAVAILABLE', 'down')) };
const standing = (status: StatusPort, more: Partial<DesiredAdmission> = {}) =>
  checkStanding({ status, statusGraceSeconds: GRACE }, admission(more), AT);

describe('the standing of an admission', () => {
  it('falls at the end of the first credential, to the second, and where that end is no number', async () => {
    expect(await standing(until(AT + 1), { notAfter: instant(AT + 1) })).toEqual({ kind: 'stands' });
    for (const notAfter of [AT, Number.NaN, Number.POSITIVE_INFINITY])
      expect(await standing(until(AT + 1), { notAfter: notAfter as Instant })).toEqual({ kind: 'fallen', reason: 'EXPIRED' });
  });

  it.each([AT, Number.NaN, Number.POSITIVE_INFINITY])('is unknown by an answer that counts until %p', async (end) => {
    expect(await standing(until(end))).toEqual({ kind: 'unknown' });
  });

  it('is unknown for the time of grace, to the second, and never where nobody knows since when', async () => {
    expect(await standing(down, { checkedAt: instant(AT - GRACE) })).toEqual({ kind: 'unknown' });
    const fallen = { kind: 'fallen', reason: 'STATUS_UNAVAILABLE' };
    expect(await standing(down, { checkedAt: instant(AT - GRACE - 1) })).toEqual(fallen);
    expect(await standing(down, { checkedAt: Number.NaN as Instant })).toEqual(fallen);
  });
});
