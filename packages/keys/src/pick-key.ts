import { canonicalDidUrl } from '@gridpass/codec';
import { Fault, endsAfter, ok, refuse } from '@gridpass/core';
import type { Did, Instant, JsonValue, Outcome, ResolvedDid, ResolvedKey, Thumbprint, VerificationRelationship } from '@gridpass/core';
import { thumbprintOf } from './jwk.js';

/** Which key of a DID document is wanted. */
export interface WantedKey {
  /** The DID that was asked for. */
  readonly did: Did;
  /** The `kid` as it was found: a DID URL, whose DID may have any of its spellings. */
  readonly kid: JsonValue | undefined;
  /** It must be listed for one of these. */
  readonly uses: readonly VerificationRelationship[];
  /** The time of the verification, never one that the signed text names. */
  readonly at: Instant;
}

/** Whether a key may still verify anything (Controlled Identifiers 1.0, 2.2: not at or after `expires` or `revoked`). */
export function isKeyInForce({ endsAt }: ResolvedKey, at: Instant): boolean {
  return endsAt === undefined || endsAfter(endsAt, at);
}

/** A key that is known already, and what a document has to say of it. */
export interface HeldKey {
  readonly thumbprint: Thumbprint;
  /** It must be listed for this. */
  readonly use: VerificationRelationship;
  /** The time of the question; its end in the document is judged at this time. */
  readonly at: Instant;
}

/**
 * Whether a document lists a key for a use, in force. The question of whoever knows the key and not its name: a key that credentials
 * or a grant name, and that the DID has to own still.
 */
export function listsKey({ keys }: Pick<ResolvedDid, 'keys'>, { thumbprint, use, at }: HeldKey): boolean {
  return keys.some((key) => key.relationships.includes(use) && isKeyInForce(key, at) && thumbprintOf(key.publicJwk) === thumbprint);
}

/**
 * Picks the one key that a `kid` names out of a resolved document. The only way from a document and a name to a key, for issuers,
 * holders, verifiers and status lists. Refuses KEY_NOT_AUTHORIZED; throws Fault RESOLVER_UNAVAILABLE where the document is
 * one of another DID.
 */
export function pickKey(document: ResolvedDid, { did, kid, uses, at }: WantedKey): Outcome<ResolvedKey> {
  if (document.did !== did) throw new Fault('RESOLVER_UNAVAILABLE', 'the resolver answered for another DID');
  const refused = (detail: string): Outcome<never> => refuse('KEY_NOT_AUTHORIZED', 'resolve', `kid: ${detail}`);
  const url = typeof kid === 'string' ? canonicalDidUrl(kid)?.url : undefined;
  const named = document.keys.filter(({ id }) => id === url);
  const [key] = named;
  // Two methods of one id: which of them counts would depend on who reads (attacks: fragment confusion).
  if (key === undefined || named.length > 1) return refused('not one method of the DID');
  if (!uses.some((use) => key.relationships.includes(use))) return refused(`not for ${uses.join(' or ')}`);
  return isKeyInForce(key, at) ? ok(key) : refused('revoked or expired by the document of the DID');
}
