import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kms, type SdJwtVcRecord } from '@credo-ts/core';
import { digestOf } from '@gridpass/codec';
import { toDidJwk } from '@gridpass/did';
import { createSigner, generatePrivateJwk, parsePublicJwk, thumbprintOf } from '@gridpass/keys';
import { assertOk, type CredentialType, type PublicJwk } from '@gridpass/core';
import { freePorts } from '@gridpass/testkit';
import { openCredoWallet, type CredoWallet } from './_credo-host.js';
import { createDpopClient, type Answer, type DpopClient } from './_dpop.js';
import { freshFetch } from './_fetch.js';
import { freshDirectory, society, start, type Started } from './_process.js';

const CHANNEL = 'behind_the_meter';
const ORDERS = `/channels/${CHANNEL}/orders`;
const ZONE = '10YDK-1--------W';
const SLOW = 300_000;

const CUSTOMER = { customerKind: 'household', active: true, jurisdiction: 'DK', biddingZoneEic: ZONE };

/** The browser beside the wallet: it has the session's key, the wallet has the credentials. */
interface Session {
  readonly request: string;
  call: DpopClient;
}

/** What `society.json` says. */
interface State {
  readonly urls: Readonly<Record<string, string>>;
  readonly tenants: Readonly<Record<string, string>>;
  readonly tokens: Readonly<Record<string, string>>;
}

/** What an operator takes an application in with. */
interface Wish {
  readonly type: CredentialType;
  readonly applicant: string;
  readonly claims: object;
  readonly subject?: string;
  readonly evidence?: readonly string[];
}

interface Row {
  readonly digest: string;
  readonly type: string;
  readonly subject: string;
}

/** A wallet with the one key that everything in it is bound to: our gate wants one holder key behind a presentation. */
interface Wallet {
  readonly credo: CredoWallet;
  readonly key: Kms.PublicJwk;
  readonly publicJwk: PublicJwk;
}

async function openWallet(): Promise<Wallet> {
  const credo = await openCredoWallet();
  const { publicJwk } = await credo.kms.createKey({ type: { kty: 'EC', crv: 'P-256' } });
  const { kty, crv, x, y } = publicJwk as { kty: string; crv: string; x: string; y: string };
  return { credo, publicJwk: assertOk(parsePublicJwk({ kty, crv, x, y })), key: Kms.PublicJwk.fromPublicJwk(publicJwk) };
}

/** Receives what is offered, as a host of Credo does it; the credential's text. */
async function receive({ credo, key }: Wallet, offer: string): Promise<string> {
  const { holder } = credo.openid4vc;
  const resolvedCredentialOffer = await holder.resolveCredentialOffer(offer);
  const token = await holder.requestToken({ resolvedCredentialOffer });
  const { credentials } = await holder.requestCredentials({
    resolvedCredentialOffer,
    accessToken: token.accessToken,
    ...(token.dpop === undefined ? {} : { dpop: token.dpop }),
    // As hosts of Credo do it: a DID where the issuer takes DIDs, else the key.
    credentialBindingResolver: ({ supportedDidMethods, supportsAllDidMethods }) => {
      if (supportsAllDidMethods || (supportedDidMethods ?? []).length > 0) throw new Error('a key alone is what our issuers bind to');
      return { method: 'jwk', keys: [key] };
    },
  });
  const [{ record } = { record: undefined }, ...others] = credentials;
  expect(others).toEqual([]);
  await credo.sdJwtVc.store({ record: record as SdJwtVcRecord });
  return (record as SdJwtVcRecord).firstCredential.compact;
}

/** What the wallet does with a request it was handed, and what the gate answers it. */
async function present({ credo }: Wallet, request: string): Promise<Answer> {
  const { holder } = credo.openid4vc;
  const resolved = await holder.resolveOpenId4VpAuthorizationRequest(request);
  const result = resolved.dcql?.queryResult;
  if (result?.can_be_satisfied !== true) throw new Error('the wallet cannot answer the query');
  const { serverResponse } = await holder.acceptOpenId4VpAuthorizationRequest({
    authorizationRequestPayload: resolved.authorizationRequestPayload,
    dcql: { credentials: holder.selectCredentialsForDcqlRequest(result) },
  });
  return { status: serverResponse?.status ?? 0, body: serverResponse?.body as Answer['body'] };
}

