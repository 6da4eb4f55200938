import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RequestId } from '@gridpass/core';
import { buildDpopProof, buildAuthorizationResponse } from '@gridpass/exchange';
import { parseCompactJws, thumbprintOf } from '@gridpass/keys';
import { tokensIn } from '@gridpass/testkit';
import { ZONE, startRig, strangerKey, textOf } from './harness.js';
import type { Reply, Rig } from './harness.js';

/** Numbers are those of the checklist of attacks every release answers. */
let rig: Rig;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ rig, close } = await startRig());
});
afterAll(() => close());

const codeOf = (reply: Reply): unknown => reply.body['code'];

async function openState(): Promise<{ readonly state: string; readonly nonce: string; readonly audience: string }> {
  const opened = await rig.call('POST', '/.gridpass/requests', { json: { channel: 'behind_the_meter' } });
  const state = textOf(opened.body, 'state');
  const { payload } = parseCompactJws((await rig.call('GET', `/.gridpass/requests/${state}`, { key: null })).text).value!;
  return { state, nonce: textOf(payload, 'nonce'), audience: textOf(payload, 'client_id') };
}

async function answerTo({
  state,
  nonce,
  audience,
}: {
  readonly state: string;
  readonly nonce: string;
  readonly audience: string;
}): Promise<string> {
  const { society } = rig;
  const answer = await society.answer(
    [
      { compact: society.customer.compact, disclose: ['active', 'biddingZoneEic'] },
      { compact: society.entitlement.compact, disclose: ['exportLimitW'] },
    ],
    { nonce, audience, at: rig.clock.now() },
  );
  return buildAuthorizationResponse({ state, vpToken: JSON.parse(new TextDecoder().decode(answer.bytes)) });
}

const post = (state: string, form: string): Promise<Reply> => rig.call('POST', `/.gridpass/responses/${state}`, { key: null, form });

describe('attack 10: nonce, audience and single use', () => {
  it('lets exactly one of two concurrent uses of one presentation through', async () => {
    const open = await openState();
    const form = await answerTo(open);
    const replies = await Promise.all([post(open.state, form), post(open.state, form), post(open.state, form)]);
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
    expect(codeOf(await post(open.state, form))).toBe('CHALLENGE_UNKNOWN');
  });

  it('redeems a response code once, also when asked twice at the same time', async () => {
    const presented = await rig.present();
    const redeem = () => rig.call('POST', '/.gridpass/token', { json: { response_code: presented.body['response_code'] ?? '' } });
    await rig.call('POST', '/.gridpass/token', { json: { response_code: 'warm-up-of-the-nonce' } });
    const replies = await Promise.all([redeem(), redeem()]);
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect(codeOf(await redeem())).toBe('TOKEN_INVALID');
  });

  it('takes no response code after its time', async () => {
    const presented = await rig.present();
    rig.clock.advance(120);
    expect(codeOf(await rig.call('POST', '/.gridpass/token', { json: { response_code: presented.body['response_code'] ?? '' } }))).toBe(
      'TOKEN_INVALID',
    );
  });

  it.each([
    ['a prefix of the nonce', (nonce: string) => nonce.slice(0, -1)],
    ['the nonce and more', (nonce: string) => `${nonce}A`],
    ['the nonce in another case', (nonce: string) => (nonce === nonce.toUpperCase() ? nonce.toLowerCase() : nonce.toUpperCase())],
  ])('refuses %s', async (_name, change) => {
    const open = await openState();
    expect(codeOf(await post(open.state, await answerTo({ ...open, nonce: change(open.nonce) })))).toBe('CHALLENGE_UNKNOWN');
  });

  it('refuses a presentation made out to somebody else', async () => {
    const open = await openState();
    expect(
      codeOf(await post(open.state, await answerTo({ ...open, audience: 'decentralized_identifier:did:web:market.example.evil' }))),
    ).toBe('AUDIENCE_MISMATCH');
  });
});

