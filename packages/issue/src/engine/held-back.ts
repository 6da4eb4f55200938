import { isHeldBySubject, ok, refuse } from '@gridpass/core';
import type { Application, Did, IssuedRecord, Outcome, Thumbprint, TransactionHandle } from '@gridpass/core';
import type { Family } from './family.js';
import type { EngineParts } from './parts.js';
import { SUPERSEDED } from './record-state.js';

/** Whom an application would be issued to, once keys are proven. */
interface ProvenHolder {
  readonly application: Application;
  readonly thumbprints: readonly Thumbprint[];
  readonly subjects: readonly Did[];
}

/**
 * The names that an issuance holds of its holder. Of two for one key the second sees what the first wrote: a change of state in between
 * finds both, or stops the one that comes after it.
 */
export function holderNames({ application, thumbprints, subjects }: ProvenHolder): readonly string[] {
  const { type } = application;
  return [...new Set([...thumbprints, ...(isHeldBySubject(type) ? subjects : [])])].map((name) => `holder ${type} ${name}`);
}

/** The applications, whoever made them, from which this holder was issued the same; asked under {@link holderNames}. */
export async function findIssuedToHolder(
  { repository }: Pick<EngineParts, 'repository'>,
  { application, thumbprints, subjects }: ProvenHolder,
  tx: TransactionHandle,
): Promise<readonly string[]> {
  const { tenant, applicationId } = application;
  return repository.findIssuedToHolder(tenant, { applicationId, thumbprints, subjects }, tx);
}

/**
 * Whether what was revoked or suspended holds an issuance back. SUSPENDED while anything of the family is: a suspension that an offer, a
 * renewal or another key could pass by would be none. STATUS_FINAL where this holder's was revoked after the approval: only a later
 * decision gives it again. Of claims that were erased nobody can tell whether they were the same, so that what is older than what befell
 * the holder's is refused there too.
 */
export async function checkHeldBack(
  { repository }: Pick<EngineParts, 'repository'>,
  { family, application, thumbprints, subjects }: ProvenHolder & { readonly family: Family },
  tx: TransactionHandle,
): Promise<Outcome<true>> {
  const { tenant, applicationId, type } = application;
  const sources = new Map(family.applications.map((one) => [one.applicationId, one]));
  const isErased = (record: IssuedRecord): boolean => sources.get(record.applicationId)?.purgedAt !== undefined;
  if (family.records.some((record) => record.state === 'suspended' && !isErased(record)))
    return refuse('SUSPENDED', 'issue', 'what was issued for the same application, or to the same key for the same, is suspended');
  const isHolders = ({ holderThumbprint, subject }: IssuedRecord): boolean =>
    thumbprints.includes(holderThumbprint) || (isHeldBySubject(type) && subjects.includes(subject));
  const wishesOf = createWishesOf(family, sources);
  // What a newer one took the place of was not taken away, unless the approval of both was closed since.
  const isSuperseded = ({ reason, applicationId: of }: IssuedRecord): boolean =>
    reason === SUPERSEDED && sources.get(of)?.state !== 'closed';
  // It ends with that newer one, whichever key and renewal that was issued to.
  const replaced = new Set(family.records.filter((one) => one.reason === SUPERSEDED && isHolders(one)).flatMap(wishesOf));
  const ended = family.records.filter(
    (record) =>
      record.state !== 'active' && !isSuperseded(record) && (isHolders(record) || wishesOf(record).some((wish) => replaced.has(wish))),
  );
  const digests = ended.map(({ digest }) => digest);
  const since = new Set(await repository.listChangedSince(tenant, { applicationId, digests }, tx));
  const holding = ended.filter(({ digest }) => since.has(digest));
  if (holding.length === 0) return ok(true);
  // What was revoked does not come back: who is told of a suspension alone would wait for nothing.
  return holding.some(({ state }) => state === 'revoked')
    ? refuse('STATUS_FINAL', 'issue', 'what this key was issued for the same was revoked after the approval: apply anew')
    : refuse('SUSPENDED', 'issue', 'what this key was issued before is suspended');
}

/** What makes two records one wish: the approval that their renewals go back to, also where its claims were erased; and who applied. */
function createWishesOf(family: Family, sources: ReadonlyMap<string, Application>): (record: IssuedRecord) => readonly string[] {
  const byDigest = new Map(family.records.map((record) => [record.digest, record]));
  const approvalOf = (applicationId: string): string => {
    const renews = sources.get(applicationId)?.renews;
    const renewed = renews === undefined ? undefined : byDigest.get(renews);
    return renewed === undefined ? applicationId : approvalOf(renewed.applicationId);
  };
  return ({ applicationId }) => [`approval ${approvalOf(applicationId)}`, `applicant ${sources.get(applicationId)?.applicant ?? ''}`];
}
