import { createHmac } from 'node:crypto';
import { createRefusalSummary } from '@gridpass/audit';
import { canonicalJson, randomToken } from '@gridpass/codec';
import { Fault, isOrganisations, ok, refuse } from '@gridpass/core';
import type {
  AuditReceipt,
  Challenge,
  Digest,
  Instant,
  JsonObject,
  Meter,
  Nonce,
  Outcome,
  Received,
  Refusal,
  RequestId,
  StoredGrant,
  Thumbprint,
} from '@gridpass/core';
import { clientIdOf } from '@gridpass/exchange';
import { thumbprintOf } from '@gridpass/keys';
import type { Decision } from '@gridpass/policy';
import { Trusted } from '@gridpass/verify';
import { createBoundedMap } from './bounded-map.js';
import { toUnexpectedEvent } from './answer.js';
import type { ClientLimit } from './client-limit.js';
import { within } from './deadline.js';
import { decideOnGrant, decideOnPresentation } from './decide.js';
import { createGrant } from './grant.js';
import type { Grant } from './grant.js';
import { createLiveGrants } from './live-grant.js';
import type { LiveGrants } from './live-grant.js';
import { isPermit, recordDecision, recordFault, recordRefusal } from './record.js';
import type { RecordPorts, Recorded, RecordedPermit } from './record.js';
import { isBoundAsHere } from './settings.js';
import type { GateChannel, ResolvedSettings } from './settings.js';

/** How an admission ended; a fault is thrown instead. */
export type Admission =
  | { readonly kind: 'granted'; readonly grant: Grant }
  | { readonly kind: 'denied'; readonly reasons: readonly string[]; readonly receipt: AuditReceipt }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** How one use of a grant ended; a fault is thrown instead. */
export type Use =
  | { readonly kind: 'permitted'; readonly grant: StoredGrant; readonly recorded: RecordedPermit }
  | { readonly kind: 'denied'; readonly reasons: readonly string[]; readonly receipt: AuditReceipt }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The gate without a transport: what HTTP, MQTT and the ledger have in common. */
export interface GateCore {
  /** Opens a presentation request. `sessionThumbprint` is the proven key of who asks, or '' where the transport has none. */
  openChallenge(query: {
    readonly channel: string;
    readonly sessionThumbprint: Thumbprint | '';
    readonly at: Instant;
  }): Promise<Outcome<Challenge>>;
  /** Verifies, decides, records and, on a recorded permit, grants. `channel`, when given, must be the challenge's. */
  admit(received: Received, query: { readonly state: string; readonly channel?: string }): Promise<Admission>;
  /** Ends an open request that its wallet declines (OpenID4VP 1.0 8.5); CHALLENGE_UNKNOWN where there is none. */
  endRequest(query: { readonly state: string; readonly at: Instant }): Promise<Outcome<true>>;
  /** Redeems a grant at once, for transports that hand out no token. */
  openSession(grant: Grant, at: Instant): Promise<Outcome<StoredGrant>>;
  /**
   * One use of a live grant: it still stands, the policies permit this request, and that is in the log. With `restSeconds` a recorded
   * permit answers the same question for so long, and one that is then decided the same way is not recorded again: `recorded`
   * names the first. That the grant and its credentials stand is asked each time in any case.
   */
  use(query: {
    readonly grantId: string;
    readonly channel: string;
    readonly action: string;
    readonly resource: JsonObject;
    readonly requestId: RequestId;
    readonly at: Instant;
    readonly restSeconds?: number;
  }): Promise<Use>;
  endGrant: LiveGrants['endGrant'];
  endGrantsOf(query: { readonly holderDid: StoredGrant['holderDid']; readonly reason: string; readonly at: Instant }): Promise<number>;
  /** Removes what has expired, a bounded number of rows at a time. */
  sweep(at: Instant): Promise<void>;
  /** Refusals and faults that were counted and not recorded one by one, by code; the log has their sum for each interval. */
  readonly counted: ReadonlyMap<string, number>;
  channelOf(name: string): Required<GateChannel>;
  /** Counts a refusal that anyone can cause. */
  count(refusal: Pick<Refusal, 'code'>): void;
  /** Writes down what was counted and is not in the log yet. */
  flush(): Promise<void>;
  /** The same for a program that stops; a log that is down loses the counts. */
  close(): Promise<void>;
}

/** Stages of a session whose refusals are counted: whoever asks again for what has ended would write a line each time. */
const COUNTED_STAGES: ReadonlySet<string> = new Set(['session', 'dpop']);
const SWEEP_ROWS = 500;
/** Every so many requests opened, expired rows are removed. */
const SWEEP_EVERY = 128;

