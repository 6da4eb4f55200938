// What we issue and present is read by an independent implementation, and what it presents of ours is read by us.
import { createHash, randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';
import { assertOk } from '@gridpass/core';
import { decodeBase64url, encodeBase64url, utf8 } from '@gridpass/codec';
import { verifySignature } from '@gridpass/keys';
import { checkKeyBinding, issueSdJwtVc, parseSdJwtVc, presentSdJwtVc } from '../index.js';
import { AT, holder, issuer, nonce, sdInput, signRaw } from './fixtures.js';

/** A token status list of 16 entries, all valid. */
const statusList = (): Promise<string> =>
  signRaw(
    JSON.stringify({ alg: 'ES256', typ: 'statuslist+jwt' }),
    JSON.stringify({
      iss: issuer.did,
      sub: 'https://dso.example/status/3',
      iat: AT,
      status_list: { bits: 1, lst: deflateSync(Buffer.alloc(2)).toString('base64url') },
    }),
  );

const library = new SDJwtVcInstance({
  hasher: (data, alg) =>
    createHash(alg.replace('-', ''))
      .update(typeof data === 'string' ? data : new Uint8Array(data))
      .digest(),
  hashAlg: 'sha-256',
  saltGenerator: () => randomBytes(16).toString('base64url'),
  verifier: (data, signature) => verifySignature(issuer.publicJwk, 'ES256', utf8(data), assertOk(decodeBase64url(signature))),
  kbVerifier: (data, signature) => verifySignature(holder.publicJwk, 'ES256', utf8(data), assertOk(decodeBase64url(signature))),
  kbSigner: async (data) => encodeBase64url(await holder.sign(utf8(data))),
  kbSignAlg: 'ES256',
  statusListFetcher: statusList,
});

describe('@sd-jwt/sd-jwt-vc', () => {
  it('verifies what we issue and present', async () => {
    const issued = await issueSdJwtVc(sdInput());
    const presented = await presentSdJwtVc({
      compact: issued.compact,
      disclose: ['direction'],
      holder,
      audience: 'did:web:v',
      nonce: nonce('n-1'),
      at: AT,
    });
    const { payload } = await library.verify(presented, { keyBindingNonce: 'n-1', currentDate: AT });
    expect(payload).toMatchObject({
      iss: issuer.did,
      vct: 'urn:gridpass:MeteringPointEntitlement:1',
      direction: 'combined',
      gridAreaEic: '10YNO-0--------C',
    });
    expect(payload).not.toHaveProperty('exportLimitW');
  });

  it('presents what we issue so that we accept it', async () => {
    const issued = await issueSdJwtVc(sdInput());
    const presented = await library.present(
      issued.compact,
      { direction: true },
      {
        kb: { payload: { iat: AT, aud: 'did:web:v', nonce: 'n-2' } },
      },
    );
    const parsed = assertOk(parseSdJwtVc(presented));
    expect(parsed.content.claims).toEqual({ direction: 'combined', gridAreaEic: '10YNO-0--------C' });
    expect(checkKeyBinding(parsed, { audience: 'did:web:v', nonce: nonce('n-2'), at: AT, maxAgeSeconds: 60 }).ok).toBe(true);
  });
});
