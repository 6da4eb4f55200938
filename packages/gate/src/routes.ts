import { decodeUtf8, digestOf, isJsonObject, memberOf, parseJson, utf8 } from '@gridpass/codec';
import { Fault, refuse } from '@gridpass/core';
import type { Instant, JsonObject, Outcome, Received, RequestId, Thumbprint } from '@gridpass/core';
import {
  REQUEST_OBJECT_TYP,
  authorizationRequestUri,
  buildDcqlQuery,
  clientIdOf,
  createPresentationRequest,
  parseAuthorizationResponse,
} from '@gridpass/exchange';
import type { Context, Middleware, Next } from 'koa';
import type { GateCore } from './admit.js';
import { TurnedAway, turnAway } from './answer.js';
import type { ClientLimit } from './client-limit.js';
import { showComplete } from './complete-page.js';
import { within } from './deadline.js';
import { checkCaller } from './possession.js';
import { openToBrowsers } from './other-browsers.js';
import type { ProofMemory } from './nonce.js';
import { noteRequest } from './request-notes.js';
import type { SessionTokens } from './session-token.js';
import { isBoundAsHere } from './settings.js';
import type { ResolvedSettings } from './settings.js';
import { createRequestId, mediaTypeOf, parseForm, pathOf, readBody } from './transport.js';

/** What the endpoints share. */
export interface RouteParts {
  readonly settings: ResolvedSettings;
  readonly core: GateCore;
  readonly memory: ProofMemory;
  readonly tokens: SessionTokens;
  readonly clients: ClientLimit;
}

/** One call of one endpoint. */
interface Call {
  readonly ctx: Context;
  readonly requestId: RequestId;
  readonly at: Instant;
  readonly url: string;
  /** The last segment of the path, where the endpoint has one. */
  readonly state: string;
}

type Endpoint = (parts: RouteParts, call: Call) => Promise<void>;

const SMALL_BODY = 4_096;
const STATE = /^[\w-]{43}$/;
const FORM = 'application/x-www-form-urlencoded';

/**
 * The endpoints of a gate, in the order in which a client meets them. Rate limit and body bound stand before everything. Those that
 * a proof, a state or a code opens are for pages of other origins too.
 */
const ROUTES: readonly {
  readonly method: string;
  readonly path: string;
  readonly withState: boolean;
  readonly forBrowsers: boolean;
  readonly endpoint: Endpoint;
}[] = [
  // DPoP → challenge
  { method: 'POST', path: '/requests', withState: false, forBrowsers: true, endpoint: openRequest },
  // state → signed request object
  { method: 'GET', path: '/requests', withState: true, forBrowsers: true, endpoint: showRequest },
  // the same with the wallet's nonce
  { method: 'POST', path: '/requests', withState: true, forBrowsers: true, endpoint: showRequest },
  // presentation → verify, decide, record, grant
  { method: 'POST', path: '/responses', withState: true, forBrowsers: true, endpoint: takeResponse },
  // response code + DPoP → access token
  { method: 'POST', path: '/token', withState: false, forBrowsers: true, endpoint: redeemCode },
  // for people
  { method: 'GET', path: '/complete', withState: false, forBrowsers: false, endpoint: async (_parts, { ctx }) => showComplete(ctx) },
];

/** Middleware for the gate's own endpoints below `basePath`; everything else goes to the next one. */
export function createRoutes(parts: RouteParts): Middleware {
  const { settings, clients, memory } = parts;
  return async function gateRoutes(ctx: Context, next: Next): Promise<void> {
    const path = pathOf(ctx);
    if (!path.startsWith(`${settings.basePath}/`)) {
      await next();
      return undefined;
    }
    const requestId = createRequestId();
    ctx.state['requestId'] = requestId;
    ctx.set('Cache-Control', 'no-store');
    const at = settings.clock.now();
    const limited = clients.takeAddress(ctx, at);
    if (!limited.ok) throw turnAway(requestId, limited.refusal);
    ctx.set('DPoP-Nonce', memory.currentNonce(at));
    const [resource = '', state = '', ...rest] = path.slice(settings.basePath.length + 1).split('/');
    const here =
      rest.length > 0 || (state !== '' && !STATE.test(state))
        ? []
        : ROUTES.filter((route) => route.path === `/${resource}` && route.withState === (state !== ''));
    const open = here.filter(({ forBrowsers }) => forBrowsers).map(({ method }) => method);
    if (open.length > 0 && openToBrowsers(ctx, open)) return undefined;
    const found = here.find(({ method }) => method === ctx.method);
    if (found === undefined) throw new TurnedAway(requestId, { code: 'NOT_FOUND' });
    noteRequest(ctx.req, { route: `${settings.basePath}${found.path}${found.withState ? '/:state' : ''}` });
    return found.endpoint(parts, { ctx, requestId, at, url: `${settings.publicOrigin}${path}`, state });
  };
}

