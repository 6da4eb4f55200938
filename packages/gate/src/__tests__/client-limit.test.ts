import { describe, expect, it } from '@jest/globals';
import { instant } from '@gridpass/core';
import type { Instant } from '@gridpass/core';
import { createClientAddress } from '../client-address.js';
import { createClientLimit } from '../client-limit.js';
import type { ClientLimitSettings, HttpExchange } from '../client-limit.js';
import type { ForwardingHeader } from '../forwarding.js';
import { createRateLimiter } from '../rate-limit.js';

const NOON = instant(1_760_000_000);
const after = (seconds: number): Instant => instant(NOON + seconds);
const INVALID = expect.objectContaining({ code: 'CONFIG_INVALID' }) as unknown as Error;
const MANY = { burst: 1_000_000, perMinute: 1 };

function exchange(
  remoteAddress: string | undefined,
  forwarded?: string | Readonly<Record<string, string>>,
): HttpExchange & { readonly answer: Map<string, unknown> } {
  const answer = new Map<string, unknown>();
  const headers = typeof forwarded === 'string' ? { 'x-forwarded-for': forwarded } : (forwarded ?? {});
  const res = { setHeader: (name: string, value: unknown) => answer.set(name, value) };
  return { answer, req: { headers, socket: { remoteAddress } }, res } as unknown as ReturnType<typeof exchange>;
}

describe('the address of a client', () => {
  const nameOf = (
    trustedProxies: readonly string[],
    remote: string | undefined,
    forwarded?: string | Readonly<Record<string, string>>,
    forwardingHeader: ForwardingHeader = 'x-forwarded-for',
  ): string => createClientAddress({ trustedProxies, forwardingHeader })(exchange(remote, forwarded).req);

  it('is that of the connection; what a client says of itself is nothing', () => {
    expect(nameOf([], '203.0.113.7', '198.51.100.1')).toBe('203.0.113.7');
    expect(nameOf(['10.0.0.0/8'], '203.0.113.7', '198.51.100.1')).toBe('203.0.113.7');
    expect(nameOf([], '::ffff:203.0.113.7')).toBe('203.0.113.7');
    expect(nameOf([], undefined, '198.51.100.1')).toBe('unknown');
  });

  it('is what the last trusted proxy saw, whatever was written further left', () => {
    const trusted = ['10.0.0.0/8', '2001:db8:ffff::1', '127.0.0.1'];
    expect(nameOf(trusted, '10.1.2.3', '198.51.100.1')).toBe('198.51.100.1');
    expect(nameOf(trusted, '::ffff:10.1.2.3', '198.51.100.1')).toBe('198.51.100.1');
    expect(nameOf(trusted, '10.1.2.3', '192.0.2.99, 198.51.100.1')).toBe('198.51.100.1');
    expect(nameOf(trusted, '10.1.2.3', '127.0.0.1, 198.51.100.1, 10.9.9.9')).toBe('198.51.100.1');
    expect(nameOf(trusted, '2001:db8:ffff::1', '2001:db8:1:2::9')).toBe('2001:db8:1:2::/64');
  });

  it.each([
    ['198.51.100.1:4711', '198.51.100.1'],
    ['198.51.100.1:65535 ', '198.51.100.1'],
    ['192.0.2.99, 198.51.100.1:4711', '198.51.100.1'],
    ['198.51.100.1:4711, 10.1.2.3:80', '198.51.100.1'],
    ['[2001:db8:1:2::9]:4711', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::9]', '2001:db8:1:2::/64'],
  ])('is without the port that a proxy adds: %s', (forwarded, client) => {
    expect(nameOf(['10.0.0.0/8'], '10.1.2.3', forwarded)).toBe(client);
  });

  it.each([
    ['for=198.51.100.1', '198.51.100.1'],
    ['For="198.51.100.1:4711";proto=https;by=10.1.2.3', '198.51.100.1'],
    ['by=_edge;FOR="[2001:db8:1:2::9]:_port"', '2001:db8:1:2::/64'],
    ['for=192.0.2.99, for=198.51.100.1;host="a,b;for=192.0.2.98"', '198.51.100.1'],
    ['for=192.0.2.99, for=198.51.100.1, for="10.1.2.4:443"', '198.51.100.1'],
    [', for=198.51.100.1 ; proto=http;, ', '198.51.100.1'],
    ['for="198.51.100\\.1"', '198.51.100.1'],
  ])('is read from Forwarded where the proxies write that: %s', (forwarded, client) => {
    expect(nameOf(['10.0.0.0/8'], '10.1.2.3', { forwarded }, 'forwarded')).toBe(client);
  });

  it.each([
    '',
    'for=unknown',
    'for=_hidden',
    'proto=https',
    'for=2001:db8::1',
    'for="2001:db8::1',
    'for="[198.51.100.1]"',
    'for=198.51.100.1;for=198.51.100.2',
    'for = 198.51.100.1',
    // What a client sends first must not swallow what the proxy adds.
    'for=192.0.2.99;x=", for=198.51.100.1',
    'for="192.0.2.99, for="198.51.100.1:4711"',
    'for="\\, for="198.51.100.1:4711"',
    '"for=192.0.2.99, for=198.51.100.1',
  ])('is the proxy itself where its Forwarded names nobody or cannot be read whole: %p', (forwarded) => {
    expect(nameOf(['10.1.2.3'], '10.1.2.3', { forwarded }, 'forwarded')).toBe('10.1.2.3');
  });

  it('is named by one header alone, whichever else is there', () => {
    const both = { 'x-forwarded-for': '198.51.100.1', forwarded: 'for=198.51.100.2' };
    expect(nameOf(['10.1.2.3'], '10.1.2.3', both)).toBe('198.51.100.1');
    expect(nameOf(['10.1.2.3'], '10.1.2.3', both, 'forwarded')).toBe('198.51.100.2');
    expect(nameOf(['10.1.2.3'], '10.1.2.3', { forwarded: both.forwarded })).toBe('10.1.2.3');
    expect(nameOf(['10.1.2.3'], '10.1.2.3', { 'x-forwarded-for': '198.51.100.1' }, 'forwarded')).toBe('10.1.2.3');
    expect(nameOf(['10.1.2.3'], '203.0.113.7', both, 'forwarded')).toBe('203.0.113.7');
  });

  it.each([undefined, '', ',', 'unknown', 'not an address', '198.51.100.1:', '198.51.100.1:123456', '0xc6336401', '[198.51.100.1]'])(
    'is the proxy itself when that names its client as %p',
    (forwarded) => {
      expect(nameOf(['10.1.2.3'], '10.1.2.3', forwarded)).toBe('10.1.2.3');
    },
  );

  it('is the /64 network of an IPv6 address, in one spelling', () => {
    const names = ['2001:db8:1:2::1', '2001:DB8:1:2:ffff:ffff:ffff:ffff', '2001:0db8:0001:0002:0:0:0:42'].map((address) =>
      nameOf([], address),
    );
    expect(new Set(names)).toEqual(new Set(['2001:db8:1:2::/64']));
    expect(nameOf([], '2001:db8:1:3::1')).toBe('2001:db8:1:3::/64');
  });

  it.each(['10.0.0.0/33', 'proxy.example', '0x7f.1', '', '10.0.0.1/'])('cannot be taken from the trusted proxy %p', (proxy) => {
    expect(() => createClientAddress({ trustedProxies: [proxy], forwardingHeader: 'x-forwarded-for' })).toThrow(INVALID);
  });
});

