// Every route of a composed ledger gate, as its router has them, with a query that none of them reads.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type Router from '@koa/router';
import { digestOf } from '@gridpass/codec';
import { ok } from '@gridpass/core';
import Koa from 'koa';
import { CHANNEL, startRig, type Rig } from './rig.js';

async function* nothing(): AsyncGenerator<string> {}

let rig: Rig;
let routes: readonly (readonly [method: string, path: string])[] = [];
beforeAll(async () => {
  const use = jest.spyOn(Koa.prototype, 'use');
  rig = await startRig(
    { operatorTokenDigest: digestOf('o'.repeat(43)), auditorTokenDigest: digestOf('a'.repeat(43)) },
    { ownDid: async () => ok({}), exportLog: nothing, evidence: { exportEvidence: nothing, keepEvidence: async () => undefined } },
  );
  const used = use.mock.calls.map(([middleware]) => middleware as { readonly router?: Router });
  routes = used.flatMap(({ router }) =>
    (router?.stack ?? []).flatMap(({ methods, path }) =>
      methods.filter((method) => method !== 'HEAD').map((method) => [method, String(path)] as const),
    ),
  );
  use.mockRestore();
}, 60_000);
afterAll(() => rig.stop());

describe('the queries of a ledger gate', () => {
  const ask = async (method: string, path: string): Promise<object> => {
    const { status, body } = await rig.call(method, path, { bare: true });
    return { status, ...body };
  };

  it('are those of more than 15 routes, the operator and the auditor among them', () => {
    expect(routes.length).toBeGreaterThan(15);
    for (const path of ['/', '/rpc', '/operator/did/rotate', '/auditor/log', '/auditor/evidence'])
      expect(routes.map(([, known]) => known)).toContain(path);
  });

  it('refuse ?zone=DK1 and say so, whoever asks, at every route', async () => {
    const answers = await Promise.all(routes.map(async ([method, path]) => [method, path, await ask(method, `${path}?zone=DK1`)] as const));
    for (const [method, path, answer] of answers) {
      const reads = path.endsWith('/claim') ? 'this route reads account' : 'this route reads no query';
      expect({ method, path, ...answer }).toMatchObject({
        method,
        path,
        status: 400,
        code: 'REQUEST_MALFORMED',
        reasons: [`zone: not read here; ${reads}`],
      });
    }
  });

  it('take the account of a claim once', async () => {
    const claim = `/admissions/${CHANNEL}/claim?account=0x${'1'.repeat(40)}`;
    expect(await ask('GET', claim)).toMatchObject({ status: 401, code: 'GRANT_REQUIRED' });
    expect(await ask('GET', `${claim}&account=0x${'2'.repeat(40)}`)).toMatchObject({ status: 400, reasons: ['account: given 2 times'] });
  });

  it('leave JSON-RPC as it is where a query is begun and empty', async () => {
    const call = { jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] };
    expect(await rig.call('POST', '/rpc?', { bare: true, json: call })).toMatchObject({ status: 200, body: { id: 1 } });
    expect(await rig.call('POST', '/rpc/', { bare: true, json: call })).toMatchObject({ status: 404 });
  });

  it("leave the gate's own endpoints as the standards have them: what they do not know is ignored", async () => {
    expect(await rig.call('GET', '/.gridpass/complete?zone=DK1', { bare: true })).toMatchObject({ status: 200 });
  });
});
