import { Fault, type CredentialContent, type Instant, type Outcome, type StatusEvidence, type StatusPort } from '@gridpass/core';

/**
 * Asks whether a proven credential stands. Refuses REVOKED, SUSPENDED, STATUS_MISSING, STATUS_LIST_INVALID; throws Fault
 * STATUS_UNAVAILABLE or STATUS_STALE, also when the port answers for fewer entries than it was asked about.
 */
export async function checkStanding(
  content: CredentialContent,
  status: StatusPort,
  at: Instant,
): Promise<Outcome<readonly StatusEvidence[]>> {
  const answer = await status.checkStatus({ references: content.status, issuer: content.issuer, at });
  if (!answer.ok) return answer;
  // INVARIANT: "stands" means that every entry was looked at; an empty answer is no answer.
  if (!content.status.every(({ uri }) => answer.value.some((evidence) => evidence.uri === uri)))
    throw new Fault('STATUS_UNAVAILABLE', 'the status port left an entry out');
  if (answer.value.some(({ goodUntil }) => goodUntil <= at)) throw new Fault('STATUS_STALE', 'the status answer has expired');
  return answer;
}
