import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { belowPublicPath, logNameOf } from '../index.js';

/** What a program hears of a request target. */
function heard(publicOrigin: string, url: string): string | undefined {
  const request = { url } as IncomingMessage;
  belowPublicPath(publicOrigin, () => undefined)(request);
  return request.url;
}

const NOWHERE = '/.well-known/outside-the-public-path';

describe('a program below a path', () => {
  it.each([
    ['/gridpass/', '/'],
    ['/gridpass/t/dso/token?x=/gridpass/', '/t/dso/token?x=/gridpass/'],
    ['/gridpass/t/dso/did.json', '/t/dso/did.json'],
    ['/gridpass/gridpass/x', '/gridpass/x'],
    ['/.well-known/openid-credential-issuer/gridpass/t/dso', '/.well-known/openid-credential-issuer/t/dso'],
    ['/.well-known/oauth-authorization-server/gridpass/t/dso', '/.well-known/oauth-authorization-server/t/dso'],
    ['/gridpass/t/dso/.well-known/openid-credential-issuer', '/t/dso/.well-known/openid-credential-issuer'],
  ])('hears %s as %s', (url, path) => {
    expect(heard('https://x.example/gridpass', url)).toBe(path);
  });

  it.each([
    '/',
    '/gridpass',
    '/gridpassword/t/dso/admin',
    '/t/dso/admin/credentials',
    '/GRIDPASS/t/dso/token',
    '/%67ridpass/t/dso/token',
    '//gridpass/t/dso/token',
    '/./gridpass/t/dso/token',
    '/other/../gridpass/t/dso/token',
    '/.well-known/openid-credential-issuer/t/dso',
    '/.well-known/openid-credential-issuer/gridpass',
    '/.well-known/openid-credential-issuer/other/t/dso',
    '/.well-known/did.json',
    'https://x.example/gridpass/t/dso/token',
    '*',
    '',
  ])('hears nothing of %p', (url) => {
    expect(heard('https://x.example/gridpass', url)).toBe(NOWHERE);
  });

  it('climbs out of its path by no spelling: what remains is asked for as it stands', () => {
    expect(heard('https://x.example/gridpass', '/gridpass/../other/t/dso')).toBe('/../other/t/dso');
    expect(heard('https://x.example/gridpass', '/gridpass//t/dso')).toBe('//t/dso');
  });

  it('changes nothing where there is no path', () => {
    for (const url of ['/', '/t/dso/token', '/.well-known/openid-credential-issuer/t/dso', '*'])
      expect(heard('https://x.example', url)).toBe(url);
  });

  it('has logs of another name than its neighbour', () => {
    expect([logNameOf('https://x.example'), logNameOf('https://x.example/a'), logNameOf('https://x.example:8443/b/c')]).toEqual([
      'x.example',
      'x.example/a',
      'x.example:8443/b/c',
    ]);
  });
});
