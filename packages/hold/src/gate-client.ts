import { Fault, endsAfter, ok, refuse } from '@gridpass/core';
import type { Clock, FetchedDocument, FetchPort, Instant, JsonObject, JsonValue, Outcome, Signer } from '@gridpass/core';
import { isJsonObject, memberOf, parseJson, textsOf, utf8 } from '@gridpass/codec';
import { buildDpopProof, parseServiceUrl } from '@gridpass/exchange';
import { thumbprintOf } from '@gridpass/keys';
import type { Holder } from './holder.js';

/** One call of a resource behind a gate. */
export interface ResourceCall {
  readonly url: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  readonly body?: JsonValue;
}

/** What came back: from the resource, or from the gate while access was being asked for (a refusal 4xx, a deny 403, a fault 503). */
export interface ResourceAnswer {
  readonly from: 'resource' | 'gate';
  readonly status: number;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** The body where it is a JSON object. */
  readonly json: JsonObject | undefined;
}

export interface GateClient {
  /**
   * Calls a resource and, where its gate asks, presents credentials first: also where it wants more than what a token was given for, which is
   * presented once for each call. Refuses with what kept the wallet from presenting.
   */
  accessResource(call: ResourceCall): Promise<Outcome<ResourceAnswer>>;
  /** Forgets access tokens, e.g. after the wallet changed. */
  forgetTokens(): void;
}

interface Token {
  readonly accessToken: string;
  readonly expiresAt: Instant;
  /** The key it is bound to. */
  readonly signer: Signer;
}

interface Hint {
  readonly requests: string;
  readonly channel: string;
}

const MAX_BYTES = 8 * 1024 * 1024;
const MAX_REMEMBERED = 256;

/**
 * The client's half of the gate: call, 401, presentation request, presentation, token bound to the face shown to that origin, call
 * again; tokens are used until they end, and a nonce the server asks for is put into the next proof. One for each wallet.
 */
