import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { Fault, instant, marketCalendar, ok, refuse } from '@gridpass/core';
import type { AuditPort, AuditReceipt, AuditRecord, Digest, GrantRepository, JsonObject, Signer, StoredGrant } from '@gridpass/core';
import { buildAuthorizationResponse, buildDpopProof } from '@gridpass/exchange';
import { createSigner, generatePrivateJwk, parseCompactJws } from '@gridpass/keys';
import { parsePolicySet } from '@gridpass/policy';
import { createClaimShapes, createSchemas } from '@gridpass/schema';
import { NOON, TENANT, createFakeClock, createPaperSociety, createParty } from '@gridpass/testkit';
import type { FakeClock, PaperSociety } from '@gridpass/testkit';
import { createVerifier } from '@gridpass/verify';
import Koa from 'koa';
import type { Middleware } from 'koa';
import { accessOf, createGate } from '../index.js';
import type { Gate, GateEvent, GateSettings } from '../index.js';

export const ZONE = '10YNO-0--------C';

export const POLICY = parsePolicySet({
  channel: 'behind_the_meter',
  claims: createClaimShapes(),
  request: 'read-off-the-policies',
  calendar: marketCalendar('Europe/Oslo'),
  cedar: `@id("own-plant") @denies("customer-not-active, bidding-zone-differs, above-export-limit")
    permit (principal, action, resource)
    when { context.CustomerStatus.active }
    when { context.CustomerStatus.biddingZoneEic == context.request.zone }
    when { context.request.powerW <= context.MeteringPointEntitlement.exportLimitW };`,
});

/** Compiled once for all rigs of a test file: they hold no state, and compiling them was most of what a rig cost. */
const schemas = createSchemas();

/** An audit log in a list, which a test can break. */
export interface FakeAudit extends AuditPort {
  readonly records: AuditRecord[];
  fail(failing: boolean): void;
}

export function createFakeAudit(): FakeAudit {
  const records: AuditRecord[] = [];
  let failing = false;
  return {
    records,
    fail: (value) => {
      failing = value;
    },
    appendRecord: async (_tenant, record): Promise<AuditReceipt> => {
      if (failing) throw new Fault('AUDIT_UNAVAILABLE', 'the log of the test is down');
      records.push(record);
      return {
        origin: 'log.example',
        index: records.length - 1,
        leafHash: 'leaf' as Digest,
        treeSize: records.length,
        rootHash: 'root' as Digest,
      };
    },
  };
}

/** Grants in memory with the contract of the real repository. */
export function createFakeGrants(): GrantRepository & {
  readonly rows: Map<string, { grant: StoredGrant; redeemed: boolean; ended?: string }>;
} {
  const rows = new Map<string, { grant: StoredGrant; redeemed: boolean; ended?: string }>();
  return {
    rows,
    addGrant: async (_tenant, grant) => {
      rows.set(grant.id, { grant, redeemed: false });
    },
    redeemGrant: async (_tenant, { responseCodeDigest, sessionThumbprint, at }) => {
      const row = [...rows.values()].find(({ grant }) => grant.responseCodeDigest === responseCodeDigest);
      if (
        row === undefined ||
        row.redeemed ||
        row.ended !== undefined ||
        row.grant.sessionThumbprint !== sessionThumbprint ||
        row.grant.redeemBy <= at
      )
        return refuse('TOKEN_INVALID', 'session', 'code');
      row.redeemed = true;
      return ok(row.grant);
    },
    readGrant: async (_tenant, { id, at }) => {
      const row = rows.get(id);
      if (row === undefined || !row.redeemed || row.grant.expiresAt <= at) return refuse('GRANT_ENDED', 'session', 'expired');
      return row.ended === undefined ? ok(row.grant) : refuse('GRANT_ENDED', 'session', row.ended);
    },
    endGrant: async (_tenant, { id, reason }) => {
      const row = rows.get(id);
      if (row === undefined || row.ended !== undefined) return false;
      row.ended = reason;
      return true;
    },
    endGrantsOf: async (_tenant, { holderDid, reason }) =>
      [...rows.entries()].flatMap(([id, row]) => {
        if (row.grant.holderDid !== holderDid || row.ended !== undefined) return [];
        row.ended = reason;
        return [id];
      }),
    dropExpiredGrants: async () => 0,
  };
}

