import type { CredentialContent, JsonObject, ResolvedDid, StatusEvidence } from '@gridpass/core';
import type { TrustPath } from '@gridpass/trust';
import type { PastKeyUse } from './key-ring.js';

/** What a verification rested on. */
export interface EvidenceInput {
  readonly documents: readonly ResolvedDid[];
  readonly pastUses: readonly PastKeyUse[];
  readonly status: readonly StatusEvidence[];
  readonly credentials: readonly CredentialContent[];
  readonly paths: readonly Omit<TrustPath, 'links'>[];
}

/** The evidence as the audit log keeps it: digests, addresses and times, no claim values; DIDs only of issuers and roots. */
export function toEvidence({ documents, pastUses, status, credentials, paths }: EvidenceInput): JsonObject {
  const issuers = new Set<string>(credentials.map(({ issuer }) => issuer));
  const anchors = new Set<string>(paths.map(({ anchor }) => anchor));
  return {
    documents: documents.map(({ did, documentDigest, fetchedAt, versionId }) => ({
      ...(issuers.has(did) || anchors.has(did) ? { did } : {}),
      digest: documentDigest,
      fetchedAt,
      ...(versionId === undefined ? {} : { versionId }),
    })),
    // Only where there are any: records of the usual case stay as they are.
    ...(pastUses.length === 0
      ? {}
      : { pastKeys: pastUses.map(({ credential, issuer, index, size, anchoredAt }) => ({ credential, issuer, index, size, anchoredAt })) }),
    statusLists: [...new Map(status.map(({ uri, listIssuedAt }) => [uri, { uri, iat: listIssuedAt }])).values()],
    credentials: credentials.map(({ type, digest, issuer }, i) => {
      const path = paths[i];
      return { type, digest, issuer, path: [...(path?.digests ?? [])], anchor: path?.anchor ?? '' };
    }),
  };
}