export function createGateClient(parts: {
  readonly holder: Pick<Holder, 'present' | 'signersFor'>;
  readonly fetch: FetchPort;
  readonly clock: Clock;
}): GateClient {
  const { holder, fetch, clock } = parts;
  const tokens = new Map<string, Token>();
  const channels = new Map<string, string>();
  const nonces = new Map<string, string>();

  function liveToken(key: string): Token | undefined {
    const token = tokens.get(key);
    return token !== undefined && endsAfter(token.expiresAt, clock.now()) ? token : undefined;
  }

  async function send(
    call: ResourceCall,
    proof: { readonly signer: Signer; readonly accessToken?: string } | undefined,
  ): Promise<Outcome<FetchedDocument>> {
    const { origin } = new URL(call.url);
    const method = call.method ?? 'GET';
    for (let attempt = 0; ; attempt += 1) {
      const nonce = nonces.get(origin);
      const headers: Record<string, string> = call.body === undefined ? {} : { 'content-type': 'application/json' };
      if (proof !== undefined) {
        headers['dpop'] = await buildDpopProof({
          signer: proof.signer,
          method,
          url: call.url,
          at: clock.now(),
          ...(proof.accessToken === undefined ? {} : { accessToken: proof.accessToken }),
          ...(nonce === undefined ? {} : { nonce }),
        });
        if (proof.accessToken !== undefined) headers['authorization'] = `DPoP ${proof.accessToken}`;
      }
      const answer = await fetch.fetchDocument(call.url, {
        accept: 'application/json, */*;q=0.1',
        maxBytes: MAX_BYTES,
        timeoutMs: 30_000,
        method,
        headers,
        ...(call.body === undefined ? {} : { body: utf8(JSON.stringify(call.body)) }),
      });
      if (!answer.ok) return answer;
      const given = answer.value.headers?.['dpop-nonce'];
      if (given !== undefined) remember(nonces, origin, given);
      // RFC 9449 8: the server may ask for its nonce once; twice means that we do not understand each other.
      if (proof === undefined || attempt > 0 || given === undefined || codeOf(answer.value) !== 'DPOP_NONCE_REQUIRED') return answer;
    }
  }

  /** With the token that is at hand. Where the gate wants more by now, without it: so it says where to present that. */
  async function sendAtFirst(call: ResourceCall, key: string, live: Token | undefined): Promise<Outcome<FetchedDocument>> {
    const answer = await send(call, live);
    if (live === undefined || !answer.ok || !wantsMore(answer.value)) return answer;
    tokens.delete(key);
    return send(call, undefined);
  }

  async function openAccess(hint: Hint, origin: string, signer: Signer): Promise<Outcome<Token | ResourceAnswer>> {
    const address = parseServiceUrl(hint.requests, fetch);
    if (!address.ok || address.value.origin !== origin)
      return refuse('REQUEST_NOT_TRUSTED', 'access', 'presentation.requests: of another origin than the resource');
    const opened = await send({ url: hint.requests, method: 'POST', body: { channel: hint.channel } }, { signer });
    if (!opened.ok) return opened;
    const uri = textIn(opened.value, 'authorizationRequest');
    if (uri === undefined) return ok(toAnswer('gate', opened.value));
    const presented = await holder.present(uri, { audience: origin, key: thumbprintOf(signer.publicJwk) });
    if (!presented.ok) return presented;
    const code = memberOf(presented.value.body, 'response_code');
    if (typeof code !== 'string') {
      return ok({
        from: 'gate',
        status: presented.value.status,
        mediaType: 'application/json',
        bytes: utf8(JSON.stringify(presented.value.body)),
        json: presented.value.body,
      });
    }
    const drawn = await send(
      { url: hint.requests.replace(/\/requests$/, '/token'), method: 'POST', body: { response_code: code } },
      { signer },
    );
    if (!drawn.ok) return drawn;
    const accessToken = textIn(drawn.value, 'access_token');
    const life = jsonOf(drawn.value)?.['expires_in'];
    if (accessToken === undefined || typeof life !== 'number') return ok(toAnswer('gate', drawn.value));
    const token = { accessToken, signer, expiresAt: (clock.now() + Math.max(0, Math.floor(life))) as Instant };
    remember(tokens, `${origin} ${hint.channel}`, token);
    return ok(token);
  }

  /** As the face of now and, where that one holds too little, as those from before a rotation. */
  async function openAs(signers: readonly Signer[], hint: Hint, origin: string): Promise<Outcome<Token | ResourceAnswer>> {
    let gap: Outcome<never> | undefined;
    for (const signer of signers) {
      const opened = await openAccess(hint, origin, signer);
      if (opened.ok || opened.refusal.code !== 'QUERY_UNSATISFIABLE') return opened;
      gap ??= opened;
    }
    if (gap === undefined) throw new Fault('KEY_UNAVAILABLE', 'the wallet has no face for this audience');
    return gap;
  }

  return {
    async accessResource(call) {
      const url = parseServiceUrl(call.url, fetch);
      if (!url.ok) return url;
      const { origin, pathname } = url.value;
      const place = `${call.method ?? 'GET'} ${origin}${pathname}`;
      const known = `${origin} ${channels.get(place) ?? ''}`;
      const live = liveToken(known);
      // The face is chosen only once a gate asks: whoever is merely called learns nothing.
      const first = await sendAtFirst(call, known, live);
      if (!first.ok) return first;
      const hint = hintOf(first.value);
      if (hint === undefined) return ok(toAnswer('resource', first.value));
      remember(channels, place, hint.channel);
      // The route may belong to a channel whose token is at hand, unless that very token was just turned away.
      const other = liveToken(`${origin} ${hint.channel}`);
      if (other !== undefined && other !== live) {
        const again = await send(call, other);
        if (!again.ok) return again;
        if (hintOf(again.value) === undefined && !wantsMore(again.value)) return ok(toAnswer('resource', again.value));
      }
      tokens.delete(`${origin} ${hint.channel}`);
      const opened = await openAs(await holder.signersFor(origin), hint, origin);
      if (!opened.ok) return opened;
      if ('from' in opened.value) return ok(opened.value);
      const last = await send(call, opened.value);
      return last.ok ? ok(toAnswer('resource', last.value)) : last;
    },
    forgetTokens() {
      tokens.clear();
    },
  };
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  const [oldest] = map.keys();
  if (map.size >= MAX_REMEMBERED && !map.has(key) && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}

function jsonOf(document: FetchedDocument): JsonObject | undefined {
  if (!/^application\/(?:[a-z0-9.+-]+\+)?json\b/i.test(document.mediaType)) return undefined;
  const json = parseJson(document.bytes, { maxBytes: MAX_BYTES });
  return json.ok && isJsonObject(json.value) ? json.value : undefined;
}

function textIn(document: FetchedDocument, name: string): string | undefined {
  const json = document.status >= 200 && document.status < 300 ? jsonOf(document) : undefined;
  const value = json === undefined ? undefined : memberOf(json, name);
  return typeof value === 'string' ? value : undefined;
}

function codeOf(document: FetchedDocument): string | undefined {
  const code = document.status === 401 ? jsonOf(document)?.['code'] : undefined;
  return typeof code === 'string' ? code : undefined;
}

// A 401 of a gate says where to present; a 401 without that is somebody else's and goes to the caller.
function hintOf(document: FetchedDocument): Hint | undefined {
  const presentation = document.status === 401 ? jsonOf(document)?.['presentation'] : undefined;
  if (presentation === undefined || !isJsonObject(presentation)) return undefined;
  const { requests, channel } = { requests: memberOf(presentation, 'requests'), channel: memberOf(presentation, 'channel') };
  return typeof requests === 'string' && typeof channel === 'string' ? { requests, channel } : undefined;
}

// A policy that changed reads more than was shown for the token. What is presented anew answers to the policy of now.
function wantsMore(document: FetchedDocument): boolean {
  const denied = document.status === 403 ? jsonOf(document) : undefined;
  return (
    denied !== undefined &&
    memberOf(denied, 'code') === 'POLICY_DENIED' &&
    textsOf(memberOf(denied, 'reasons'))?.includes('facts-missing') === true
  );
}

function toAnswer(from: ResourceAnswer['from'], document: FetchedDocument): ResourceAnswer {
  return { from, status: document.status, mediaType: document.mediaType, bytes: document.bytes, json: jsonOf(document) };
}
