import { describe, expect, it } from '@jest/globals';
import { SIGNATURE_ALGORITHMS } from '@gridpass/core';
import type { JsonValue } from '@gridpass/core';
import { encodeBase64url } from '@gridpass/codec';
import {
  algorithmOf,
  compressPoint,
  generatePrivateJwk,
  parsePublicJwk,
  parseRawPublicKey,
  rawPublicKeyOf,
  thumbprintOf,
  toPublicJwk,
} from '../index.js';

const zeros = encodeBase64url(new Uint8Array(32));
const p256 = toPublicJwk(generatePrivateJwk('ES256'));
const y = 'y' in p256 ? p256.y : '';

describe('parsePublicJwk', () => {
  it.each(SIGNATURE_ALGORITHMS)('reads a key of %s and drops what is not the key', (alg) => {
    const jwk = toPublicJwk(generatePrivateJwk(alg));
    expect(parsePublicJwk({ ...jwk, kid: 'x', alg, use: 'sig' })).toEqual({ ok: true, value: jwk });
    expect(parsePublicJwk({ ...jwk, key_ops: ['verify'], ext: true })).toEqual({ ok: true, value: jwk });
    expect(parsePublicJwk({ ...jwk, key_ops: ['sign', 'verify'] })).toEqual({ ok: true, value: jwk });
    expect(algorithmOf(jwk)).toBe(alg);
  });

  const refused: readonly (readonly [string, JsonValue, string])[] = [
    ['a text', 'key', 'KEY_NOT_AUTHORIZED'],
    ['a private member', { ...p256, d: zeros }, 'KEY_NOT_AUTHORIZED'],
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }, 'KEY_NOT_AUTHORIZED'],
    ['another curve', { ...p256, crv: 'P-384' }, 'ALGORITHM_NOT_ALLOWED'],
    ['X25519', { kty: 'OKP', crv: 'X25519', x: encodeBase64url(new Uint8Array(32).fill(9)) }, 'ALGORITHM_NOT_ALLOWED'],
    ['an EC curve as OKP', { ...p256, kty: 'OKP' }, 'ALGORITHM_NOT_ALLOWED'],
    ['the other curve of the same size', { ...p256, crv: 'secp256k1' }, 'KEY_NOT_AUTHORIZED'],
    ['a point off the curve', { ...p256, y: p256.x }, 'KEY_NOT_AUTHORIZED'],
    ['the zero point', { ...p256, x: zeros, y: zeros }, 'KEY_NOT_AUTHORIZED'],
    [
      'a coordinate of 33 bytes',
      { ...p256, x: encodeBase64url(Uint8Array.from([0, ...Buffer.from(p256.x, 'base64url')])) },
      'KEY_NOT_AUTHORIZED',
    ],
    ['padding', { ...p256, x: `${p256.x}=` }, 'KEY_NOT_AUTHORIZED'],
    ['a coordinate above the prime', { ...p256, x: encodeBase64url(new Uint8Array(32).fill(255)) }, 'KEY_NOT_AUTHORIZED'],
    ['a missing y', { kty: 'EC', crv: 'P-256', x: p256.x }, 'KEY_NOT_AUTHORIZED'],
    ['an algorithm of another key', { ...p256, alg: 'ES256K' }, 'ALGORITHM_NOT_ALLOWED'],
    ['the algorithm of another kind of key', { ...p256, alg: 'RS256' }, 'ALGORITHM_NOT_ALLOWED'],
    ['an algorithm for key agreement', { ...p256, alg: 'ECDH-ES' }, 'ALGORITHM_NOT_ALLOWED'],
    ['an algorithm that is no text', { ...p256, alg: ['ES256'] }, 'ALGORITHM_NOT_ALLOWED'],
    ['a key for encryption', { ...p256, use: 'enc' }, 'KEY_NOT_AUTHORIZED'],
    ['a use in another case', { ...p256, use: 'SIG' }, 'KEY_NOT_AUTHORIZED'],
    ['a use that is no text', { ...p256, use: null }, 'KEY_NOT_AUTHORIZED'],
    ['operations of encryption', { ...p256, key_ops: ['encrypt'] }, 'KEY_NOT_AUTHORIZED'],
    ['operations of key agreement', { ...p256, key_ops: ['deriveKey', 'deriveBits'] }, 'KEY_NOT_AUTHORIZED'],
    ['the operation of the private key', { ...p256, key_ops: ['sign'] }, 'KEY_NOT_AUTHORIZED'],
    ['no operation', { ...p256, key_ops: [] }, 'KEY_NOT_AUTHORIZED'],
    ['an operation that is no list', { ...p256, key_ops: 'verify' }, 'KEY_NOT_AUTHORIZED'],
    ['an operation named twice', { ...p256, key_ops: ['verify', 'verify'] }, 'KEY_NOT_AUTHORIZED'],
    ['an operation that is no text', { ...p256, key_ops: ['verify', 1] }, 'KEY_NOT_AUTHORIZED'],
    ['a use for signatures and operations of encryption', { ...p256, use: 'sig', key_ops: ['encrypt'] }, 'KEY_NOT_AUTHORIZED'],
    [
      'an Ed25519 point of order one',
      { kty: 'OKP', crv: 'Ed25519', x: encodeBase64url(Uint8Array.of(1, ...new Uint8Array(31))) },
      'KEY_NOT_AUTHORIZED',
    ],
    ['an Ed25519 point of order four', { kty: 'OKP', crv: 'Ed25519', x: zeros }, 'KEY_NOT_AUTHORIZED'],
    [
      'an Ed25519 coordinate above the prime',
      { kty: 'OKP', crv: 'Ed25519', x: encodeBase64url(new Uint8Array(32).fill(255)) },
      'KEY_NOT_AUTHORIZED',
    ],
  ];
  it.each(refused)('refuses %s', (_name, json, code) => {
    expect(parsePublicJwk(json)).toMatchObject({ ok: false, refusal: { code } });
  });

  it('reads own members only', () => {
    const json: JsonValue = Object.create({ ...p256 });
    expect(parsePublicJwk(json).ok).toBe(false);
  });
});

describe('thumbprintOf', () => {
  it('is the one of RFC 8037 appendix A.3', () => {
    expect(thumbprintOf({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' })).toBe(
      'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    );
  });
});

describe('parseRawPublicKey', () => {
  it('turns a compressed point back into the key', () => {
    expect(parseRawPublicKey('P-256', compressPoint('P-256', rawPublicKeyOf(p256)))).toEqual({ ok: true, value: p256 });
    expect(y).not.toBe('');
  });

  it.each([
    ['infinity', Uint8Array.of(0)],
    ['a compressed x that is not on the curve', Uint8Array.of(2, ...new Uint8Array(32).fill(255))],
    ['the hybrid form', Uint8Array.from([6, ...rawPublicKeyOf(p256).slice(1)])],
    ['nothing', new Uint8Array(0)],
  ])('refuses %s', (_name, bytes) => {
    expect(parseRawPublicKey('P-256', bytes)).toMatchObject({ ok: false, refusal: { code: 'KEY_NOT_AUTHORIZED' } });
  });
});
