import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startRig, textOf } from './harness.js';
import type { Rig } from './harness.js';

const STATE = 'a'.repeat(43);

describe('a gate and pages of other origins', () => {
  let rig: Rig;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ rig, close } = await startRig());
  });
  afterAll(() => close());

  const corsOf = (headers: Headers) => [...headers.keys()].filter((name) => name.startsWith('access-control-')).length;
  const ask = (method: string, path: string) =>
    rig.call(method, path, { key: null, headers: { Origin: 'https://evil.example', Cookie: 'session=x' } });

  it.each([
    ['POST', '/.gridpass/requests', 'POST'],
    ['GET', `/.gridpass/requests/${STATE}`, 'GET, POST'],
    ['POST', `/.gridpass/requests/${STATE}`, 'GET, POST'],
    ['POST', `/.gridpass/responses/${STATE}`, 'POST'],
    ['POST', '/.gridpass/token', 'POST'],
  ])('may call and read %s %s', async (method, path, methods) => {
    const answer = await ask(method, path);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    expect(answer.headers.get('access-control-expose-headers')).toContain('DPoP-Nonce');
    const preflight = await ask('OPTIONS', path);
    expect([preflight.status, preflight.text, preflight.headers.get('access-control-allow-methods')]).toEqual([204, '', methods]);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('DPoP');
  });

  it.each([
    ['GET', '/.gridpass/complete'],
    ['GET', '/.gridpass/requests'],
    ['GET', '/.gridpass/made-up'],
    ['POST', `/.gridpass/responses/${STATE}/x`],
    ['POST', '/.gridpass/responses/short'],
    ['GET', '/orders'],
    ['POST', '/orders'],
  ])('may not read %s %s', async (method, path) => {
    const isPostOnly = method === 'GET' && path === '/.gridpass/requests';
    const [answer, preflight] = [await ask(method, path), await ask('OPTIONS', path)];
    // The path of an open route answers for what is open there.
    expect(preflight.status === 204).toBe(isPostOnly);
    if (!isPostOnly) expect([corsOf(answer.headers), corsOf(preflight.headers)]).toEqual([0, 0]);
    else expect(answer.status).toBe(404);
  });

  it('are shown a nonce for their next proof, and the request object itself', async () => {
    const opened = await rig.call('POST', '/.gridpass/requests', { json: { channel: 'behind_the_meter' } });
    const shown = await ask('GET', `/.gridpass/requests/${textOf(opened.body, 'state')}`);
    expect([shown.status, shown.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    expect(shown.headers.get('dpop-nonce')).not.toBeNull();
  });
});