/** The presentation request is opened for a proven key, which later is the only one to draw a token from it. */
async function openRequest({ settings, core, memory, clients }: RouteParts, { ctx, requestId, at, url }: Call): Promise<void> {
  const thumbprint = pass(requestId, await checkCaller(ctx, memory, { url, at, maxAgeSeconds: settings.proofMaxAgeSeconds }));
  noteRequest(ctx.req, { actor: `key:${thumbprint}` });
  pass(requestId, clients.takeKey(ctx, thumbprint, at));
  const channel = pass(requestId, textMember(pass(requestId, await readJson(settings, ctx)), 'channel'));
  const challenge = pass(requestId, await core.openChallenge({ channel, sessionThumbprint: thumbprint, at }));
  const requestUri = `${settings.publicOrigin}${settings.basePath}/requests/${challenge.state}`;
  ctx.status = 201;
  ctx.body = {
    authorizationRequest: authorizationRequestUri({ clientId: clientIdOf(settings.signer.did), requestUri, requestUriMethod: 'post' }),
    requestUri,
    state: challenge.state,
    expiresAt: challenge.expiresAt,
  };
}

/** The request object is made anew for each reading; nonce and state are those of the open challenge. */
async function showRequest({ settings, core }: RouteParts, { ctx, requestId, at, state }: Call): Promise<void> {
  const walletNonce = ctx.method === 'POST' ? pass(requestId, await readForm(settings, ctx))['wallet_nonce'] : undefined;
  if (walletNonce !== undefined && !/^[\x21-\x7e]{1,256}$/.test(walletNonce))
    throw new TurnedAway(requestId, { code: 'REQUEST_MALFORMED' });
  const challenge = pass(
    requestId,
    await within(settings.portTimeoutMs, 'STORE_UNAVAILABLE', () =>
      settings.challenges.readChallenge({ tenant: settings.tenant, state, at }),
    ),
  );
  const verifierInfo = await within(settings.portTimeoutMs, 'TRUST_UNAVAILABLE', async () => (await settings.verifierInfo?.()) ?? []);
  const { requestObject } = await within(settings.portTimeoutMs, 'KEY_UNAVAILABLE', () =>
    createPresentationRequest({
      clientId: clientIdOf(settings.signer.did),
      signer: settings.signer,
      nonce: challenge.nonce,
      state: challenge.state,
      responseUri: `${settings.publicOrigin}${settings.basePath}/responses/${challenge.state}`,
      dcql: buildDcqlQuery(core.channelOf(challenge.channel).policySet.needs),
      at,
      lifeSeconds: Math.max(1, challenge.expiresAt - at),
      verifierInfo,
      ...(walletNonce === undefined ? {} : { walletNonce }),
    }),
  );
  ctx.type = `application/${REQUEST_OBJECT_TYP}`;
  ctx.body = requestObject;
}

/**
 * The presentation itself; the response code goes to whoever presented and to nobody else (OpenID4VP 1.0 8.2, 13.3). A wallet that declines
 * is told nothing but that it was heard.
 */
async function takeResponse({ settings, core }: RouteParts, { ctx, requestId, at, state }: Call): Promise<void> {
  const received = await readPresentation(settings, ctx, { requestId, at, state });
  if (!received.ok) {
    core.count(received.refusal);
    throw turnAway(requestId, received.refusal);
  }
  if (received.value === 'declined') {
    pass(requestId, await core.endRequest({ state, at }));
    ctx.body = {};
    return;
  }
  const admission = await core.admit(received.value, { state });
  switch (admission.kind) {
    case 'refused':
      throw turnAway(requestId, admission.refusal);
    case 'denied':
      throw new TurnedAway(requestId, { code: 'POLICY_DENIED', reasons: admission.reasons });
    case 'granted': {
      const code = admission.grant.responseCode;
      ctx.body = { redirect_uri: `${settings.publicOrigin}${settings.basePath}/complete#response_code=${code}`, response_code: code };
    }
  }
}