describe('attack 10: an answer that presents nothing', () => {
  const decline = (state: string, more = ''): Promise<Reply> => post(state, `error=access_denied&state=${state}${more}`);
  const unknown = { status: 401, body: { code: 'CHALLENGE_UNKNOWN' } };

  it('ends the request it is for, and is answered with nothing more', async () => {
    const open = await openState();
    const before = rig.gate.counted.get('QUERY_NOT_MET') ?? 0;
    const form = await answerTo(open);
    const declined = await decline(open.state, '&error_description=%3Cb%3Eno%3C%2Fb%3E&error_uri=https%3A%2F%2Fevil.example');
    expect([declined.status, declined.text, declined.headers.get('content-type')]).toEqual([200, '{}', 'application/json; charset=utf-8']);
    expect(rig.gate.counted.get('QUERY_NOT_MET')).toBe(before + 1);
    expect(await rig.call('GET', `/.gridpass/requests/${open.state}`, { key: null })).toMatchObject(unknown);
    expect(await post(open.state, form)).toMatchObject(unknown);
    expect(await decline(open.state)).toMatchObject(unknown);
  });

  it.each(['wallet_unavailable', 'com.example: another reason', 'ACCESS_DENIED'])('says back no word of the error %p', async (error) => {
    const { state } = await openState();
    const declined = await post(state, new URLSearchParams({ state, error }).toString());
    expect([declined.status, declined.text]).toEqual([200, '{}']);
  });

  it("ends nobody else's request, and no request that was never opened", async () => {
    const [mine, other] = [await openState(), await openState()];
    expect(await post(mine.state, `error=access_denied&state=${other.state}`)).toMatchObject(unknown);
    expect(await decline('a'.repeat(43))).toMatchObject(unknown);
    for (const open of [mine, other]) expect((await post(open.state, await answerTo(open))).status).toBe(200);
  });

  it.each([
    ['without a state', () => 'error=access_denied'],
    ['with two states', (state: string) => `error=access_denied&state=${state}&state=${state}`],
    ['with two errors', (state: string) => `error=access_denied&error=invalid_scope&state=${state}`],
    ['without a word', (state: string) => `error=&state=${state}`],
    ['with words that are no code', (state: string) => `error=%22%0a&state=${state}`],
    ['beside a presentation', (state: string) => `error=access_denied&vp_token=%7B%7D&state=${state}`],
  ])('leaves the request open when it comes %s', async (_name, formOf) => {
    const open = await openState();
    expect(await post(open.state, formOf(open.state))).toMatchObject({ status: 400, body: { code: 'REQUEST_MALFORMED' } });
    expect((await post(open.state, await answerTo(open))).status).toBe(200);
  });

  it('and a presentation at the same time: one of the two counts', async () => {
    const open = await openState();
    const form = await answerTo(open);
    const replies = await Promise.all([post(open.state, form), decline(open.state), decline(open.state)]);
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
  });
});

describe("attack 11: sessions that are not one's own", () => {
  it('redeems nothing that another gate of the tenant granted to a session', async () => {
    const thief = strangerKey();
    const held = await startRig();
    const open = await startRig(() => ({ bindTo: 'session', grants: held.rig.grants }));
    // A link of the thief's, consented to: the grant is the victim's, its session the thief's.
    const presented = await open.rig.present({ key: thief });
    const json = { response_code: textOf(presented.body, 'response_code') };
    const answer = await held.rig.call('POST', '/.gridpass/token', { key: thief, json });
    const redeemed = [...held.rig.grants.rows.values()].map((row) => row.redeemed);
    await Promise.all([open.close(), held.close()]);
    expect([answer.status, answer.body['code'], redeemed]).toEqual([401, 'TOKEN_INVALID', [true]]);
  });

  it('takes no grant whose session is not its holder, whoever granted it', async () => {
    const { body } = await rig.present();
    const [id, row] = [...rig.grants.rows].at(-1) ?? [];
    expect((await rig.call('POST', '/.gridpass/token', { json: { response_code: textOf(body, 'response_code') } })).status).toBe(200);
    const asked = {
      grantId: id ?? '',
      channel: 'behind_the_meter',
      action: 'read',
      resource: { zone: ZONE, powerW: 0 },
      at: rig.clock.now(),
    };
    if (row !== undefined) row.grant = { ...row.grant, sessionThumbprint: thumbprintOf(strangerKey().publicJwk) };
    expect(await rig.gate.use({ ...asked, requestId: 'r' as RequestId })).toMatchObject({
      kind: 'refused',
      refusal: { code: 'TOKEN_INVALID' },
    });
  });

  it('refuses the presentation when another key opened the request', async () => {
    const before = rig.grants.rows.size;
    const reply = await rig.present({ key: strangerKey() });
    expect({ status: reply.status, code: codeOf(reply) }).toEqual({ status: 401, code: 'HOLDER_MISMATCH' });
    expect(rig.audit.records.at(-1)).toMatchObject({ kind: 'refusal', code: 'HOLDER_MISMATCH' });
    expect(rig.grants.rows.size).toBe(before);
  });

  it('gives a token for a stolen response code to no other key, and the rightful use still works', async () => {
    const presented = await rig.present();
    const json = { response_code: presented.body['response_code'] ?? '' };
    expect(codeOf(await rig.call('POST', '/.gridpass/token', { json, key: strangerKey() }))).toBe('TOKEN_INVALID');
    expect((await rig.call('POST', '/.gridpass/token', { json })).status).toBe(200);
  });

  it('refuses the answer to request A at request B', async () => {
    const [a, b] = [await openState(), await openState()];
    const form = await answerTo(a);
    expect(codeOf(await post(b.state, form))).toBe('CHALLENGE_UNKNOWN');
    expect(codeOf(await post(b.state, form.replace(a.state, b.state)))).toBe('CHALLENGE_UNKNOWN');
    expect((await post(a.state, form)).status).toBe(200);
  });

  it('has states and codes of 256 bits', async () => {
    const presented = await rig.present();
    expect(textOf(presented.body, 'response_code')).toMatch(/^[\w-]{43}$/);
    expect((await openState()).state).toMatch(/^[\w-]{43}$/);
  });
});

