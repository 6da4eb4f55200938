import { askStatus, ok } from '@gridpass/core';
import type { AuthorityPort, DidResolverPort, StatusPort } from '@gridpass/core';
import type { Schemas } from '@gridpass/schema';
import { assertAnchors, checkAccreditation } from '@gridpass/trust';
import type { TrustAnchor } from '@gridpass/trust';
import type { FindIssuerKey, IssuerTrust } from './parts.js';
import { proofParts, proveCredential } from './prove-received.js';

/**
 * Judges issuers like a gate does: the credential stands, and its issuer leads over proven, standing accreditations to one of `anchors`.
 * A source that does not answer is a Fault.
 */
export function createIssuerTrust(parts: {
  readonly anchors: readonly TrustAnchor[];
  readonly authority: AuthorityPort;
  readonly resolver: DidResolverPort;
  readonly schemas: Schemas;
  readonly status: StatusPort;
  /** How the links' keys are found; without it a link under a key that was rotated since is refused. */
  readonly findIssuerKey?: FindIssuerKey;
  readonly maxDepth: number;
}): IssuerTrust {
  assertAnchors(parts.anchors);
  return async (credential, at) => {
    const stands = await askStatus(parts.status, { references: credential.status, issuer: credential.issuer, at });
    if (!stands.ok) return stands;
    return checkAccreditation({
      credential,
      anchors: parts.anchors,
      maxDepth: parts.maxDepth,
      proveAuthority: async (reference) => {
        const compact = await parts.authority.fetchAuthority(reference);
        if (!compact.ok) return compact;
        const proven = await proveCredential(compact.value, 'vc+jwt', { ...proofParts(parts), at });
        if (!proven.ok) return proven;
        const { content } = proven.value;
        const standing = await askStatus(parts.status, { references: content.status, issuer: content.issuer, at });
        return standing.ok ? ok({ content }) : standing;
      },
    });
  };
}
