import { createHmac } from 'node:crypto';
import { canonicalJson, decodeBase64url, encodeBase64url } from '@gridpass/codec';
import type { Fact, Instant, JsonObject } from '@gridpass/core';

/** Everything a verdict depends on beside the policies and the calendar. */
export interface DecisionInput {
  readonly facts: readonly Fact[];
  readonly principal: string;
  readonly action: string;
  readonly resource: JsonObject;
  readonly at: Instant;
}

/**
 * What an operator may keep beside the log to decide a recorded decision anew. It holds personal data: encrypt it, and erase it
 * when its time is over. The log goes on without it, for it holds a commitment alone.
 */
export interface DecisionEvidence extends DecisionInput {
  readonly channel: string;
  readonly timeZone: string;
  /** The key of this one commitment, base64url; without it nobody can guess facts against the log. */
  readonly key: string;
}

/** A key for one commitment, so that evidence of one decision opens no other. */
export function decisionKeyOf(commitmentKey: Uint8Array, requestId: string): Uint8Array {
  return new Uint8Array(createHmac('sha256', commitmentKey).update(`decision:${requestId}`).digest());
}

/** A keyed hash of the input of a verdict. Amounts and zones are guessable, hence the key. */
export function commitToInput(key: Uint8Array, { facts, principal, action, resource, at }: DecisionInput): string {
  const sorted = facts.map((fact) => canonicalJson({ ...fact })).sort();
  const input = canonicalJson({ facts: sorted, principal, action, resource, at });
  return `hmac-sha256:${encodeBase64url(new Uint8Array(createHmac('sha256', key).update(input).digest()))}`;
}

/** The commitment that evidence stands for: a decision of the log that names it was taken on this evidence and no other. */
export function commitmentOf(evidence: DecisionEvidence): string | undefined {
  const key = decodeBase64url(evidence.key);
  return key.ok ? commitToInput(key.value, evidence) : undefined;
}