describe('attack 27: the HTTP surface', () => {
  it('takes no address and no audience from Host or forwarding headers', async () => {
    const reply = await rawRequest('GET', '/orders', {
      Host: 'evil.example',
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'https',
    });
    expect(reply).toContain(`${rig.origin}/.gridpass/requests`);
    expect(reply).not.toContain('evil.example');
  });

  it.each([
    ['GET', '/orders/'],
    ['HEAD', '/orders'],
    ['OPTIONS', '/orders'],
    ['GET', '//orders'],
    ['GET', '/%6frders'],
    ['GET', '/./orders'],
    ['TRACE', '/orders'],
    ['PROPFIND', '/orders'],
    ['GET', '/.gridpass'],
    ['GET', '/.gridpass%2Ftoken'],
    ['GET', '/orders/../.gridpass/token'],
    ['POST', '/.GRIDPASS/token'],
  ])('keeps %s %s behind the gate', async (method, path) => {
    const before = rig.handled.count;
    const reply = await rawRequest(method, path, { 'X-HTTP-Method-Override': 'GET' });
    expect(reply).toMatch(/^HTTP\/1\.1 40[14]/);
    expect(rig.handled.count).toBe(before);
  });

  it.each([
    ['POST', '/.gridpass/token/'],
    ['POST', '/.gridpass/requests/short'],
    ['GET', '/.gridpass/token'],
    ['POST', '/.gridpass/token?x=1/../..'],
    ['DELETE', '/.gridpass/requests'],
    ['POST', `/.gridpass/responses/${'a'.repeat(43)}/x`],
    ['POST', '/.gridpass//token'],
  ])('has nothing at %s %s, or nothing without a proof', async (method, path) => {
    expect(await rawRequest(method, path, {})).toMatch(/^HTTP\/1\.1 40[14]/);
  });

  it('stops reading a body that is too large, announced or not, before anybody is known', async () => {
    const path = `/.gridpass/responses/${'a'.repeat(43)}`;
    const form = 'application/x-www-form-urlencoded';
    const big = `vp_token=${'x'.repeat(300_000)}`;
    expect(codeOf(await rig.call('POST', path, { key: null, form: big }))).toBe('BODY_TOO_LARGE');
    expect(await chunked(path, form, big)).toEqual({ status: 413, code: 'BODY_TOO_LARGE' });
  });

  it('refuses a form in which a name is there twice', async () => {
    const { state } = await openState();
    expect(codeOf(await post(state, `state=${state}&vp_token=%7B%7D&vp_token=%7B%7D`))).toBe('REQUEST_MALFORMED');
  });

  it.each([
    '{"channel":"behind_the_meter","channel":"other"}',
    '{"__proto__":{"channel":"behind_the_meter"}}',
    '[]',
    '"x"',
    '{',
    '{"channel":{}}',
    `{"channel":"${'x'.repeat(300)}"}`,
  ])('refuses the body %s', async (body) => {
    const reply = await rig.call('POST', '/.gridpass/requests', { body, headers: { 'Content-Type': 'application/json' } });
    expect({ status: reply.status, code: codeOf(reply) }).toEqual({ status: 400, code: 'REQUEST_MALFORMED' });
  });

  it('keeps the status of errors that handlers mean to show, and hides all others', async () => {
    const { rig: own, close: closeOwn } = await startRig(
      () => ({}),
      [
        async (ctx, next) => {
          if (ctx.path === '/gone') ctx.throw(410, 'secret words');
          if (ctx.path === '/broken') throw new Error('secret words');
          await next();
        },
      ],
    );
    expect(await own.call('GET', '/gone', { key: null })).toMatchObject({ status: 410, body: { code: 'REQUEST_MALFORMED' } });
    const broken = await own.call('GET', '/broken', { key: null });
    expect(broken).toMatchObject({ status: 500, body: { code: 'INTERNAL' } });
    expect(broken.text).not.toContain('secret');
    await closeOwn();
  });

  it('shows codes and ids, never details, stacks or what was sent', async () => {
    const open = await openState();
    const reply = await post(open.state, await answerTo({ ...open, audience: 'somebody else' }));
    expect(Object.keys(reply.body).sort()).toEqual(['code', 'requestId']);
    expect(tokensIn(JSON.stringify(rig.events))).toEqual([]);
    expect(JSON.stringify(rig.events)).not.toContain('did:web:house');
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });
});