describe('the limit for clients', () => {
  const make = (change: Partial<ClientLimitSettings>) =>
    createClientLimit({
      rateLimit: { burst: 2, perMinute: 6 },
      rateLimitTogether: MANY,
      trustedProxies: [],
      forwardingHeader: 'x-forwarded-for',
      capacity: 100,
      ...change,
    });

  it('counts each address for itself, and says when to come back', () => {
    const limit = make({});
    const ask = (address: string, at: Instant) => {
      const call = exchange(address);
      return [limit.takeAddress(call, at).ok, call.answer.get('Retry-After')];
    };
    expect([ask('203.0.113.7', NOON), ask('203.0.113.7', NOON)]).toEqual([
      [true, undefined],
      [true, undefined],
    ]);
    expect(ask('203.0.113.7', NOON)).toEqual([false, '10']);
    expect(ask('203.0.113.8', NOON)).toEqual([true, undefined]);
    expect(ask('203.0.113.7', after(9))).toEqual([false, '1']);
    expect(ask('203.0.113.7', after(10))).toEqual([true, undefined]);
  });

  it('gives 2^64 addresses of one network one bucket', () => {
    const limit = make({});
    const taken = [1, 2, 3, 4].map((host) => limit.takeAddress(exchange(`2001:db8:1:2::${host}`), NOON).ok);
    expect(taken).toEqual([true, true, false, false]);
  });

  it('refuses limits that are none', () => {
    for (const rateLimit of [
      { burst: 0, perMinute: 1 },
      { burst: 1, perMinute: 0 },
      { burst: Number.NaN, perMinute: 1 },
      { burst: 1, perMinute: Number.POSITIVE_INFINITY },
    ])
      expect(() => make({ rateLimit })).toThrow(INVALID);
  });
});

describe('the buckets', () => {
  it('stay within their number when very many addresses come, and count them together', () => {
    const limiter = createRateLimiter({ burst: 1, perMinute: 1 }, { burst: 100_000, perMinute: 60 }, 1_000);
    let passed = 0;
    for (let turn = 0; turn < 150_000; turn += 1) if (limiter.take(`address:2001:db8:${turn.toString(16)}::/64`, NOON).ok) passed += 1;
    expect(passed).toBe(100_000);
    // Of those that passed the last thousand are known (a token a minute), those before are forgotten (the bucket of all: one a second).
    const known = (turn: number): boolean => limiter.waitSeconds(`address:2001:db8:${turn.toString(16)}::/64`, NOON) === 60;
    expect([0, 98_999, 99_000, 99_999, 100_000].map(known)).toEqual([false, false, true, true, false]);
  });

  it('are filled by a clock that stands still or steps back never', () => {
    const limiter = createRateLimiter({ burst: 1, perMinute: 60 }, MANY, 10);
    expect(limiter.take('a', after(100)).ok).toBe(true);
    for (const at of [100, 0, 50, 100]) expect(limiter.take('a', after(at)).ok).toBe(false);
    expect(limiter.waitSeconds('a', after(90))).toBe(11);
    expect(limiter.take('a', after(101)).ok).toBe(true);
  });
});
