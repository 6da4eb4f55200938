import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tenantId } from '@gridpass/core';
import type { AuditPort, JsonObject } from '@gridpass/core';
import { digestOf } from '@gridpass/codec';
import { toDidWeb } from '@gridpass/did';
import { createKeyRotation } from '@gridpass/program';
import type { KeyRotation, LiveKey } from '@gridpass/program';
import { createDidRepository } from '@gridpass/store';
import { listen, loopbackFetch, tokensIn } from '@gridpass/testkit';
import { composeWallet, walletsConfig } from '../index.js';
import type { Wallet } from '../index.js';
import { startMarket } from './market-rig.js';
import type { MarketRig } from './market-rig.js';

const TOKENS: Readonly<Record<string, string>> = {
  'house-1': 'token-of-house-1-0123456789',
  'house-2': 'token-of-house-2-0123456789',
  'house-3': 'token-of-house-3-0123456789',
  trader: 'token-of-the-trader-01234567',
  /** Configured with the digest of the empty text. */
  tokenless: '',
};

describe('the wallet program', () => {
  let market: MarketRig;
  let wallet: Wallet;
  let rotation: KeyRotation;
  const events: unknown[] = [];
  const acts: unknown[] = [];
  beforeAll(async () => {
    market = await startMarket();
    // A port that was free a moment ago: the public origin has to be known before the program listens.
    const free = await listen(async () => undefined);
    const { origin } = free;
    await free.close();
    const config = walletsConfig.parse({
      http: { port: Number(new URL(origin).port) },
      publicOrigin: origin,
      unregisteredVerifiers: 'refuseUnregistered',
      wallets: Object.entries(TOKENS).map(([tenant, token]) => ({
        tenant,
        displayName: `House ${tenant}`,
        ...(tenant === 'trader' ? { kind: 'organisation', provider: 'did:web' } : { kind: 'household', spareFaces: 2 }),
        tokenDigest: digestOf(token),
      })),
    });
    wallet = await composeWallet(config, {
      store: market.store,
      vault: market.vault,
      resolver: market.resolver,
      fetch: loopbackFetch,
      clock: market.clock,
      status: market.status,
      authority: market.authority,
      anchors: [{ did: market.regulator.did, mayIssue: ['RegulatorAccreditation'] }],
      identities: { trader: await openTrader(origin) },
      rotation,
      log: (event) => events.push(event),
    });
  });
  afterAll(async () => {
    await wallet.close();
    await market.stop();
  });

  /** An organisation with a did:web that is served by this very program. */
  async function openTrader(origin: string): Promise<LiveKey> {
    const { store, vault, clock } = market;
    const tenant = tenantId('trader');
    const { keyId } = await vault.keysOf(tenant, 'identity').createKey('ES256');
    const did = toDidWeb(`${origin}/t/trader`);
    await createDidRepository(store).saveDid({
      tenant,
      did,
      alias: 'trader',
      provider: 'did:web',
      keyNamespace: 'identity',
      controllerKeyId: keyId,
      keyIds: [keyId],
      services: [],
      createdAt: clock.now(),
    });
    const audit: AuditPort = {
      appendRecord: async (_tenant, { action }) => {
        acts.push(action);
        return { origin: 'log', index: 0, leafHash: 'l' as never, treeSize: 1, rootHash: 'r' as never };
      },
    };
    rotation = createKeyRotation({ program: { store, vault, resolver: { ...market.resolver } as never, clock }, audit });
    return rotation.liveSigner(tenant, did);
  }

  async function call(
    tenant: string,
    method: string,
    path: string,
    body?: JsonObject,
    token = TOKENS[tenant] ?? '',
  ): Promise<{ status: number; body: JsonObject; text: string }> {
    const response = await fetch(`${wallet.url}/wallets/${tenant}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      text,
      body: response.headers.get('content-type')?.startsWith('application/json') === true ? JSON.parse(text) : {},
    };
  }
  const fill = async (tenant: string) =>
    call(tenant, 'POST', '/offers', { offer: await market.offer('CustomerStatus', 'MeteringPointEntitlement') });

  it('walks through a gate: refused without a grant, presents, calls, and uses its token again', async () => {
    expect((await fill('house-1')).status).toBe(201);
    const first = await call('house-1', 'POST', '/access', {
      url: `${market.origin}/orders?powerW=9000`,
      method: 'POST',
      body: { side: 'offer' },
    });
    expect(first.body).toMatchObject({ from: 'resource', status: 200, body: { placed: 1 } });
    const disclosures = await call('house-1', 'GET', '/disclosures');
    expect(disclosures.body['disclosures']).toMatchObject([{ verifier: market.market.did, answer: 'accepted' }]);
    const second = await wallet.walletOf('house-1').client.accessResource({ url: `${market.origin}/orders` });
    expect(second.ok && second.value.status).toBe(200);
    expect((await call('house-1', 'GET', '/disclosures')).body['disclosures']).toHaveLength(1);
    const denied = await wallet.walletOf('house-1').client.accessResource({ url: `${market.origin}/orders?powerW=9001` });
    expect(denied.ok && [denied.value.from, denied.value.status, denied.value.json?.['code']]).toEqual(['resource', 403, 'POLICY_DENIED']);
  });

  it('presents anew when its token has ended', async () => {
    market.clock.advance(601);
    const again = await wallet.walletOf('house-1').client.accessResource({ url: `${market.origin}/orders` });
    expect(again.ok && again.value.status).toBe(200);
    expect((await call('house-1', 'GET', '/disclosures')).body['disclosures']).toHaveLength(2);
  });

  it('says what is missing and shows nothing', async () => {
    await call('house-2', 'POST', '/offers', { offer: await market.offer('CustomerStatus') });
    const refused = await call('house-2', 'POST', '/access', { url: `${market.origin}/orders` });
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({ code: 'QUERY_UNSATISFIABLE', because: ['MeteringPointEntitlement: NONE_HELD'] });
    expect((await call('house-2', 'GET', '/disclosures')).body['disclosures']).toEqual([]);
  });

  it('asks its owner before it shows anything', async () => {
    await fill('house-3');
    const { body } = await call('house-3', 'GET', '/credentials');
    expect(body['credentials']).toHaveLength(4);
    const opened = await fetch(`${market.origin}/.gridpass/requests`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(opened.status).toBe(401);
    const { uri: request } = await market.gateRequest();
    const proposal = await call('house-3', 'POST', '/proposals', { request });
    expect(proposal.body).toMatchObject({
      verifier: market.market.did,
      standing: 'registered',
      answerTo: market.origin,
      shows: [
        { type: 'CustomerStatus', claims: ['active', 'biddingZoneEic', 'jurisdiction'] },
        { type: 'MeteringPointEntitlement', claims: ['exportLimitW', 'gridAreaEic'] },
      ],
    });
    expect((await call('house-1', 'POST', `/proposals/${proposal.body['id'] as string}`)).status).toBe(404);
    expect((await call('house-3', 'GET', '/disclosures')).body['disclosures']).toEqual([]);
    // Another wallet's owner who learns the name of a proposal can neither send nor drop it.
    expect((await call('house-2', 'DELETE', `/proposals/${proposal.body['id'] as string}`)).status).toBe(404);
    expect((await call('house-3', 'DELETE', `/proposals/${proposal.body['id'] as string}`)).status).toBe(204);
  });

  it('keeps each wallet to its owner', async () => {
    for (const [tenant, token] of [
      ['house-1', TOKENS['house-2']],
      ['house-1', ''],
      ['tokenless', ''],
      ['nobody', TOKENS['house-1']],
      ['house-1', 'x'.repeat(30)],
    ] as const) {
      expect(await call(tenant, 'GET', '/credentials', undefined, token)).toMatchObject({
        status: 401,
        body: { code: 'ADMIN_TOKEN_INVALID' },
      });
    }
  });

  it('seals one archive of a wallet at a time, and says when to come again', async () => {
    const ask = () =>
      fetch(`${wallet.url}/wallets/house-1/export`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKENS['house-1']}`, 'content-type': 'application/json' },
        body: JSON.stringify({ passphrase: 'a long enough passphrase' }),
      });
    const answers = await Promise.all([ask(), ask(), ask()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 429, 429]);
    const busy = answers.find(({ status }) => status === 429)!;
    expect([await busy.json(), busy.headers.get('retry-after')]).toMatchObject([{ code: 'RATE_LIMITED' }, '5']);
  });

  it('counts each try at an archive, also one that is refused, for the wallet that tried alone', async () => {
    const codeOf = async (tenant: string) => (await call(tenant, 'POST', '/export', { passphrase: 'too short' })).body['code'];
    const codes: unknown[] = [];
    for (let n = 0; n < 11; n += 1) codes.push(await codeOf('house-3'));
    expect(codes).toEqual([...Array.from({ length: 10 }, () => 'ARCHIVE_INVALID'), 'RATE_LIMITED']);
    expect((await call('house-3', 'POST', '/import', { archive: 'x', passphrase: 'too short' })).body['code']).toBe('RATE_LIMITED');
    expect(await codeOf('house-2')).toBe('ARCHIVE_INVALID');
    market.clock.advance(5);
    expect([await codeOf('house-3'), await codeOf('house-3')]).toEqual(['ARCHIVE_INVALID', 'RATE_LIMITED']);
    market.clock.advance(-5);
  });

  it.each(['/export', '/import'])('counts a try at an archive before it reads the body: POST %s', async (path) => {
    // Whatever is wrong with the body, and for however long it does not come.
    market.clock.advance(60);
    const post = (headers: Readonly<Record<string, string>>, body: string | ReadableStream) =>
      fetch(`${wallet.url}/wallets/house-2${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKENS['house-2']}`, ...headers },
        body,
        ...(typeof body === 'string' ? {} : { duplex: 'half' }),
      });
    const statuses: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      statuses.push((await post({ 'content-type': 'application/json' }, '{}')).status);
      statuses.push((await post({ 'content-type': 'text/plain' }, '{}')).status);
    }
    expect(statuses).toEqual(Array.from({ length: 5 }, () => [400, 415]).flat());
    const stuck = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{')) });
    expect((await post({ 'content-type': 'application/json' }, stuck)).status).toBe(429);
  });

  it.each([
    ['a passphrase that is too short', 'POST', '/export', { passphrase: 'too short' }, 'ARCHIVE_INVALID', /at least 12 characters/],
    ['a text that cannot be stored', 'DELETE', '/credentials/%00', undefined, 'REQUEST_MALFORMED', /cannot be stored/],
    ['a member that is not there', 'POST', '/offers', {}, 'REQUEST_MALFORMED', /^offer: /],
    ['an offer that is none', 'POST', '/offers', { offer: 'nonsense' }, 'REQUEST_MALFORMED', /^offer/],
    ['a member that is no text', 'POST', '/export', { passphrase: 1 }, 'REQUEST_MALFORMED', /^passphrase: /],
    ['a member that is none of few', 'POST', '/access', { url: 'http://a', method: 'TRACE' }, 'REQUEST_MALFORMED', /^method: one of/],
  ] as const)('gives its owner the reason, and nobody else: %s', async (_what, method, path, body, code, reason) => {
    market.clock.advance(60);
    const { body: told } = await call('house-2', method, path, body);
    expect(told).toEqual({ code, requestId: expect.any(String), because: [expect.stringMatching(reason)] });
    for (const token of [TOKENS['house-1'], '', 'x'.repeat(30)]) {
      const { body: untold } = await call('house-2', method, path, body, token);
      expect(untold).toEqual({ code: 'ADMIN_TOKEN_INVALID', requestId: expect.any(String) });
    }
  });

  it('exports, leaves and imports', async () => {
    const { body } = await call('house-1', 'POST', '/export', { passphrase: 'a long enough passphrase' });
    expect((await call('house-1', 'POST', '/leave')).status).toBe(204);
    expect((await call('house-1', 'GET', '/credentials')).body['credentials']).toEqual([]);
    expect(
      (await call('house-1', 'POST', '/import', { archive: body['archive'] as string, passphrase: 'a wrong long passphrase' })).body[
        'code'
      ],
    ).toBe('ARCHIVE_INVALID');
    expect(
      (await call('house-1', 'POST', '/import', { archive: body['archive'] as string, passphrase: 'a long enough passphrase' })).body,
    ).toEqual({ credentials: 4, leftOut: { keys: 0, credentials: 0 } });
    const again = await call('house-1', 'POST', '/access', { url: `${market.origin}/orders` });
    expect(again.body['status']).toBe(200);
    expect((await call('house-1', 'GET', '/disclosures.ndjson')).text.trim().split('\n')).toHaveLength(3);
    expect((await call('house-1', 'DELETE', '/disclosures')).body).toEqual({ erased: 3 });
  });

  it("rotates an organisation's key: its document, its name and its face follow at once", async () => {
    const keysOf = async () => {
      const { verificationMethod } = (await (await fetch(`${wallet.url}/t/trader/did.json`)).json()) as {
        readonly verificationMethod: readonly { readonly id: string }[];
      };
      return verificationMethod.map(({ id }) => id);
    };
    const { did, kid: before } = (await call('trader', 'GET', '')).body;
    expect([await keysOf(), did]).toEqual([[before], expect.stringMatching(/^did:web:127\.0\.0\.1%3A\d+:t:trader$/)]);
    const { holder } = wallet.walletOf('trader');
    const [first] = await holder.signersFor('https://shop.example');

    const rotated = await call('trader', 'POST', '/did/rotate');
    expect(rotated).toMatchObject({ status: 200, body: { did, transactions: [] } });
    expect(rotated.body['kid']).not.toBe(before);
    expect(await keysOf()).toEqual([rotated.body['kid']]);
    expect((await call('trader', 'GET', '')).body['kid']).toBe(rotated.body['kid']);
    expect((await holder.signersFor('https://shop.example')).map(({ publicJwk }) => publicJwk)).toEqual([
      wallet.walletOf('trader').identity?.publicJwk,
      first?.publicJwk,
    ]);
    expect(acts).toEqual(['did.rotate', 'did.rotate.done']);

    // Households have faces and no DID of their own; a stranger's token rotates nothing.
    expect((await call('house-1', 'POST', '/did/rotate')).status).toBe(404);
    expect((await call('trader', 'POST', '/did/rotate', undefined, TOKENS['house-1'])).status).toBe(401);
    expect((await fetch(`${wallet.url}/t/house-1/did.json`)).status).toBe(404);
    expect(acts).toHaveLength(2);
  });

  it('turns down what is not well-formed with a code', async () => {
    expect((await call('house-1', 'POST', '/offers', { offer: 'https://no.offer' })).body['code']).toBe('REQUEST_MALFORMED');
    expect((await call('house-1', 'POST', '/offers', {})).body['code']).toBe('REQUEST_MALFORMED');
    expect((await call('house-1', 'POST', '/present', { request: 'openid4vp://?client_id=x' })).body['code']).toBe('REQUEST_MALFORMED');
    expect((await call('house-1', 'GET', '/nothing')).body['code']).toBe('NOT_FOUND');
    expect((await call('house-1', 'POST', '/access', { url: 'http://elsewhere.example/' })).body['code']).toBe('REQUEST_MALFORMED');
  });

  it('receives an offer for the face of one audience, and without one for every face', async () => {
    const facesOf = async (json: JsonObject): Promise<number> => {
      const { status, body } = await call('house-1', 'POST', '/offers', { offer: await market.offer('CustomerStatus'), ...json });
      expect(status).toBe(201);
      return new Set((body['credentials'] as readonly JsonObject[]).map(({ face }) => face)).size;
    };
    expect(await facesOf({ audience: market.origin })).toBe(1);
    expect(await facesOf({})).toBeGreaterThan(1);
  });

  it('serves its page under a policy that lets nothing else in', async () => {
    const page = await fetch(`${wallet.url}/`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).toContain('Gridpass wallet');
    expect(tokensIn(JSON.stringify(events))).toEqual([]);
    expect(JSON.stringify(events)).not.toContain('token-of-house');
  });

  it("publishes services of an organisation's did:web, and ends it for good when its owner names it", async () => {
    const document = async () => {
      const response = await fetch(`${wallet.url}/t/trader/did.json`);
      return { status: response.status, body: (await response.json()) as JsonObject };
    };
    const { did } = (await call('trader', 'GET', '')).body;
    const service = { type: 'Exchange', endpoint: 'https://trader.example/exchange' };
    acts.length = 0;
    expect((await call('trader', 'POST', '/did/services', { ...service, validSeconds: 600 })).status).toBe(200);
    expect((await document()).body['service']).toMatchObject([{ type: 'Exchange', serviceEndpoint: service.endpoint }]);
    for (const body of [
      service,
      { ...service, validSeconds: 600, forEver: true },
      { ...service, endpoint: 'javascript:alert(1)', validSeconds: 600 },
    ])
      expect((await call('trader', 'POST', '/did/services', body)).body['code']).toBe('REQUEST_MALFORMED');
    expect((await call('trader', 'DELETE', '/did/services', service)).status).toBe(200);
    expect((await document()).body['service']).toBeUndefined();
    expect((await call('house-1', 'POST', '/did/services', { ...service, validSeconds: 600 })).status).toBe(404);

    expect((await call('trader', 'POST', '/did/deactivate', { did: 'did:web:another.example' })).body['code']).toBe('CONFLICT');
    expect((await call('trader', 'POST', '/did/deactivate', { did: did! })).status).toBe(200);
    expect(await document()).toMatchObject({ status: 410, body: { code: 'DID_DEACTIVATED' } });
    expect(await call('trader', 'POST', '/did/rotate')).toMatchObject({ status: 410, body: { code: 'DID_DEACTIVATED' } });
    expect(acts).toEqual(['did.service.add', 'did.service.remove', 'did.deactivate'].flatMap((act) => [act, `${act}.done`]));
  });
});
