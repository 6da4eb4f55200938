import { describe, expect, it } from '@jest/globals';
import { assertOk, instant } from '@gridpass/core';
import type { Instant, JsonObject } from '@gridpass/core';
import { checkAudience, checkTimeClaims, parseTimeClaims } from '../index.js';

const AT = instant(1_795_801_622);
const STRICT = { at: AT, skewSeconds: 0, maxAgeSeconds: 60 };
const judge = (payload: JsonObject, rule: Partial<typeof STRICT> = {}) => {
  const { refusal } = checkTimeClaims(assertOk(parseTimeClaims({ iat: AT, ...payload })), { ...STRICT, ...rule });
  return refusal === undefined ? undefined : `${refusal.code} ${refusal.detail}`;
};

describe('parseTimeClaims', () => {
  it('reads what is there and nothing else', () => {
    const absent = { issuedAt: undefined, notBefore: undefined, expiresAt: undefined };
    expect(assertOk(parseTimeClaims({}))).toEqual(absent);
    expect(assertOk(parseTimeClaims({ nbf: 1 }))).toEqual({ ...absent, notBefore: { exact: 1, down: 1, up: 1 } });
  });

  it.each(['iat', 'nbf', 'exp'])('refuses a %s that is no NumericDate, and says which', (name) => {
    for (const value of [null, 'now', String(AT), Number.NaN, 1e308, -1, AT * 1000, {}, [AT]]) {
      expect(parseTimeClaims({ [name]: value }).refusal).toMatchObject({ code: 'PRESENTATION_MALFORMED', detail: name });
    }
  });

  it('names all that are wrong, and reads own members alone', () => {
    expect(parseTimeClaims({ iat: '', exp: '' }).refusal?.detail).toBe('iat, exp');
    expect(assertOk(parseTimeClaims(Object.create({ exp: 'inherited' }) as JsonObject)).expiresAt).toBeUndefined();
  });
});

describe('time claims, each where it is present', () => {
  it.each<[string, JsonObject, string | undefined]>([
    ['an iat of now', {}, undefined],
    ['an iat one second ahead', { iat: AT + 1 }, 'NOT_YET_VALID iat'],
    ['an iat a fraction ahead', { iat: AT + 0.1 }, 'NOT_YET_VALID iat'],
    ['an iat as old as allowed', { iat: AT - 60 }, undefined],
    ['an iat a fraction older', { iat: AT - 60.1 }, 'EXPIRED iat'],
    ['an iat one second older', { iat: AT - 61 }, 'EXPIRED iat'],
    ['an nbf of now', { nbf: AT }, undefined],
    ['an nbf a fraction ahead', { nbf: AT + 0.1 }, 'NOT_YET_VALID nbf'],
    ['an nbf one second ahead', { nbf: AT + 1 }, 'NOT_YET_VALID nbf'],
    ['an exp one second ahead', { exp: AT + 1 }, undefined],
    ['an exp a fraction ahead, which is rounded down', { exp: AT + 0.9 }, 'EXPIRED exp'],
    ['an exp of now', { exp: AT }, 'EXPIRED exp'],
    ['an exp that has passed', { exp: AT - 1 }, 'EXPIRED exp'],
    ['an exp of 0', { exp: 0 }, 'EXPIRED exp'],
  ])('answers %s', (_name, payload, answer) => {
    expect(judge(payload)).toBe(answer);
  });

  it('forgives a clock that is ahead by the skew, for a beginning and never for an end', () => {
    expect(judge({ iat: AT + 5, nbf: AT + 5 }, { skewSeconds: 5 })).toBeUndefined();
    expect(judge({ iat: AT + 6 }, { skewSeconds: 5 })).toBe('NOT_YET_VALID iat');
    expect(judge({ nbf: AT + 6 }, { skewSeconds: 5 })).toBe('NOT_YET_VALID nbf');
    expect(judge({ exp: AT }, { skewSeconds: 5 })).toBe('EXPIRED exp');
  });

  it('wants an iat where the age is bounded', () => {
    const none = assertOk(parseTimeClaims({}));
    expect(checkTimeClaims(none, STRICT).refusal?.code).toBe('EXPIRED');
    expect(checkTimeClaims(none, { ...STRICT, maxAgeSeconds: 'unbounded' }).ok).toBe(true);
    expect(checkTimeClaims(assertOk(parseTimeClaims({ iat: 0 })), { ...STRICT, maxAgeSeconds: 'unbounded' }).ok).toBe(true);
  });

  it('refuses where the time or a bound is no number', () => {
    expect(judge({}, { at: Number.NaN as Instant })).toBe('NOT_YET_VALID iat');
    expect(judge({}, { skewSeconds: Number.NaN })).toBe('NOT_YET_VALID iat');
    expect(judge({}, { maxAgeSeconds: Number.NaN })).toBe('EXPIRED iat');
  });
});

describe('checkAudience', () => {
  const names = ['https://market.example', 'https://market.example/token'];
  it('passes no audience and each of the names', () => {
    expect([{}, { aud: names[0] ?? '' }, { aud: names[1] ?? '' }].map((payload) => checkAudience(payload, names).ok)).toEqual([
      true,
      true,
      true,
    ]);
  });
  it.each([['https://market.example/'], ['HTTPS://market.example'], [['https://market.example']], [null], [''], [0], [{}]])(
    'refuses %j',
    (aud) => {
      expect(checkAudience({ aud }, names).refusal?.code).toBe('AUDIENCE_MISMATCH');
      expect(checkAudience({ aud }, []).refusal?.code).toBe('AUDIENCE_MISMATCH');
    },
  );
});
