import { describe, expect, it } from '@jest/globals';
import { assertOk, type JsonObject } from '@gridpass/core';
import { issueSdJwtVc, issueVcJwt, parseSdJwtVc, parseVcJwt } from '../index.js';
import { AT, DAY, resign, sdInput, vcInput } from './fixtures.js';

type Payload = Record<string, unknown>;

const vc = async (edit: (payload: Payload, header: Payload) => void) =>
  parseVcJwt(await resign((await issueVcJwt(vcInput())).compact, edit));
const sd = async (edit: (payload: Payload) => void) => {
  const [jwt = '', ...rest] = (await issueSdJwtVc(sdInput())).compact.split('~');
  return parseSdJwtVc([await resign(jwt, edit), ...rest].join('~'));
};
const without =
  (...names: readonly string[]) =>
  (payload: Payload): void => {
    for (const name of names) delete payload[name];
  };

describe('a vc+jwt as other issuers write it', () => {
  it('needs no JWT claim beside the document, and reads the same', async () => {
    const whole = assertOk(await vc(() => undefined)).content;
    const alone = assertOk(await vc(without('iss', 'sub', 'iat', 'nbf', 'exp', 'jti'))).content;
    const { digest: _, textDigest: __, ...content } = alone;
    expect(whole).toMatchObject(content);
  });

  it.each(['iss', 'sub', 'iat', 'nbf', 'exp', 'jti', 'id', 'validFrom', 'validUntil'])('may leave out %s', async (name) => {
    expect((await vc(without(name))).ok).toBe(true);
  });

  it.each([
    [['exp', 'validUntil'], 'vc+jwt: exp'],
    [['iat', 'nbf', 'validFrom'], 'vc+jwt: iat'],
    [['issuer'], 'vc+jwt: issuer'],
    [['credentialSubject'], 'vc+jwt: credentialSubject'],
  ])('may not leave out %s', async (names, detail) => {
    expect((await vc(without(...names))).refusal).toMatchObject({ code: 'PRESENTATION_MALFORMED', detail });
  });

  it('has an end of life and a status, whatever else it leaves out', async () => {
    expect((await vc(without('credentialStatus'))).refusal?.code).toBe('STATUS_MISSING');
    expect((await vc((payload) => Object.assign(payload, { validUntil: 'never' }))).refusal?.code).toBe('PRESENTATION_MALFORMED');
  });

  it('begins when it was issued where it says nothing else, and was issued when it begins', async () => {
    expect(assertOk(await vc(without('nbf', 'validFrom'))).content).toMatchObject({ issuedAt: AT, validFrom: AT });
    const later = (payload: Payload): void => {
      without('iat', 'nbf')(payload);
      payload['validFrom'] = new Date((AT + DAY) * 1000).toISOString();
    };
    expect(assertOk(await vc(later)).content).toMatchObject({ issuedAt: AT + DAY, validFrom: AT + DAY });
  });

  it('may write dates with milliseconds', async () => {
    const iso = (at: number): string => new Date(at * 1000).toISOString();
    const edit = (payload: Payload) => Object.assign(payload, { validFrom: iso(AT), validUntil: iso(AT + 30 * DAY) });
    expect(assertOk(await vc(edit)).content.validUntil).toBe(AT + 30 * DAY);
  });

  it('may have one status entry', async () => {
    const edit = (payload: Payload): void => {
      [payload['credentialStatus']] = payload['credentialStatus'] as unknown[];
    };
    expect(assertOk(await vc(edit)).content.status).toHaveLength(1);
  });

  it.each<[string, JsonObject]>([
    ['evidence', { evidence: [{ id: 'urn:x' }] }],
    ['terms of use', { termsOfUse: { type: 'T' } }],
    ['a schema', { credentialSchema: { id: 'https://x.example', type: 'JsonSchema' } }],
    ['a name', { name: 'A50' }],
  ])('may have a member that is not read here: %s', async (_name, more) => {
    const read = assertOk(await vc((payload) => Object.assign(payload, more)));
    expect(read.content.claims).toEqual({ roleCode: 'A50', unbundled: true });
  });

  it.each<[string, JsonObject]>([
    ['another proof', { proof: {} }],
    ['a credential of the old model', { vc: {} }],
    ['a credential inside', { verifiableCredential: [] }],
    ['an audience', { aud: 'did:web:market.example' }],
    ['a key it is bound to', { cnf: { jwk: {} } }],
    ['another status', { status: {} }],
    ['an end in the words of the old model', { expirationDate: '2020-01-01T00:00:00Z' }],
    ['a keyword of JSON-LD', { '@graph': [] }],
    ['a keyword that nobody knows yet', { '@x': 1 }],
    ['digests of hidden claims', { _sd: [] }],
    ['a claim a second time', { roleCode: 'A49' }],
  ])('may not have a member that others heed: %s', async (_name, more) => {
    expect((await vc((payload) => Object.assign(payload, more))).refusal?.code).toBe('PRESENTATION_MALFORMED');
  });

  it.each<[string, JsonObject]>([
    ['iss', { iss: 'did:web:other.example' }],
    ['sub', { sub: 'did:web:other.example' }],
    ['jti', { jti: 'urn:uuid:0' }],
    ['nbf', { nbf: AT - 1 }],
    ['exp', { exp: AT + 30 * DAY + 1 }],
  ])('says with %s what its document says', async (_name, more) => {
    expect((await vc((payload) => Object.assign(payload, more))).refusal?.code).toBe('PRESENTATION_MALFORMED');
  });
});

describe('an SD-JWT VC as other issuers write it', () => {
  const INTEGRITY = 'sha256-9cLlJNXNTsMkPmKjZ5t0qDkVj6wpvJ0jpo4qhWRL5ca=';

  it('may leave out nbf or iat, and not both', async () => {
    expect(assertOk(await sd(without('nbf'))).content).toMatchObject({ issuedAt: AT, validFrom: AT });
    expect(assertOk(await sd(without('iat'))).content).toMatchObject({ issuedAt: AT, validFrom: AT });
    expect((await sd(without('iat', 'nbf'))).refusal).toMatchObject({ code: 'PRESENTATION_MALFORMED', detail: 'dc+sd-jwt: iat' });
  });

  it('may have a jti and a vct#integrity, which are no claims', async () => {
    const more = { jti: 'urn:uuid:0', 'vct#integrity': INTEGRITY };
    const { claims } = assertOk(await sd((payload) => Object.assign(payload, more))).content;
    expect(Object.keys(claims)).not.toEqual(expect.arrayContaining(['jti']));
    expect(Object.keys(claims)).not.toEqual(expect.arrayContaining(['vct#integrity']));
  });

  it.each<[string, JsonObject]>([
    ['a jti that is no text', { jti: 1 }],
    ['an empty jti', { jti: '' }],
    ['a vct#integrity that is no hash', { 'vct#integrity': 'x' }],
    ['a vct#integrity by a weak hash', { 'vct#integrity': INTEGRITY.replace('sha256', 'sha1') }],
    ['an audience', { aud: 'x' }],
  ])('is refused with %s', async (_name, more) => {
    expect((await sd((payload) => Object.assign(payload, more))).refusal?.code).toBe('PRESENTATION_MALFORMED');
  });

  it.each(['iss', 'sub', 'exp', 'cnf', 'vct'])('may not leave out %s', async (name) => {
    expect((await sd(without(name))).refusal?.code).toBe('PRESENTATION_MALFORMED');
  });

  it('has a status', async () => {
    expect((await sd(without('status'))).refusal?.code).toBe('STATUS_MISSING');
  });
});
