import {
  Fault,
  assertNever,
  ok,
  refuse,
  type Challenge,
  type Clock,
  type Instant,
  type JsonValue,
  type MarketCalendar,
  type MarketRepository,
  type Outcome,
  type Refusal,
  type RequestId,
  type StoredGrant,
  type TenantId,
} from '@gridpass/core';
import { isJsonObject, memberOf, parseJson, randomToken, utf8 } from '@gridpass/codec';
import type { Gate } from '@gridpass/gate';
import { keepReading } from '../market/keep-reading.js';

/** What a conversation asks of the rest of the marketplace. */
export interface ConversationParts {
  readonly tenant: TenantId;
  readonly gate: Pick<Gate, 'openChallenge' | 'admit' | 'openSession' | 'use'>;
  /** A signed request object for an open challenge, by value: a device may have no HTTP at all. */
  readonly requestObject: (challenge: Challenge) => Promise<string>;
  readonly market: Pick<MarketRepository, 'keepReading'>;
  readonly calendar: Pick<MarketCalendar, 'epochDayAt'>;
  readonly clock: Clock;
}

/** One publication of a client, as far as it matters here. */
export interface Publication {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

/** What a conversation knows of the connection it is held on. */
export interface ConversationPeer {
  readonly clientId: string;
  /** Says something to the client on one of its own two topics. */
  tell(topic: 'request' | 'result', body: object): Promise<void>;
  /** Takes one from what the address may still ask, in the same bucket as over HTTP. */
  spend(at: Instant): Outcome<true>;
  /** Whether the connection has ended, by either side. It never comes back. */
  ended(): boolean;
  /** A key was proven and a grant opened; before the client is told, and on no connection that has ended. */
  admitted(grant: StoredGrant): void;
}

/** What one connection has said and may say next. It lives as long as the connection, and so does what it was granted. */
export interface Conversation {
  /**
   * Answers one publication; a refusal has been told to the client when this returns, a fault when this throws, unless the connection has
   * ended. Refuses GRANT_ENDED where that came before the grant.
   */
  answer(publication: Publication): Promise<Outcome<unknown>>;
}

const CHANNEL = 'telemetry';
/** Each question is a row in the store; a device asks once, or a few times after a bad line. */
const MAX_QUESTIONS = 8;
const GONE: Outcome<never> = refuse('GRANT_ENDED', 'intake', 'the connection ended before the grant was there');

/** Begins the conversation of one connection. */
export function createConversation(parts: ConversationParts, peer: ConversationPeer): Conversation {
  const { clientId, tell } = peer;
  let grant: StoredGrant | undefined;
  let questions = 0;
  // Attack 11: an answer read off another connection, or made for a request opened elsewhere, opens nothing on this one.
  const asked = new Set<string>();

  async function ask(): Promise<Outcome<unknown>> {
    questions += 1;
    if (questions > MAX_QUESTIONS) return refuse('RATE_LIMITED', 'intake', 'questions on one connection');
    const at = parts.clock.now();
    const spent = peer.spend(at);
    if (!spent.ok) return spent;
    const challenge = await parts.gate.openChallenge({ channel: CHANNEL, sessionThumbprint: '', at });
    if (!challenge.ok) return challenge;
    asked.add(challenge.value.state);
    await tell('request', { state: challenge.value.state, requestObject: await parts.requestObject(challenge.value) });
    return challenge;
  }

  async function present(bytes: Uint8Array, requestId: RequestId): Promise<Outcome<unknown>> {
    const at = parts.clock.now();
    const spent = peer.spend(at);
    if (!spent.ok) return spent;
    const answered = parseAnswer(bytes);
    if (!answered.ok) return answered;
    const { state, vpToken } = answered.value;
    if (!asked.has(state)) return refuse('CHALLENGE_UNKNOWN', 'intake', 'state: not asked for on this connection');
    const admission = await parts.gate.admit(
      { transport: 'mqtt', mediaType: 'openid4vp', bytes: utf8(JSON.stringify(vpToken)), requestId, at },
      { state, channel: CHANNEL },
    );
    switch (admission.kind) {
      case 'refused':
        return { ok: false, refusal: admission.refusal };
      case 'denied':
        return refuse('POLICY_DENIED', 'intake', admission.reasons.join(', '));
      case 'granted': {
        // INVARIANT: nothing is granted on a connection that has ended. It may end during each await, so each is followed by the question.
        if (peer.ended()) return GONE;
        const session = await parts.gate.openSession(admission.grant, at);
        if (!session.ok) return session;
        if (peer.ended()) return GONE;
        grant = session.value;
        peer.admitted(grant);
        await tell('result', { effect: 'permit', requestId, expiresAt: grant.expiresAt, receipt: grant.receipt });
        return session;
      }
      default:
        return assertNever(admission);
    }
  }

  async function read(bytes: Uint8Array, requestId: RequestId): Promise<Outcome<unknown>> {
    if (!grant) return refuse('GRANT_REQUIRED', 'intake', 'nothing was presented on this connection');
    const json = parseJson(bytes);
    if (!json.ok) return json;
    return keepReading(parts, {
      grantId: grant.id,
      device: grant.holderDid,
      facts: grant.facts,
      body: json.value,
      requestId,
      at: parts.clock.now(),
    });
  }

  async function route({ topic, payload, qos, retain }: Publication, requestId: RequestId): Promise<Outcome<unknown>> {
    // Nothing published here is for later or for others; a retained or half-acknowledged packet would only fill memory.
    if (retain || qos === 2) return refuse('REQUEST_MALFORMED', 'intake', 'retained, or of QoS 2');
    switch (topic) {
      case `gate/${clientId}/ask`:
        return ask();
      case `gate/${clientId}/response`:
        return present(payload, requestId);
      case `readings/${clientId}`:
        return read(payload, requestId);
      default:
        return refuse('NOT_FOUND', 'intake', 'no such topic for this client');
    }
  }

  return {
    async answer(publication) {
      const requestId = randomToken(16) as RequestId;
      try {
        const outcome = await route(publication, requestId);
        if (!outcome.ok && !peer.ended()) await tell('result', toVerdict(outcome.refusal, requestId));
        return outcome;
      } catch (error) {
        const verdict = { code: error instanceof Fault ? error.code : 'INTERNAL', requestId };
        if (!peer.ended())
          await tell('result', verdict).catch((untold: unknown) => {
            // Who went while being told cannot be told: what went wrong before is what the program must hear of.
            if (!peer.ended()) throw untold;
          });
        throw error;
      }
    },
  };
}

function parseAnswer(bytes: Uint8Array): Outcome<{ readonly state: string; readonly vpToken: JsonValue }> {
  const json = parseJson(bytes);
  if (!json.ok) return json;
  const state = isJsonObject(json.value) ? memberOf(json.value, 'state') : undefined;
  const vpToken = isJsonObject(json.value) ? memberOf(json.value, 'vp_token') : undefined;
  return typeof state === 'string' && vpToken !== undefined
    ? ok({ state, vpToken })
    : refuse('PRESENTATION_MALFORMED', 'intake', 'state and vp_token');
}

/** A deny names the policies' own reasons; every other detail stays in the house. */
function toVerdict({ code, detail }: Refusal, requestId: RequestId): object {
  return { code, requestId, ...(code === 'POLICY_DENIED' ? { reasons: detail.split(', ') } : {}) };
}
