import type { Application, CredentialHandle, Did, IssuedRecord, Thumbprint } from '@gridpass/core';

/** What was issued and stands, with the application it came from. */
export interface Standing {
  readonly record: IssuedRecord;
  readonly application: Application;
}

/** What one holder has, with all that tells who that is. */
export interface Holding extends Standing {
  readonly names: readonly string[];
}

/** Reads what was issued; inside a transaction through it, so that what another one did before is seen. */
export interface SoleReader {
  find(handle: CredentialHandle): Promise<readonly IssuedRecord[]>;
  read(applicationId: string): Promise<Application | undefined>;
}

/**
 * By what a holder is known where two may not hold the same: the subject, the proven key, and the approval. An officer approves for one
 * holder, who may redeem with several keys, and renews for the same one. The text `applicant` is not among them: whoever submits an
 * application writes it.
 */
export function namesOf(subjects: readonly Did[], thumbprints: readonly Thumbprint[]): readonly string[] {
  return [...subjects.map((subject) => `subject ${subject}`), ...thumbprints.map((thumbprint) => `key ${thumbprint}`)];
}

/** The approval that a chain of renewals goes back to. */
export async function toApproval(reader: SoleReader, application: Application): Promise<string> {
  let first = application;
  while (first.renews !== undefined) {
    const [renewed] = await reader.find({ kind: 'digest', digest: first.renews });
    const before = renewed === undefined ? undefined : await reader.read(renewed.applicationId);
    if (before === undefined) break;
    first = before;
  }
  return `approval ${first.applicationId}`;
}

/** Puts together what is one holder's: two that share a name, and whoever shares one with either. */
export function joinHolders(holdings: readonly Holding[]): readonly (readonly Holding[])[] {
  let groups: Holding[][] = [];
  for (const holding of holdings) {
    const shares = (group: readonly Holding[]): boolean => group.some(({ names }) => names.some((name) => holding.names.includes(name)));
    groups = [[holding, ...groups.filter(shares).flat()], ...groups.filter((group) => !shares(group))];
  }
  return groups;
}
