import { describe, expect, it } from '@jest/globals';
import { createPlaces } from '../rpc/places.js';
import type { Leave, RpcClient } from '../rpc/places.js';

const stay = new AbortController().signal;
const stranger = (name: string): RpcClient => ({ name, stranger: true });
const holder = (name: string): RpcClient => ({ name, stranger: false });
const open = (over: object = {}) =>
  createPlaces({ address: 4, holder: 6, strangers: 6, together: 10, waiting: 2, waitMs: 60_000, ...over });
/** What has come of a promise by now. */
async function now<T>(promise: Promise<T>): Promise<T | 'waits'> {
  return Promise.race([promise, new Promise<'waits'>((resolve) => setImmediate(() => resolve('waits')))]);
}
async function enter(places: ReturnType<typeof open>, client: RpcClient, cost: number): Promise<Leave> {
  const entered = await now(places.enter(client, cost, stay));
  if (entered === 'waits' || !entered.ok) throw new Error('no place');
  return entered.value;
}

describe('places at the node', () => {
  it('are one share for each client, to the unit, and come back once', async () => {
    const places = open();
    const leave = await enter(places, stranger('a'), 3);
    await enter(places, stranger('a'), 1);
    const third = places.enter(stranger('a'), 1, stay);
    expect(await now(third)).toBe('waits');
    await enter(places, stranger('b'), 2);
    leave();
    leave();
    expect(await now(third)).toMatchObject({ ok: true });
    // Given up once although it was said twice: two of four are taken.
    expect(await now(places.enter(stranger('a'), 3, stay))).toBe('waits');
  });

  it('count what costs more than a share as the share, so that it is asked alone', async () => {
    const places = open();
    const leave = await enter(places, stranger('a'), 1_000);
    const next = places.enter(stranger('a'), 1, stay);
    expect(await now(next)).toBe('waits');
    leave();
    expect(await now(next)).toMatchObject({ ok: true });
  });

  it('are left for sessions however many strangers there are', async () => {
    const places = open();
    await enter(places, stranger('a'), 4);
    await enter(places, stranger('b'), 2);
    expect(await now(places.enter(stranger('c'), 1, stay))).toBe('waits');
    await enter(places, holder('h'), 4);
    expect(await now(places.enter(holder('i'), 1, stay))).toBe('waits');
  });

  it('are given in the order of arrival, past those who have used up their own', async () => {
    const places = open();
    const [a, b] = [await enter(places, stranger('a'), 4), await enter(places, stranger('b'), 2)];
    const own = places.enter(stranger('a'), 4, stay);
    const large = places.enter(stranger('c'), 4, stay);
    const small = places.enter(stranger('d'), 1, stay);
    b();
    // A small one does not go before a large one that waits for what all share.
    expect([await now(own), await now(large), await now(small)]).toEqual(['waits', 'waits', 'waits']);
    a();
    expect(await now(own)).toMatchObject({ ok: true });
    expect(await now(large)).toBe('waits');
  });

  it('are not waited for by more than the bound, nor after the client has gone', async () => {
    const places = open();
    await enter(places, stranger('a'), 4);
    const leaving = new AbortController();
    const [one, two] = [places.enter(stranger('a'), 1, leaving.signal), places.enter(stranger('a'), 1, stay)];
    expect(await now(places.enter(stranger('a'), 1, stay))).toMatchObject({ refusal: { code: 'RATE_LIMITED' } });
    leaving.abort();
    expect(await now(one)).toMatchObject({ refusal: { code: 'RATE_LIMITED' } });
    expect(await now(two)).toBe('waits');
    expect(await now(places.enter(stranger('a'), 1, stay))).toBe('waits');
    expect(await now(places.enter(stranger('b'), 1, leaving.signal))).toMatchObject({ refusal: { code: 'RATE_LIMITED' } });
  });

  it('are waited for a bounded time', async () => {
    const places = open({ waitMs: 1 });
    await enter(places, stranger('a'), 4);
    expect(await places.enter(stranger('a'), 1, stay)).toMatchObject({ refusal: { code: 'RATE_LIMITED' } });
  });
});
