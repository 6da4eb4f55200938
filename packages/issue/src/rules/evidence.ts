import { CATALOGUE, ok, refuse } from '@gridpass/core';
import type { Did, HeldEvidence, Instant, Outcome, StatusPort } from '@gridpass/core';
import type { Application } from '@gridpass/core';

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
 * Ties evidence to what it is evidence for. Where another may hold the credential (a household shows its meter's), the
 * evidence must be about the very subject; else it must have been shown with the key that the credential goes to.
 */
export function checkEvidenceBinding(application: Pick<Application, 'type' | 'evidence' | 'holderThumbprint'>, subject: Did | undefined): Outcome<true> {
  if (application.evidence.length === 0) return ok(true);
  if (CATALOGUE[application.type].holderMayDiffer) {
    const foreign = application.evidence.find((held) => held.subject !== subject);
    return foreign === undefined ? ok(true) : refuse('HOLDER_MISMATCH', 'evidence', `${foreign.type}: is about another subject`);
  }
  return application.holderThumbprint === undefined ? refuse('HOLDER_MISMATCH', 'evidence', 'shown without a holder key') : ok(true);
}
