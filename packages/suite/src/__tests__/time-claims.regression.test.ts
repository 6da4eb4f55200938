import { describe, expect, it } from '@jest/globals';
import { assertOk, CATALOGUE, instant, type JsonObject, type JsonValue } from '@gridpass/core';
import {
  buildVpJwt,
  checkFreshness,
  checkKeyBinding,
  issueSdJwtVc,
  issueVcJwt,
  parseSdJwtVc,
  parseVcJwt,
  parseVpJwt,
  presentSdJwtVc,
} from '../index.js';
import { isLifeOf } from '../envelope.js';
import { AT, DAY, holder, nonce, resign, sdInput, vcInput } from './fixtures.js';

const expected = { audience: 'https://market.example', nonce: nonce('n-1'), at: AT, maxAgeSeconds: 60 };
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
const NO_TIMES: readonly JsonValue[] = [String(AT), null, true, [AT], { t: AT }, 1e308, -1, AT * 1000];

/** An SD-JWT presentation whose key binding says this besides. */
async function bound(claims: JsonObject): Promise<string | undefined> {
  const issued = await issueSdJwtVc(sdInput());
  const presented = await presentSdJwtVc({ compact: issued.compact, disclose: ['direction'], holder, ...expected });
  const start = presented.lastIndexOf('~') + 1;
  const keyBinding = await resign(presented.slice(start), (payload) => Object.assign(payload, claims), holder);
  const parsed = parseSdJwtVc(`${presented.slice(0, start)}${keyBinding}`);
  const checked = parsed.ok ? checkKeyBinding(parsed.value, expected) : parsed;
  return checked.refusal?.code;
}

/** A `vp+jwt` that says this besides. */
async function presented(claims: JsonObject): Promise<string | undefined> {
  const { compact } = await issueVcJwt(vcInput());
  const vp = await buildVpJwt({ holder, credentials: [compact], ...expected, lifeSeconds: 60 });
  const parsed = parseVpJwt(await resign(vp, (payload) => Object.assign(payload, claims), holder));
  const checked = parsed.ok ? checkFreshness(parsed.value, expected) : parsed;
  return checked.refusal?.code;
}

describe.each([
  ['kb+jwt', bound],
  ['vp+jwt', presented],
])('time claims count wherever they are present: %s', (_name, prove) => {
  it.each<[string, JsonObject, string | undefined]>([
    ['nothing more', {}, undefined],
    ['an exp one second ahead', { exp: AT + 1 }, undefined],
    ['an exp of this second', { exp: AT }, 'EXPIRED'],
    ['an exp that ends within this second', { exp: AT + 0.5 }, 'EXPIRED'],
    ['an exp that has passed', { exp: AT - 100 }, 'EXPIRED'],
    ['an nbf of this second', { nbf: AT }, undefined],
    ['an nbf ahead', { nbf: AT + 1 }, 'NOT_YET_VALID'],
    ['an nbf a fraction ahead', { nbf: AT + 0.5 }, 'NOT_YET_VALID'],
    ['an iat a fraction ago', { iat: AT - 0.5 }, undefined],
    ['an iat a fraction ahead', { iat: AT + 0.5 }, 'NOT_YET_VALID'],
    ['an iat as old as allowed', { iat: AT - 60 }, undefined],
    ['an iat a fraction older', { iat: AT - 60.5 }, 'EXPIRED'],
    ['a list of audiences', { aud: [expected.audience] }, 'PRESENTATION_MALFORMED'],
    ['another audience', { aud: 'https://other.example' }, 'AUDIENCE_MISMATCH'],
  ])('answers %s', async (_case, claims, code) => {
    expect(await prove(claims)).toBe(code);
  });

  it.each(['iat', 'nbf', 'exp'])('refuses a %s that is no NumericDate', async (name) => {
    for (const value of NO_TIMES) expect(await prove({ [name]: value })).toBe('PRESENTATION_MALFORMED');
  });
});

