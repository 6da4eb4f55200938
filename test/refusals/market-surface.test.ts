// Attacks on a running marketplace over its loopback ports by somebody with true credentials: one channel's token at another,
// proofs and headers used twice, what was good before a restart, two households' credentials together, and odd bodies.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeBase64url, utf8 } from '@gridpass/codec';
import type { DidSigner, JsonObject } from '@gridpass/core';
import { buildAuthorizationResponse, buildDpopProof } from '@gridpass/exchange';
import {
  OPERATOR_TOKEN,
  ZONE,
  answerRequest,
  startMarket,
  type Rig,
  type Shown,
  type Trader,
} from '../../agents/marketplace/src/__tests__/market-rig.js';
import { tokensIn } from '@gridpass/testkit';
import { createProofMemory, ownNonceSecrets } from '../../packages/gate/src/nonce.js';
import { sendRaw, type RawReply } from './raw-http.js';

const LINE = new Set(['kind', 'tenant', 'actor', 'method', 'route', 'status', 'code', 'durationMs', 'requestId', 'cause']);
const BOOK = '/channels/behind_the_meter/orders';

describe('a running marketplace under attack', () => {
  let rig: Rig;
  let anna: Trader;
  let bo: Trader;
  let token = '';

  beforeAll(async () => {
    rig = await startMarket();
    anna = await rig.household('anna');
    bo = await rig.household('bo');
    token = await draw(anna);
  });
  afterAll(() => rig.close());

  const nonce = async (): Promise<string> =>
    /dpop-nonce: (\S+)/i.exec((await sendRaw(rig.marketplace.url, { path: `${BOOK}?zone=${ZONE}` })).head)?.[1] ?? '';
  const prove = async (signer: DidSigner, method: string, path: string, accessToken?: string): Promise<string> =>
    buildDpopProof({
      signer,
      method,
      url: `${rig.marketplace.url}${path}`,
      at: rig.clock.now(),
      nonce: await nonce(),
      ...(accessToken === undefined ? {} : { accessToken }),
    });
  const post = (path: string, json: JsonObject | string, headers: readonly string[] = []): Promise<RawReply> =>
    sendRaw(rig.marketplace.url, {
      method: 'POST',
      path,
      headers: ['Content-Type: application/json', ...headers],
      body: typeof json === 'string' ? json : JSON.stringify(json),
    });
  const memberIn = (reply: RawReply, name: string): string => {
    const value = (JSON.parse(reply.body) as JsonObject)[name];
    if (typeof value !== 'string') throw new Error(`no ${name}: ${reply.body}`);
    return value;
  };

  async function open(signer: DidSigner, channel: string): Promise<{ readonly state: string; readonly requestObject: string }> {
    const opened = await post('/.gridpass/requests', { channel }, [`DPoP: ${await prove(signer, 'POST', '/.gridpass/requests')}`]);
    const state = memberIn(opened, 'state');
    return { state, requestObject: (await sendRaw(rig.marketplace.url, { path: `/.gridpass/requests/${state}` })).body };
  }
  const respond = (state: string, vpToken: JsonObject): Promise<RawReply> =>
    sendRaw(rig.marketplace.url, {
      method: 'POST',
      path: `/.gridpass/responses/${state}`,
      headers: ['Content-Type: application/x-www-form-urlencoded'],
      body: buildAuthorizationResponse({ state, vpToken }),
    });
  async function draw(who: Pick<Trader, 'signer' | 'shown'>, channel = 'behind_the_meter'): Promise<string> {
    const { state, requestObject } = await open(who.signer, channel);
    const answered = await respond(state, (await answerRequest(rig, who, requestObject)).vpToken);
    const json = { response_code: memberIn(answered, 'response_code') };
    return memberIn(await post('/.gridpass/token', json, [`DPoP: ${await prove(who.signer, 'POST', '/.gridpass/token')}`]), 'access_token');
  }
  async function call(
    method: string,
    path: string,
    accessToken: string,
    more: { readonly body?: string; readonly proof?: string; readonly headers?: readonly string[] } = {},
  ): Promise<RawReply> {
    const proof = more.proof ?? (await prove(anna.signer, method, path.split('?')[0] ?? '', accessToken));
    return sendRaw(rig.marketplace.url, {
      method,
      path,
      headers: [`Authorization: DPoP ${accessToken}`, `DPoP: ${proof}`, 'Content-Type: application/json', ...(more.headers ?? [])],
      ...(more.body === undefined ? {} : { body: more.body }),
    });
  }

  it('lets the rightful use through, so that the rest shows something', async () => {
    expect((await call('GET', `${BOOK}?zone=${ZONE}`, token)).status).toBe(200);
  });

  describe('attack 4, 26: a token at another door', () => {
    it.each([
      ['GET', `/channels/multi_class/orders?zone=${ZONE}`],
      ['POST', '/channels/multi_class/orders'],
      ['DELETE', `/channels/multi_class/orders/x?zone=${ZONE}`],
      ['POST', '/readings'],
    ])('is refused: %s %s', async (method, path) => {
      expect(await call(method, path, token, method === 'POST' ? { body: '{}' } : {})).toMatchObject({
        status: 401,
        code: 'TOKEN_INVALID',
      });
    });

    it("clears nothing, and the operator's token trades nothing", async () => {
      const clear = `/channels/behind_the_meter/intervals/${ZONE}/900/clear`;
      for (const headers of [
        [],
        [`Authorization: Bearer ${token}`],
        [`Authorization: DPoP ${token}`],
        [`Authorization: Basic ${OPERATOR_TOKEN}`],
        [`Authorization: Bearer  ${OPERATOR_TOKEN}`],
        [`Authorization: Bearer ${OPERATOR_TOKEN},${OPERATOR_TOKEN}`],
      ])
        expect(await post(clear, {}, headers)).toMatchObject({ status: 401, code: 'ADMIN_TOKEN_INVALID' });
      expect(await post(BOOK, {}, [`Authorization: Bearer ${OPERATOR_TOKEN}`])).toMatchObject({ status: 401, code: 'TOKEN_INVALID' });
    });
  });

  describe('attack 27: headers that two readers read differently', () => {
    it('are refused when sent twice', async () => {
      const path = `${BOOK}?zone=${ZONE}`;
      expect(await call('GET', path, token, { headers: [`Authorization: DPoP ${token}`] })).toMatchObject({
        status: 401,
        code: 'TOKEN_INVALID',
      });
      expect(await call('GET', path, token, { headers: ['Authorization: Basic eDp5'] })).toMatchObject({
        status: 401,
        code: 'TOKEN_INVALID',
      });
      const second = await prove(bo.signer, 'GET', BOOK, token);
      expect(await call('GET', path, token, { headers: [`DPoP: ${second}`] })).toMatchObject({ status: 401, code: 'DPOP_INVALID' });
      expect(await call('GET', path, token, { headers: ['dpop: '] })).toMatchObject({ status: 401, code: 'DPOP_INVALID' });
    });

    it('name no other address than the configured one', async () => {
      const reply = await sendRaw(rig.marketplace.url, {
        path: `${BOOK}?zone=${ZONE}`,
        headers: ['Host: evil.example', 'X-Forwarded-Host: evil.example'],
      });
      expect(reply.code).toBe('GRANT_REQUIRED');
      expect(reply.head + reply.body).not.toContain('evil.example');
    });
  });

  describe('attack 10: a proof or an answer used again', () => {
    it('is refused at another route, with another method and a second time', async () => {
      const proof = await prove(anna.signer, 'GET', BOOK, token);
      const path = `${BOOK}?zone=${ZONE}`;
      expect(await call('DELETE', `${BOOK}/x?zone=${ZONE}`, token, { proof })).toMatchObject({ status: 401, code: 'DPOP_INVALID' });
      expect(await call('POST', BOOK, token, { proof, body: '{}' })).toMatchObject({ status: 401, code: 'DPOP_INVALID' });
      expect((await call('GET', path, token, { proof })).status).toBe(200);
      expect(await call('GET', path, token, { proof })).toMatchObject({ status: 401, code: 'DPOP_INVALID' });
    });

    it('is refused at a request of another channel, and at the same one a second time', async () => {
      const [first, second] = [await open(anna.signer, 'behind_the_meter'), await open(anna.signer, 'multi_class')];
      const { vpToken } = await answerRequest(rig, anna, first.requestObject);
      expect((await respond(second.state, vpToken)).status).toBeGreaterThanOrEqual(400);
      expect((await respond(first.state, vpToken)).status).toBe(200);
      expect(await respond(first.state, vpToken)).toMatchObject({ status: 401, code: 'CHALLENGE_UNKNOWN' });
    });

    it('is worth nothing to a program that has started again', async () => {
      const [before, after] = [createProofMemory(60, 10, ownNonceSecrets()), createProofMemory(60, 10, ownNonceSecrets())];
      const at = rig.clock.now();
      const proof = { nonce: before.currentNonce(at), replayDigest: 'd' as never };
      expect((await before.useOnce(proof, at)).ok).toBe(true);
      expect((await after.useOnce(proof, at)).refusal?.code).toBe('DPOP_NONCE_REQUIRED');
    });
  });

  describe('attack 7, 9: what belongs to somebody else', () => {
    const parts = (who: Trader): readonly Shown[] => who.shown;

    it("is refused when two households' credentials are put together", async () => {
      const [customer, ...rest] = parts(anna);
      const mixed = { signer: anna.signer, shown: [...(customer === undefined ? [] : [customer]), ...parts(bo).slice(1)] };
      const { state, requestObject } = await open(anna.signer, 'behind_the_meter');
      expect(rest).toHaveLength(3);
      const reply = await respond(state, (await answerRequest(rig, mixed, requestObject)).vpToken);
      expect([reply.status, ['HOLDER_MISMATCH', 'PROOF_INVALID'].includes(reply.code ?? '')]).toEqual([401, true]);
    });

    it("is refused when shown with the thief's key, in a request of the thief's", async () => {
      const { state, requestObject } = await open(bo.signer, 'behind_the_meter');
      const stolen = await respond(state, (await answerRequest(rig, { signer: bo.signer, shown: anna.shown }, requestObject)).vpToken);
      expect([stolen.status, ['HOLDER_MISMATCH', 'PROOF_INVALID'].includes(stolen.code ?? '')]).toEqual([401, true]);
    });

    it("is refused when the owner answers a request of the thief's", async () => {
      const { state, requestObject } = await open(bo.signer, 'behind_the_meter');
      const phished = await respond(state, (await answerRequest(rig, anna, requestObject)).vpToken);
      expect(phished).toMatchObject({ status: 401, code: 'HOLDER_MISMATCH' });
    });

    it('is refused as a token whose parts were changed for better ones', async () => {
      const [head = '', payload = '', tail = ''] = token.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as JsonObject;
      for (const change of [{ channel: 'multi_class' }, { exp: 9_999_999_999 }, { jti: 'x' }, { cnf: {} }]) {
        const altered = [head, encodeBase64url(utf8(JSON.stringify({ ...claims, ...change }))), tail].join('.');
        expect(await call('GET', `${BOOK}?zone=${ZONE}`, altered)).toMatchObject({ status: 401, code: 'TOKEN_INVALID' });
      }
    });
  });

  describe('attack 13, 26: bodies and names meant to exhaust, to pollute or to reach the store', () => {
    it.each([
      [`${'['.repeat(1_500)}${']'.repeat(1_500)}`, 'REQUEST_MALFORMED'],
      ['{"side":"bid","side":"offer"}', 'REQUEST_MALFORMED'],
      ['{"__proto__":{"side":"bid"}}', 'REQUEST_MALFORMED'],
      [`{"side":"${'x'.repeat(5_000)}"}`, 'BODY_TOO_LARGE'],
      ['{"side":"bid","interval":1e308}', 'REQUEST_MALFORMED'],
      ['{"side":"bid","interval":9007199254740991,"energyWh":1,"priceCentsPerMwh":1,"zone":"constructor"}', 'ORDER_INVALID'],
      ['', 'REQUEST_MALFORMED'],
    ])('are refused as an order: %.40s', async (body, code) => {
      expect((await call('POST', BOOK, token, { body: body === '' ? ' ' : body })).code).toBe(code);
    });

    it.each(["'%20or%201%3D1", '..%2f..', '%00', '*'])('are no order: %s', async (id) => {
      expect((await call('DELETE', `${BOOK}/${id}?zone=${ZONE}`, token)).code).toMatch(/^(?:NOT_FOUND|REQUEST_MALFORMED)$/);
    });

    it('are refused where the gate answers', async () => {
      for (const path of ['/.gridpass/requests', '/.gridpass/token']) {
        const headers = [`DPoP: ${await prove(anna.signer, 'POST', path)}`];
        expect((await post(path, `{"channel":"${'x'.repeat(5_000)}"}`, headers)).code).toBe('BODY_TOO_LARGE');
        expect((await post(path, '['.repeat(2_000), [`DPoP: ${await prove(anna.signer, 'POST', path)}`])).code).toBe('REQUEST_MALFORMED');
      }
    });
  });

  it('leaves no token, presentation or DID of a person in its log', () => {
    expect(rig.events.length).toBeGreaterThan(0);
    expect(tokensIn(JSON.stringify(rig.events))).toEqual([]);
    for (const event of rig.events) expect(JSON.stringify(event)).not.toMatch(/did:|[\n\r]|operator-token/);
    // Every line is of one form, and what a client may choose in an address is in none.
    for (const event of rig.events) {
      expect(Object.keys(event).filter((key) => !LINE.has(key))).toEqual([]);
      expect((event as { readonly route?: string }).route).toMatch(/^(?:unmatched|(?:\/[.:\w-]*)+)$/);
      expect(JSON.stringify(event)).not.toContain(ZONE);
    }
    const routes = new Set(rig.events.map((event) => (event as { readonly route?: string }).route));
    expect([...routes]).toEqual(expect.arrayContaining([BOOK, `${BOOK}/:id`, '/.gridpass/requests', '/.gridpass/responses/:state']));
    expect(routes.size).toBeLessThan(20);
  });
});