describe('the proof of possession', () => {
  it("is asked for with the server's nonce", async () => {
    const proof = await buildDpopProof({
      signer: rig.society.house,
      method: 'POST',
      url: `${rig.origin}/.gridpass/requests`,
      at: rig.clock.now(),
    });
    const reply = await rig.call('POST', '/.gridpass/requests', { proof, json: { channel: 'behind_the_meter' } });
    expect(codeOf(reply)).toBe('DPOP_NONCE_REQUIRED');
    expect(reply.headers.get('www-authenticate')).toContain('error="use_dpop_nonce"');
    expect(reply.headers.get('dpop-nonce')).toMatch(/^1\.[\w-]{43}$/);
  });

  const cases: readonly (readonly [
    string,
    (parts: {
      readonly token: string;
      readonly nonce: string;
      readonly at: number;
    }) => Promise<{ readonly proof?: string; readonly token: string }>,
    string,
  ])[] = [
    ['for another method', async ({ token, nonce }) => ({ token, proof: await prove({ method: 'POST', token, nonce }) }), 'DPOP_INVALID'],
    [
      'for another address',
      async ({ token, nonce }) => ({ token, proof: await prove({ path: '/orders2', token, nonce }) }),
      'DPOP_INVALID',
    ],
    ['for another token', async ({ token, nonce }) => ({ token, proof: await prove({ token: `${token}x`, nonce }) }), 'DPOP_INVALID'],
    ['without a token hash', async ({ token, nonce }) => ({ token, proof: await prove({ nonce }) }), 'DPOP_INVALID'],
    ['by another key', async ({ token, nonce }) => ({ token, proof: await prove({ token, nonce, key: strangerKey() }) }), 'DPOP_INVALID'],
    ['from long ago', async ({ token, nonce, at }) => ({ token, proof: await prove({ token, nonce, at: at - 301 }) }), 'DPOP_INVALID'],
    ['from the future', async ({ token, nonce, at }) => ({ token, proof: await prove({ token, nonce, at: at + 31 }) }), 'DPOP_INVALID'],
    [
      'with an invented nonce',
      async ({ token }) => ({ token, proof: await prove({ token, nonce: 'A'.repeat(43) }) }),
      'DPOP_NONCE_REQUIRED',
    ],
    ['that is the access token itself', async ({ token }) => ({ token, proof: token }), 'DPOP_INVALID'],
  ];

  async function prove(options: {
    readonly method?: string;
    readonly path?: string;
    readonly token?: string;
    readonly nonce?: string;
    readonly key?: ReturnType<typeof strangerKey>;
    readonly at?: number;
  }): Promise<string> {
    return buildDpopProof({
      signer: options.key ?? rig.society.house,
      method: options.method ?? 'GET',
      url: `${rig.origin}${options.path ?? '/orders'}`,
      at: (options.at ?? rig.clock.now()) as ReturnType<typeof rig.clock.now>,
      ...(options.token === undefined ? {} : { accessToken: options.token }),
      ...(options.nonce === undefined ? {} : { nonce: options.nonce }),
    });
  }

  async function currentNonce(): Promise<string> {
    return (await rig.call('GET', '/orders', { key: null })).headers.get('dpop-nonce') ?? '';
  }

  it.each(cases)('is refused %s', async (_name, make, code) => {
    const token = await rig.token();
    const made = await make({ token, nonce: await currentNonce(), at: rig.clock.now() });
    const before = rig.handled.count;
    const reply = await rig.call('GET', '/orders', { ...made, key: null });
    expect({ status: reply.status, code: codeOf(reply) }).toEqual({ status: 401, code });
    expect(rig.handled.count).toBe(before);
  });

  it('is good for one request only', async () => {
    const token = await rig.token();
    const proof = await prove({ token, nonce: await currentNonce() });
    expect((await rig.call('GET', '/orders', { token, proof })).status).toBe(200);
    expect(codeOf(await rig.call('GET', '/orders', { token, proof }))).toBe('DPOP_INVALID');
    rig.clock.advance(60);
    expect(codeOf(await rig.call('GET', '/orders', { token, proof }))).toBe('DPOP_INVALID');
    rig.clock.advance(120);
    expect(codeOf(await rig.call('GET', '/orders', { token, proof }))).toBe('DPOP_NONCE_REQUIRED');
  });
});

