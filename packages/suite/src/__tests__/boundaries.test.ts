import { describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { buildVpJwt, checkKeyBinding, issueSdJwtVc, issueVcJwt, parseSdJwtVc, parseVpJwt, presentSdJwtVc } from '../index.js';
import { toDid, toHttpUrl } from '../claimed.js';
import { parseAuthority } from '../envelope.js';
import { parseBitstringStatus, parseTokenStatus } from '../status-references.js';
import { AT, holder, nonce, resign, sdInput, vcInput } from './fixtures.js';

const entry = (purpose: string, more: JsonObject = {}): JsonObject => ({
  id: `https://dso.example/${purpose}#7`,
  type: 'BitstringStatusListEntry',
  statusPurpose: purpose,
  statusListIndex: '7',
  statusListCredential: `https://dso.example/${purpose}`,
  ...more,
});

describe('parseBitstringStatus', () => {
  const both = (more: JsonObject = {}): JsonValue => [entry('revocation', more), entry('suspension')];

  it('reads one entry for revocation, in a list or not', () => {
    const read = [{ kind: 'bitstring', purpose: 'revocation', uri: 'https://dso.example/revocation', index: 7 }];
    expect(parseBitstringStatus(entry('revocation'))).toEqual(read);
    expect(parseBitstringStatus([entry('revocation')])).toEqual(read);
  });

  it('reads both purposes in either order', () => {
    expect(parseBitstringStatus(both())).toHaveLength(2);
    expect(parseBitstringStatus([entry('suspension'), entry('revocation')])).toHaveLength(2);
  });

  it.each<[string, JsonValue | undefined]>([
    ['nothing', undefined],
    ['an empty list', []],
    ['a text', 'revocation'],
    ['nothing but a suspension', entry('suspension')],
    ['nothing but a suspension, in a list', [entry('suspension')]],
    ['one entry with a further member', { ...entry('revocation'), statusSize: 2 }],
    ['one entry in a list of lists', [[entry('revocation')]]],
    ['three entries', [entry('revocation'), entry('suspension'), entry('revocation')]],
    ['one purpose twice', [entry('revocation'), entry('revocation')]],
    ['one purpose twice, elsewhere', [entry('suspension'), entry('suspension', { statusListIndex: '8' })]],
    ['a text for an entry', [entry('revocation'), 'suspension']],
    ['a further member', both({ statusSize: 2 })],
    ['a message list', both({ statusMessage: [] })],
    ['another type', both({ type: 'StatusList2021Entry' })],
    ['no type', [{ ...entry('revocation'), type: undefined as never }, entry('suspension')]],
    ['the purpose message', both({ statusPurpose: 'message' })],
    ['a list of purposes', both({ statusPurpose: ['revocation'] })],
    ['an index as a number', both({ statusListIndex: 7 })],
    ['an index with a leading zero', both({ statusListIndex: '07' })],
    ['a negative index', both({ statusListIndex: '-7' })],
    ['an index with an exponent', both({ statusListIndex: '1e3' })],
    ['an empty index', both({ statusListIndex: '' })],
    ['an index with a line end', both({ statusListIndex: '7\n' })],
    ['the first index beyond the bound', both({ statusListIndex: String(2 ** 31) })],
    ['an index of eleven digits', both({ statusListIndex: '10000000000' })],
    ['no list', both({ statusListCredential: null })],
    ['a list at no web address', both({ statusListCredential: 'urn:list' })],
    ['a list at an address with a fragment', both({ statusListCredential: 'https://dso.example/list#1' })],
    ['a list at an address with a user', both({ statusListCredential: 'https://u@dso.example/list' })],
  ])('reads nothing out of %s', (_name, value) => {
    expect(parseBitstringStatus(value)).toBeUndefined();
  });

  it('reads index 0 and the last index', () => {
    expect(parseBitstringStatus(both({ statusListIndex: '0' }))?.[0]?.index).toBe(0);
    expect(parseBitstringStatus(both({ statusListIndex: String(2 ** 31 - 1) }))?.[0]?.index).toBe(2 ** 31 - 1);
  });
});

describe('parseTokenStatus', () => {
  const uri = 'https://dso.example/list';
  const list = (idx: JsonValue, more: JsonObject = {}): JsonValue => ({ status_list: { idx, uri, ...more } });

  it('reads index 0 and the last index', () => {
    expect(parseTokenStatus(list(0))).toEqual([{ kind: 'token', uri, index: 0 }]);
    expect(parseTokenStatus(list(2 ** 31 - 1))).toHaveLength(1);
  });

  it.each<[string, JsonValue | undefined]>([
    ['nothing', undefined],
    ['a second mechanism', { status_list: { idx: 0, uri }, identifier_list: {} }],
    ['another mechanism', { identifier_list: { idx: 0, uri } }],
    ['a further member', list(0, { bits: 1 })],
    ['no index', { status_list: { uri, bits: 1 } }],
    ['a text', list('0')],
    ['a fraction', list(0.5)],
    ['a negative index', list(-1)],
    ['the first index beyond the bound', list(2 ** 31)],
    ['a list at no web address', list(0, { uri: 'ftp://dso.example/list' })],
    ['a list of lists', { status_list: [] }],
  ])('reads nothing out of %s', (_name, value) => {
    expect(parseTokenStatus(value)).toBeUndefined();
  });
});

describe('parseAuthority', () => {
  const whole = { id: 'https://nra.example/authority', digest: digestOf('text') };
  it('tells none, one, and one that cannot be read', () => {
    expect(parseAuthority(undefined)).toBe('absent');
    expect(parseAuthority(whole)).toEqual({ uri: whole.id, digest: whole.digest });
    for (const broken of [
      null,
      [],
      'x',
      { ...whole, more: 1 },
      { ...whole, id: 'urn:x' },
      { ...whole, digest: 1 },
      { ...whole, digest: `${whole.digest}A` },
    ])
      expect(parseAuthority(broken as JsonValue)).toBeUndefined();
  });
  it('wants the one spelling of a digest: its last character carries four bits only', () => {
    expect(parseAuthority({ ...whole, digest: `${whole.digest.slice(0, 42)}B` })).toBeUndefined();
  });
});

describe('a vp+jwt', () => {
  const build = async (count: number): Promise<string> => {
    const { compact } = await issueVcJwt(vcInput());
    return buildVpJwt({
      holder,
      credentials: Array.from({ length: count }, () => compact),
      audience: 'https://market.example',
      nonce: nonce('n'),
      at: AT,
      lifeSeconds: 60,
    });
  };
  const edited = async (edit: (payload: Record<string, unknown>) => void) => parseVpJwt(await resign(await build(1), edit, holder));

  it('may hold 16 credentials and not 17, and not none', async () => {
    expect(parseVpJwt(await build(16)).ok).toBe(true);
    expect(parseVpJwt(await build(17)).refusal?.code).toBe('PRESENTATION_MALFORMED');
    expect(parseVpJwt(await build(0)).refusal?.code).toBe('PRESENTATION_MALFORMED');
  });

  it.each<[string, JsonObject]>([
    ['a further member', { proof: {} }],
    ['a subject', { sub: holder.did }],
    ['an id', { id: 'urn:1' }],
    ['a vp of the old model', { vp: {} }],
    ['another holder than its iss', { holder: 'did:web:other.example' }],
    ['a holder as an object', { holder: { id: holder.did } }],
    ['no nonce', { nonce: '' }],
    ['a further context', { '@context': ['https://www.w3.org/ns/credentials/v2', 'https://other.example'] }],
    ['another context', { '@context': ['https://other.example'] }],
    ['a context as a text', { '@context': 'https://www.w3.org/ns/credentials/v2' }],
    ['a further type', { type: ['VerifiablePresentation', 'Other'] }],
    ['another type', { type: ['Other'] }],
    ['one credential that is no list', { verifiableCredential: {} }],
  ])('is refused with %s', async (_name, claims) => {
    expect((await edited((payload) => Object.assign(payload, claims))).refusal?.code).toBe('PRESENTATION_MALFORMED');
  });

  it.each(['iss', 'holder', 'aud', 'nonce', 'iat', 'exp', 'verifiableCredential', '@context', 'type'])(
    'is refused without %s',
    async (name) => {
      expect((await edited((payload) => delete payload[name])).refusal?.code).toBe('PRESENTATION_MALFORMED');
    },
  );

  it.each<[string, JsonObject, string]>([
    ['a further member', { more: 1 }, 'PRESENTATION_MALFORMED'],
    ['another context', { '@context': 'https://other.example' }, 'PRESENTATION_MALFORMED'],
    ['another type', { type: 'VerifiableCredential' }, 'PRESENTATION_MALFORMED'],
    ['a number for an id', { id: 1 }, 'PRESENTATION_MALFORMED'],
    ['a data URL of another kind', { id: 'data:application/vc+sd-jwt,x' }, 'SUITE_UNKNOWN'],
  ])('is refused with an enveloped credential that has %s', async (_name, more, code) => {
    const changed = await edited((payload) => {
      const [first] = payload['verifiableCredential'] as JsonObject[];
      payload['verifiableCredential'] = [{ ...first, ...more }];
    });
    expect(changed.refusal?.code).toBe(code);
  });

  it.each(['id', 'type', '@context'])('is refused with an enveloped credential that has no %s', async (name) => {
    const changed = await edited((payload) => {
      const [first] = payload['verifiableCredential'] as JsonObject[];
      payload['verifiableCredential'] = [Object.fromEntries(Object.entries(first ?? {}).filter(([key]) => key !== name))];
    });
    expect(changed.refusal?.code).toBe('PRESENTATION_MALFORMED');
  });
});

describe('a key binding', () => {
  const of = { holder, audience: 'did:web:v', nonce: nonce('n'), at: AT };
  const expected = { audience: of.audience, nonce: of.nonce, at: AT, maxAgeSeconds: 60 };
  const codeOf = (presentation: string): string => {
    const parsed = parseSdJwtVc(presentation);
    const checked = parsed.ok ? checkKeyBinding(parsed.value, expected) : parsed;
    return checked.ok ? 'ok' : checked.refusal.code;
  };

  it('is for the disclosures it was made with: none fewer, none more', async () => {
    const { compact } = await issueSdJwtVc(sdInput());
    const [one, two] = [
      await presentSdJwtVc({ ...of, compact, disclose: ['direction'] }),
      await presentSdJwtVc({ ...of, compact, disclose: ['direction', 'exportLimitW'] }),
    ];
    const bindingOf = (presentation: string): string => presentation.slice(presentation.lastIndexOf('~') + 1);
    const shownIn = (presentation: string): string => presentation.slice(0, presentation.lastIndexOf('~') + 1);
    expect([codeOf(one), codeOf(two)]).toEqual(['ok', 'ok']);
    expect(codeOf(shownIn(one) + bindingOf(two))).toBe('PROOF_INVALID');
    expect(codeOf(shownIn(two) + bindingOf(one))).toBe('PROOF_INVALID');
  });
});

describe('an address that is signed', () => {
  it.each(['https://dso.example/list', 'http://127.0.0.1:8080/list?a=b'])('is read in its canonical spelling: %s', (url) => {
    expect(toHttpUrl(url)).toBe(url);
  });

  it.each([
    'https://DSO.example/list',
    'https://dso.example',
    'https://dso.example:443/list',
    'https://dso.example/a/../list',
    ' https://dso.example/list',
  ])('is none in another spelling, which would be another list: %j', (url) => {
    expect(toHttpUrl(url)).toBeUndefined();
  });

  it('and a DID may have 2048 characters', () => {
    const [did, url] = [`did:web:${'a'.repeat(2048 - 8)}`, `https://dso.example/${'a'.repeat(2048 - 20)}`];
    expect([toDid(did), toHttpUrl(url)]).toEqual([did, url]);
    expect([toDid(`${did}a`), toHttpUrl(`${url}a`)]).toEqual([undefined, undefined]);
  });
});
