import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DidUrl, Outcome, Signer } from '@gridpass/core';
import { assertOk, instant } from '@gridpass/core';
import { createSigner, generatePrivateJwk, signCompactJws, thumbprintOf } from '@gridpass/keys';
import { parseSdJwtVc } from '@gridpass/suite';
import { acceptOffer, buildDpopProof, buildKeyProof, endpointsOf } from '../index.js';
import type { ProofKey } from '../index.js';
import { toDidJwk as didJwk } from '@gridpass/did';
import { loopbackFetch, startTestIssuer } from '@gridpass/testkit';
import type { TestIssuer } from '@gridpass/testkit';

const CONFIGURATION = 'CustomerStatus_dc_sd_jwt';
const newSigner = (): Signer => createSigner(generatePrivateJwk('ES256'));
const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'OK' : outcome.refusal.code);

describe('issuance over OpenID4VCI 1.0', () => {
  let issuer: TestIssuer;
  beforeAll(async () => {
    issuer = await startTestIssuer();
  });
  afterAll(async () => {
    await issuer.stop();
  });

  const offer = (options: { txCode?: boolean; ids?: string[] } = {}) =>
    issuer.exchange.createOffer({
      configurationIds: options.ids ?? [CONFIGURATION],
      reference: 'application-1',
      txCode: options.txCode ?? false,
    });
  const codeIn = (made: Awaited<ReturnType<typeof offer>>): string => {
    const grants = made.offer['grants'] as Record<string, Record<string, string>>;
    return grants['urn:ietf:params:oauth:grant-type:pre-authorized_code']?.['pre-authorized_code'] ?? '';
  };
  const tokenForm = (code: string, more: Record<string, string> = {}) => ({
    grant_type: 'urn:ietf:params:oauth:grant-type:pre-authorized_code',
    'pre-authorized_code': code,
    ...more,
  });
  const accept = (offerUri: string, more: { txCode?: string; keys?: readonly [ProofKey, ...ProofKey[]] } = {}) =>
    acceptOffer({
      offerUri,
      fetch: loopbackFetch,
      clock: issuer.clock,
      dpop: newSigner(),
      keys: more.keys ?? [{ signer: newSigner() }],
      choose: (offered) => offered.map(({ id }) => id),
      ...(more.txCode === undefined ? {} : { txCode: more.txCode }),
    });
  const freshToken = async (dpop?: Signer): Promise<string> => {
    const made = await offer();
    const answered = await issuer.exchange.answerTokenRequest({
      form: tokenForm(codeIn(made)),
      ...(dpop === undefined
        ? {}
        : {
            dpop: await buildDpopProof({
              signer: dpop,
              method: 'POST',
              url: endpointsOf(issuer.credentialIssuer).token,
              at: issuer.clock.now(),
            }),
          }),
    });
    return answered.ok ? (answered.value['access_token'] as string) : '';
  };
  const nonce = async (): Promise<string> => (await issuer.exchange.createNonce())['c_nonce'] as string;
  const request = async (proofs: readonly string[], more: { token?: string; id?: string } = {}) =>
    issuer.exchange.parseCredentialRequest({
      authorization: `Bearer ${more.token ?? (await freshToken())}`,
      body: { credential_configuration_id: more.id ?? CONFIGURATION, proofs: { jwt: proofs } },
    });
  const proof = async (signer = newSigner(), more: { nonce?: string; aud?: string; kid?: DidUrl } = {}) =>
    buildKeyProof({
      signer,
      credentialIssuer: more.aud ?? issuer.credentialIssuer,
      nonce: more.nonce ?? (await nonce()),
      at: issuer.clock.now(),
      ...(more.kid === undefined ? {} : { kid: more.kid }),
    });

  it('gives one credential for each key of a batch, bound to that key', async () => {
    const signers = [newSigner(), newSigner(), newSigner()] as const;
    const made = await offer();
    const accepted = await accept(made.offerUri, { keys: [{ signer: signers[0] }, { signer: signers[1] }, { signer: signers[2] }] });
    expect(codeOf(accepted)).toBe('OK');
    if (!accepted.ok) return;
    const bound = accepted.value.credentials.map(({ compact }) => {
      const parsed = parseSdJwtVc(compact);
      return parsed.ok && parsed.value.content.holderKey !== undefined ? thumbprintOf(parsed.value.content.holderKey) : 'none';
    });
    expect(bound.sort()).toEqual(signers.map((signer) => thumbprintOf(signer.publicJwk)).sort());
  });

  it('binds to a DID when the proof names its key by kid', async () => {
    const signer = newSigner();
    const did = didJwk(signer.publicJwk);
    const kid = `${did}#0` as DidUrl;
    issuer.resolver.publishKey(did, kid, signer.publicJwk);
    const proven = await request([await proof(signer, { kid })]);
    expect(proven.ok && proven.value.holderKeys[0].did).toBe(did);
    expect(proven.ok && proven.value.reference).toBe('application-1');
  });

  it('issues a role in both formats from one offer', async () => {
    const made = await offer({ ids: ['SystemOperatorRole_dc_sd_jwt', 'SystemOperatorRole_vc_jwt'] });
    expect(made.offerUri.startsWith('openid-credential-offer://')).toBe(true);
    const accepted = await accept(made.offerUri);
    expect(accepted.ok && accepted.value.credentials.map(({ format }) => format)).toEqual(['dc+sd-jwt', 'vc+jwt']);
  });

  describe('attack 28: codes', () => {
    it('refuses a guessed code', async () => {
      expect(codeOf(await issuer.exchange.answerTokenRequest({ form: tokenForm('guess-guess-guess-guess') }))).toBe('OFFER_UNKNOWN');
    });
    it('redeems a code once', async () => {
      const made = await offer();
      expect(codeOf(await accept(made.offerUri))).toBe('OK');
      expect(codeOf(await accept(made.offerUri))).toBe('OFFER_UNKNOWN');
    });
    it('redeems a code once under eight concurrent uses', async () => {
      const code = codeIn(await offer());
      const answers = await Promise.all(Array.from({ length: 8 }, () => issuer.exchange.answerTokenRequest({ form: tokenForm(code) })));
      expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
    });
    it('refuses an expired code', async () => {
      const made = await issuer.exchange.createOffer({ configurationIds: [CONFIGURATION], reference: 'r', txCode: false, lifeSeconds: 60 });
      issuer.clock.advance(60);
      expect(codeOf(await issuer.exchange.answerTokenRequest({ form: tokenForm(codeIn(made)) }))).toBe('OFFER_UNKNOWN');
      issuer.clock.advance(-60);
    });
    it('wants the transaction code, and takes the right one', async () => {
      const made = await offer({ txCode: true });
      expect(made.offerUri).not.toContain(String(made.txCode));
      expect(codeOf(await issuer.exchange.answerTokenRequest({ form: tokenForm(codeIn(made)) }))).toBe('REQUEST_MALFORMED');
      expect(codeOf(await accept(made.offerUri, { txCode: made.txCode ?? '' }))).toBe('OK');
    });
    it('closes an offer after three wrong transaction codes, also for the right one', async () => {
      const made = await offer({ txCode: true });
      const wrong = made.txCode === '000000' ? '111111' : '000000';
      for (let attempt = 0; attempt < 3; attempt += 1) {
        expect(codeOf(await issuer.exchange.answerTokenRequest({ form: tokenForm(codeIn(made), { tx_code: wrong }) }))).toBe(
          'TX_CODE_WRONG',
        );
      }
      expect(codeOf(await issuer.exchange.answerTokenRequest({ form: tokenForm(codeIn(made), { tx_code: made.txCode ?? '' }) }))).toBe(
        'OFFER_UNKNOWN',
      );
    });
    it('counts parallel guesses one by one', async () => {
      const made = await offer({ txCode: true });
      const wrong = made.txCode === '000000' ? '111111' : '000000';
      const codes = await Promise.all(
        Array.from({ length: 10 }, () => issuer.exchange.answerTokenRequest({ form: tokenForm(codeIn(made), { tx_code: wrong }) })),
      );
      expect(codes.map(codeOf).filter((code) => code === 'TX_CODE_WRONG')).toHaveLength(3);
    });
    it('keeps neither code nor transaction code nor token in the clear', async () => {
      const made = await offer({ txCode: true });
      const rows = JSON.stringify(await issuer.store.db.selectFrom('exchange_offer').selectAll().execute());
      expect(rows).not.toContain(codeIn(made));
      expect(rows).not.toContain(`"${String(made.txCode)}"`);
    });
    it('refuses another grant type and a token request without a code', async () => {
      expect(codeOf(await issuer.exchange.answerTokenRequest({ form: { grant_type: 'authorization_code', code: 'x' } }))).toBe(
        'GRANT_TYPE_UNSUPPORTED',
      );
      expect(codeOf(await issuer.exchange.answerTokenRequest({ form: {} }))).toBe('REQUEST_MALFORMED');
    });
  });

  describe('attack 28: tokens and requests', () => {
    it('refuses a missing, an unknown and an expired token', async () => {
      expect(codeOf(await issuer.exchange.parseCredentialRequest({ body: {} }))).toBe('TOKEN_INVALID');
      expect(codeOf(await request([], { token: 'x'.repeat(43) }))).toBe('TOKEN_INVALID');
      const token = await freshToken();
      issuer.clock.advance(300);
      expect(codeOf(await request([], { token }))).toBe('TOKEN_EXPIRED');
      issuer.clock.advance(-300);
    });
    it('refuses a bound token as bearer, with a foreign key and with a replayed proof', async () => {
      const dpop = newSigner();
      const token = await freshToken(dpop);
      const url = endpointsOf(issuer.credentialIssuer).credential;
      const body = { credential_configuration_id: CONFIGURATION, proofs: { jwt: [await proof()] } };
      expect(codeOf(await issuer.exchange.parseCredentialRequest({ authorization: `Bearer ${token}`, body }))).toBe('TOKEN_INVALID');
      const foreign = await buildDpopProof({ signer: newSigner(), method: 'POST', url, at: issuer.clock.now(), accessToken: token });
      expect(codeOf(await issuer.exchange.parseCredentialRequest({ authorization: `DPoP ${token}`, dpop: foreign, body }))).toBe(
        'DPOP_INVALID',
      );
      const own = await buildDpopProof({ signer: dpop, method: 'POST', url, at: issuer.clock.now(), accessToken: token });
      expect(codeOf(await issuer.exchange.parseCredentialRequest({ authorization: `DPoP ${token}`, dpop: own, body }))).toBe('OK');
      expect(codeOf(await issuer.exchange.parseCredentialRequest({ authorization: `DPoP ${token}`, dpop: own, body }))).toBe(
        'DPOP_INVALID',
      );
    });
    it('refuses a configuration outside the offer, and identifiers nobody gave out', async () => {
      expect(codeOf(await request([await proof()], { id: 'SystemOperatorRole_vc_jwt' }))).toBe('CREDENTIAL_CONFIGURATION_UNKNOWN');
      const answered = await issuer.exchange.parseCredentialRequest({
        authorization: `Bearer ${await freshToken()}`,
        body: { credential_identifier: CONFIGURATION, proofs: { jwt: [await proof()] } },
      });
      expect(codeOf(answered)).toBe('CREDENTIAL_IDENTIFIER_UNKNOWN');
    });
    it('issues one credential of an offer once, also under concurrent requests', async () => {
      const token = await freshToken();
      const proofs = await Promise.all(Array.from({ length: 6 }, () => proof()));
      const answers = await Promise.all(proofs.map((jwt) => request([jwt], { token })));
      expect(answers.map(codeOf).sort()).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT', 'CONFLICT', 'CONFLICT', 'OK']);
    });
    it('gives the right to issue back after a fault', async () => {
      const token = await freshToken();
      const first = await request([await proof()], { token });
      expect(first.ok).toBe(true);
      if (first.ok) await issuer.exchange.releaseIssuance(first.value);
      expect(codeOf(await request([await proof()], { token }))).toBe('OK');
    });
    it('gives back no right that another request has taken over since', async () => {
      const token = await freshToken();
      const slow = assertOk(await request([await proof()], { token }));
      issuer.clock.advance(61);
      const next = assertOk(await request([await proof()], { token }));
      await issuer.exchange.releaseIssuance(slow);
      expect(codeOf(await request([await proof()], { token }))).toBe('CONFLICT');
      await issuer.exchange.releaseIssuance(next);
      expect(codeOf(await request([await proof()], { token }))).toBe('OK');
    });
    it('lets a wallet ask again a minute after a program died with the right to issue', async () => {
      const token = await freshToken();
      expect(codeOf(await request([await proof()], { token }))).toBe('OK');
      issuer.clock.advance(60);
      expect(codeOf(await request([await proof()], { token }))).toBe('CONFLICT');
      issuer.clock.advance(1);
      expect(codeOf(await request([await proof()], { token }))).toBe('OK');
      expect(codeOf(await request([await proof()], { token }))).toBe('CONFLICT');
    });
  });

  describe('attack 28: key proofs', () => {
    it('refuses a proof made for another issuer', async () => {
      expect(codeOf(await request([await proof(newSigner(), { aud: 'https://other.example/dso' })]))).toBe('KEY_PROOF_INVALID');
      expect(codeOf(await request([await proof(newSigner(), { aud: `${issuer.credentialIssuer}/` })]))).toBe('KEY_PROOF_INVALID');
    });
    it('refuses kid and jwk together, and neither', async () => {
      const signer = newSigner();
      const claims = { aud: issuer.credentialIssuer, iat: issuer.clock.now(), nonce: await nonce() };
      const both = await signCompactJws(
        { typ: 'openid4vci-proof+jwt', kid: `${didJwk(signer.publicJwk)}#0`, jwk: { ...signer.publicJwk } },
        claims,
        signer,
      );
      expect(codeOf(await request([both]))).toBe('KEY_PROOF_INVALID');
      const neither = await signCompactJws({ typ: 'openid4vci-proof+jwt' }, claims, signer);
      expect(codeOf(await request([neither]))).toBe('KEY_PROOF_INVALID');
    });
    it('refuses another typ, an aud list, a proof that is old, early or timed by text', async () => {
      const signer = newSigner();
      const header = { typ: 'openid4vci-proof+jwt', jwk: { ...signer.publicJwk } };
      const claims = { aud: issuer.credentialIssuer, iat: issuer.clock.now() as number, nonce: await nonce() };
      const cases = [
        await signCompactJws({ ...header, typ: 'JWT' }, claims, signer),
        await signCompactJws(header, { ...claims, aud: [issuer.credentialIssuer] }, signer),
        await signCompactJws(header, { ...claims, iat: claims.iat - 301 }, signer),
        await signCompactJws(header, { ...claims, iat: claims.iat + 6 }, signer),
        await signCompactJws(header, { ...claims, iat: String(claims.iat) }, signer),
        await signCompactJws(header, { ...claims, iat: claims.iat + 5.5 }, signer),
      ];
      for (const jwt of cases) expect(codeOf(await request([jwt]))).toBe('KEY_PROOF_INVALID');
    });
    it('refuses a signature by another key', async () => {
      const [head, , tail] = (await proof()).split('.');
      const [, body] = (await proof()).split('.');
      expect(codeOf(await request([`${head ?? ''}.${body ?? ''}.${tail ?? ''}`]))).toBe('KEY_PROOF_INVALID');
    });
    it('refuses a DID that does not list the key', async () => {
      const signer = newSigner();
      expect(codeOf(await request([await proof(signer, { kid: `${issuer.signer.did}#key-9` as DidUrl })]))).toBe('KEY_PROOF_INVALID');
    });
    it('takes a nonce once, and leaves it open when the proofs fail', async () => {
      const given = await nonce();
      const token = await freshToken();
      expect(codeOf(await request([await proof(newSigner(), { nonce: given, aud: 'https://other.example' })], { token }))).toBe(
        'KEY_PROOF_INVALID',
      );
      expect(codeOf(await request([await proof(newSigner(), { nonce: given })], { token }))).toBe('OK');
      expect(codeOf(await request([await proof(newSigner(), { nonce: given })]))).toBe('NONCE_INVALID');
    });
    it('refuses a nonce that is foreign, expired or missing', async () => {
      expect(codeOf(await request([await proof(newSigner(), { nonce: 'made-up-made-up-made-up' })]))).toBe('NONCE_INVALID');
      const given = await nonce();
      issuer.clock.advance(300);
      expect(codeOf(await request([await proof(newSigner(), { nonce: given })]))).toBe('NONCE_INVALID');
      issuer.clock.advance(-300);
      const signer = newSigner();
      const without = await signCompactJws(
        { typ: 'openid4vci-proof+jwt', jwk: { ...signer.publicJwk } },
        { aud: issuer.credentialIssuer, iat: issuer.clock.now() },
        signer,
      );
      expect(codeOf(await request([without]))).toBe('NONCE_INVALID');
    });
    it('refuses more proofs than the batch, a key twice, two nonces, and no proof', async () => {
      const given = await nonce();
      const five = await Promise.all(Array.from({ length: 5 }, () => proof(newSigner(), { nonce: given })));
      expect(codeOf(await request(five))).toBe('KEY_PROOF_INVALID');
      const signer = newSigner();
      expect(codeOf(await request([await proof(signer, { nonce: given }), await proof(signer, { nonce: given })]))).toBe(
        'KEY_PROOF_INVALID',
      );
      expect(codeOf(await request([await proof(), await proof()]))).toBe('NONCE_INVALID');
      expect(codeOf(await request([]))).toBe('KEY_PROOF_INVALID');
    });
  });

  it('survives housekeeping without losing what is open', async () => {
    const made = await offer();
    await issuer.exchange.createNonce();
    const { createExchangeSessionRepository } = await import('@gridpass/store');
    const sessions = createExchangeSessionRepository(issuer.store);
    await sessions.dropExpired('dso' as never, instant(issuer.clock.now()));
    expect(codeOf(await accept(made.offerUri))).toBe('OK');
  });
});
