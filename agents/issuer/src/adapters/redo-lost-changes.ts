import { randomToken } from '@gridpass/codec';
import { Fault } from '@gridpass/core';
import type { Digest, RequestId, TenantId } from '@gridpass/core';
import type { IssuerEngine } from '@gridpass/issue';
import type { LostChanges } from '@gridpass/program';

const REASON = 'done again: the database was put back to a day before it';

/**
 * Revokes and suspends again what the replayed log says, as far as the database knows the credentials. What it does not know
 * reads as revoked already: its entries were burned with the lists of that day. Idempotent: begun again after a crash.
 */
export async function redoLostChanges(
  engine: Pick<IssuerEngine, 'revoke' | 'suspend'>,
  tenant: TenantId,
  lost: LostChanges | undefined,
): Promise<void> {
  if (lost === undefined) return;
  const redo = async (verb: 'revoke' | 'suspend', digest: Digest): Promise<void> => {
    const context = { requestId: randomToken(12) as RequestId, operator: { name: tenant, duties: ['status'] as const } };
    const done = await engine[verb](tenant, { kind: 'digest', digest }, REASON, context);
    // Not known here, or revoked already: nothing is left to do.
    if (done.ok || done.refusal.code === 'NOT_FOUND' || done.refusal.code === 'STATUS_FINAL') return;
    throw new Fault('INTERNAL', `a change that was lost cannot be done again: ${done.refusal.code}`);
  };
  for (const digest of lost.suspended) await redo('suspend', digest);
  for (const digest of lost.revoked) await redo('revoke', digest);
  await lost.done();
}
