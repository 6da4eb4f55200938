import { CATALOGUE } from './credential.js';
import type { CredentialFormat, CredentialType } from './credential.js';

/**
 * Whether the holder of such a credential is its subject. Where it is not, whoever has the key of `cnf` holds it: that key may be of anybody,
 * and the credential says nothing about who that is.
 */
export function isHeldBySubject(type: CredentialType): boolean {
  return CATALOGUE[type].holder === 'subject';
}

/** Whether it is an organisation's own: about an organisation, which holds it itself. */
export function isOrganisations(type: CredentialType): boolean {
  return CATALOGUE[type].subject === 'organisation' && isHeldBySubject(type);
}

/**
 * Whether the DID it is about is a device, whoever holds it. A device speaks for itself by keys that its DID lists and by no other, so that
 * a key of `cnf` counts for it only where the DID is that key or lists it.
 */
export function isAboutDevice(type: CredentialType): boolean {
  return CATALOGUE[type].subject === 'device';
}

/**
 * Whether `cnf` may have a key that the subject's DID never listed: the hardware key of an organisation, bound before by another credential
 * that is the organisation's own. The key of a household or of a device is listed when a credential is bound to it.
 */
export function mayBindUnlistedKey(type: CredentialType): boolean {
  return isOrganisations(type);
}

const FOR_ORGANISATIONS: readonly CredentialFormat[] = ['vc+jwt', 'dc+sd-jwt'];
const FOR_OTHERS: readonly CredentialFormat[] = ['dc+sd-jwt'];

/** The formats it is issued in. `vc+jwt` discloses everything and names its holder by a DID, which only an organisation can afford. */
export function formatsOf(type: CredentialType): readonly CredentialFormat[] {
  return isOrganisations(type) ? FOR_ORGANISATIONS : FOR_OTHERS;
}