/** Asks until the answer is the one waited for, up to two minutes; the last answer either way. */
async function until(ask: () => Promise<Answer>, code: string): Promise<Answer> {
  const end = Date.now() + 120_000;
  for (;;) {
    const answer = await ask();
    if (answer.body['code'] === code || Date.now() > end) return answer;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/**
 * Credo is a wallet of other people's making (openwallet-foundation/credo-ts), used as published on npm. The society is the program of
 * `npm start`, with its defaults; what it is asked for are the calls of its operators.
 */
describe('an unmodified Credo wallet and the society as it starts', () => {
  const directory = freshDirectory();
  const wallets: Wallet[] = [];
  let up: Started;
  let state: State;
  const url = (name: string): string => state.urls[name] ?? '';
  const epochDay = (): number => Math.floor(Date.now() / 86_400_000);

  async function anotherWallet(): Promise<Wallet> {
    const wallet = await openWallet();
    wallets.push(wallet);
    return wallet;
  }

  async function ask(tenant: string, method: 'GET' | 'POST', path: string, body?: object): Promise<Readonly<Record<string, unknown>>> {
    const response = await freshFetch(`${url('issuer')}/t/${tenant}/admin/${path}`, {
      method,
      headers: { authorization: `Bearer ${state.tokens[`operator:${tenant}`] ?? ''}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} as ${tenant}: ${response.status} ${text}`);
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  }

  /** Revokes what the organisation has issued of that type to that subject; how many. */
  async function revokeAll(tenant: string, type: CredentialType, subject: string): Promise<number> {
    const { rows } = (await ask(tenant, 'GET', `credentials?state=active`)) as { readonly rows: readonly Row[] };
    const digests = rows.filter((row) => row.type === type && row.subject === subject).map(({ digest }) => digest);
    for (const digest of digests) await ask(tenant, 'POST', 'credentials/revoke', { digest, reason: 'moved out' });
    return digests.length;
  }

  /** Applies, approves and offers as the organisation's operator. */
  async function offer(tenant: string, wish: Wish): Promise<string> {
    const application = `applications/${String((await ask(tenant, 'POST', 'applications', wish))['applicationId'])}`;
    await ask(tenant, 'POST', `${application}/approve`, { reason: 'checked' });
    return String((await ask(tenant, 'POST', `${application}/offers`, {}))['offerUri']);
  }

  /** A meter that has its birth identity, and whom the grid operator commissions for the wallet's household. */
  async function commission(wallet: Wallet, applicant: string, hash: string): Promise<string> {
    const meter = await anotherWallet();
    const did = toDidJwk(meter.publicJwk);
    const born = { deviceClass: 'smart_meter', maker: 'Example Meters', model: 'EM-3', serialHash: digestOf(did), keyAlg: 'ES256' };
    const birth = await receive(meter, await offer('manufacturer', { type: 'DeviceIdentity', applicant: did, subject: did, claims: born }));
    const claims = {
      deviceDid: did,
      deviceClass: 'smart_meter',
      meteringPointHash: hash,
      gridAreaEic: ZONE,
      commissioned: epochDay() - 10,
      conformityUntil: epochDay() + 700,
      ratedActivePowerW: 9_800,
      accuracyClass: 'B',
      obis: ['1-0:1.8.0*255'],
      sealed: true,
      meterOperatorDid: state.tenants['dso-town'],
      readingInterval: 900,
    };
    return receive(wallet, await offer('dso-town', { type: 'DeviceCommissioning', applicant, subject: did, evidence: [birth], claims }));
  }

  /** A household that settles: supplier, grid operator and market operator issue into its wallet. */
  async function settle(applicant: string, customer: object = CUSTOMER): Promise<Wallet> {
    const wallet = await anotherWallet();
    const hash = digestOf(`metering point of ${applicant}`);
    const entitled = { meteringPointHash: hash, direction: 'combined', gridAreaEic: ZONE, entitledFrom: epochDay() - 30 };
    const evidence = [
      await receive(wallet, await offer('supplier', { type: 'CustomerStatus', applicant, claims: customer })),
      await receive(wallet, await offer('dso-town', { type: 'MeteringPointEntitlement', applicant, claims: entitled })),
      await commission(wallet, applicant, hash),
    ];
    const admission = {
      ...{ channel: CHANNEL, zone: ZONE, maxOrderWh: 20_000, maxOpenOrders: 20 },
      ...{ policyVersion: digestOf(CHANNEL), admittedOn: digestOf(evidence.join()) },
    };
    const wish = { type: 'MarketChannelAdmission', applicant: thumbprintOf(wallet.publicJwk), evidence, claims: admission } as const;
    await receive(wallet, await offer('market-operator', wish));
    return wallet;
  }

  async function openSession(entrance = 'marketplaceForOtherWallets'): Promise<Session> {
    const client = createDpopClient(createSigner(generatePrivateJwk('ES256')));
    const call: Session['call'] = (path, method, options) => client(`${url(entrance)}${path}`, method, options);
    const opened = await call('/.gridpass/requests', 'POST', { body: { channel: CHANNEL } });
    expect(opened.status).toBe(201);
    return { request: String(opened.body['authorizationRequest']), call };
  }

  beforeAll(async () => {
    up = start(society, ['--directory', directory, '--port-base', String(await freePorts(8))]);
    await up.says('Ctrl-C stops all of it');
    state = JSON.parse(readFileSync(join(directory, 'society.json'), 'utf8')) as State;
  }, SLOW);
  afterAll(async () => {
    for (const { credo } of wallets) await credo.shutdown();
    up?.child.kill('SIGINT');
    await up?.ended;
    rmSync(directory, { recursive: true, force: true });
  }, SLOW);

  it(
    'receives from our issuers, is let in by our gate, and is out again when its credential is revoked',
    async () => {
      const wallet = await settle('household-of-others');
      const session = await openSession();
      const resolved = await wallet.credo.openid4vc.holder.resolveOpenId4VpAuthorizationRequest(session.request);
      expect(resolved.verifier.effectiveClientId).toBe(`decentralized_identifier:${state.tenants['market-operator'] ?? ''}`);
      const presented = await present(wallet, session.request);
      expect(presented).toMatchObject({ status: 200, body: { response_code: expect.any(String) } });
      const page = await freshFetch(String(presented.body['redirect_uri']));
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);

      const stranger = await openSession();
      const body = { response_code: presented.body['response_code'] };
      expect((await stranger.call('/.gridpass/token', 'POST', { body })).status).not.toBe(200);
      const token = await session.call('/.gridpass/token', 'POST', { body });
      expect(token).toMatchObject({ status: 200, body: { token_type: 'DPoP', receipt: { index: expect.any(Number) } } });
      const accessToken = String(token.body['access_token']);
      // Later than what the acts have traded and cleared.
      const interval = Math.floor(Date.now() / 900_000) * 900 + 5_400;
      const order = { side: 'offer', energyWh: 1_000, priceCentsPerMwh: 9_000, interval, zone: ZONE };
      expect(await session.call(ORDERS, 'POST', { accessToken, body: order })).toMatchObject({ status: 201 });

      expect(await revokeAll('supplier', 'CustomerStatus', toDidJwk(wallet.publicJwk))).toBe(1);
      expect(await until(() => session.call(`${ORDERS}?zone=${ZONE}`, 'GET', { accessToken }), 'GRANT_ENDED')).toMatchObject({
        status: 401,
        body: { code: 'GRANT_ENDED' },
      });
      const again = await openSession();
      expect(await present(wallet, again.request)).toMatchObject({ status: 401, body: { code: 'REVOKED' } });
    },
    SLOW,
  );

  it(
    'is denied with a reason when what it shows does not meet the policy',
    async () => {
      const wallet = await settle('household-that-left', { ...CUSTOMER, active: false });
      const { request } = await openSession();
      expect(await present(wallet, request)).toMatchObject({
        status: 403,
        body: { code: 'POLICY_DENIED', reasons: expect.arrayContaining(['customer-not-active']) },
      });
    },
    SLOW,
  );

  it(
    'knows from the query that it holds too little',
    async () => {
      const wallet = await anotherWallet();
      await receive(wallet, await offer('supplier', { type: 'CustomerStatus', applicant: 'household-with-little', claims: CUSTOMER }));
      const { request } = await openSession();
      const resolved = await wallet.credo.openid4vc.holder.resolveOpenId4VpAuthorizationRequest(request);
      expect(resolved.dcql?.queryResult.can_be_satisfied).toBe(false);
    },
    SLOW,
  );

  it(
    'is turned away at the entrance that is for the key which asked',
    async () => {
      const wallet = await settle('household-at-the-other-door');
      const { request } = await openSession('marketplace');
      expect(await present(wallet, request)).toMatchObject({ status: 401, body: { code: 'HOLDER_MISMATCH' } });
    },
    SLOW,
  );
});
