import { CATALOGUE, CREDENTIAL_TYPES, InputError, type CredentialContent, type CredentialType, type Did } from '@gridpass/core';

/** A root of trust: whose word counts without a further credential, and for which types. Comes from configuration only. */
export interface TrustAnchor {
  readonly did: Did;
  readonly mayIssue: readonly CredentialType[];
}

/**
 * Throws InputError CONFIG_INVALID unless there is an anchor, each may issue something, and only types whose catalogue
 * entry allows a root: an anchor for other types would be a way around the chain.
 */
export function assertAnchors(anchors: readonly TrustAnchor[]): void {
  if (anchors.length === 0) throw new InputError('CONFIG_INVALID', 'no trust anchor is configured: nothing could ever be accepted');
  for (const { did, mayIssue } of anchors) {
    if (mayIssue.length === 0) throw new InputError('CONFIG_INVALID', `the trust anchor ${did} may issue nothing`);
    const wrong = mayIssue.filter((type) => !isRootType(type));
    if (wrong.length > 0)
      throw new InputError(
        'CONFIG_INVALID',
        `the trust anchor ${did} cannot be a root for ${wrong.join(', ')}; a root may issue ${CREDENTIAL_TYPES.filter(isRootType).join(', ')}`,
      );
  }
}

/** The anchor that vouches for this credential directly, if any. */
export function anchorOf(anchors: readonly TrustAnchor[], credential: CredentialContent): TrustAnchor | undefined {
  if (!isRootType(credential.type)) return undefined;
  return anchors.find(({ did, mayIssue }) => did === credential.issuer && mayIssue.includes(credential.type));
}

function isRootType(type: CredentialType): boolean {
  return CATALOGUE[type].issuerMustHold.some(({ kind }) => kind === 'root');
}