describe('the access token', () => {
  const use = (authorization: string): Promise<Reply> => rig.call('GET', '/orders', { headers: { Authorization: authorization } });

  it('is refused as bearer, in pieces, doubled or altered', async () => {
    const token = await rig.token();
    const [head = '', body = '', tail = ''] = token.split('.');
    for (const authorization of [
      `Bearer ${token}`,
      token,
      `DPoP ${token} ${token}`,
      `DPoP ${head}.${body}.`,
      `DPoP ${head}.${body}`,
      `DPoP ${head}.${body}.${tail.startsWith('A') ? 'B' : 'A'}${tail.slice(1)}`,
      `DPoP ${head}.${body}A.${tail}`,
    ]) {
      expect(codeOf(await use(authorization))).toBe('TOKEN_INVALID');
    }
  });

  it('cannot be another token signed by the same key', async () => {
    const { state } = await openState();
    const requestObject = (await rig.call('GET', `/.gridpass/requests/${state}`, { key: null })).text;
    expect(codeOf(await use(`DPoP ${requestObject}`))).toBe('TOKEN_INVALID');
  });

  it('cannot be a presentation', async () => {
    const presentation = await rig.society.present(rig.society.house, [rig.society.dsoRole.compact]);
    expect(codeOf(await use(`DPoP ${new TextDecoder().decode(presentation.bytes)}`))).toBe('TOKEN_INVALID');
  });
});

describe('attack 30: nothing outlives what it rests on', () => {
  it('forgets no bad answer and keeps no good one beyond its time', async () => {
    const token = await rig.token();
    expect((await rig.call('GET', '/orders', { token })).status).toBe(200);
    rig.clock.advance(900);
    expect(codeOf(await rig.call('GET', '/orders', { token }))).toBe('TOKEN_EXPIRED');
  });
});

function rawRequest(method: string, path: string, headers: Record<string, string>): Promise<string> {
  const { port } = new URL(rig.origin);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on('end', () => resolve(text)).on('error', reject);
    const all = { Host: new URL(rig.origin).host, Connection: 'close', ...headers };
    socket.write(
      `${method} ${path} HTTP/1.1\r\n${Object.entries(all)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')}\r\n`,
    );
  });
}

function chunked(path: string, contentType: string, body: string): Promise<{ readonly status: number; readonly code: unknown }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${rig.origin}${path}`,
      { method: 'POST', headers: { 'Content-Type': contentType, 'Transfer-Encoding': 'chunked' } },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, code: (JSON.parse(text) as { readonly code?: unknown }).code }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
