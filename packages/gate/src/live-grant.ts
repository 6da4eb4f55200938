import { Fault, REFUSALS, endsAfter, ok, refuse } from '@gridpass/core';
import type { GrantRepository, Instant, Outcome, RefusalCode, StatusPort, StoredGrant, TenantId } from '@gridpass/core';
import type { Verifier } from '@gridpass/verify';
import { createBoundedMap } from './bounded-map.js';
import { within } from './deadline.js';

/** What looking a grant up needs. */
export interface LiveGrantPorts {
  readonly tenant: TenantId;
  readonly grants: GrantRepository;
  readonly status: StatusPort;
  /** Whether the holder's DID still stands; a warm resolver does no I/O. */
  readonly checkHolder: Verifier['checkHolder'];
  readonly timeoutMs: number;
  /** How long a grant may be served from memory: the bound within which an end set by another replica cuts a session. */
  readonly grantCacheSeconds: number;
  readonly grantCacheSize: number;
}

let seal: (stored: StoredGrant) => LiveGrant;

/** A grant that stood, with all credentials behind it, at the moment it was asked for. */
export class LiveGrant {
  readonly #seal = true;
  readonly stored: StoredGrant;

  private constructor(stored: StoredGrant) {
    this.stored = stored;
    Object.freeze(this);
  }

  /** Whether a value came out of a check in this process. */
  static is(value: unknown): value is LiveGrant {
    return typeof value === 'object' && value !== null && #seal in value && value.#seal;
  }

  static {
    seal = (stored) => new LiveGrant(stored);
  }
}

/** The grants of a gate as they stand at a moment. */
export interface LiveGrants {
  /** GRANT_ENDED with the reason when it has ended, or a credential behind it or the holder's DID no longer stands. Throws the fault of a port that cannot tell. */
  checkGrant(query: { readonly id: string; readonly at: Instant }): Promise<Outcome<LiveGrant>>;
  endGrant(query: { readonly id: string; readonly reason: string; readonly at: Instant }): Promise<boolean>;
  forgetGrants(ids: readonly string[]): void;
}

type Remembered = { readonly until: Instant; readonly outcome: Outcome<StoredGrant> };

/** Looks grants up in bounded memory first and asks the status of every credential each time; a warm status source does no I/O. */
export function createLiveGrants(ports: LiveGrantPorts): LiveGrants {
  const remembered = createBoundedMap<Remembered>(ports.grantCacheSize);

  async function lookUp(id: string, at: Instant): Promise<Outcome<StoredGrant>> {
    const known = remembered.read(id);
    // `at` may step back with the clock; an entry from the future is as old as one from the past.
    if (known !== undefined && at < known.until && at >= known.until - ports.grantCacheSeconds) return known.outcome;
    const outcome = await within(ports.timeoutMs, 'STORE_UNAVAILABLE', () => ports.grants.readGrant(ports.tenant, { id, at }));
    remembered.keep(id, { until: (at + ports.grantCacheSeconds) as Instant, outcome });
    return outcome;
  }

  /** The code under which the holder's DID no longer stands. */
  async function findGivenUp({ holderDid, holderThumbprint, holderBoundBy }: StoredGrant, at: Instant): Promise<RefusalCode | undefined> {
    const holder = { did: holderDid, thumbprint: holderThumbprint, boundBy: holderBoundBy };
    const answer = await within(ports.timeoutMs, 'RESOLVER_UNAVAILABLE', () => ports.checkHolder(holder, at));
    if (answer.ok === true) return undefined;
    if (answer.ok === false && Object.hasOwn(REFUSALS, answer.refusal.code)) return answer.refusal.code;
    throw new Fault('RESOLVER_UNAVAILABLE', 'the verifier did not say whether the holder stands');
  }

  /** The code under which a credential no longer stands, or nothing when all do. An answer of any other form is no answer. */
  async function findFallen(grant: StoredGrant, at: Instant): Promise<RefusalCode | undefined> {
    const answers = await Promise.all(
      grant.status.map(({ references, issuer }) =>
        within(ports.timeoutMs, 'STATUS_UNAVAILABLE', () => ports.status.checkStatus({ references, issuer, at })),
      ),
    );
    const fallen = answers.find((answer) => answer.ok === false && Object.hasOwn(REFUSALS, answer.refusal.code));
    if (fallen?.ok === false) return fallen.refusal.code;
    const known = answers.every((answer) => answer.ok === true && Array.isArray(answer.value) && answer.value.length > 0);
    if (!known) throw new Fault('STATUS_UNAVAILABLE', 'the status source answered without evidence');
    if (answers.some(({ value }) => value?.some(({ goodUntil }) => !endsAfter(goodUntil, at))))
      throw new Fault('STATUS_STALE', 'the evidence has run out');
    return undefined;
  }

  async function endGrant(query: { readonly id: string; readonly reason: string; readonly at: Instant }): Promise<boolean> {
    remembered.forget(query.id);
    return within(ports.timeoutMs, 'STORE_UNAVAILABLE', () => ports.grants.endGrant(ports.tenant, query));
  }

  return {
    endGrant,
    forgetGrants(ids) {
      for (const id of ids) remembered.forget(id);
    },
    async checkGrant({ id, at }) {
      const found = await lookUp(id, at);
      if (!found.ok) return found;
      const grant = found.value;
      if (grant.id !== id || grant.status.length === 0) throw new Fault('STORE_UNAVAILABLE', 'the store answered with another grant');
      if (!endsAfter(grant.expiresAt, at)) return refuse('GRANT_ENDED', 'session', 'EXPIRED');
      const [fallen, givenUp] = await Promise.all([findFallen(grant, at), findGivenUp(grant, at)]);
      const reason = fallen ?? givenUp;
      if (reason === undefined) return ok(seal(grant));
      await endGrant({ id, reason, at });
      // Ending is news and goes into the log; asking again for what has ended is counted.
      return refuse('GRANT_ENDED', 'current', reason);
    },
  };
}
