import type { Application, CredentialHandle, IssuedRecord, TenantId, TransactionHandle } from '@gridpass/core';
import type { EngineParts } from './parts.js';

type Repository = Pick<EngineParts, 'repository'>;

/** All applications for one and the same, renewals among them, with everything that came of them. */
export interface Family {
  readonly applications: readonly Application[];
  readonly records: readonly IssuedRecord[];
}

/**
 * Locks the families of applications: first the applications, then what was issued. Issuance, renewal and every change of
 * state take the locks in this order, so that none of them passes by another: what is acknowledged counts for everything
 * that the same approval, offer, renewal or copy gives out later. Asked again until nothing new turns up, because a
 * renewal may have been written while the lock was waited for.
 */
export async function lockFamily(
  { repository }: Repository,
  tenant: TenantId,
  ids: readonly string[],
  tx: TransactionHandle,
): Promise<Family> {
  let applications = await repository.lockFamilies(tenant, ids, tx);
  for (let before = 0; before < applications.length;) {
    before = applications.length;
    applications = await repository.lockFamilies(tenant, applications.map(idOf), tx);
  }
  return { applications, records: await repository.lockIssuedOf(tenant, applications.map(idOf), tx) };
}

const idOf = ({ applicationId }: Application): string => applicationId;

/** Locks the families of all that a handle names. */
export async function lockNamed(parts: Repository, tenant: TenantId, handle: CredentialHandle, tx: TransactionHandle): Promise<Family> {
  return lockFamily(parts, tenant, await parts.repository.findNamed(tenant, handle, tx), tx);
}

/** What closing did. */
export interface Closed {
  readonly applications: readonly string[];
  readonly offers: readonly string[];
}

/** Closes those of locked applications that something could still be issued from, and withdraws their offers. */
export async function closeApplications(
  { repository, clock }: Pick<EngineParts, 'repository' | 'clock'>,
  applications: readonly Application[],
  decision: { readonly by: string; readonly reason: string },
  tx: TransactionHandle,
): Promise<Closed> {
  const open = applications.filter(({ state }) => state === 'approved' || state === 'issued');
  const at = clock.now();
  for (const application of open) {
    const reason = application.purgedAt === undefined ? decision.reason : '';
    await repository.saveApplicationState({ ...application, state: 'closed', closed: { by: decision.by, at, reason } }, tx);
  }
  const ids = open.map(({ applicationId }) => applicationId);
  const [first] = open;
  const offers = first === undefined ? [] : await repository.withdrawOffers(first.tenant, { applicationIds: ids, ...decision, at }, tx);
  return { applications: ids, offers };
}

/** What an act says of what it closed; nothing where it closed nothing. */
export function toClosedEvidence({ applications, offers }: Closed): { readonly applications?: string[]; readonly offers?: string[] } {
  return {
    ...(applications.length === 0 ? {} : { applications: [...applications] }),
    ...(offers.length === 0 ? {} : { offers: [...offers] }),
  };
}
