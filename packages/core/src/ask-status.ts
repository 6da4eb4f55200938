import { endsAfter } from './make.js';
import { Fault, type Outcome } from './outcome.js';
import type { StatusEvidence, StatusPort } from './ports/status.js';

/**
 * Asks a status port and holds its answer against the question: "stands" means that every entry was looked at, and that
 * each answer still counts. Refuses as the port does; throws Fault STATUS_UNAVAILABLE or STATUS_STALE.
 */
export async function askStatus(
  status: StatusPort,
  query: Parameters<StatusPort['checkStatus']>[0],
): Promise<Outcome<readonly StatusEvidence[]>> {
  const answer = await status.checkStatus(query);
  if (!answer.ok) return answer;
  // INVARIANT: an empty answer is no answer.
  if (!query.references.every(({ uri }) => answer.value.some((evidence) => evidence.uri === uri)))
    throw new Fault('STATUS_UNAVAILABLE', 'the status port left an entry out');
  if (answer.value.some(({ goodUntil }) => !endsAfter(goodUntil, query.at)))
    throw new Fault('STATUS_STALE', 'the status answer has expired');
  return answer;
}
