import { describe, expect, it } from '@jest/globals';
import { digestOf, utf8 } from '@gridpass/codec';
import { Fault, ok, refuse, type FetchedDocument, type FetchPort } from '@gridpass/core';
import { createAuthoritySource } from '../index.js';

const reference = { uri: 'https://nra.example/1', digest: digestOf('text') };

function fetching(answer: () => Promise<Partial<FetchedDocument>>): { fetch: FetchPort; calls: () => number } {
  let calls = 0;
  return {
    calls: () => calls,
    fetch: {
      fetchDocument: async () => {
        calls += 1;
        return ok({ status: 200, mediaType: 'application/vc+jwt', bytes: utf8('text'), ...(await answer()) });
      },
    },
  };
}

describe('createAuthoritySource', () => {
  it('fetches a text once and shares the fetch', async () => {
    const { fetch, calls } = fetching(async () => ({}));
    const source = createAuthoritySource({ fetch });
    const texts = await Promise.all([source.fetchAuthority(reference), source.fetchAuthority(reference)]);
    expect([...texts, await source.fetchAuthority(reference)].map(({ value }) => value)).toEqual(['text', 'text', 'text']);
    expect(calls()).toBe(1);
  });

  it.each([
    ['another text', { bytes: utf8('other') }],
    ['nothing there', { status: 404 }],
    ['gone', { status: 410 }],
    ['bytes that are no text', { bytes: Uint8Array.of(0xff) }],
  ])('refuses on %s and keeps nothing', async (_name, answer) => {
    const { fetch, calls } = fetching(async () => answer);
    const source = createAuthoritySource({ fetch });
    expect((await source.fetchAuthority(reference)).refusal?.code).toBe('ISSUER_NOT_ACCREDITED');
    await source.fetchAuthority(reference);
    expect(calls()).toBe(2);
  });

  it('refuses an address that may not be fetched', async () => {
    const source = createAuthoritySource({ fetch: { fetchDocument: async () => refuse('URL_NOT_ALLOWED', 'net', '') } });
    expect((await source.fetchAuthority(reference)).refusal?.code).toBe('ISSUER_NOT_ACCREDITED');
  });

  it.each([[{ status: 500 }], [{ status: 302 }]])('cannot tell on %j', async (answer) => {
    const { fetch } = fetching(async () => answer);
    await expect(createAuthoritySource({ fetch }).fetchAuthority(reference)).rejects.toMatchObject({ code: 'TRUST_UNAVAILABLE' });
  });

  it('turns a failed connection into its own fault and tries again next time', async () => {
    let down = true;
    const { fetch } = fetching(async () => {
      if (down) throw new Fault('REMOTE_UNAVAILABLE', 'reset');
      return {};
    });
    const source = createAuthoritySource({ fetch });
    await expect(source.fetchAuthority(reference)).rejects.toMatchObject({
      code: 'TRUST_UNAVAILABLE',
      cause: { code: 'REMOTE_UNAVAILABLE' },
    });
    down = false;
    expect((await source.fetchAuthority(reference)).ok).toBe(true);
  });

  it('keeps as many texts as it may, and drops the oldest', async () => {
    const fetched: string[] = [];
    const fetchDocument: FetchPort['fetchDocument'] = async (url) => {
      fetched.push(url);
      return ok({ status: 200, mediaType: 'application/vc+jwt', bytes: utf8('text') });
    };
    const source = createAuthoritySource({ fetch: { fetchDocument }, maxEntries: 2 });
    const at = (name: string) => ({ ...reference, uri: `https://nra.example/${name}` });
    for (const name of ['a', 'b', 'a', 'b', 'c', 'b', 'c', 'a']) await source.fetchAuthority(at(name));
    expect(fetched.map((url) => url.slice(-1)).join('')).toBe('abca');
  });

  it('keeps a text under its own address: what one host answers never stands in for another, whose signature may prove', async () => {
    const { fetch, calls } = fetching(async () => ({}));
    const source = createAuthoritySource({ fetch });
    await source.fetchAuthority(reference);
    await source.fetchAuthority({ ...reference, uri: 'https://other.example/1' });
    expect(calls()).toBe(2);
    source.forgetAuthority?.(reference);
    await source.fetchAuthority({ ...reference, uri: 'https://other.example/1' });
    expect(calls()).toBe(2);
    await source.fetchAuthority(reference);
    expect(calls()).toBe(3);
  });
});