/** Wires the stages: verify, decide, record, grant. The order is the order of the lines. */
export function createGateCore(settings: ResolvedSettings, clients: Pick<ClientLimit, 'takeClient' | 'nameOfKey'>): GateCore {
  const { tenant, verifier, challenges, grants, portTimeoutMs: timeoutMs } = settings;
  const recordPorts: RecordPorts = {
    tenant,
    audit: settings.audit,
    timeoutMs,
    commitmentKey: settings.commitmentKey,
    keepEvidence: settings.keepEvidence,
  };
  const live = createLiveGrants({
    tenant,
    grants,
    status: settings.status,
    checkHolder: (holder, at) => verifier.checkHolder(holder, at),
    timeoutMs,
    grantCacheSeconds: settings.grantCacheSeconds,
    grantCacheSize: settings.cacheEntries,
  });
  const summary = createRefusalSummary({
    tenant,
    // Bounded as everywhere: a log that hangs must not keep a program from its end.
    audit: { appendRecord: (to, record) => within(timeoutMs, 'AUDIT_UNAVAILABLE', () => settings.audit.appendRecord(to, record)) },
    clock: settings.clock,
    intervalSeconds: settings.refusalSummarySeconds,
    onUnexpected: (error) => settings.log(toUnexpectedEvent(error)),
  });
  const rested = createBoundedMap<{ readonly since: Instant; readonly recorded: RecordedPermit }>(settings.cacheEntries);
  let opened = 0;

  const { meter } = settings;
  const count: GateCore['count'] = ({ code }) => {
    summary.count(code);
    meter.decided('refusal', code);
  };

  /**
   * Turns down whom nobody accredited vouches for, as far as is known: keys and issuers of one's own are made at will, so a line for
   * each would let anyone fill the log. Whatever the stage says, it was not found out who this is.
   */
  function turnDownStranger(refusal: Refusal): { readonly kind: 'refused'; readonly refusal: Refusal } {
    count(refusal);
    return { kind: 'refused', refusal };
  }

  /** Turns down a party that is proven and accredited, or whose grant is: a line each, as often as its key may try. */
  async function turnDown(
    request: { readonly requestId: RequestId; readonly at: Instant; readonly action: string },
    refusal: Refusal,
  ): Promise<{ readonly kind: 'refused'; readonly refusal: Refusal }> {
    if (COUNTED_STAGES.has(refusal.stage)) return turnDownStranger(refusal);
    await recordRefusal(recordPorts, request, refusal);
    meter.decided('refusal', refusal.code);
    return { kind: 'refused', refusal };
  }

  const toFault = (error: unknown): Fault => (error instanceof Fault ? error : new Fault('INTERNAL', 'a stage failed', { cause: error }));

  /** What cannot be found out about somebody who is nobody yet: an issuer of one's own can be made to be unreachable. */
  async function faultCounted<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      const fault = toFault(error);
      summary.count(fault.code);
      meter.decided('fault', fault.code);
      throw fault;
    }
  }

  /** What the log does not take is counted; what it meets beside that is told, for `fault` is what goes on. */
  async function recordOrCount(request: Parameters<typeof recordFault>[1], fault: Fault): Promise<void> {
    try {
      await recordFault(recordPorts, request, fault.code);
    } catch (error) {
      summary.count(fault.code);
      if (!(error instanceof Fault)) settings.log(toUnexpectedEvent(error));
    }
  }

  /** A fault goes into the log if the log itself still works, and on to the transport in any case. */
  async function faultRecorded<T>(
    request: { readonly requestId: RequestId; readonly at: Instant; readonly action: string },
    run: () => Promise<T>,
  ): Promise<T> {
    try {
      return await run();
    } catch (error) {
      const fault = toFault(error);
      meter.decided('fault', fault.code);
      if (fault.code !== 'AUDIT_UNAVAILABLE') await recordOrCount(request, fault);
      throw fault;
    }
  }

  async function sweep(at: Instant): Promise<void> {
    await within(timeoutMs, 'STORE_UNAVAILABLE', async () => {
      await challenges.dropExpiredChallenges?.(tenant, { at, limit: SWEEP_ROWS });
      await grants.dropExpiredGrants(tenant, { at, limit: SWEEP_ROWS });
    });
  }

  function channelOf(name: string): Required<GateChannel> {
    const channel = settings.channels.get(name);
    if (channel === undefined) throw new Fault('POLICY_UNUSABLE', 'no such channel here');
    return channel;
  }

  /** An organisation's own DID; for everybody else a name that cannot be read back. */
  async function actorOf({ holderDid, credentials }: Trusted): Promise<string> {
    if (credentials.every(({ type }) => isOrganisations(type))) return holderDid;
    const { pseudonyms } = settings;
    if (pseudonyms !== undefined) return within(timeoutMs, 'STORE_UNAVAILABLE', () => pseudonyms.pseudonymOf(tenant, holderDid));
    return `hmac-sha256:${createHmac('sha256', settings.commitmentKey).update(holderDid).digest('base64url')}`;
  }

  async function admitTrusted(trusted: Trusted, channel: Required<GateChannel>): Promise<Admission> {
    const { challenge } = trusted;
    const holderThumbprint = thumbprintOf(trusted.holderKey);
    const session = challenge.sessionThumbprint === '' ? holderThumbprint : (challenge.sessionThumbprint as Thumbprint);
    const request = { requestId: trusted.requestId, at: trusted.at, action: `${challenge.channel}:${channel.admissionAction}` };
    // Each of these may become a line in the log: as many as the key of a proven party may try, over all addresses. A challenge is used up
    // once, so the key that opened it has paid for this visit.
    if (challenge.sessionThumbprint !== holderThumbprint) {
      const tried = clients.takeClient(clients.nameOfKey(holderThumbprint), trusted.at, 1);
      if (!tried.ok) return turnDownStranger(tried.refusal);
    }
    // Attack 11: a request opened by somebody else's key would put the holder's grant into that somebody's hands.
    if (settings.bindTo === 'holder' && session !== holderThumbprint) {
      return turnDown(request, {
        kind: 'refusal',
        code: 'HOLDER_MISMATCH',
        stage: 'bind',
        detail: 'the key that asked is not the key that presents',
      });
    }
    const actor = await actorOf(trusted);
    const decided = decideOnPresentation(
      trusted,
      { holderThumbprint, sessionThumbprint: session, actor },
      {
        requestId: trusted.requestId,
        at: trusted.at,
        policySet: channel.policySet,
        action: channel.admissionAction,
        resource: channel.admission,
      },
    );
    const recorded = await meter.time('record', () => recordDecision(recordPorts, decided));
    meter.decided(...verdictOf(recorded));
    if (!isPermit(recorded)) return { kind: 'denied', reasons: recorded.decided.decision.reasons, receipt: recorded.receipt };
    const grant = createGrant(recorded, settings);
    await meter.time('grant', () => within(timeoutMs, 'STORE_UNAVAILABLE', () => grants.addGrant(tenant, grant.stored)));
    return { kind: 'granted', grant };
  }

  return {
    counted: summary.counted,
    count,
    flush: () => summary.flush(),
    close: () => summary.close(),
    channelOf,
    endGrant: live.endGrant,
    async openChallenge({ channel, sessionThumbprint, at }) {
      if (!settings.channels.has(channel)) return refuse('NOT_FOUND', 'transport', 'no such channel');
      const challenge: Challenge = Object.freeze({
        tenant,
        nonce: randomToken() as Nonce,
        state: randomToken(),
        audience: clientIdOf(settings.signer.did),
        channel,
        sessionThumbprint,
        expiresAt: (at + settings.requestLifeSeconds) as Instant,
      });
      await within(timeoutMs, 'STORE_UNAVAILABLE', () => challenges.issueChallenge(challenge));
      opened += 1;
      if (opened % SWEEP_EVERY === 0) await sweep(at);
      return ok(challenge);
    },
    async admit(received, query) {
      const { requestId, at } = received;
      const verified = await faultCounted(async () => {
        const challenge = await within(timeoutMs, 'STORE_UNAVAILABLE', () => challenges.readChallenge({ tenant, state: query.state, at }));
        if (!challenge.ok) return challenge;
        const { channel: name } = challenge.value;
        const channel = channelOf(name);
        if (query.channel !== undefined && query.channel !== name)
          return refuse('CHALLENGE_UNKNOWN', 'prove', "the challenge is another channel's");
        const trusted = await within(timeoutMs, 'INTERNAL', () =>
          verifier.verify(received, { tenant, state: query.state, channel: name, needs: channel.policySet.needs }),
        );
        if (trusted.ok !== true) return trusted;
        if (!Trusted.is(trusted.value) || trusted.value.requestId !== requestId || trusted.value.challenge.channel !== name)
          throw new Fault('INTERNAL', 'the verifier answered about something else');
        return ok({ trusted: trusted.value, channel });
      });
      if (!verified.ok) return turnDownStranger(verified.refusal);
      const { trusted, channel } = verified.value;
      const action = `${trusted.challenge.channel}:${channel.admissionAction}`;
      return faultRecorded({ requestId, at, action }, () => admitTrusted(trusted, channel));
    },
    async endRequest({ state, at }) {
      const ended = await faultCounted(() =>
        within(timeoutMs, 'STORE_UNAVAILABLE', async () => {
          const open = await challenges.readChallenge({ tenant, state, at });
          return open.ok ? challenges.consumeChallenge({ tenant, state, nonce: open.value.nonce, at }) : open;
        }),
      );
      // Declined or unknown: one more that presented nothing, and no line of its own, since anyone can cause it.
      count(ended.ok ? { code: 'QUERY_NOT_MET' } : ended.refusal);
      return ended.ok ? ok(true) : ended;
    },
    openSession: ({ stored }, at) =>
      within(timeoutMs, 'STORE_UNAVAILABLE', () =>
        grants.redeemGrant(tenant, { responseCodeDigest: stored.responseCodeDigest, sessionThumbprint: stored.sessionThumbprint, at }),
      ),
    use({ grantId, channel: name, action, resource, requestId, at, restSeconds }) {
      const request = { requestId, at, action: `${name}:${action}` };
      return faultRecorded(request, async (): Promise<Use> => {
        const channel = channelOf(name);
        const found = await live.checkGrant({ id: grantId, at });
        if (!found.ok) return turnDown(request, found.refusal);
        const grant = found.value.stored;
        if (grant.channel !== name)
          return turnDown(request, {
            kind: 'refusal',
            code: 'TOKEN_INVALID',
            stage: 'session',
            detail: 'the grant is for another channel',
          });
        if (!isBoundAsHere(settings, grant))
          return turnDown(request, {
            kind: 'refusal',
            code: 'TOKEN_INVALID',
            stage: 'session',
            detail: 'the grant is bound to a session, not to its holder',
          });
        const question = restSeconds === undefined ? undefined : canonicalJson({ grantId, action, resource });
        const known = question === undefined ? undefined : rested.read(question);
        if (known !== undefined && restSeconds !== undefined && isAtRest(known, { at, restSeconds, policyHash: channel.policySet.hash }))
          return { kind: 'permitted', grant, recorded: known.recorded };
        const decided = decideOnGrant(found.value, { requestId, at, policySet: channel.policySet, action, resource });
        if (question !== undefined && known !== undefined && isSameVerdict(known.recorded.decided.decision, decided.decision)) {
          rested.keep(question, { since: at, recorded: known.recorded });
          return { kind: 'permitted', grant, recorded: known.recorded };
        }
        if (question !== undefined) rested.forget(question);
        const recorded = await meter.time('record', () => recordDecision(recordPorts, decided));
        meter.decided(...verdictOf(recorded));
        if (!isPermit(recorded)) return { kind: 'denied', reasons: recorded.decided.decision.reasons, receipt: recorded.receipt };
        if (question !== undefined) rested.keep(question, { since: at, recorded });
        return { kind: 'permitted', grant, recorded };
      });
    },
    async endGrantsOf(query) {
      const ids = await within(timeoutMs, 'STORE_UNAVAILABLE', () => grants.endGrantsOf(tenant, query));
      live.forgetGrants(ids);
      return ids.length;
    },
    sweep,
  };
}

/** Whether a permit still answers for the same question. A clock that steps back makes nothing last longer, and policies that were replaced bite at once. */
function isAtRest(
  { since, recorded }: { readonly since: Instant; readonly recorded: RecordedPermit },
  { at, restSeconds, policyHash }: { readonly at: Instant; readonly restSeconds: number; readonly policyHash: Digest },
): boolean {
  return at >= since && at < since + restSeconds && recorded.decided.decision.policyHash === policyHash;
}

/** What a recorded decision is counted as. */
function verdictOf(recorded: Recorded): Parameters<Meter['decided']> {
  return isPermit(recorded) ? ['permit', ''] : ['deny', 'POLICY_DENIED'];
}

/** Whether a verdict says the same as one before, under the same policies. */
function isSameVerdict(before: Decision, now: Decision): boolean {
  return (
    before.effect === now.effect &&
    before.policyHash === now.policyHash &&
    before.reasons.length === now.reasons.length &&
    before.reasons.every((reason, index) => reason === now.reasons[index])
  );
}
