import { CATALOGUE, ok, refuse } from '@gridpass/core';
import type { Application, CredentialType, Did, HeldEvidence, Instant, Outcome, StatusPort, Thumbprint } from '@gridpass/core';

/**
 * Looks at shown credentials again: none has ended, been revoked or suspended since. A status that cannot be told is a
 * Fault of the port and issues nothing.
 */
export async function checkEvidence(status: StatusPort, evidence: readonly HeldEvidence[], at: Instant): Promise<Outcome<true>> {
  for (const held of evidence) {
    if (held.validUntil <= at) return refuse('PREREQUISITE_MISSING', 'evidence', `${held.type}: has ended`);
    const standing = await status.checkStatus({ references: held.status, issuer: held.issuer, at });
    if (!standing.ok) return refuse('PREREQUISITE_MISSING', 'evidence', `${held.type}: ${standing.refusal.code}`);
  }
  return ok(true);
}

/**
 * The one key that evidence is bound to, if it is bound to any. Where another may hold the credential (a household holds
 * its meter's), the key does not matter. Refuses HOLDER_MISMATCH when several holders' evidence was put together.
 */
export function holderOf(type: CredentialType, evidence: readonly HeldEvidence[]): Outcome<Thumbprint | undefined> {
  if (CATALOGUE[type].holderMayDiffer) return ok(undefined);
  const thumbprints = new Set(evidence.flatMap((held) => held.holderThumbprint ?? []));
  if (thumbprints.size > 1) return refuse('HOLDER_MISMATCH', 'evidence', 'bound to more than one key');
  const [thumbprint] = thumbprints;
  return ok(thumbprint);
}

/**
 * Ties evidence to what it is evidence for: each piece is about the very subject, or bound to the key that the
 * credential will go to. Whoever asks must prove that subject or key at issuance, so that shown evidence of another
 * gains nobody anything.
 */
export function checkEvidenceBinding(
  application: Pick<Application, 'type' | 'evidence' | 'holderThumbprint'>,
  subject: Did | undefined,
): Outcome<true> {
  const { holderThumbprint } = application;
  const foreign = application.evidence.find(
    (held) => held.subject !== subject && (holderThumbprint === undefined || held.holderThumbprint !== holderThumbprint),
  );
  return foreign === undefined ? ok(true) : refuse('HOLDER_MISMATCH', 'evidence', `${foreign.type}: is of another subject and holder`);
}
