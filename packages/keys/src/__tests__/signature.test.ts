import { createHash, createPrivateKey, sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SIGNATURE_ALGORITHMS } from '@gridpass/core';
import type { PublicJwk, SignatureAlgorithm } from '@gridpass/core';
import { createSigner, generatePrivateJwk, toPublicJwk, verifySignature } from '../index.js';
import { NOBLE_SECP256K1, SECP256K1 } from '../secp256k1.js';
import { isLowS } from '../scalar.js';

const MESSAGE = new TextEncoder().encode('15 kWh from zone 7');
const ORDER = {
  ES256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  ES256K: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
};
const bytesOf = (value: bigint): Uint8Array => Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'));
const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const withS = (signature: Uint8Array, s: Uint8Array): Uint8Array => Uint8Array.from([...signature.slice(0, 32), ...s]);
const withR = (signature: Uint8Array, r: Uint8Array): Uint8Array => Uint8Array.from([...r, ...signature.slice(32)]);
const twin = (alg: 'ES256' | 'ES256K', signature: Uint8Array): Uint8Array =>
  withS(signature, bytesOf(ORDER[alg] - numberOf(signature.slice(32))));

async function signed(alg: SignatureAlgorithm): Promise<{ jwk: PublicJwk; signature: Uint8Array }> {
  const signer = createSigner(generatePrivateJwk(alg));
  return { jwk: signer.publicJwk, signature: await signer.sign(MESSAGE) };
}

describe('sign and verify', () => {
  it.each(SIGNATURE_ALGORITHMS)('%s verifies with its own key and with no other', async (alg) => {
    const { jwk, signature } = await signed(alg);
    expect(signature).toHaveLength(64);
    expect(verifySignature(jwk, alg, MESSAGE, signature)).toBe(true);
    expect(verifySignature(toPublicJwk(generatePrivateJwk(alg)), alg, MESSAGE, signature)).toBe(false);
    expect(verifySignature(jwk, alg, new Uint8Array([...MESSAGE, 0]), signature)).toBe(false);
  });

  it.each(SIGNATURE_ALGORITHMS)('a key of %s refuses every other algorithm', async (alg) => {
    const { jwk, signature } = await signed(alg);
    for (const other of SIGNATURE_ALGORITHMS.filter((name) => name !== alg)) {
      expect(verifySignature(jwk, other, MESSAGE, signature)).toBe(false);
    }
  });

  it.each(['ES256', 'ES256K'] as const)('%s signatures have a low s', async (alg) => {
    const signer = createSigner(generatePrivateJwk(alg));
    for (let count = 0; count < 16; count += 1) expect(isLowS(alg, await signer.sign(MESSAGE))).toBe(true);
  });

  it.each(['ES256', 'ES256K'] as const)('%s accepts both twins of a signature, over its own bytes alone', async (alg) => {
    const { jwk, signature } = await signed(alg);
    const high = twin(alg, signature);
    expect(isLowS(alg, high)).toBe(false);
    expect(verifySignature(jwk, alg, MESSAGE, high)).toBe(true);
    expect(verifySignature(jwk, alg, new Uint8Array([...MESSAGE, 0]), high)).toBe(false);
    expect(verifySignature(toPublicJwk(generatePrivateJwk(alg)), alg, MESSAGE, high)).toBe(false);
    expect(verifySignature(jwk, alg, MESSAGE, withS(signature, bytesOf(numberOf(high.slice(32)) + 1n)))).toBe(false);
  });

  it.each(['ES256', 'ES256K'] as const)('%s refuses r or s of 0, n, n + 1 and all ones', async (alg) => {
    const { jwk, signature } = await signed(alg);
    for (const edge of [bytesOf(0n), bytesOf(ORDER[alg]), bytesOf(ORDER[alg] + 1n), new Uint8Array(32).fill(255)]) {
      expect(verifySignature(jwk, alg, MESSAGE, withS(signature, edge))).toBe(false);
      expect(verifySignature(jwk, alg, MESSAGE, withR(signature, edge))).toBe(false);
    }
    expect(verifySignature(jwk, alg, MESSAGE, new Uint8Array(64))).toBe(false);
  });

  it.each(['ES256', 'ES256K'] as const)('%s refuses DER, a leading zero, a recovery byte and a short signature', async (alg) => {
    const private_ = generatePrivateJwk(alg);
    const der = Uint8Array.from(sign('sha256', MESSAGE, createPrivateKey({ key: { ...private_ }, format: 'jwk' })));
    const raw = await createSigner(private_).sign(MESSAGE);
    for (const bad of [der, Uint8Array.from([0, ...raw]), Uint8Array.from([...raw, 27]), raw.slice(0, 63), new Uint8Array(0)]) {
      expect(verifySignature(toPublicJwk(private_), alg, MESSAGE, bad)).toBe(false);
    }
  });

  it('EdDSA refuses s + L, the malleable form', async () => {
    const { jwk, signature } = await signed('EdDSA');
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const s = numberOf(signature.slice(32).reverse()) + order;
    expect(verifySignature(jwk, 'EdDSA', MESSAGE, withS(signature, bytesOf(s).reverse()))).toBe(false);
  });

  it('ES256K comes from the native addon here, and noble gives the same answers', async () => {
    expect(SECP256K1.kind).toBe('native');
    const private_ = generatePrivateJwk('ES256K');
    const scalar = Uint8Array.from(Buffer.from(private_.d, 'base64url'));
    const digest = Uint8Array.from(createHash('sha256').update(MESSAGE).digest());
    const point = Uint8Array.from([
      4,
      ...Buffer.from(private_.x, 'base64url'),
      ...Buffer.from('y' in private_ ? private_.y : '', 'base64url'),
    ]);
    // Both are deterministic (RFC 6979), so equal means equal in every bit.
    expect(Buffer.from(NOBLE_SECP256K1.sign(digest, scalar))).toEqual(Buffer.from(SECP256K1.sign(digest, scalar)));
    const signature = SECP256K1.sign(digest, scalar);
    expect(NOBLE_SECP256K1.verify(signature, digest, point)).toBe(true);
    expect(NOBLE_SECP256K1.verify(twin('ES256K', signature), digest, point)).toBe(false);
    expect(SECP256K1.verify(twin('ES256K', signature), digest, point)).toBe(false);
  });
});

describe('createSigner', () => {
  it('refuses a private scalar that belongs to another public key', () => {
    const { d } = generatePrivateJwk('ES256');
    expect(() => createSigner({ ...generatePrivateJwk('ES256'), d })).toThrow(expect.objectContaining({ code: 'REQUEST_MALFORMED' }));
  });

  it('prints nothing private', async () => {
    const { inspect } = await import('node:util');
    const private_ = generatePrivateJwk('ES256K');
    const signer = createSigner(private_);
    expect(inspect(signer, { depth: 9, showHidden: true }) + JSON.stringify(signer)).not.toContain(private_.d);
  });
});
