import { describe, expect, it } from '@jest/globals';
import { Fault, ok, refuse, type Did, type Digest, type FetchPort, type IssuanceQuery } from '@gridpass/core';
import { encodeBase64url, utf8 } from '@gridpass/codec';
import { createIssuanceEvidenceSource } from '../index.js';

const HASH = encodeBase64url(new Uint8Array(32).fill(1));
const GOOD = { index: 3, entry: '{}', proof: [HASH], checkpoint: 'not read' };
const query = (more: Partial<IssuanceQuery> = {}): IssuanceQuery => ({
  issuer: 'did:ethr:0x1:0x00' as Did,
  digest: 'digest' as Digest,
  services: [],
  status: [{ kind: 'token', uri: 'https://dso.example/t/dso/status/abc', index: 1 }],
  ...more,
});

function answering(answer: { readonly status?: number; readonly body?: string } = {}): FetchPort & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    fetchDocument: async (url) => {
      asked.push(url);
      return ok({ status: answer.status ?? 200, mediaType: 'application/json', bytes: utf8(answer.body ?? JSON.stringify(GOOD)) });
    },
  };
}
const ask = (fetch: FetchPort, more?: Partial<IssuanceQuery>) => createIssuanceEvidenceSource({ fetch }).fetchIssuanceEvidence(query(more));

describe('where evidence of issuance is asked for', () => {
  it.each([
    ['beside the status list', {}, 'https://dso.example/t/dso/evidence/digest'],
    [
      'at the service of the document, which goes before',
      { services: [{ id: 'a', types: ['GridpassIssuanceLog'], endpoints: ['https://log.example/of/dso/'] }] },
      'https://log.example/of/dso/digest',
    ],
  ])('%s', async (_name, more, url) => {
    const fetch = answering();
    expect(await ask(fetch, more)).toEqual(ok({ index: 3, entry: '{}', proof: [new Uint8Array(32).fill(1)] }));
    expect(fetch.asked).toEqual([url]);
  });

  it.each([
    ['no list', { status: [] }],
    ['a list with a query', { status: [{ kind: 'token' as const, uri: 'https://dso.example/status/a?b=/status/c', index: 1 }] }],
    ['a list elsewhere', { status: [{ kind: 'token' as const, uri: 'https://dso.example/lists/a', index: 1 }] }],
    ['two services', { services: ['a', 'b'].map((id) => ({ id, types: ['GridpassIssuanceLog'], endpoints: [`https://${id}.example`] })) }],
    ['two addresses', { services: [{ id: 'a', types: ['GridpassIssuanceLog'], endpoints: ['https://a.example', 'https://b.example'] }] }],
    ['a map', { services: [{ id: 'a', types: ['GridpassIssuanceLog'], endpoints: [{ uri: 'https://169.254.169.254' }] }] }],
  ])('nowhere: %s', async (_name, more) => {
    const fetch = answering();
    expect((await ask(fetch, more)).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
    expect(fetch.asked).toEqual([]);
  });
});

describe('what is answered', () => {
  it.each([
    ['not there', { status: 404 }],
    ['not JSON', { body: '<html>' }],
    ['no object', { body: '[]' }],
    ['a negative index', { body: JSON.stringify({ ...GOOD, index: -1 }) }],
    ['a fraction', { body: JSON.stringify({ ...GOOD, index: 1.5 }) }],
    ['no entry', { body: JSON.stringify({ ...GOOD, entry: {} }) }],
    ['a hash that is none', { body: JSON.stringify({ ...GOOD, proof: ['AA'] }) }],
    ['an endless proof', { body: JSON.stringify({ ...GOOD, proof: Array.from({ length: 65 }, () => HASH) }) }],
    ['two indexes', { body: JSON.stringify(GOOD).replace('{', '{"index":1,') }],
  ])('is refused: %s', async (_name, answer) => {
    expect((await ask(answering(answer))).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
  });

  it('is a fault when the server is unwell, and a refusal when the address is not allowed', async () => {
    await expect(ask(answering({ status: 503 }))).rejects.toBeInstanceOf(Fault);
    expect((await ask({ fetchDocument: async () => refuse('URL_NOT_ALLOWED', 'net', 'x') })).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
  });
});
