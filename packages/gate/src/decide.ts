import type { Did, Fact, GrantedCredential, GrantedStatus, Instant, JsonObject, RequestId, Thumbprint } from '@gridpass/core';
import { decide } from '@gridpass/policy';
import type { Decision, PolicySet } from '@gridpass/policy';

/** What a verdict is about: somebody with proven facts, fresh from a presentation or from a grant that still stands. */
export interface Subject {
  readonly holderDid: Did;
  readonly holderThumbprint: Thumbprint;
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

  /** Whether a value came out of {@link decideOn} in this process. */
  static is(value: unknown): value is Decided {
    return typeof value === 'object' && value !== null && #seal in value && value.#seal;
  }

  static {
    seal = (subject, asked, decision) => new Decided(subject, asked, decision);
  }
}

/** Lets the channel's policies judge. The facts must be proven: the subject comes from a trusted presentation or a live grant. */
export function decideOn(subject: Subject, asked: Asked): Decided {
  const decision = decide({
    policySet: asked.policySet,
    facts: subject.facts,
    request: { principal: subject.holderDid, action: asked.action, resource: asked.resource, at: asked.at },
  });
  return seal(subject, asked, decision);
}
