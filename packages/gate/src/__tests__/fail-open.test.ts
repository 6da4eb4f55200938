import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Fault, marketCalendar } from '@gridpass/core';
import type { Signer } from '@gridpass/core';
import { thumbprintOf } from '@gridpass/keys';
import { parsePolicySet } from '@gridpass/policy';
import { createClaimShapes } from '@gridpass/schema';
import { createGate } from '../index.js';
import type { GateSettings } from '../index.js';
import { POLICY, startRig, strangerKey } from './harness.js';
import type { Rig } from './harness.js';

const VOCABULARY = { claims: createClaimShapes(), request: 'read-off-the-policies', calendar: marketCalendar('Etc/UTC') } as const;

type Port = 'verifier' | 'audit' | 'challenges' | 'grants' | 'status' | 'signer' | 'clock';

/** Each function of each port that stands between a stranger and a grant; what a function without an answer returns is no answer. */
const PORTS: readonly (readonly [Port, string, boolean])[] = [
  ['verifier', 'verify', true],
  ['audit', 'appendRecord', true],
  ['challenges', 'issueChallenge', false],
  ['challenges', 'readChallenge', true],
  ['challenges', 'consumeChallenge', true],
  ['grants', 'addGrant', false],
  ['grants', 'redeemGrant', true],
  ['grants', 'readGrant', true],
  ['status', 'checkStatus', true],
  ['signer', 'sign', true],
  ['clock', 'now', true],
];

const NONSENSE: readonly unknown[] = [
  undefined,
  null,
  true,
  1,
  'ok',
  [],
  {},
  Number.NaN,
  { ok: true },
  { ok: true, value: {} },
  { ok: true, value: [] },
  { ok: true, value: true },
  { ok: 'yes', value: { id: 'x' } },
  { ok: 1 },
  { ok: false },
  { origin: 'log', index: Number.NaN },
  { origin: 'log', index: 0, treeSize: 0, leafHash: 'a', rootHash: 'b' },
  { verified: true },
  new Uint8Array(64),
  { ok: true, value: { id: 'x', expiresAt: 9e15, credentials: [], status: [], facts: [] } },
  { ok: true, value: [{ goodUntil: Number.NaN }] },
  { ok: true, value: [{}] },
];

function breaking(
  port: Port,
  name: string,
  misbehave: (original: (...args: readonly never[]) => unknown) => unknown,
): (settings: GateSettings) => Partial<GateSettings> {
  return (settings) => {
    const whole = settings[port] as unknown as Record<string, (...args: readonly never[]) => unknown>;
    const original = whole[name]!;
    return { [port]: { ...whole, [name]: () => misbehave(original) }, portTimeoutMs: 400 };
  };
}

/** Tries the whole way; what went wrong on it is no matter as long as the handler is never reached. */
async function reachesHandler(
  change: (settings: GateSettings) => Partial<GateSettings>,
): Promise<{ readonly handled: number; readonly statuses: readonly number[] }> {
  const { rig, close } = await startRig(change);
  const statuses: number[] = [];
  try {
    const token = await rig.token().catch(() => 'e30.e30.AA');
    for (const sent of [token, 'e30.e30.AA']) statuses.push((await rig.call('GET', '/orders', { token: sent })).status);
    return { handled: rig.handled.count, statuses };
  } finally {
    await close();
  }
}

describe('a gate with a broken port', () => {
  it('lets through with all ports sound, so that the rest shows something', async () => {
    expect(await reachesHandler(() => ({}))).toEqual({ handled: 1, statuses: [200, 401] });
  });

  it.each(PORTS)('never reaches the handler when %s.%s throws', async (port, name) => {
    for (const error of [new Error('secret of the port'), 'text']) {
      const { handled, statuses } = await reachesHandler(
        breaking(port, name, () => {
          throw error as Error; // libraries throw texts, too
        }),
      );
      expect({ handled, refused: statuses.every((status) => status >= 400) }).toEqual({ handled: 0, refused: true });
    }
  });

  it('never reaches the handler when a port does not answer', async () => {
    // Side by side, for nearly all of it is waiting; each gate has ports of its own.
    const ports = PORTS.filter(([port]) => port !== 'clock');
    const reached = await Promise.all(
      ports.map(async ([port, name]) => [
        `${port}.${name}`,
        (await reachesHandler(breaking(port, name, () => new Promise(() => undefined)))).handled,
      ]),
    );
    expect(reached).toEqual(ports.map(([port, name]) => [`${port}.${name}`, 0]));
  });

  it.each(PORTS.filter(([, , answers]) => answers))('never reaches the handler when %s.%s answers nonsense', async (port, name) => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...NONSENSE), async (nonsense) => {
        const answer = port === 'clock' ? nonsense : Promise.resolve(nonsense);
        expect((await reachesHandler(breaking(port, name, () => answer))).handled).toBe(0);
      }),
      { numRuns: 5 },
    );
  });
});

