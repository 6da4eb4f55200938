import { digestOf, randomToken } from '@gridpass/codec';
import { Fault, instant } from '@gridpass/core';
import type { StoredGrant } from '@gridpass/core';
import { isPermit } from './record.js';
import type { RecordedPermit } from './record.js';

let seal: (stored: StoredGrant, responseCode: string) => Grant;

/** Stage 8: leave to use a channel for a while, made from a permit that is in the log and from nothing else. */
export class Grant {
  readonly #seal = true;
  readonly stored: StoredGrant;
  /** Redeems the access token, once, with the session's key. */
  readonly responseCode: string;

  private constructor(stored: StoredGrant, responseCode: string) {
    this.stored = stored;
    this.responseCode = responseCode;
    Object.freeze(this);
  }

  /** Whether a value came out of {@link createGrant} in this process. */
  static is(value: unknown): value is Grant {
    return typeof value === 'object' && value !== null && #seal in value && value.#seal;
  }

  static {
    seal = (stored, responseCode) => new Grant(stored, responseCode);
  }
}

/** How long a grant and its response code may live at most. */
export interface GrantLife {
  readonly tokenLifeSeconds: number;
  readonly responseCodeLifeSeconds: number;
}

/** Makes a grant that ends with the first of: its own life, what was known of status, any credential it rests on. */
export function createGrant(recorded: RecordedPermit, life: GrantLife): Grant {
  // The type says so already; this holds for callers that were not compiled with it.
  if (!isPermit(recorded)) throw new Fault('INTERNAL', 'a grant needs a recorded permit');
  const { subject, asked, decision } = recorded.decided;
  const { at } = asked;
  const expiresAt = Math.min(at + life.tokenLifeSeconds, subject.goodUntil, ...subject.credentials.map(({ validUntil }) => validUntil));
  // NaN or a missing time compares false with everything; a grant without an end must not come into being.
  if (!(expiresAt > at)) throw new Fault('STATUS_STALE', 'what is known ends before a grant could begin');
  const responseCode = randomToken();
  const { origin, index, leafHash } = recorded.receipt;
  return seal(
    Object.freeze({
      id: randomToken(16),
      channel: asked.policySet.channel,
      holderDid: subject.holderDid,
      holderThumbprint: subject.holderThumbprint,
      holderBoundBy: subject.holderBoundBy,
      actor: subject.actor,
      sessionThumbprint: subject.sessionThumbprint,
      responseCodeDigest: digestOf(responseCode),
      redeemBy: instant(at + life.responseCodeLifeSeconds),
      createdAt: at,
      expiresAt: instant(expiresAt),
      policyHash: decision.policyHash,
      receipt: Object.freeze({ origin, index, leafHash }),
      credentials: subject.credentials.map(({ type, digest, issuer, subject: about, validUntil }) => ({
        type,
        digest,
        issuer,
        subject: about,
        validUntil,
      })),
      status: subject.status,
      // What no policy of the channel reads is not kept: credentials show more than they are asked for (claims that stand open).
      facts: subject.facts.filter(({ path }) => asked.policySet.alternatives.some(({ facts }) => facts.has(path))),
    }),
    responseCode,
  );
}
