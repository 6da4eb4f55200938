import { assertOk } from '@gridpass/core';
import type { CredentialType } from '@gridpass/core';
import { parseDid } from '@gridpass/did';
import { assertAnchors } from '@gridpass/trust';
import type { TrustAnchor } from '@gridpass/trust';

/** The configured roots; throws InputError for one that is no DID or could not be a root. */
export function parseAnchors(
  anchors: readonly { readonly did: string; readonly mayIssue: readonly CredentialType[] }[],
): readonly TrustAnchor[] {
  const parsed = anchors.map(({ did, mayIssue }) => ({ did: assertOk(parseDid(did)), mayIssue }));
  assertAnchors(parsed);
  return parsed;
}