describe('createGate', () => {
  it('refuses settings under which everyone or no one would pass', async () => {
    let sound: GateSettings | undefined;
    const { close } = await startRig((settings) => {
      sound = settings;
      return {};
    });
    await close();
    const broken: readonly (readonly [Partial<GateSettings>, string])[] = [
      [{ policies: {} }, 'at least one channel'],
      [{ policies: { other: POLICY } }, 'behind_the_meter'],
      [{ publicOrigin: 'http://market.example' }, 'publicOrigin'],
      [{ publicOrigin: 'https://market.example/' }, 'publicOrigin'],
      [{ publicOrigin: 'https://market.example/path/' }, 'publicOrigin'],
      [{ publicOrigin: 'https://market.example//path' }, 'publicOrigin'],
      [{ publicOrigin: 'https://market.example/a/../path' }, 'publicOrigin'],
      [{ publicOrigin: 'https://market.example/%70ath' }, 'publicOrigin'],
      [{ publicOrigin: 'https://market.example/.well-known' }, 'publicOrigin'],
      [{ publicOrigin: 'https://market.example/path?x=1' }, 'publicOrigin'],
      [{ publicOrigin: 'market' }, 'publicOrigin'],
      [{ tokenLifeSeconds: 0 }, 'tokenLifeSeconds'],
      [{ tokenLifeSeconds: Number.NaN }, 'tokenLifeSeconds'],
      [{ grantCacheSeconds: -1 }, 'grantCacheSeconds'],
      [{ basePath: '/' }, 'basePath'],
    ];
    for (const [change, message] of broken) expect(() => createGate({ ...sound!, ...change })).toThrow(message);
    expect(() => createGate(sound!).protect('unknown')).toThrow(Fault);
  });

  it('does not start on an empty policy set', () => {
    expect(() => parsePolicySet({ ...VOCABULARY, channel: 'x', cedar: '// nothing yet' })).toThrow('no permit');
  });
});

describe('the limits', () => {
  it('turn a client away that asks too much, and let it in again later', async () => {
    const { rig, close } = await startRig(() => ({ rateLimit: { burst: 3, perMinute: 60 } }));
    const ask = () => rig.call('POST', '/.gridpass/requests', { json: { channel: 'behind_the_meter' }, key: strangerKey() });
    const statuses = [];
    for (let turn = 0; turn < 4; turn += 1) statuses.push((await ask()).status);
    expect(statuses).toContain(429);
    const turnedAway = await ask();
    expect(turnedAway.body['code']).toBe('RATE_LIMITED');
    expect(turnedAway.headers.get('retry-after')).toBe('1');
    // What a client says of its own address is not believed.
    expect((await rig.call('GET', '/.gridpass/complete', { key: null, headers: { 'X-Forwarded-For': '203.0.113.1' } })).status).toBe(429);
    rig.clock.advance(10);
    expect((await ask()).status).toBe(201);
    await close();
  });

  it('count a visit once for the key that opens and presents, and once for each key where these are two', async () => {
    const BURST = 50;
    /** What is left of a key's bucket, taken to the last one. */
    const leftOf = ({ gate, clock }: Rig, name: string): number => {
      let left = 0;
      while (gate.clients.takeClient(name, clock.now(), 1).ok) left += 1;
      return left;
    };
    const keyOf = ({ publicJwk }: Pick<Signer, 'publicJwk'>): string => `key:${thumbprintOf(publicJwk)}`;
    const rateLimit = { burst: BURST, perMinute: 1 };
    const bound = await startRig(() => ({ rateLimit }));
    await bound.rig.token();
    expect(leftOf(bound.rig, keyOf(bound.rig.society.house))).toBe(BURST - 1);
    await bound.close();

    const session = await startRig(() => ({ rateLimit, bindTo: 'session' }));
    const key = strangerKey();
    await session.rig.token({ key });
    expect([leftOf(session.rig, keyOf(key)), leftOf(session.rig, keyOf(session.rig.society.house))]).toEqual([BURST - 1, BURST - 1]);
    await session.close();
  });

  it('lets a session key of its own present through another wallet when bound to sessions', async () => {
    const { rig, close } = await startRig(() => ({ bindTo: 'session' }));
    const key = strangerKey();
    const token = await rig.token({ key });
    expect((await rig.call('GET', '/orders', { token, key })).status).toBe(200);
    expect((await rig.call('GET', '/orders', { token })).body['code']).toBe('DPOP_INVALID');
    await close();
  });
});
