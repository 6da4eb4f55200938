import { describe, expect, it } from '@jest/globals';
import { assertOk } from '@gridpass/core';
import { digestOf, handleOf } from '@gridpass/codec';
import {
  buildVpJwt,
  checkKeyBinding,
  checkProof,
  issueCredential,
  issueSdJwtVc,
  issueVcJwt,
  parseSdJwtVc,
  parseVcJwt,
  parseVpJwt,
  presentSdJwtVc,
} from '../index.js';
import { AT, AUTHORITY, BITSTRING, TOKEN, holder, issuer, nonce, party, sdInput, vcInput } from './fixtures.js';

const keyOf = (signer: typeof issuer) => ({
  id: signer.kid,
  alg: signer.alg,
  publicJwk: signer.publicJwk,
  relationships: ['assertionMethod' as const],
});

describe('a DID in another spelling than ours', () => {
  const [did, spelled] = [
    'did:ethr:0x7a69:0xf3beac30c498d9e26865f34fcaa57dbb935b0d74',
    'did:ethr:0x7A69:0xF3beAC30C498D9E26865F34fCAa57dBB935b0D74',
  ];
  const by = { ...party('tso', 'ES256K'), did: spelled as typeof issuer.did, kid: `${spelled}#controller` as typeof issuer.kid };
  const key = { ...keyOf(by), id: `${did}#controller` as typeof issuer.kid };

  it('is one party everywhere once a credential is read, and the signature over its own spelling holds', async () => {
    const vc = assertOk(parseVcJwt((await issueVcJwt(vcInput({ issuer: by, subject: by.did }))).compact));
    expect(vc.content).toMatchObject({ issuer: did, subject: did, kid: `${did}#controller` });
    expect(checkProof(vc, key).ok).toBe(true);
    const sd = assertOk(parseSdJwtVc((await issueSdJwtVc(sdInput({ issuer: by, subject: by.did }))).compact));
    expect(sd.content).toMatchObject({ issuer: did, subject: did, kid: `${did}#controller` });
    expect(checkProof(sd, key).ok).toBe(true);
  });

  it('does not let a key of another DID in', async () => {
    const other = { ...by, kid: `${spelled.replace('0xF3', '0xF4')}#controller` as typeof issuer.kid };
    expect(parseVcJwt((await issueVcJwt(vcInput({ issuer: other }))).compact).refusal?.code).toBe('PRESENTATION_MALFORMED');
  });
});

describe('vc+jwt', () => {
  it.each(['ES256', 'EdDSA', 'ES256K'] as const)('comes back as it was issued, signed with %s', async (alg) => {
    const by = party('tso', alg);
    const issued = await issueVcJwt(vcInput({ issuer: by }));
    const parsed = assertOk(parseVcJwt(issued.compact));
    expect(parsed.content).toEqual({
      format: 'vc+jwt',
      type: 'SystemOperatorRole',
      issuer: by.did,
      kid: by.kid,
      alg,
      subject: holder.did,
      issuedAt: AT,
      validFrom: AT,
      validUntil: AT + 30 * 86_400,
      status: BITSTRING,
      authority: AUTHORITY,
      claims: { roleCode: 'A50', unbundled: true },
      digest: issued.digest,
      textDigest: digestOf(issued.compact),
    });
    expect(checkProof(parsed, keyOf(by)).ok).toBe(true);
    expect(checkProof(parsed, { ...keyOf(by), publicJwk: party('x', alg).publicJwk }).refusal?.code).toBe('PROOF_INVALID');
  });

  it('is frozen', async () => {
    const { content } = assertOk(parseVcJwt((await issueVcJwt(vcInput())).compact));
    expect(Object.isFrozen(content)).toBe(true);
    expect(Object.isFrozen(content.claims)).toBe(true);
  });

  it('refuses a key other than the one it names', async () => {
    const parsed = assertOk(parseVcJwt((await issueVcJwt(vcInput())).compact));
    expect(checkProof(parsed, keyOf(holder)).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
  });
});

describe('dc+sd-jwt', () => {
  it('comes back with every claim when everything is disclosed', async () => {
    const issued = await issueSdJwtVc(sdInput());
    const parsed = assertOk(parseSdJwtVc(issued.compact));
    expect(parsed.content).toMatchObject({
      type: 'MeteringPointEntitlement',
      holderKey: holder.publicJwk,
      status: TOKEN,
      digest: issued.digest,
    });
    expect(parsed.content.claims).toEqual(sdInput().claims);
    expect(checkProof(parsed, keyOf(issuer)).ok).toBe(true);
    expect(parsed.content.digest).toBe(handleOf(issued.compact.split('~')[0] ?? ''));
  });

  it('shows only what is disclosed, and keeps its digest', async () => {
    const issued = await issueSdJwtVc(sdInput());
    const shown = await presentSdJwtVc({
      compact: issued.compact,
      disclose: ['direction'],
      holder,
      audience: 'did:web:v',
      nonce: nonce('n-1'),
      at: AT,
    });
    const parsed = assertOk(parseSdJwtVc(shown));
    expect(parsed.content.claims).toEqual({ gridAreaEic: '10YNO-0--------C', direction: 'combined' });
    expect(parsed.content.digest).toBe(issued.digest);
    expect(checkKeyBinding(parsed, { audience: 'did:web:v', nonce: nonce('n-1'), at: AT, maxAgeSeconds: 60 }).ok).toBe(true);
  });

  it('uses another salt for every claim and every issuance', async () => {
    const texts = await Promise.all([issueSdJwtVc(sdInput()), issueSdJwtVc(sdInput())]);
    const salts = texts.flatMap(({ compact }) => assertOk(parseSdJwtVc(compact)).disclosures.map(({ salt }) => salt));
    expect(new Set(salts).size).toBe(6);
    expect(salts.every((salt) => salt.length === 22)).toBe(true);
  });
});

describe('vp+jwt', () => {
  it('carries enveloped credentials', async () => {
    const issued = await issueCredential('vc+jwt', vcInput());
    const text = await buildVpJwt({
      holder,
      credentials: [issued.compact],
      audience: 'did:web:v',
      nonce: nonce('n'),
      at: AT,
      lifeSeconds: 60,
    });
    const vp = assertOk(parseVpJwt(text));
    expect(vp).toMatchObject({
      claimedHolder: holder.did,
      kid: holder.kid,
      audience: 'did:web:v',
      nonce: 'n',
      times: { issuedAt: { down: AT, up: AT }, notBefore: undefined, expiresAt: { down: AT + 60 } },
    });
    expect(vp.credentials.map(({ content }) => content.digest)).toEqual([issued.digest]);
  });
});
