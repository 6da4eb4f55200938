import { Fault } from '@gridpass/core';
import type { Did, Fact, GrantedCredential, GrantedStatus, Instant, JsonObject, RequestId, Thumbprint } from '@gridpass/core';
import { decide } from '@gridpass/policy';
import type { Decision, PolicySet } from '@gridpass/policy';
import { Trusted } from '@gridpass/verify';
import { LiveGrant } from './live-grant.js';

/** What a verdict is about: somebody with proven facts, fresh from a presentation or from a grant that still stands. */
export interface Subject {
  readonly holderDid: Did;
  readonly holderThumbprint: Thumbprint;
  /** What says that the key is the holder's. */
  readonly holderBoundBy: 'key' | 'did';
  /** Under which name the holder stands in the audit log. */
  readonly actor: string;
  /** The key whatever follows is bound to. */
  readonly sessionThumbprint: Thumbprint;
  readonly credentials: readonly GrantedCredential[];
  readonly status: readonly GrantedStatus[];
  readonly facts: readonly Fact[];
  /** When what is known stops counting. */
  readonly goodUntil: Instant;
  readonly evidence: JsonObject;
}

/** What is asked of a channel. */
export interface Asked {
  readonly requestId: RequestId;
  readonly at: Instant;
  readonly policySet: PolicySet;
  readonly action: string;
  readonly resource: JsonObject;
}

let seal: (subject: Subject, asked: Asked, decision: Decision) => Decided;

/** Stage 6: a verdict that nobody has written down yet. Nothing is granted on it. */
export class Decided {
  readonly #seal = true;
  readonly subject: Subject;
  readonly asked: Asked;
  readonly decision: Decision;

  private constructor(subject: Subject, asked: Asked, decision: Decision) {
    this.subject = subject;
    this.asked = asked;
    this.decision = decision;
    Object.freeze(this);
  }

  /** Whether a value came out of this stage in this process. */
  static is(value: unknown): value is Decided {
    return typeof value === 'object' && value !== null && #seal in value && value.#seal;
  }

  static {
    seal = (subject, asked, decision) => new Decided(subject, asked, decision);
  }
}

/** Judges somebody who has just presented. `binding` says which key the session is bound to and how the holder is named in the log. */
export function decideOnPresentation(
  trusted: Trusted,
  binding: Pick<Subject, 'holderThumbprint' | 'sessionThumbprint' | 'actor'>,
  asked: Asked,
): Decided {
  if (!Trusted.is(trusted)) throw new Fault('INTERNAL', 'a decision needs what the verifier trusts');
  const { holderDid, holderBoundBy, credentials, statusReferences: status, facts, goodUntil, evidence } = trusted;
  return judge({ holderDid, holderBoundBy, ...binding, credentials, status, facts, goodUntil, evidence }, asked);
}

/** Judges one use of a grant that still stands. */
export function decideOnGrant(live: LiveGrant, asked: Asked): Decided {
  if (!LiveGrant.is(live)) throw new Fault('INTERNAL', 'a decision needs a grant that still stands');
  const { id, receipt, holderDid, holderThumbprint, holderBoundBy, sessionThumbprint, actor, credentials, status, facts, expiresAt } =
    live.stored;
  const evidence = { grant: id, admission: receipt.index, credentials: credentials.map(({ digest }) => digest) };
  return judge(
    { holderDid, holderThumbprint, holderBoundBy, sessionThumbprint, actor, credentials, status, facts, goodUntil: expiresAt, evidence },
    asked,
  );
}

function judge(subject: Subject, asked: Asked): Decided {
  const decision = decide({
    policySet: asked.policySet,
    facts: subject.facts,
    request: { principal: subject.holderDid, action: asked.action, resource: asked.resource, at: asked.at },
  });
  return seal(Object.freeze(subject), Object.freeze(asked), decision);
}