export interface Reply {
  readonly status: number;
  readonly body: JsonObject;
  readonly headers: Headers;
  readonly text: string;
}

export interface Rig {
  readonly society: PaperSociety;
  readonly clock: FakeClock;
  readonly audit: FakeAudit;
  readonly grants: ReturnType<typeof createFakeGrants>;
  readonly gate: Gate;
  readonly origin: string;
  readonly events: GateEvent[];
  readonly handled: { count: number };
  /** Sends a request with a fresh DPoP proof by `key`; repeats it once with the server's nonce. */
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  /** Opens a request and answers it as the household; returns the reply of the response endpoint. */
  present(options?: PresentOptions): Promise<Reply>;
  /** A proof for `GET /orders` whose nonce has just run out. */
  staleProof(token: string): Promise<string>;
  /** The whole way to an access token. */
  token(options?: PresentOptions): Promise<string>;
  readonly verifier: GateSettings['verifier'];
}

export interface CallOptions {
  readonly key?: Signer | null;
  readonly token?: string;
  readonly json?: JsonObject;
  readonly form?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly proof?: string;
}

export interface PresentOptions {
  readonly key?: Signer;
  readonly disclose?: { readonly customer?: readonly string[]; readonly entitlement?: readonly string[] };
  readonly customer?: string;
  readonly tamper?: (vpToken: string) => string;
}

/** A text member of a body or payload; a test that expects one and gets another thing fails here. */
export function textOf(json: JsonObject, name: string): string {
  const value = json[name];
  if (typeof value !== 'string') throw new Error(`${name} is no text: ${JSON.stringify(json)}`);
  return value;
}

export const strangerKey = (): Signer => createSigner(generatePrivateJwk('ES256'));

