import { describe, expect, it } from '@jest/globals';
import { ok, type FetchPort } from '@gridpass/core';
import { withoutOrigins } from '../index.js';

const NODE = 'http://127.0.0.1:8545/rpc?key=secret';
const HOW = { accept: 'application/json', maxBytes: 10, timeoutMs: 10 };

describe('a fetch port for addresses that others choose', () => {
  const asked: string[] = [];
  const everywhere: FetchPort = {
    fetchDocument: async (url) => {
      asked.push(url);
      return ok({ status: 200, mediaType: 'text/plain', bytes: new Uint8Array() });
    },
  };
  const fetch = withoutOrigins(everywhere, [NODE]);

  it.each([
    'http://127.0.0.1:8545',
    'http://127.0.0.1:8545/',
    'HTTP://127.0.0.1:08545/x',
    'http://user@127.0.0.1:8545/',
    'http://0x7f.1:8545/',
    'http://localhost:8545/',
    'http://LocalHost.:8545/',
    'http://node.localhost:8545/',
    'http://[::1]:8545/',
    'http://[0:0:0:0:0:0:0:1]:8545/',
    'http://127.0.0.2:8545/',
    'http://127.0.0.1.:8545/',
  ])('never reaches a node of the program, however it is spelled: %s', async (url) => {
    const refused = await fetch.fetchDocument(url, HOW);
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'URL_NOT_ALLOWED' } });
    expect(JSON.stringify(refused)).not.toContain('secret');
    expect(asked).toEqual([]);
  });

  it('reaches what else the port below it reaches, and leaves to that what is no address', async () => {
    for (const url of ['http://127.0.0.1:8546/', 'https://127.0.0.1:8545/', 'no address']) await fetch.fetchDocument(url, HOW);
    expect(asked).toEqual(['http://127.0.0.1:8546/', 'https://127.0.0.1:8545/', 'no address']);
  });

  it.each([
    ['http://localhost:8545', 'http://127.0.0.1:8545/'],
    ['http://[::1]:8545', 'http://localhost:8545/'],
    ['https://node.example', 'https://NODE.example.:443/rpc'],
    ['https://node.example.:443', 'https://node.example/'],
    ['http://127.0.0.1', 'http://localhost:80/'],
  ])('never reaches %s by %s', async (node, url) => {
    const refused = await withoutOrigins(everywhere, [node]).fetchDocument(url, HOW);
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'URL_NOT_ALLOWED' } });
  });

  it.each([
    ['https://node.example', 'https://node.example.evil.example/'],
    ['https://node.example', 'https://localhost/'],
    ['https://node.example', 'https://node.example:444/'],
    ['https://localhost', 'https://notlocalhost/'],
    ['https://localhost', 'https://localhost.example/'],
    ['http://localhost:80', 'https://localhost:80/'],
  ])('closes with %s no other place such as %s', async (node, url) => {
    expect(await withoutOrigins(everywhere, [node]).fetchDocument(url, HOW)).toMatchObject({ ok: true });
  });
});
