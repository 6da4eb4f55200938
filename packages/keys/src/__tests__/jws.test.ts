import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SIGNATURE_ALGORITHMS, assertOk } from '@gridpass/core';
import type { JsonObject } from '@gridpass/core';
import { encodeBase64url, utf8 } from '@gridpass/codec';
import { checkJws, createSigner, generatePrivateJwk, parseCompactJws, signCompactJws, toPublicJwk } from '../index.js';

const key = generatePrivateJwk('ES256');
const signer = createSigner(key);
const part = (json: unknown): string => encodeBase64url(utf8(typeof json === 'string' ? json : JSON.stringify(json)));
const SIGNATURE = encodeBase64url(new Uint8Array(64).fill(1));
const token = (header: unknown, payload: unknown = {}): string => `${part(header)}.${part(payload)}.${SIGNATURE}`;
const codeOf = (text: string): string | undefined => parseCompactJws(text).refusal?.code;

describe('signCompactJws and checkJws', () => {
  it.each(SIGNATURE_ALGORITHMS)('%s round-trips', async (alg) => {
    const own = createSigner(generatePrivateJwk(alg));
    const jws = assertOk(parseCompactJws(await signCompactJws({ typ: 'vc+jwt', kid: 'did:key:z#z' }, { iss: 'did:key:z' }, own)));
    expect(jws.header).toEqual({ typ: 'vc+jwt', kid: 'did:key:z#z', alg });
    expect(jws.payload).toEqual({ iss: 'did:key:z' });
    expect(checkJws(jws, own.publicJwk, { typ: 'vc+jwt' })).toEqual({ ok: true, value: true });
  });

  // RFC 7515 4.1.9 and RFC 2045 5.1
  it.each(['kb+jwt', 'KB+JWT', 'Kb+Jwt', 'application/kb+jwt', 'Application/KB+jwt'])('takes %s for kb+jwt', async (typ) => {
    const jws = assertOk(parseCompactJws(await signCompactJws({ typ }, {}, signer)));
    expect(checkJws(jws, signer.publicJwk, { typ: 'kb+jwt' })).toEqual({ ok: true, value: true });
  });

  it.each([
    ['another kind', 'at+jwt'],
    ['nothing', ''],
    ['a Kelvin sign, which lower case makes a k', '\u212ab+jwt'],
    ['a dotless i', 'appl\u0131cation/kb+jwt'],
    ['a fullwidth k', '\uff4bb+jwt'],
    ['another tree', 'text/kb+jwt'],
    ['the prefix twice', 'application/application/kb+jwt'],
    ['a parameter', 'kb+jwt; charset=utf-8'],
    ['a space', ' kb+jwt'],
    ['a longer name', 'kb+jwts'],
  ])('does not take %s for kb+jwt', async (_name, typ) => {
    const jws = assertOk(parseCompactJws(await signCompactJws({ typ }, {}, signer)));
    expect(checkJws(jws, signer.publicJwk, { typ: 'kb+jwt' })).toMatchObject({ refusal: { code: 'PROOF_INVALID' } });
  });

  it('refuses a token without a typ', async () => {
    const untyped = assertOk(parseCompactJws(await signCompactJws({}, {}, signer)));
    expect(checkJws(untyped, signer.publicJwk, { typ: 'vc+jwt' })).toMatchObject({ refusal: { code: 'PROOF_INVALID' } });
  });

  it("refuses an algorithm that is not the key's, before looking at the signature", async () => {
    const jws = assertOk(parseCompactJws(await signCompactJws({ typ: 'vc+jwt' }, {}, signer)));
    const other = toPublicJwk(generatePrivateJwk('ES256K'));
    expect(checkJws(jws, other, { typ: 'vc+jwt' })).toMatchObject({ refusal: { code: 'ALGORITHM_NOT_ALLOWED' } });
  });

  it('refuses a signature by another key of the same kind', async () => {
    const jws = assertOk(parseCompactJws(await signCompactJws({ typ: 'vc+jwt' }, {}, signer)));
    expect(checkJws(jws, toPublicJwk(generatePrivateJwk('ES256')), { typ: 'vc+jwt' })).toMatchObject({
      refusal: { code: 'PROOF_INVALID' },
    });
  });

  it('does not let a header choose the algorithm', async () => {
    await expect(signCompactJws({ alg: 'none' }, {}, signer)).rejects.toMatchObject({ code: 'ALGORITHM_NOT_ALLOWED' });
  });
});

