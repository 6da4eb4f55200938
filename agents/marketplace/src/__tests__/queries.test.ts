import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type Router from '@koa/router';
import Koa from 'koa';
import { AUDITOR_TOKEN, OPERATOR_TOKEN, ZONE, startMarket, type Rig } from './market-rig.js';

const ORDERS = '/channels/behind_the_meter/orders';
const ROUTES = [
  ['GET', '/', '', 'this route reads no query'],
  ['GET', '/channels/behind_the_meter/policy', '', 'this route reads no query'],
  ['POST', ORDERS, '', 'this route reads no query'],
  ['GET', ORDERS, '', 'this route reads zone'],
  ['DELETE', `${ORDERS}/x`, '', 'this route reads zone'],
  ['GET', '/channels/behind_the_meter/intervals', '', 'this route reads no query'],
  ['POST', `/channels/behind_the_meter/intervals/${ZONE}/900/clear`, OPERATOR_TOKEN, 'this route reads no query'],
  ['POST', '/operator/did/rotate', OPERATOR_TOKEN, 'this route reads no query'],
  ['POST', '/readings', '', 'this route reads no query'],
  ['GET', '/auditor/log', AUDITOR_TOKEN, 'this route reads no query'],
  ['GET', '/auditor/evidence', AUDITOR_TOKEN, 'this route reads no query'],
] as const;

describe('the queries of a marketplace', () => {
  let rig: Rig;
  let composed: readonly (readonly [method: string, path: string])[] = [];
  beforeAll(async () => {
    const use = jest.spyOn(Koa.prototype, 'use');
    rig = await startMarket();
    const used = use.mock.calls.map(([middleware]) => middleware as { readonly router?: Router });
    composed = used.flatMap(({ router }) =>
      (router?.stack ?? []).flatMap(({ methods, path }) =>
        methods.filter((method) => method !== 'HEAD').map((method) => [method, String(path)] as const),
      ),
    );
    use.mockRestore();
  });
  afterAll(() => rig.close());

  it.each(ROUTES)('refuse ?limit=9999 and say so: %s %s', async (method, path, token, reads) => {
    const { status, body } = await rig.plain(method, `${path}?limit=9999`, { token });
    expect({ status, ...body }).toMatchObject({ status: 400, code: 'REQUEST_MALFORMED', reasons: [`limit: not read here; ${reads}`] });
  });

  it('refuse ?limit=9999 at every route that the composed program has', async () => {
    expect(composed.length).toBeGreaterThan(ROUTES.length);
    for (const [method, path] of composed) {
      const { status, body } = await rig.plain(method, `${path}?limit=9999`);
      expect({ method, path, status, ...body }).toMatchObject({ method, path, status: 400, code: 'REQUEST_MALFORMED' });
    }
  });

  it('refuse a zone that is named twice, before anybody presents anything', async () => {
    expect(await rig.plain('GET', `${ORDERS}?zone=${ZONE}&zone=${ZONE}`)).toMatchObject({
      status: 400,
      body: { reasons: ['zone: given 2 times'] },
    });
    expect(await rig.plain('GET', `${ORDERS}?zone=${ZONE}`)).toMatchObject({ status: 401, body: { code: 'GRANT_REQUIRED' } });
  });

  it("leave the gate's own endpoints as the standards have them: what they do not know is ignored", async () => {
    expect(await rig.plain('GET', '/.gridpass/complete?limit=9999')).toMatchObject({ status: 200 });
  });
});
