import { describe, expect, it } from '@jest/globals';
import { secp256k1 } from '@noble/curves/secp256k1';
import { createDigestSigner, generatePrivateJwk, rawPublicKeyOf, recoverDigestSigner, toPublicJwk } from '../index.js';
import { NOBLE_SECP256K1, SECP256K1 } from '../secp256k1.js';

describe('createDigestSigner', () => {
  it('signs so that the key can be recovered from signature and parity', async () => {
    const jwk = generatePrivateJwk('ES256K');
    const signer = createDigestSigner(jwk);
    for (let fill = 0; fill < 8; fill += 1) {
      const digest = fill.toString(16).padStart(64, '0');
      const { r, s, yParity } = await signer.signDigest(`0x${digest}`);
      const recovered = new secp256k1.Signature(BigInt(r), BigInt(s)).addRecoveryBit(yParity).recoverPublicKey(digest);
      expect(Uint8Array.from(recovered.toRawBytes(false))).toEqual(rawPublicKeyOf(toPublicJwk(jwk)));
    }
  });

  it('gives the same answer with and without the addon', () => {
    const scalar = Uint8Array.from(Buffer.from(generatePrivateJwk('ES256K').d, 'base64url'));
    for (let fill = 1; fill < 9; fill += 1) {
      const digest = new Uint8Array(32).fill(fill);
      const [native, pure] = [SECP256K1, NOBLE_SECP256K1].map((backend) => backend.signRecoverable(digest, scalar));
      expect([Buffer.from(native?.signature ?? []).toString('hex'), native?.yParity]).toEqual([
        Buffer.from(pure?.signature ?? []).toString('hex'),
        pure?.yParity,
      ]);
    }
  });

  it('refuses other curves and what is no digest', async () => {
    expect(() => createDigestSigner(generatePrivateJwk('ES256'))).toThrow(expect.objectContaining({ code: 'ALGORITHM_NOT_ALLOWED' }));
    const signer = createDigestSigner(generatePrivateJwk('ES256K'));
    for (const digest of ['', '0x', `0x${'00'.repeat(31)}`, `${'00'.repeat(32)}`, `0x${'AB'.repeat(32)}`]) {
      await expect(signer.signDigest(digest)).rejects.toMatchObject({ code: 'REQUEST_MALFORMED' });
    }
  });
});

describe('recoverDigestSigner', () => {
  it('finds the key that signed, and none where there can be none, with and without the addon', async () => {
    const jwk = generatePrivateJwk('ES256K');
    const digest = `0x${'5a'.repeat(32)}`;
    const signature = await createDigestSigner(jwk).signDigest(digest);
    expect(recoverDigestSigner(digest, signature)).toEqual(rawPublicKeyOf(toPublicJwk(jwk)));
    const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll('0x', ''), 'hex'));
    for (const [r, s] of [
      [signature.r, signature.s],
      [`0x${'00'.repeat(32)}`, signature.s],
      [signature.r, `0x${'00'.repeat(32)}`],
      [`0x${'ff'.repeat(32)}`, signature.s],
      // No point of the curve has this x.
      [`0x${'00'.repeat(31)}05`, signature.s],
    ] as const) {
      const [native, pure] = [SECP256K1, NOBLE_SECP256K1].map(({ recover }) =>
        recover(bytes(`${r}${s}`), signature.yParity, bytes(digest)),
      );
      expect(native && Buffer.from(native).toString('hex')).toBe(pure && Buffer.from(pure).toString('hex'));
      expect(native === undefined).toBe(r !== signature.r || s !== signature.s);
    }
    expect(() => recoverDigestSigner('0x', signature)).toThrow(expect.objectContaining({ code: 'REQUEST_MALFORMED' }));
  });
});
