import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { startTestIssuer } from '@gridpass/testkit';
import type { TestIssuer } from '@gridpass/testkit';
import { buildKeyProof, endpointsOf } from '../index.js';

const GRANT = 'urn:ietf:params:oauth:grant-type:pre-authorized_code';
const CUSTOMER = 'CustomerStatus_dc_sd_jwt';
const OPERATOR = 'SystemOperatorRole_dc_sd_jwt';

interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

interface Detail {
  readonly credential_configuration_id: string;
  readonly credential_identifiers: readonly string[];
}

describe('what a token request says beside its code', () => {
  let issuer: TestIssuer;
  beforeAll(async () => {
    issuer = await startTestIssuer();
  });
  afterAll(() => issuer.stop());

  const ask = async (url: string, init: RequestInit): Promise<Answer> => {
    const answer = await fetch(url, { method: 'POST', ...init });
    return { status: answer.status, body: (await answer.json()) as JsonObject };
  };
  const askToken = (form: Record<string, string>): Promise<Answer> =>
    ask(endpointsOf(issuer.credentialIssuer).token, { body: new URLSearchParams(form) });

  async function offer(options: { readonly txCode?: boolean; readonly ids?: readonly string[] } = {}) {
    const { offer: made, txCode = '' } = await issuer.exchange.createOffer({
      configurationIds: options.ids ?? [CUSTOMER, OPERATOR],
      reference: 'application-1',
      txCode: options.txCode ?? false,
    });
    const grants = made['grants'] as Record<string, Record<string, string>>;
    return { form: { grant_type: GRANT, 'pre-authorized_code': grants[GRANT]?.['pre-authorized_code'] ?? '' }, txCode };
  }

  async function askCredential(token: JsonObject, body: JsonObject): Promise<Answer> {
    const nonce = (await issuer.exchange.createNonce())['c_nonce'] as string;
    const signer = createSigner(generatePrivateJwk('ES256'));
    const jwt = await buildKeyProof({ signer, credentialIssuer: issuer.credentialIssuer, nonce, at: issuer.clock.now() });
    return ask(endpointsOf(issuer.credentialIssuer).credential, {
      headers: { authorization: `Bearer ${token['access_token'] as string}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, proofs: { jwt: [jwt] } }),
    });
  }

  const detail = (id: string, more: JsonObject = {}): JsonObject => ({
    type: 'openid_credential',
    credential_configuration_id: id,
    ...more,
  });
  const detailsOf = (answer: Answer): readonly Detail[] => answer.body['authorization_details'] as unknown as readonly Detail[];
  const identifierIn = (answer: Answer, index = 0): string => detailsOf(answer)[index]?.credential_identifiers[0] ?? '';

  describe('names what is wrong with it in the words of OpenID4VCI', () => {
    it.each([
      ['a grant of another flow', { grant_type: 'authorization_code', code: 'x' }, 'unsupported_grant_type', 'GRANT_TYPE_UNSUPPORTED'],
      ['a grant in other letters', { grant_type: GRANT.toUpperCase() }, 'unsupported_grant_type', 'GRANT_TYPE_UNSUPPORTED'],
      ['two grants in one text', { grant_type: `${GRANT} refresh_token` }, 'unsupported_grant_type', 'GRANT_TYPE_UNSUPPORTED'],
      ['a name that every object has', { grant_type: 'constructor' }, 'unsupported_grant_type', 'GRANT_TYPE_UNSUPPORTED'],
      ['no grant', {}, 'invalid_request', 'REQUEST_MALFORMED'],
      ['a grant without its code', { grant_type: GRANT }, 'invalid_request', 'REQUEST_MALFORMED'],
      ['a code that nobody has', { grant_type: GRANT, 'pre-authorized_code': 'guess' }, 'invalid_grant', 'OFFER_UNKNOWN'],
    ])('%s', async (_name, form, error, code) => {
      expect(await askToken(form as Record<string, string>)).toMatchObject({ status: 400, body: { error, code } });
    });

    it('a second grant beside a code that is good, which stays good', async () => {
      const { form } = await offer();
      const other = await askToken({ ...form, grant_type: 'client_credentials' });
      expect(other.body).toMatchObject({ error: 'unsupported_grant_type', code: 'GRANT_TYPE_UNSUPPORTED' });
      expect((await askToken(form)).status).toBe(200);
    });

    it('a transaction code that is missing, that is wrong, and that was never given out', async () => {
      const secret = await offer({ txCode: true });
      expect((await askToken(secret.form)).body).toMatchObject({ error: 'invalid_request', code: 'REQUEST_MALFORMED' });
      const wrong = secret.txCode === '000000' ? '111111' : '000000';
      expect((await askToken({ ...secret.form, tx_code: wrong })).body).toMatchObject({ error: 'invalid_grant', code: 'TX_CODE_WRONG' });
      expect((await askToken({ ...secret.form, tx_code: secret.txCode })).status).toBe(200);
      const plain = await offer();
      expect((await askToken({ ...plain.form, tx_code: '123456' })).body).toMatchObject({ error: 'invalid_request' });
    });
  });

  it('is answered with an identifier for each thing that its authorization details ask for, and gives that alone', async () => {
    const { form } = await offer();
    const asked = [detail(CUSTOMER, { locations: [issuer.credentialIssuer], claims: [{ path: ['active'] }] })];
    const token = await askToken({ ...form, authorization_details: JSON.stringify(asked) });
    expect(token).toMatchObject({ status: 200, body: { authorization_details: [detail(CUSTOMER)] } });
    const issued = await askCredential(token.body, { credential_identifier: identifierIn(token) });
    expect(issued).toMatchObject({ status: 200, body: { credentials: [{ credential: expect.any(String) }] } });
  });

  it('is answered without identifiers where it asks for none, and then by configuration', async () => {
    const { form } = await offer();
    const token = await askToken(form);
    expect(Object.hasOwn(token.body, 'authorization_details')).toBe(false);
    expect((await askCredential(token.body, { credential_configuration_id: OPERATOR })).status).toBe(200);
  });

  it("says how a credential names its holder's key: by the key itself, or by the DID of its subject", () => {
    const said = issuer.exchange.issuerMetadata()['credential_configurations_supported'] as Record<string, JsonObject>;
    for (const { format, cryptographic_binding_methods_supported: methods } of Object.values(said))
      expect(format === 'dc+sd-jwt' ? methods : (methods as string[]).every((method) => method.startsWith('did:'))).toEqual(
        format === 'dc+sd-jwt' ? ['jwk'] : true,
      );
  });

  describe('authorization details that are refused, and leave the code as it was', () => {
    it.each([
      ['no JSON', 'openid_credential'],
      ['no list', JSON.stringify(detail(CUSTOMER))],
      ['nothing', '[]'],
      ['empty', ''],
      ['another type', JSON.stringify([detail(CUSTOMER, { type: 'payment_initiation' })])],
      ['a configuration outside the offer', JSON.stringify([detail('MeteringPointEntitlement_dc_sd_jwt')])],
      [
        'a configuration outside the offer, behind one of it',
        JSON.stringify([detail(CUSTOMER), detail('MeteringPointEntitlement_dc_sd_jwt')]),
      ],
      ['a configuration twice', JSON.stringify([detail(CUSTOMER), detail(CUSTOMER)])],
      ['no configuration', JSON.stringify([{ type: 'openid_credential' }])],
      ['another issuer', JSON.stringify([detail(CUSTOMER, { locations: ['https://other.example'] })])],
      ['a member that nobody knows', JSON.stringify([detail(CUSTOMER, { actions: ['issue'] })])],
      ['claims that are no descriptions', JSON.stringify([detail(CUSTOMER, { claims: ['active'] })])],
      ['a member twice', `[{"type":"x","type":"openid_credential","credential_configuration_id":"${CUSTOMER}"}]`],
      ['too much', JSON.stringify([detail(CUSTOMER, { locations: ['x'.repeat(16_384)] })])],
    ])('%s', async (_name, authorization_details) => {
      const { form } = await offer();
      const answer = await askToken({ ...form, authorization_details });
      expect(answer).toMatchObject({
        status: 400,
        body: { error: 'invalid_authorization_details', code: 'AUTHORIZATION_DETAILS_INVALID' },
      });
      expect((await askToken(form)).status).toBe(200);
    });

    it('says nothing of an offer to who has not its code', async () => {
      const answer = await askToken({
        grant_type: GRANT,
        'pre-authorized_code': 'guess',
        authorization_details: JSON.stringify([detail('made-up')]),
      });
      expect(answer.body).toMatchObject({ error: 'invalid_grant', code: 'OFFER_UNKNOWN' });
    });
  });

  describe('identifiers that a token does not open', () => {
    const askWith = async (ids: readonly string[]): Promise<Answer> => {
      const { form } = await offer();
      return askToken({ ...form, authorization_details: JSON.stringify(ids.map((id) => detail(id))) });
    };
    const unknown = { status: 400, body: { error: 'unknown_credential_identifier', code: 'CREDENTIAL_IDENTIFIER_UNKNOWN' } };

    it('that of another authorization, for the same configuration', async () => {
      const [own, other] = [await askWith([CUSTOMER]), await askWith([CUSTOMER])];
      expect(identifierIn(own)).not.toBe(identifierIn(other));
      expect(await askCredential(own.body, { credential_identifier: identifierIn(other) })).toMatchObject(unknown);
    });

    it('that of the same offer, for what was not asked for', async () => {
      const { form } = await offer();
      const token = await askToken({ ...form, authorization_details: JSON.stringify([detail(OPERATOR)]) });
      expect(await askCredential(token.body, { credential_identifier: CUSTOMER })).toMatchObject(unknown);
      const byConfiguration = await askCredential(token.body, { credential_configuration_id: OPERATOR });
      expect(byConfiguration.body).toMatchObject({ error: 'invalid_credential_request', code: 'REQUEST_MALFORMED' });
    });

    it.each([['made up'], [7], [''], [null]])('one that was made up: %p', async (credential_identifier) => {
      expect(await askCredential((await askWith([CUSTOMER])).body, { credential_identifier })).toMatchObject(unknown);
    });

    it('any, with a token that was asked for without details', async () => {
      const { form } = await offer();
      expect(await askCredential((await askToken(form)).body, { credential_identifier: CUSTOMER })).toMatchObject(unknown);
    });

    it('one beside a configuration', async () => {
      const token = await askWith([CUSTOMER]);
      const both = await askCredential(token.body, { credential_identifier: identifierIn(token), credential_configuration_id: CUSTOMER });
      expect(both.body).toMatchObject({ error: 'invalid_credential_request', code: 'REQUEST_MALFORMED' });
    });

    it('one configuration of an offer twice, by whatever name', async () => {
      const token = await askWith([CUSTOMER]);
      const request = { credential_identifier: identifierIn(token) };
      expect((await askCredential(token.body, request)).status).toBe(200);
      expect((await askCredential(token.body, request)).body).toMatchObject({ error: 'credential_request_denied', code: 'CONFLICT' });
    });
  });
});
