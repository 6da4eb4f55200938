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
 * knows it, and tells the rest. A credential that it does not know reads as revoked already: its entries were burned with the lists of that day.
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
  const credential = async (verb: string, digest: string, done: Promise<Outcome<unknown>>): Promise<void> =>
    settle(lost, `${verb} ${digest}`, await done, OF_CREDENTIALS);
  const application = async (verb: string, id: string, done: Promise<Outcome<unknown>>): Promise<void> =>
    settle(lost, `${verb} ${id}`, await done, OF_APPLICATIONS);
  // Suspensions first: what is revoked takes none. Credentials before approvals: revoking closes.
  for (const digest of lost.suspended) await credential('suspend', digest, engine.suspend(tenant, byDigest(digest), REASON, context()));
  for (const { digest, cause } of lost.held) await credential('hold', digest, engine.hold(tenant, byDigest(digest), cause, context()));
  for (const digest of lost.revokedCopies)
    await credential('revoke', digest, engine.revokeCopy(tenant, byDigest(digest), REASON, context()));
  for (const digest of lost.revoked) await credential('revoke', digest, engine.revoke(tenant, byDigest(digest), REASON, context()));
  for (const id of lost.rejected) await application('reject', id, engine.reject(tenant, id, REASON, context()));
  for (const id of lost.closed) await application('close', id, engine.close(tenant, id, REASON, context()));
  for (const id of lost.withdrawn) await application('withdraw', id, engine.withdrawOffer(tenant, id, REASON, context()));
  await lost.done();
}

/** What cannot be done again is told; what is so already is not. */
function settle(lost: Pick<LostChanges, 'left'>, what: string, done: Outcome<unknown>, passed: readonly RefusalCode[]): void {
  if (done.ok || done.refusal.code === 'STATUS_FINAL') return;
  if (!passed.includes(done.refusal.code)) throw new Fault('INTERNAL', `a change that was lost cannot be done again: ${done.refusal.code}`);
  lost.left(`not done again: ${what} (${done.refusal.code})`);
}
