import { describe, expect, it } from '@jest/globals';
import { ok } from '@gridpass/core';
import type { FetchPort, JsonObject } from '@gridpass/core';
import { utf8 } from '@gridpass/codec';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createFakeClock } from '@gridpass/testkit';
import { createGateClient } from '../index.js';
import type { GateClient } from '../index.js';

const ORIGIN = 'https://market.example';
const DENIED = { code: 'POLICY_DENIED', requestId: 'r', reasons: ['facts-missing'] };

interface Gate {
  /** What is answered to a token of that number; 200 unless told. */
  answerTo: (token: number) => { readonly status: number; readonly json: JsonObject };
  presented: number;
  calls: string[];
}

function openGate(answerTo: Gate['answerTo']): { gate: Gate; client: GateClient } {
  const gate: Gate = { answerTo, presented: 0, calls: [] };
  const answer = (url: string, headers: Readonly<Record<string, string>> = {}): { readonly status: number; readonly json: JsonObject } => {
    if (url.endsWith('/requests')) return { status: 200, json: { authorizationRequest: 'openid4vp://?' } };
    if (url.endsWith('/token')) return { status: 200, json: { access_token: `t.${gate.presented}`, expires_in: 600 } };
    const token = headers['authorization']?.split('.').at(-1);
    gate.calls.push(`${new URL(url).pathname} ${token ?? 'bare'}`);
    const presentation = { requests: `${ORIGIN}/gate/requests`, channel: 'orders' };
    return token === undefined ? { status: 401, json: { code: 'GRANT_REQUIRED', presentation } } : gate.answerTo(Number(token));
  };
  const fetch: FetchPort = {
    fetchDocument: async (url, { headers }) => {
      const { status, json } = answer(url, headers);
      return ok({ url, status, mediaType: 'application/json', bytes: utf8(JSON.stringify(json)) });
    },
  };
  const signer = createSigner(generatePrivateJwk('ES256'));
  const holder = {
    present: async () => ok({ disclosureId: 'd', status: 200, body: { response_code: `c${(gate.presented += 1)}` } }),
    signersFor: async () => [signer],
  };
  return { gate, client: createGateClient({ holder, fetch, clock: createFakeClock() }) };
}

const get = async (client: GateClient, path = '/orders'): Promise<number> => {
  const answer = await client.accessResource({ url: `${ORIGIN}${path}` });
  return answer.ok ? answer.value.status : 0;
};
const fine = { status: 200, json: {} };

describe('a gate that wants more than what a token was given for', () => {
  it('is presented to anew, once, and the new token is used from then on', async () => {
    const { gate, client } = openGate(() => fine);
    expect([await get(client), await get(client), gate.presented]).toEqual([200, 200, 1]);
    gate.answerTo = (token) => (token < 2 ? { status: 403, json: DENIED } : fine);
    gate.calls = [];
    expect([await get(client), gate.presented]).toEqual([200, 2]);
    expect(gate.calls).toEqual(['/orders 1', '/orders bare', '/orders 2']);
    expect([await get(client), gate.presented]).toEqual([200, 2]);
  });

  it('that is not content with that either has its second answer go to the caller', async () => {
    const { gate, client } = openGate(() => fine);
    await get(client);
    gate.answerTo = () => ({ status: 403, json: DENIED });
    gate.calls = [];
    const answer = await client.accessResource({ url: `${ORIGIN}/orders` });
    expect(answer).toMatchObject({ ok: true, value: { from: 'resource', status: 403, json: DENIED } });
    expect([gate.presented, gate.calls]).toEqual([2, ['/orders 1', '/orders bare', '/orders 2']]);
  });

  it('that says so of what was just presented is not presented to again', async () => {
    const { gate, client } = openGate(() => ({ status: 403, json: DENIED }));
    expect([await get(client), gate.presented, gate.calls]).toEqual([403, 1, ['/orders bare', '/orders 1']]);
  });

  it('is presented to anew for another route of the channel too', async () => {
    const { gate, client } = openGate(() => fine);
    await get(client);
    gate.answerTo = (token) => (token < 2 ? { status: 403, json: DENIED } : fine);
    gate.calls = [];
    expect([await get(client, '/others'), gate.presented]).toEqual([200, 2]);
    expect(gate.calls).toEqual(['/others bare', '/others 1', '/others 2']);
  });

  it.each<[string, { readonly status: number; readonly json: JsonObject }]>([
    ['another reason', { status: 403, json: { ...DENIED, reasons: ['action-not-permitted'] } }],
    ['another code', { status: 403, json: { ...DENIED, code: 'RATE_LIMITED' } }],
    ['another status', { status: 409, json: DENIED }],
    ['no reasons', { status: 403, json: { code: 'POLICY_DENIED' } }],
    ['reasons that are no list', { status: 403, json: { ...DENIED, reasons: 'facts-missing' } }],
  ])('is told by its reason alone: %s goes to the caller', async (_what, denied) => {
    const { gate, client } = openGate(() => fine);
    await get(client);
    gate.answerTo = () => denied;
    expect([await get(client), gate.presented]).toEqual([denied.status, 1]);
  });
});