describe('a credential with fractions of seconds', () => {
  const half = { iat: AT - 10.5, nbf: AT + 0.5, exp: AT + DAY + 0.5 };
  const rounded = { issuedAt: AT - 10, issuedSince: AT - 11, validFrom: AT + 1, validUntil: AT + DAY };

  it('is read as the whole seconds that are worse for its holder, in both formats', async () => {
    const vc = await resign((await issueVcJwt(vcInput())).compact, (payload) =>
      Object.assign(payload, half, { validFrom: iso(half.nbf), validUntil: iso(half.exp) }),
    );
    expect(assertOk(parseVcJwt(vc)).content).toMatchObject(rounded);
    const jwt = await resign((await issueSdJwtVc(sdInput())).compact.split('~')[0] ?? '', (payload) => Object.assign(payload, half));
    expect(assertOk(parseSdJwtVc(`${jwt}~`)).content).toMatchObject(rounded);
  });

  it('says nothing of a fraction where there is none', async () => {
    expect(assertOk(parseVcJwt((await issueVcJwt(vcInput())).compact)).content).not.toHaveProperty('issuedSince');
  });

  it.each(['iat', 'nbf', 'exp'])('is refused where its %s is no NumericDate', async (name) => {
    const vc = (await issueVcJwt(vcInput())).compact;
    const jwt = (await issueSdJwtVc(sdInput())).compact.split('~')[0] ?? '';
    for (const value of NO_TIMES) {
      const edit = (payload: Record<string, unknown>) => Object.assign(payload, { [name]: value });
      expect(parseVcJwt(await resign(vc, edit)).refusal?.code).toBe('PRESENTATION_MALFORMED');
      expect(parseSdJwtVc(`${await resign(jwt, edit)}~`).refusal?.code).toBe('PRESENTATION_MALFORMED');
    }
  });

  it.each(['validFrom', 'validUntil'])('names one moment twice: a %s that is another is refused', async (name) => {
    const { compact } = await issueVcJwt(vcInput());
    const seconds = name === 'validFrom' ? AT : AT + 30 * DAY;
    const parse = async (text: JsonValue) => parseVcJwt(await resign(compact, (payload) => (payload[name] = text)));
    for (const text of [`${iso(seconds).slice(0, 19)}Z`, iso(seconds)]) expect((await parse(text)).ok).toBe(true);
    // The same moment in another zone: one spelling of the zone is enough for all readers.
    expect((await parse(iso(seconds).replace('Z', '+00:00'))).refusal?.code).toBe('PRESENTATION_MALFORMED');
    for (const text of [iso(seconds + 1), iso(seconds - 1), iso(seconds + 0.1), iso(seconds).replace('Z', '+01:00'), 'soon', seconds, null])
      expect((await parse(text)).refusal?.code).toBe('PRESENTATION_MALFORMED');
  });
});

describe('the longest life of a credential', () => {
  const most = CATALOGUE.SystemOperatorRole.maxLifeSeconds;

  it('may be used up to the second, and not a fraction beyond', () => {
    expect([most, most + 1, most + 0.5, 1, 0, -1].map((life) => isLifeOf('SystemOperatorRole', AT, AT + life))).toEqual([
      true,
      false,
      false,
      true,
      false,
      false,
    ]);
  });

  it('is held against what the credential says, before anything is rounded', async () => {
    const { compact } = await issueVcJwt(vcInput({ validUntil: instant(AT + most) }));
    expect(parseVcJwt(compact).ok).toBe(true);
    for (const [nbf, exp] of [
      [AT, AT + most + 1],
      [AT - 0.5, AT + most],
      [AT, AT + most + 0.5],
    ] as const) {
      const longer = await resign(compact, (payload) => Object.assign(payload, { nbf, exp, validFrom: iso(nbf), validUntil: iso(exp) }));
      expect(parseVcJwt(longer).refusal).toMatchObject({ code: 'PRESENTATION_MALFORMED', detail: expect.stringContaining('exp (life)') });
    }
  });
});
