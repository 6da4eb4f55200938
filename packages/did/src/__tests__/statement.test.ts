import { describe, expect, it } from '@jest/globals';
import { LONGEST_VALIDITY_SECONDS, isServiceEndpoint } from '../index.js';
import { checkEndedService, checkService, checkValidity } from '../lifecycle/statement.js';

const HOST = 'https://a.example/';

describe('the address of a service', () => {
  it.each([
    'https://a.example',
    'http://127.0.0.1:4100/x?y=1#z',
    'wss://a.example/s',
    'ws://localhost:1',
    'HTTPS://a.example:65535?y#z',
    'https://[::1]:8443/a(b)/%20;x=@/',
    "https://xn--mnchen-3ya.example/~a_b!$&'*+,=:",
    `${HOST}${'x'.repeat(1_024 - HOST.length)}`,
  ])('may be %s', (endpoint) => {
    expect(checkService({ type: 'S', endpoint })).toMatchObject({ ok: true });
    expect(isServiceEndpoint(endpoint)).toBe(true);
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'mailto:a@b.example',
    'did:web:a.example',
    'ftp://a.example',
    '/relative',
    'a.example',
    '',
    '{"uri":"https://a.example"}',
    ' https://a.example',
    'https://a.example\n',
    'https://a.exa\tmple',
    'https://ä.example',
    'https://user:secret@a.example',
    'https://user@a.example',
    'https://@a.example',
    'https://:@a.example',
    'https:a.example',
    'https:/a.example',
    'https:///a.example',
    'https:\\\\a.example',
    'https://\\a.example',
    'https://a.example\\x',
    'https://',
    'https://:443',
    'https://?a.example',
    'https://a.example:65536',
    'https://a.example:x',
    'https://[::1',
    'https://[1.2]',
    'https://a%00.example',
    'https://a.example/"><x',
    'https://a.example/`x',
    'https://a.example/{x}',
    'https://a.example/a|b',
    'https://a.example/a^b',
    'https://a.example/[x]',
    'https://a.example/%',
    'https://a.example/%2',
    'https://a.example/%2G',
    'https://a.example/#a#b',
    'https://a.example/\u007f',
    'httpſ://a.example',
    `${HOST}${'x'.repeat(1_025 - HOST.length)}`,
  ])('may not be %j', (endpoint) => {
    expect(checkService({ type: 'S', endpoint })).toMatchObject({
      refusal: { code: 'REQUEST_MALFORMED', detail: expect.stringMatching(/^endpoint: an http or ws address/u) },
    });
  });

  it('is told apart from a wrong type', () => {
    for (const type of ['', 'two words', 'S/x', 'x'.repeat(25)])
      expect(checkService({ type, endpoint: HOST })).toMatchObject({ refusal: { detail: expect.stringMatching(/^type:/u) } });
    expect(checkService({ type: 'x'.repeat(24), endpoint: HOST }).ok).toBe(true);
  });

  it('may be taken back also where it would not be published any more', () => {
    expect(checkEndedService({ type: 'S', endpoint: 'mqtt://a.example' }).ok).toBe(true);
    expect(checkEndedService({ type: 'S', endpoint: 'x'.repeat(1_025) }).ok).toBe(false);
    expect(checkEndedService({ type: 'S/x', endpoint: HOST }).ok).toBe(false);
  });
});

describe('how long a statement counts', () => {
  it.each([1, LONGEST_VALIDITY_SECONDS])('may be %d s', (seconds) => {
    expect(checkValidity(seconds).ok).toBe(true);
  });

  it.each([0, -1, 1.5, NaN, Infinity, LONGEST_VALIDITY_SECONDS + 1])('may not be %d s', (seconds) => {
    expect(checkValidity(seconds)).toMatchObject({ refusal: { code: 'REQUEST_MALFORMED', detail: 'validSeconds: 1 to 630720000' } });
  });
});
