import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '@gridpass/core';
import { textOf } from '../market/order.js';
import { NEXT, OPERATOR_TOKEN, ZONE, startMarket, type Rig, type Trader } from './market-rig.js';

const ORDERS = '/channels/behind_the_meter/orders';
const terms = (more: JsonObject = {}): JsonObject => ({
  side: 'offer',
  interval: NEXT,
  energyWh: 1000,
  priceCentsPerMwh: 9000,
  zone: ZONE,
  ...more,
});
const idOf = (json: JsonObject | undefined): string => textOf((json?.['order'] as JsonObject | undefined)?.['id']);

describe('the order book behind the gate', () => {
  let rig: Rig;
  let anna: Trader;
  let bo: Trader;

  beforeAll(async () => {
    rig = await startMarket();
    anna = await rig.household('anna');
    bo = await rig.household('bo');
  });
  afterAll(() => rig.close());

  it('says who it is, what is traded, and by which policy', async () => {
    const about = await rig.plain('GET', '/');
    expect(about.body).toMatchObject({ channels: ['behind_the_meter', 'multi_class'], zones: { [ZONE]: { jurisdiction: 'NO' } } });
    expect((await rig.plain('GET', '/channels/behind_the_meter/policy')).body['text']).toContain('@id("behind-the-meter")');
  });

  it('asks for a grant before it reads anything', async () => {
    const turnedAway = await rig.plain('POST', ORDERS, { body: JSON.stringify(terms()) });
    expect(turnedAway).toMatchObject({ status: 401, body: { code: 'GRANT_REQUIRED', presentation: { channel: 'behind_the_meter' } } });
  });

  it('takes an order and shows the book without owners', async () => {
    const placed = await anna.call('POST', ORDERS, terms());
    expect(placed).toMatchObject({
      status: 201,
      json: { order: { state: 'open', energyWh: 1000 }, receipt: { origin: 'market.example/market' } },
    });
    const [forBo] = ((await bo.call('GET', `${ORDERS}?zone=${ZONE}`)).json?.['orders'] ?? []) as readonly JsonObject[];
    const [forAnna] = ((await anna.call('GET', `${ORDERS}?zone=${ZONE}`)).json?.['orders'] ?? []) as readonly JsonObject[];
    expect([forBo?.['mine'], forAnna?.['mine'], forBo?.['id']]).toEqual([false, true, forAnna?.['id']]);
    expect(Object.keys(forBo ?? {})).not.toContain('owner');
  });

  it('denies an order above the admission, with the reason', async () => {
    expect(await anna.call('POST', ORDERS, terms({ energyWh: 5001 }))).toMatchObject({
      status: 403,
      json: { code: 'POLICY_DENIED', reasons: ['order-above-admission'] },
    });
  });

  it('denies a plant that is too large before any order of it is seen', async () => {
    const large = await rig.household('large', { ratedActivePowerW: 10_801 });
    expect(await large.call('POST', ORDERS, terms())).toMatchObject({
      from: 'gate',
      status: 403,
      json: { code: 'POLICY_DENIED', reasons: ['rated-power-above-10800-w'] },
    });
  });

  it.each([
    ['another side', terms({ side: ['bid'] }), 'ORDER_INVALID'],
    ['a zone that is not traded here', terms({ zone: '10YDK-1--------W' }), 'ORDER_INVALID'],
    ['an interval that has begun', terms({ interval: NEXT - 900 }), 'ORDER_INVALID'],
    ['more than an order can say', terms({ note: 'x'.repeat(5000) }), 'BODY_TOO_LARGE'],
  ])('refuses %s', async (_what, order, code) => {
    expect((await anna.call('POST', ORDERS, order)).json).toMatchObject({ code });
  });

  it('refuses a book of no zone or of one that is not traded here', async () => {
    for (const [query, code] of [
      ['', 'ORDER_INVALID'],
      ['?zone=constructor', 'ORDER_INVALID'],
      [`?zone=${ZONE}&zone=${ZONE}`, 'REQUEST_MALFORMED'],
    ]) {
      expect((await anna.call('GET', `${ORDERS}${query}`)).json).toMatchObject({ code });
    }
  });

  it('lets an owner cancel once, and nobody else at all', async () => {
    const id = idOf((await anna.call('POST', ORDERS, terms())).json);
    expect(await bo.call('DELETE', `${ORDERS}/${id}?zone=${ZONE}`)).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
    expect(await anna.call('DELETE', `${ORDERS}/${id}?zone=${ZONE}`)).toMatchObject({
      status: 200,
      json: { order: { state: 'cancelled' } },
    });
    expect(await anna.call('DELETE', `${ORDERS}/${id}?zone=${ZONE}`)).toMatchObject({ status: 409, json: { code: 'CONFLICT' } });
  });

  it('takes no more open orders than the admission shown allows', async () => {
    const careful = await rig.household('careful', { maxOpenOrders: 1 });
    const first = await careful.call('POST', ORDERS, terms());
    expect(first.status).toBe(201);
    expect(await careful.call('POST', ORDERS, terms())).toMatchObject({ status: 409, json: { code: 'CONFLICT' } });
    await careful.call('DELETE', `${ORDERS}/${idOf(first.json)}?zone=${ZONE}`);
    expect((await careful.call('POST', ORDERS, terms())).status).toBe(201);
  });

  it('clears for the operator alone, once, and takes no orders for the interval afterwards', async () => {
    const interval = NEXT + 1800;
    await anna.call('POST', ORDERS, terms({ interval }));
    await bo.call('POST', ORDERS, terms({ interval, side: 'bid', energyWh: 600, priceCentsPerMwh: 11_000 }));
    const clear = `/channels/behind_the_meter/intervals/${ZONE}/${interval}/clear`;
    expect(await rig.plain('POST', clear)).toMatchObject({ status: 401, body: { code: 'ADMIN_TOKEN_INVALID' } });
    expect(await rig.plain('POST', clear, { token: `${OPERATOR_TOKEN}x` })).toMatchObject({
      status: 401,
      body: { code: 'ADMIN_TOKEN_INVALID' },
    });
    const cleared = await rig.plain('POST', clear, { token: OPERATOR_TOKEN });
    expect(cleared).toMatchObject({ status: 200, body: { cleared: { volumeWh: 600, priceCentsPerMwh: 10_000 } } });
    expect(await rig.plain('POST', clear, { token: OPERATOR_TOKEN })).toEqual(cleared);
    expect(await anna.call('POST', ORDERS, terms({ interval }))).toMatchObject({ status: 409, json: { code: 'CONFLICT' } });
    expect((await rig.plain('GET', '/channels/behind_the_meter/intervals')).body).toMatchObject({
      intervals: [{ interval, volumeWh: 600 }],
    });
  });

  it.each([
    ['a zone that is not traded here', `/channels/behind_the_meter/intervals/10YDK-1--------W/${NEXT}/clear`],
    ['a time between two intervals', `/channels/behind_the_meter/intervals/${ZONE}/${NEXT + 1}/clear`],
    ['no time', `/channels/behind_the_meter/intervals/${ZONE}/soon/clear`],
  ])('clears nothing for %s', async (_what, path) => {
    expect((await rig.plain('POST', path, { token: OPERATOR_TOKEN })).body).toMatchObject({ code: 'ORDER_INVALID' });
  });

  it('lets its operator alone change the DID it speaks for', async () => {
    const rotate = '/operator/did/rotate';
    for (const token of [undefined, `${OPERATOR_TOKEN}x`])
      expect(await rig.plain('POST', rotate, { ...(token === undefined ? {} : { token }), body: '{}' })).toMatchObject({
        status: 401,
        body: { code: 'ADMIN_TOKEN_INVALID' },
      });
    expect(await rig.plain('POST', rotate, { token: OPERATOR_TOKEN, body: '{}' })).toMatchObject({
      status: 200,
      body: { verb: 'rotate', body: {}, actor: 'operator' },
    });
    expect((await rig.plain('POST', rotate, { token: OPERATOR_TOKEN, body: '[]' })).body).toMatchObject({ code: 'REQUEST_MALFORMED' });
    expect(await rig.plain('POST', '/operator/did/deactivate', { token: OPERATOR_TOKEN, body: '{}' })).toMatchObject({
      status: 409,
      body: { code: 'CONFLICT' },
    });
    expect((await rig.plain('POST', '/operator/did/owner', { token: OPERATOR_TOKEN, body: '{}' })).status).toBe(404);
  });

  it('shows no orders of intervals that have begun', async () => {
    const before = ((await anna.call('GET', `${ORDERS}?zone=${ZONE}`)).json?.['orders'] ?? []) as readonly JsonObject[];
    expect(before.some(({ interval }) => interval === NEXT)).toBe(true);
    rig.clock.advance(901);
    const after = ((await (await rig.household('late')).call('GET', `${ORDERS}?zone=${ZONE}`)).json?.['orders'] ??
      []) as readonly JsonObject[];
    expect(after.some(({ interval }) => interval === NEXT)).toBe(false);
    rig.clock.advance(-901);
  });

  it('lets nobody through while it cannot tell whether their credentials stand', async () => {
    const carl = await rig.household('carl');
    expect((await carl.call('POST', ORDERS, terms())).status).toBe(201);
    rig.society.status.fail('STATUS_STALE');
    rig.clock.advance(301);
    expect(await carl.call('POST', ORDERS, terms())).toMatchObject({ status: 503, json: { code: 'STATUS_STALE' } });
    rig.society.status.fail(undefined);
    expect((await carl.call('POST', ORDERS, terms({ interval: NEXT + 2700 }))).status).toBe(201);
    rig.clock.advance(-301);
  });
});
