import { askStatus, type CredentialContent, type Instant, type Outcome, type StatusEvidence, type StatusPort } from '@gridpass/core';

/**
 * Asks whether a proven credential stands. Refuses REVOKED, SUSPENDED, STATUS_MISSING, STATUS_LIST_INVALID; throws Fault
 * STATUS_UNAVAILABLE or STATUS_STALE, also when the port answers for fewer entries than it was asked about.
 */
export function checkStanding(content: CredentialContent, status: StatusPort, at: Instant): Promise<Outcome<readonly StatusEvidence[]>> {
  return askStatus(status, { references: content.status, issuer: content.issuer, at });
}