describe('parseCompactJws', () => {
  // attacks.md 1: algorithms
  it.each(['none', 'None', 'NONE', '', 'HS256', 'RS256', 'es256', 'ES256 ', 'ES256K-R', 'Ed25519'])('refuses alg %p', (alg) => {
    expect(codeOf(token({ alg }))).toBe('ALGORITHM_NOT_ALLOWED');
  });

  it('refuses an HMAC made with the public key as secret', () => {
    const input = `${part({ alg: 'HS256' })}.${part({})}`;
    const mac = createHmac('sha256', JSON.stringify(toPublicJwk(key)))
      .update(input)
      .digest();
    expect(codeOf(`${input}.${encodeBase64url(Uint8Array.from(mac))}`)).toBe('ALGORITHM_NOT_ALLOWED');
  });

  // attacks.md 2 to 5: headers
  const headers: readonly (readonly [string, JsonObject])[] = [
    ['no alg', {}],
    ['alg as a list', { alg: ['ES256'] }],
    ['jwk', { alg: 'ES256', jwk: { ...toPublicJwk(key) } }],
    ['jku', { alg: 'ES256', jku: 'https://evil.example/keys' }],
    ['x5u', { alg: 'ES256', x5u: 'https://evil.example/c' }],
    ['x5c', { alg: 'ES256', x5c: ['AA'] }],
    ['crit', { alg: 'ES256', crit: ['exp'], exp: 1 }],
    ['an empty crit', { alg: 'ES256', crit: [] }],
    ['b64', { alg: 'ES256', b64: false }],
    ['b64 true', { alg: 'ES256', b64: true }],
    ['zip', { alg: 'ES256', zip: 'DEF' }],
    ['p2c', { alg: 'ES256', p2c: 1_000_000_000 }],
    ['a nested token', { alg: 'ES256', cty: 'JWT' }],
    ['a nested token by media type', { alg: 'ES256', cty: 'vp+jwt' }],
    ['a kid that is no text', { alg: 'ES256', kid: 1 }],
    ['an empty kid', { alg: 'ES256', kid: '' }],
    ['a kid with a line break', { alg: 'ES256', kid: 'a\nb' }],
    ['a kid beyond ASCII', { alg: 'ES256', kid: 'did:web:exаmple.org#k' }],
    ['a typ that is no text', { alg: 'ES256', typ: null }],
    ['an unknown member that crit names', { alg: 'ES256', crit: ['foo'], foo: 'bar' }],
    ['enc, which makes it another kind of object', { alg: 'ES256', enc: 'A256GCM' }],
  ];
  it.each(headers)('refuses %s', (_name, header) => {
    expect(codeOf(token(header))).toBe('PRESENTATION_MALFORMED');
  });

  // RFC 7515 4
  it.each<[string, JsonObject]>([
    ['a member that nobody knows', { foo: { bar: [1] } }],
    ['the thumbprint of a certificate', { 'x5t#S256': 'AA' }],
    ['the content type of a credential', { cty: 'vc' }],
    ['a member of another standard', { vctm: ['AA'] }],
  ])('ignores %s', (_name, header) => {
    expect(codeOf(token({ alg: 'ES256', ...header }))).toBeUndefined();
  });

  // RFC 7519 5.3
  const payload = { iss: 'did:web:a.example', sub: 'b', aud: ['c', 'd'], exp: 9, nbf: 1, iat: 2, jti: 'e' };
  it.each(Object.entries(payload))('takes a copy of %s in the header that says the same, and no other', (name, value) => {
    expect(codeOf(token({ alg: 'ES256', [name]: value }, payload))).toBeUndefined();
    const others: readonly unknown[] = [typeof value === 'number' ? value + 1 : 'x', String(value), null, [value], {}];
    for (const other of others.filter((one) => one !== value))
      expect(codeOf(token({ alg: 'ES256', [name]: other }, payload))).toBe('PRESENTATION_MALFORMED');
    const { [name as 'iss']: _, ...without } = payload;
    expect(codeOf(token({ alg: 'ES256', [name]: value }, without))).toBe('PRESENTATION_MALFORMED');
  });

  it('lets jwk through where the caller reads it, but never beside a kid', () => {
    const jwk = { ...toPublicJwk(key) };
    expect(parseCompactJws(token({ alg: 'ES256', jwk }), { allowHeaders: ['jwk'] }).ok).toBe(true);
    expect(parseCompactJws(token({ alg: 'ES256', jwk, kid: 'a' }), { allowHeaders: ['jwk'] }).refusal?.code).toBe('PRESENTATION_MALFORMED');
    expect(parseCompactJws(token({ alg: 'ES256', jwk, x5c: [] }), { allowHeaders: ['jwk'] }).refusal?.code).toBe('PRESENTATION_MALFORMED');
  });

  const good = part({ alg: 'ES256' });
  it.each([
    ['empty text', ''],
    ['one part', good],
    ['two parts', `${good}.${part({})}`],
    ['four parts', `${good}.${part({})}.${SIGNATURE}.${SIGNATURE}`],
    ['JWE', `${good}.a.b.c.d`],
    ['an empty payload', `${good}..${SIGNATURE}`],
    ['an empty signature', `${good}.${part({})}.`],
    ['a leading dot', `.${part({})}.${SIGNATURE}`],
    ['padding', `${good}=.${part({})}.${SIGNATURE}`],
    ['standard base64', `${good}.${part({})}.${SIGNATURE.slice(0, -1)}+`],
    ['a space', ` ${good}.${part({})}.${SIGNATURE}`],
    ['a payload that is a list', `${good}.${part([])}.${SIGNATURE}`],
    ['a payload that is no JSON', `${good}.${part('{')}.${SIGNATURE}`],
    ['a duplicate member', `${good}.${part('{"iss":"a","iss":"b"}')}.${SIGNATURE}`],
    ['a duplicate header', `${part('{"alg":"none","alg":"ES256"}')}.${part({})}.${SIGNATURE}`],
    ['__proto__', `${good}.${part('{"__proto__":{}}')}.${SIGNATURE}`],
    ['a non-canonical tail', `${good}.${part({})}.${SIGNATURE.slice(0, -1)}R`],
    ['a DER signature', `${good}.${part({})}.${encodeBase64url(new Uint8Array(70))}`],
    ['an overlong text', `${good}.${part({ a: 'x'.repeat(300_000) })}.${SIGNATURE}`],
  ])('refuses %s', (_name, text) => {
    expect(codeOf(text)).toBe('PRESENTATION_MALFORMED');
  });
});