/** A gate with a real verifier on paper parties, in front of one handler, on a loopback port. Close it with the returned function. */
export async function startRig(
  change: (settings: GateSettings, society: PaperSociety) => Partial<GateSettings> = () => ({}),
  more: readonly Middleware[] = [],
): Promise<{ readonly rig: Rig; readonly close: () => Promise<void> }> {
  const society = await createPaperSociety();
  const clock = createFakeClock(NOON);
  const [audit, grants, events, handled] = [createFakeAudit(), createFakeGrants(), [] as GateEvent[], { count: 0 }];
  const market = createParty('market');
  const app = new Koa();
  const server = createServer();
  const origin = await listen(server);
  // The verifier asks the same ports as the gate, whatever a test has made of them.
  let ports: Pick<GateSettings, 'challenges' | 'status'> = society;
  const verifier = createVerifier({
    resolver: society.resolver,
    authority: society.authority,
    status: { checkStatus: (query) => ports.status.checkStatus(query) },
    challenges: {
      issueChallenge: (challenge) => ports.challenges.issueChallenge(challenge),
      readChallenge: (query) => ports.challenges.readChallenge(query),
      consumeChallenge: (query) => ports.challenges.consumeChallenge(query),
    },
    schemas,
    anchors: [{ did: society.regulator.did, mayIssue: ['RegulatorAccreditation'] }],
    algorithms: ['ES256', 'EdDSA', 'ES256K'],
    methods: ['web'],
    limits: { maxDepth: 5, maxCredentials: 8, presentationMaxAgeSeconds: 120, clockSkewSeconds: 0 },
  });
  const base: GateSettings = {
    tenant: TENANT,
    verifier,
    audit,
    challenges: society.challenges,
    grants,
    status: society.status,
    signer: market,
    clock,
    policies: { behind_the_meter: { policySet: POLICY, admission: { zone: ZONE, powerW: 0 } } },
    publicOrigin: origin,
    tokenLifeSeconds: 900,
    log: (event) => events.push(event),
  };
  const settings = { ...base, ...change(base, society) };
  ports = settings;
  const gate = createGate(settings);
  app.use(gate.routes());
  for (const middleware of more) app.use(middleware);
  app.use(gate.protect({ channel: 'behind_the_meter', resource: (ctx) => ({ zone: ZONE, powerW: Number(ctx.query['powerW'] ?? 0) }) }));
  app.use((ctx) => {
    handled.count += 1;
    ctx.body = { holder: accessOf(ctx).holderDid, receipt: accessOf(ctx).receipt.index };
  });
  server.on('request', (req, res) => void app.callback()(req, res));

  let nonce: string | undefined;
  const send = async (method: string, path: string, options: CallOptions): Promise<Reply> => {
    const proof =
      options.proof ??
      (options.key === null
        ? undefined
        : await buildDpopProof({
            signer: options.key ?? society.house,
            method,
            url: `${origin}${path}`,
            at: clock.now(),
            ...(options.token === undefined ? {} : { accessToken: options.token }),
            ...(nonce === undefined ? {} : { nonce }),
          }));
    const contentType =
      options.json === undefined ? (options.form === undefined ? undefined : 'application/x-www-form-urlencoded') : 'application/json';
    const body = options.body ?? options.form ?? (options.json === undefined ? undefined : JSON.stringify(options.json));
    const response = await fetch(`${origin}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(proof === undefined ? {} : { DPoP: proof }),
        ...(options.token === undefined ? {} : { Authorization: `DPoP ${options.token}` }),
        ...(contentType === undefined ? {} : { 'Content-Type': contentType }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    nonce = response.headers.get('dpop-nonce') ?? nonce;
    const text = await response.text();
    const json: JsonObject = text.startsWith('{') ? JSON.parse(text) : {};
    return { status: response.status, body: json, headers: response.headers, text };
  };
  const call: Rig['call'] = async (method, path, options = {}) => {
    const reply = await send(method, path, options);
    return reply.body['code'] === 'DPOP_NONCE_REQUIRED' && options.proof === undefined ? send(method, path, options) : reply;
  };
  const present: Rig['present'] = async ({ key, disclose, customer, tamper } = {}) => {
    const opened = await call('POST', '/.gridpass/requests', {
      json: { channel: 'behind_the_meter' },
      ...(key === undefined ? {} : { key }),
    });
    const state = textOf(opened.body, 'state');
    const object = await call('GET', `/.gridpass/requests/${state}`, { key: null });
    const parsed = parseCompactJws(object.text);
    if (!parsed.ok) throw new Error(`no request object: ${opened.text} ${object.text}`);
    const { payload } = parsed.value;
    const answer = await society.answer(
      [
        { compact: customer ?? society.customer.compact, disclose: disclose?.customer ?? ['active', 'biddingZoneEic'] },
        { compact: society.entitlement.compact, disclose: disclose?.entitlement ?? ['exportLimitW'] },
      ],
      { nonce: textOf(payload, 'nonce'), audience: textOf(payload, 'client_id'), at: clock.now() },
    );
    const vpToken = new TextDecoder().decode(answer.bytes);
    const form = buildAuthorizationResponse({ state, vpToken: JSON.parse(tamper === undefined ? vpToken : tamper(vpToken)) });
    return call('POST', `/.gridpass/responses/${state}`, { key: null, form });
  };
  const staleProof: Rig['staleProof'] = async (accessToken) => {
    const old = (await send('GET', '/orders', { key: null })).headers.get('dpop-nonce') ?? '';
    clock.advance(180);
    return buildDpopProof({ signer: society.house, method: 'GET', url: `${origin}/orders`, at: clock.now(), accessToken, nonce: old });
  };
  const token: Rig['token'] = async (options = {}) => {
    const presented = await present(options);
    const reply = await call('POST', '/.gridpass/token', {
      json: { response_code: presented.body['response_code'] ?? '' },
      ...(options.key === undefined ? {} : { key: options.key }),
    });
    if (reply.status !== 200) throw new Error(`no token: ${presented.text} ${reply.text}`);
    return textOf(reply.body, 'access_token');
  };
  return {
    rig: { society, clock, audit, grants, gate, origin, events, handled, call, present, token, staleProof, verifier },
    close: async () => {
      await new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      });
      await gate.close();
    },
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

export const later = instant(NOON + 60);
