import { describe, expect, it } from '@jest/globals';
import { ok, type FetchPort } from '@gridpass/core';
import { withHeaderFor } from '../index.js';

const HOW = { accept: 'application/json', maxBytes: 10, timeoutMs: 10 };

describe('a fetch port with a header for some', () => {
  const sent: (readonly [string, Readonly<Record<string, string>> | undefined])[] = [];
  const everywhere: FetchPort = {
    loopbackHttp: true,
    fetchDocument: async (url, { headers }) => {
      sent.push([url, headers]);
      return ok({ status: 200, mediaType: 'text/plain', bytes: new Uint8Array() });
    },
  };
  let value: string | undefined = 'told';
  const fetch = withHeaderFor(everywhere, ['https://dso.example', 'http://127.0.0.1:8080'], { name: 'traceparent', value: () => value });
  const headersOf = async (url: string, headers?: Readonly<Record<string, string>>): Promise<unknown> => {
    await fetch.fetchDocument(url, headers === undefined ? HOW : { ...HOW, headers });
    return sent.splice(0)[0]?.[1];
  };

  it('tells it to origins that are named, beside what the caller sends', async () => {
    expect(await headersOf('https://dso.example/t/dso/status/1')).toEqual({ traceparent: 'told' });
    expect(await headersOf('http://127.0.0.1:8080/', { dpop: 'proof' })).toEqual({ traceparent: 'told', dpop: 'proof' });
    expect(fetch.loopbackHttp).toBe(true);
  });

  it.each([
    'https://dso.example:444/',
    'http://dso.example/',
    'https://dso.example.stranger.example/',
    'https://x.dso.example/',
    'http://localhost:8080/',
    'no address',
  ])('tells it to nobody else: %s', async (url) => {
    expect(await headersOf(url)).toBeUndefined();
  });

  it('tells nothing where there is nothing, and never instead of what the caller says', async () => {
    for (const name of ['traceparent', 'Traceparent', 'TRACEPARENT'])
      expect(await headersOf('https://dso.example/', { [name]: 'of the caller' })).toEqual({ [name]: 'of the caller' });
    expect(await headersOf('https://dso.example/', { 'trace-parent': 'x' })).toEqual({ traceparent: 'told', 'trace-parent': 'x' });
    value = undefined;
    expect(await headersOf('https://dso.example/')).toBeUndefined();
  });
});
