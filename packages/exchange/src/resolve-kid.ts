import { ok, refuse } from '@gridpass/core';
import type { Did, DidResolverPort, DidUrl, Instant, Outcome, ResolvedKey, VerificationRelationship } from '@gridpass/core';
import { canonicalDidUrl } from '@gridpass/codec';
import { pickKey } from '@gridpass/keys';

/** A key that a DID authorizes for one of the wanted uses. */
export interface AuthorizedKey {
  readonly did: Did;
  readonly kid: DidUrl;
  readonly key: ResolvedKey;
}

/**
 * Resolves the key that a `kid` names. The kid must be an absolute DID URL without path or query (attack 3), its method listed
 * once in the DID's own document, authorized for one of `relationships`, and neither expired nor revoked at `at`.
 */
export async function resolveKid(
  text: string,
  options: {
    readonly resolver: DidResolverPort;
    readonly relationships: readonly VerificationRelationship[];
    /** The time of the verification. */
    readonly at: Instant;
  },
): Promise<Outcome<AuthorizedKey>> {
  const named = canonicalDidUrl(text);
  if (named === undefined) return refuse('DID_MALFORMED', 'resolve', 'kid: not an absolute DID URL with a fragment');
  const [did, kid] = [named.did as Did, named.url];
  const cached = await options.resolver.resolveDid(did);
  if (!cached.ok) return cached;
  // A key that was rotated in just now is in no cached document; whoever has a DID can make us fetch it anyway.
  const resolved = cached.value.keys.some((key) => key.id === kid) ? cached : await options.resolver.resolveDid(did, { fresh: true });
  if (!resolved.ok) return resolved;
  const key = pickKey(resolved.value, { did, kid, uses: options.relationships, at: options.at });
  return key.ok ? ok({ did, kid: key.value.id, key: key.value }) : key;
}
