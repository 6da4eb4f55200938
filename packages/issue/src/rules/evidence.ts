import { askStatus, endsAfter, isHeldBySubject, ok, refuse } from '@gridpass/core';
import { memberOf } from '@gridpass/codec';
import type { Application, CredentialType, Did, HeldEvidence, Instant, JsonObject, Outcome, StatusPort, Thumbprint } from '@gridpass/core';

/**
 * Looks at shown credentials again: none has ended, been revoked or suspended since. A status that cannot be told is a
 * Fault of the port and issues nothing.
 */
export async function checkEvidence(status: StatusPort, evidence: readonly HeldEvidence[], at: Instant): Promise<Outcome<true>> {
  for (const held of evidence) {
    if (!endsAfter(held.validUntil, at)) return refuse('PREREQUISITE_MISSING', 'evidence', `${held.type}: has ended`);
    const standing = await askStatus(status, { references: held.status, issuer: held.issuer, at });
    if (!standing.ok) return refuse('PREREQUISITE_MISSING', 'evidence', `${held.type}: ${standing.refusal.code}`);
  }
  return ok(true);
}

/** The device that an ownership is about. Its subject is the owner, so that what is shown of the device is bound to neither. */
function ownedDeviceOf(type: CredentialType, claims: JsonObject): string | undefined {
  const device = type === 'DeviceOwnership' ? memberOf(claims, 'deviceDid') : undefined;
  return typeof device === 'string' ? device : undefined;
}

/**
 * The one key that evidence is bound to and that the applicant proved, if there is any. Where another may hold the credential (a household
 * holds its meter's), the key does not matter; nor does that of an owned device. Refuses HOLDER_MISMATCH when several holders'
 * evidence was put together, or another's.
 */
export function holderOf(
  type: CredentialType,
  shown: { readonly evidence: readonly HeldEvidence[]; readonly claims: JsonObject; readonly applicantKey?: Thumbprint },
): Outcome<Thumbprint | undefined> {
  const { evidence, claims, applicantKey } = shown;
  if (!isHeldBySubject(type)) return ok(undefined);
  const device = ownedDeviceOf(type, claims);
  const ofEvidence = evidence.filter(({ subject }) => subject !== device).flatMap((held) => held.holderThumbprint ?? []);
  // A device that applies in its owner's name proves its own key, and the ownership goes to the owner's.
  const byDevice = evidence.some((held) => held.subject === device && held.holderThumbprint === applicantKey);
  const thumbprints = new Set([...ofEvidence, ...(applicantKey === undefined || byDevice ? [] : [applicantKey])]);
  if (thumbprints.size > 1) return refuse('HOLDER_MISMATCH', 'evidence', 'bound to more than one key');
  const [thumbprint] = thumbprints;
  return ok(thumbprint);
}

/**
 * Ties evidence to what it is evidence for: each piece is about the very subject, or bound to the key that the
 * credential will go to. Whoever asks must prove that subject or key at issuance, so that shown evidence of another
 * gains nobody anything. For an ownership, the birth identity of the owned device counts too: it proves the device and
 * nothing about its owner, which is what the operator who approves attests.
 */
export function checkEvidenceBinding(
  application: Pick<Application, 'type' | 'evidence' | 'holderThumbprint' | 'claims'>,
  subject: Did | undefined,
): Outcome<true> {
  const { holderThumbprint } = application;
  const device = ownedDeviceOf(application.type, application.claims);
  const foreign = application.evidence.find(
    (held) =>
      held.subject !== subject &&
      !(held.type === 'DeviceIdentity' && held.subject === device) &&
      (holderThumbprint === undefined || held.holderThumbprint !== holderThumbprint),
  );
  return foreign === undefined ? ok(true) : refuse('HOLDER_MISMATCH', 'evidence', `${foreign.type}: is of another subject and holder`);
}
