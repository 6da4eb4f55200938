import { CATALOGUE, ok, refuse } from '@gridpass/core';
import type { Application, Did, DidResolverPort, Instant, Outcome, PublicJwk, Thumbprint } from '@gridpass/core';
import { toDidJwk } from '@gridpass/did';
import { isKeyInForce, samePublicJwk } from '@gridpass/keys';

/** A key that its holder has proven to the credential endpoint. */
export interface HolderKey {
  readonly publicJwk: PublicJwk;
  readonly thumbprint: Thumbprint;
}

/**
 * The DID a credential for this key will be about. A stated subject must list the key as its own, unless the type may be
 * held by another; a key that showed evidence is the only one to issue to. Refuses HOLDER_MISMATCH.
 */
export async function resolveSubject(
  resolver: DidResolverPort,
  application: Pick<Application, 'type' | 'subject' | 'holderThumbprint'>,
  key: HolderKey,
  at: Instant,
): Promise<Outcome<Did>> {
  const { type, subject, holderThumbprint } = application;
  const mayDiffer = CATALOGUE[type].holderMayDiffer;
  if (!mayDiffer && holderThumbprint !== undefined && holderThumbprint !== key.thumbprint) {
    return refuse('HOLDER_MISMATCH', 'holder', 'the evidence was shown with another key');
  }
  if (subject === undefined) return ok(toDidJwk(key.publicJwk));
  if (mayDiffer) return ok(subject);
  const document = await resolver.resolveDid(subject, { fresh: true });
  if (!document.ok) return document;
  const own = document.value.keys.some(
    (candidate) =>
      candidate.relationships.includes('authentication') &&
      isKeyInForce(candidate, at) &&
      samePublicJwk(candidate.publicJwk, key.publicJwk),
  );
  return own ? ok(subject) : refuse('HOLDER_MISMATCH', 'holder', 'the proven key is not one of the subject');
}
