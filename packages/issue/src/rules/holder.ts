import { isHeldBySubject, mayBindUnlistedKey, ok, refuse } from '@gridpass/core';
import type { Application, Did, DidResolverPort, Instant, Outcome, PublicJwk, Thumbprint } from '@gridpass/core';
import { toDidJwk } from '@gridpass/did';
import { listsKey, thumbprintOf } from '@gridpass/keys';

/** A key that its holder has proven to the credential endpoint. */
export interface HolderKey {
  readonly publicJwk: PublicJwk;
  readonly thumbprint: Thumbprint;
}

/**
 * The DID a credential for this key will be about. Control of a stated subject is proven before a key is bound to it: its document lists the
 * key, or, for an organisation, a credential held as evidence binds this key to that subject (a hardware key that is in no document).
 * Only what says nothing about its holder goes to another key. A key that showed evidence is the only one to issue to.
 * Refuses HOLDER_MISMATCH, and what the resolver refuses.
 */
export async function resolveSubject(
  resolver: DidResolverPort,
  application: Pick<Application, 'type' | 'subject' | 'holderThumbprint' | 'evidence'>,
  key: HolderKey,
  at: Instant,
): Promise<Outcome<Did>> {
  const { type, subject, holderThumbprint } = application;
  const mayDiffer = !isHeldBySubject(type);
  if (!mayDiffer && holderThumbprint !== undefined && holderThumbprint !== key.thumbprint) {
    return refuse('HOLDER_MISMATCH', 'holder', 'the evidence was shown with another key');
  }
  if (subject === undefined) return ok(toDidJwk(key.publicJwk));
  if (mayDiffer) return ok(subject);
  const document = await resolver.resolveDid(subject, { fresh: true });
  if (!document.ok) return document;
  const own = listsKey(document.value, { thumbprint: thumbprintOf(key.publicJwk), use: 'authentication', at });
  if (own || isBoundByEvidence(application, subject, key)) return ok(subject);
  return refuse('HOLDER_MISMATCH', 'holder', 'the proven key is not one of the subject');
}

/**
 * Whether an organisation's own credential, which was looked at as evidence, binds the key to the subject. Nothing else counts: what is about a
 * device or a household is bound by a key of theirs alone, and who shows a commissioning is not the device.
 */
function isBoundByEvidence({ type, evidence }: Pick<Application, 'type' | 'evidence'>, subject: Did, key: HolderKey): boolean {
  return (
    mayBindUnlistedKey(type) &&
    evidence.some((held) => mayBindUnlistedKey(held.type) && held.subject === subject && held.holderThumbprint === key.thumbprint)
  );
}
