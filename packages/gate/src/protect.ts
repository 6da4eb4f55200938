import type { AuditReceipt, Did, Instant, JsonObject, Outcome, RequestId, StoredGrant, Thumbprint } from '@gridpass/core';
import { Fault, refuse } from '@gridpass/core';
import type { Context, Middleware, Next } from 'koa';
import { TurnedAway, turnAway } from './answer.js';
import type { PresentationHint } from './answer.js';
import { checkCaller } from './possession.js';
import type { RecordedPermit } from './record.js';
import { noteRequest } from './request-notes.js';
import type { RouteParts } from './routes.js';
import type { SessionToken } from './session-token.js';
import { createRequestId, headerOf, pathOf } from './transport.js';

type AskedNow = Pick<Access, 'requestId' | 'at'>;
let seal: (grant: StoredGrant, recorded: RecordedPermit, now: AskedNow) => Access;

/** What a handler behind the gate knows of who asks; made from a recorded permit alone and read with {@link accessOf}. */
export class Access {
  readonly #seal = true;
  readonly requestId: RequestId;
  readonly at: Instant;
  readonly channel: string;
  readonly grantId: string;
  readonly holderDid: Did;
  readonly holderThumbprint: Thumbprint;
  readonly credentials: StoredGrant['credentials'];
  /** What the policies of the channel were allowed to see; show none of it to others. */
  readonly facts: StoredGrant['facts'];
  readonly reasons: readonly string[];
  /** Where the decision stands in the log: on this very request, or, on routes with `restSeconds`, on the first of its kind. */
  readonly receipt: AuditReceipt;

  private constructor(grant: StoredGrant, { decided, receipt }: RecordedPermit, { requestId, at }: AskedNow) {
    this.requestId = requestId;
    this.at = at;
    this.channel = grant.channel;
    this.grantId = grant.id;
    this.holderDid = grant.holderDid;
    this.holderThumbprint = grant.holderThumbprint;
    this.credentials = grant.credentials;
    this.facts = grant.facts;
    this.reasons = decided.decision.reasons;
    this.receipt = receipt;
    Object.freeze(this);
  }

  /** Whether a value was made by a gate of this process. */
  static is(value: unknown): value is Access {
    return typeof value === 'object' && value !== null && #seal in value && value.#seal;
  }

  static {
    seal = (grant, recorded, now) => new Access(grant, recorded, now);
  }
}

/** A route's own view of a channel. */
export interface ProtectedRoute {
  readonly channel: string;
  /** What is done, for policies that tell actions apart; `use` unless told. */
  readonly action?: string;
  /** Attributes of the thing asked for, read by policies as `context.request.<name>`; may read the body, which nobody has yet. */
  readonly resource?: (ctx: Context) => JsonObject | Promise<JsonObject>;
  /**
   * For routes asked often about one thing: how long a recorded permit answers the same question. The token, its key's proof for this
   * very request, the grant and its credentials are looked at each time in any case.
   */
  readonly restSeconds?: number;
}

const BEARER = /^DPoP ([\w-]+\.[\w-]+\.[\w-]+)$/i;

/**
 * Lets only those through who hold a live grant for the channel, prove its key for this very request and are permitted what
 * they ask; each verdict is in the log before the handler runs. Mount the error mapper further out.
 */
export function createProtection(parts: RouteParts, route: ProtectedRoute): Middleware {
  const { settings, core, memory, tokens } = parts;
  core.channelOf(route.channel);
  const presentation: PresentationHint = Object.freeze({
    requests: `${settings.publicOrigin}${settings.basePath}/requests`,
    channel: route.channel,
  });

  async function checkSession(ctx: Context, at: Instant): Promise<Outcome<SessionToken>> {
    const authorization = headerOf(ctx, 'authorization');
    if (authorization === undefined)
      return refuse(ctx.req.headers.authorization === undefined ? 'GRANT_REQUIRED' : 'TOKEN_INVALID', 'session', 'authorization');
    const compact = BEARER.exec(authorization)?.[1];
    if (compact === undefined) return refuse('TOKEN_INVALID', 'session', 'authorization: not of the DPoP scheme');
    const token = tokens.checkToken(compact, { channel: route.channel, at });
    if (!token.ok) return token;
    const key = await checkCaller(ctx, memory, {
      maxAgeSeconds: settings.proofMaxAgeSeconds,
      url: `${settings.publicOrigin}${pathOf(ctx)}`,
      at,
      accessToken: compact,
    });
    if (!key.ok) return key;
    return key.value === token.value.thumbprint ? token : refuse('DPOP_INVALID', 'session', 'another key than the token is bound to');
  }

  return async function protect(ctx: Context, next: Next): Promise<void> {
    const requestId = createRequestId();
    ctx.state['requestId'] = requestId;
    const at = settings.clock.now();
    ctx.set('DPoP-Nonce', memory.currentNonce(at));
    const session = await checkSession(ctx, at);
    if (!session.ok) {
      core.count(session.refusal);
      throw turnAway(requestId, session.refusal, presentation);
    }
    noteRequest(ctx.req, { actor: `key:${session.value.thumbprint}` });
    const resource = (await route.resource?.(ctx)) ?? {};
    const use = await core.use({
      grantId: session.value.grantId,
      channel: route.channel,
      action: route.action ?? 'use',
      resource,
      requestId,
      at,
      ...(route.restSeconds === undefined ? {} : { restSeconds: route.restSeconds }),
    });
    if (use.kind === 'refused') throw turnAway(requestId, use.refusal, presentation);
    if (use.kind === 'denied') throw new TurnedAway(requestId, { code: 'POLICY_DENIED', reasons: use.reasons });
    if (use.grant.sessionThumbprint !== session.value.thumbprint)
      throw new Fault('STORE_UNAVAILABLE', 'the grant is bound to another key than its token');
    ctx.state['access'] = seal(use.grant, use.recorded, { requestId, at });
    await next();
  };
}

/** Who asks, inside a handler behind the gate. Throws a fault when the gate does not stand before the handler. */
export function accessOf(ctx: Context): Access {
  const access: unknown = ctx.state['access'];
  if (!Access.is(access)) throw new Fault('INTERNAL', 'the handler is not behind a gate');
  return access;
}
