import { randomToken } from '@gridpass/codec';
import { Fault } from '@gridpass/core';
import type { Outcome, RefusalCode, RequestId, TenantId } from '@gridpass/core';
import type { IssuerEngine } from '@gridpass/issue';
import type { LostChanges } from '@gridpass/program';

const REASON = 'done again: the database was put back to a day before it';

/** Not known here, or revoked already: nothing is left to do. */
const OF_CREDENTIALS: readonly RefusalCode[] = ['NOT_FOUND', 'STATUS_FINAL'];
/** Not known here, or never decided in this database, or ended otherwise: nothing can be had from it. */
const OF_APPLICATIONS: readonly RefusalCode[] = ['NOT_FOUND', 'CONFLICT'];

/**
 * Does again what the replayed log says was revoked, suspended, held, closed, rejected and withdrawn, as far as the database
 * knows it. A credential that it does not know reads as revoked already: its entries were burned with the lists of that day.
 * Idempotent: begun again after a crash.
 */
export async function redoLostChanges(
  engine: Pick<IssuerEngine, 'revoke' | 'revokeCopy' | 'suspend' | 'hold' | 'close' | 'reject' | 'withdrawOffer'>,
  tenant: TenantId,
  lost: LostChanges | undefined,
): Promise<void> {
  if (lost === undefined) return;
  const context = () => ({ requestId: randomToken(12) as RequestId, operator: { name: tenant, duties: ['status', 'decide'] as const } });
  const byDigest = (digest: LostChanges['revoked'][number]) => ({ kind: 'digest', digest }) as const;
  // Suspensions first: what is revoked takes none. Credentials before approvals: revoking closes.
  for (const digest of lost.suspended) settle(await engine.suspend(tenant, byDigest(digest), REASON, context()), OF_CREDENTIALS);
  for (const { digest, cause } of lost.held) settle(await engine.hold(tenant, byDigest(digest), cause, context()), OF_CREDENTIALS);
  for (const digest of lost.revokedCopies) settle(await engine.revokeCopy(tenant, byDigest(digest), REASON, context()), OF_CREDENTIALS);
  for (const digest of lost.revoked) settle(await engine.revoke(tenant, byDigest(digest), REASON, context()), OF_CREDENTIALS);
  for (const id of lost.rejected) settle(await engine.reject(tenant, id, REASON, context()), OF_APPLICATIONS);
  for (const id of lost.closed) settle(await engine.close(tenant, id, REASON, context()), OF_APPLICATIONS);
  for (const id of lost.withdrawn) settle(await engine.withdrawOffer(tenant, id, REASON, context()), OF_APPLICATIONS);
  await lost.done();
}

function settle(done: Outcome<unknown>, passed: readonly RefusalCode[]): void {
  if (done.ok || passed.includes(done.refusal.code)) return;
  throw new Fault('INTERNAL', `a change that was lost cannot be done again: ${done.refusal.code}`);
}