/** Response code and key make a token. The code is consumed only together with its key. */
async function redeemCode({ settings, memory, tokens }: RouteParts, { ctx, requestId, at, url }: Call): Promise<void> {
  const thumbprint: Thumbprint = pass(requestId, await checkCaller(ctx, memory, { url, at, maxAgeSeconds: settings.proofMaxAgeSeconds }));
  noteRequest(ctx.req, { actor: `key:${thumbprint}` });
  const code = pass(requestId, textMember(pass(requestId, await readJson(settings, ctx)), 'response_code'));
  const grant = pass(
    requestId,
    await within(settings.portTimeoutMs, 'STORE_UNAVAILABLE', () =>
      settings.grants.redeemGrant(settings.tenant, { responseCodeDigest: digestOf(code), sessionThumbprint: thumbprint, at }),
    ),
  );
  if (grant.responseCodeDigest !== digestOf(code) || grant.sessionThumbprint !== thumbprint)
    throw new Fault('STORE_UNAVAILABLE', 'the store answered with another grant');
  if (!isBoundAsHere(settings, grant))
    pass(requestId, refuse('TOKEN_INVALID', 'session', 'the grant is bound to a session, not to its holder'));
  const token = await within(settings.portTimeoutMs, 'KEY_UNAVAILABLE', () => tokens.signToken(grant, at));
  // What a broken key store signs is found out here and not by the client; the proof also warms the cache.
  if (!tokens.checkToken(token, { channel: grant.channel, at }).ok)
    throw new Fault('KEY_UNAVAILABLE', 'the token just signed does not verify');
  ctx.body = { access_token: token, token_type: 'DPoP', expires_in: grant.expiresAt - at, receipt: grant.receipt };
}

async function readPresentation(
  settings: ResolvedSettings,
  ctx: Context,
  call: { readonly requestId: RequestId; readonly at: Instant; readonly state: string },
): Promise<Outcome<Received | 'declined'>> {
  const mediaType = mediaTypeOf(ctx);
  if (mediaType !== FORM && mediaType !== 'application/vp+jwt') return refuse('MEDIA_TYPE_UNSUPPORTED', 'transport', 'form or vp+jwt');
  const bytes = await readBody(ctx, settings.maxResponseBytes, settings.portTimeoutMs);
  if (!bytes.ok) return bytes;
  const base = { transport: 'http', requestId: call.requestId, at: call.at } as const;
  if (mediaType === 'application/vp+jwt') return { ok: true, value: { ...base, mediaType: 'vp+jwt', bytes: bytes.value } };
  const text = decodeUtf8(bytes.value);
  const form = text.ok ? parseForm(text.value) : text;
  if (!form.ok) return form;
  const response = parseAuthorizationResponse(form.value);
  if (!response.ok) return response;
  // The address says which request is answered; a body that names another is a mix-up of two (OpenID4VP 1.0 13.5).
  if (response.value.state !== call.state) return refuse('CHALLENGE_UNKNOWN', 'transport', 'state: not that of the address');
  if (response.value.kind === 'declined') return { ok: true, value: 'declined' };
  return { ok: true, value: { ...base, mediaType: 'openid4vp', bytes: utf8(JSON.stringify(response.value.vpToken)) } };
}

async function readForm(settings: ResolvedSettings, ctx: Context): Promise<Outcome<Readonly<Record<string, string>>>> {
  const bytes = await readBody(ctx, SMALL_BODY, settings.portTimeoutMs);
  const text = bytes.ok ? decodeUtf8(bytes.value) : bytes;
  return text.ok ? parseForm(text.value) : text;
}

async function readJson(settings: ResolvedSettings, ctx: Context): Promise<Outcome<JsonObject>> {
  if (mediaTypeOf(ctx) !== 'application/json') return refuse('MEDIA_TYPE_UNSUPPORTED', 'transport', 'application/json');
  const bytes = await readBody(ctx, SMALL_BODY, settings.portTimeoutMs);
  const json = bytes.ok ? parseJson(bytes.value) : bytes;
  if (!json.ok) return json;
  return isJsonObject(json.value) ? { ok: true, value: json.value } : refuse('REQUEST_MALFORMED', 'transport', 'body: not an object');
}

function textMember(json: JsonObject, name: string): Outcome<string> {
  const value = memberOf(json, name);
  return typeof value === 'string' && value !== '' && value.length <= 256
    ? { ok: true, value }
    : refuse('REQUEST_MALFORMED', 'transport', `${name}: a text`);
}

function pass<T>(requestId: RequestId, outcome: Outcome<T>): T {
  if (outcome.ok !== true) throw turnAway(requestId, outcome.refusal);
  return outcome.value;
}
