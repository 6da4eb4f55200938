import { describe, expect, it } from '@jest/globals';
import { didWebUrlOf, parseDid, parseDidUrl } from '../index.js';

const A = '0x0b4bc6a2e0a86d93c61af9bb13fd5a3ea5d2b9b0';
const K = '0x02a3b1c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091';

describe('a did:web and the address it leads to', () => {
  it.each(['did:web:x.example%3A1', 'did:web:x.example%3A65535', 'did:web:xn--mnchen-3ya.example'])('reads %s', (text) => {
    const did = parseDid(text);
    expect(did.ok && new URL(didWebUrlOf(did.value)).host).toBe(text.slice(8).replace('%3A', ':'));
  });

  it.each(['did:web:x.example%3A65536', 'did:web:x.example%3A90000'])('refuses %s, which leads to none', (text) => {
    expect(parseDid(text)).toMatchObject({
      ok: false,
      refusal: { code: 'DID_MALFORMED', detail: 'did: no address that did:web could lead to' },
    });
  });
});

describe('parseDid', () => {
  it.each([
    'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK',
    `did:ethr:0x7a69:${A}`,
    `did:ethr:${A}`,
    `did:ethr:sepolia:${A}`,
    `did:ethr:0x1:${K}`,
    'did:jwk:eyJjcnYiOiJQLTI1NiJ9',
    'did:web:dso.example',
    'did:web:dso.example%3A8443:issuers:a',
    'did:web:localhost%3A8080',
    'did:web:127.0.0.1%3A9000',
    'did:other:Any%3AThing',
  ])('reads %s', (text) => {
    expect(parseDid(text)).toEqual({ ok: true, value: text });
  });

  it.each([
    '',
    'did',
    'did:',
    'did:key',
    'did:key:',
    ' did:key:z6Mk',
    'did:key:z6Mk ',
    'DID:key:z6Mk',
    'did:KEY:z6Mk',
    'did:key:z6Mk\n',
    'did:key:z0OIl',
    'did:key:u6Mk',
    'did:key:z6Mk/path',
    'did:key:z6Mk?a=b',
    'did:key:z6Mk;a=b',
    'did:key:z6Mk#k',
    'did:key:z6Mk:',
    'did:key::z6Mk',
    `did:ethr:0x07a69:${A}`,
    `did:ethr:0x0:${A}`,
    `did:ethr:0x7a69:${A.toUpperCase()}`,
    `did:ethr:0x7a69:${A}00`,
    `did:ethr:0x7a69:${K.replace('0x02', '0x04')}`,
    'did:jwk:eyJh=',
    'did:jwk:eyJh%3D',
    'did:web:DSO.example',
    'did:web:dso.example%2f..',
    'did:web:dso%2eexample',
    'did:web:dso%2Eexample',
    'did:web:dso.example%40evil.example',
    'did:web:user%40dso.example',
    'did:web:user%3apassword%40dso.example',
    'did:web:dso.example%3a8443%3a1',
    'did:web:dso.example:%2e%2e',
    'did:web:dso.example%3',
    'did:web:dso.example%3g8443',
    `did:ethr:0X7a69:${A}`,
    `did:ethr:0x7a69:0X${A.slice(2)}`,
    'did:ethr:Sepolia:0x0b4bc6a2e0a86d93c61af9bb13fd5a3ea5d2b9b0',
    'did:web:dso.example%2F..',
    'did:web:10.0.0.1',
    'did:web:169.254.169.254',
    'did:web:2130706433',
    'did:web:0x7f.1',
    'did:web:user@dso.example',
    'did:web:dso.example%40evil.example',
    'did:web:dso.example:..',
    'did:web:dso.example:.hidden',
    'did:web:dso.example.',
    'did:web:-a.example',
    'did:web:dso.example%3A0',
    'did:web:%5B%3A%3A1%5D',
    'did:web:dsо.example',
    'did:web:ｄso.example',
    'did:web:dso.example\u0000',
    `did:x:${'a'.repeat(2048)}`,
  ])('refuses %p', (text) => {
    expect(parseDid(text)).toMatchObject({ ok: false, refusal: { code: 'DID_MALFORMED' } });
  });
});

describe('two spellings of one DID', () => {
  it.each([
    ['did:ethr:0x7a69:0xF3beAC30C498D9E26865F34fCAa57dBB935b0D74', 'did:ethr:0x7a69:0xf3beac30c498d9e26865f34fcaa57dbb935b0d74'],
    // The case of EIP-55 is a checksum for people; no method rests on it.
    ['did:ethr:0x7a69:0xf3BEAC30C498D9E26865F34FCAA57DBB935B0D74', 'did:ethr:0x7a69:0xf3beac30c498d9e26865f34fcaa57dbb935b0d74'],
    [`did:ethr:0x7A69:${A}`, `did:ethr:0x7a69:${A}`],
    [`did:ethr:sepolia:0x${A.slice(2).toUpperCase()}`, `did:ethr:sepolia:${A}`],
    [`did:ethr:0x1:0x${K.slice(2).toUpperCase()}`, `did:ethr:0x1:${K}`],
    ['did:web:dso.example%3a8443:a', 'did:web:dso.example%3A8443:a'],
    ['did:other:Any%3aThing', 'did:other:Any%3AThing'],
  ])('come to one: %s', (text, did) => {
    expect(parseDid(text)).toEqual({ ok: true, value: did });
    expect(parseDidUrl(`${text}#k`)).toEqual({ ok: true, value: { did, fragment: 'k', url: `${did}#k` } });
  });

  it.each([
    ['did:web:dso.example:A', 'did:web:dso.example:a'],
    ['did:jwk:eyJB', 'did:jwk:eyJb'],
    ['did:other:A', 'did:other:a'],
  ])('are two DIDs where their method tells them apart: %s', (one, other) => {
    expect(parseDid(one)).not.toEqual(parseDid(other));
  });
});

describe('parseDidUrl', () => {
  it('takes DID and fragment apart', () => {
    expect(parseDidUrl('did:web:dso.example#key-1')).toEqual({
      ok: true,
      value: { did: 'did:web:dso.example', fragment: 'key-1', url: 'did:web:dso.example#key-1' },
    });
  });

  // attacks.md 3: fragment confusion
  it.each([
    'did:web:dso.example',
    '#key-1',
    'did:web:dso.example#',
    'did:web:dso.example##k',
    'did:web:dso.example#a#b',
    'did:web:dso.example?x#k',
    'did:web:dso.example;p=1#k',
    'did:web:dso.example/path#k',
    'did:web:dso.example#k%31',
    'did:web:dso.example#k 1',
    'did:web:dso.example#../../etc',
    "did:web:dso.example#' or 1=1",
    'did:web:dso.example#ké',
  ])('refuses %p', (text) => {
    expect(parseDidUrl(text)).toMatchObject({ ok: false, refusal: { code: 'DID_MALFORMED' } });
  });
});
