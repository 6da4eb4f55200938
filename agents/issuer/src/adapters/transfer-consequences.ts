import { ok } from '@gridpass/core';
import type { IssuanceRepository, Outcome, TenantId } from '@gridpass/core';
import type { LifecycleContext, TransferConsequences } from '@gridpass/did';
import type { IssuerEngine } from '@gridpass/issue';

type Transfer = Parameters<TransferConsequences['suspend']>[0];

/**
 * What a new owner means for a device's credentials: every commissioning by a tenant of this program is suspended, and resumed
 * when its issuer has looked at the device again. Not for DeviceOwnership: that type is not in the catalogue yet.
 */
export function createTransferConsequences(parts: {
  readonly engine: Pick<IssuerEngine, 'suspend' | 'resume'>;
  readonly repository: Pick<IssuanceRepository, 'findIssued'>;
  /** Tenants that may issue a DeviceCommissioning. */
  readonly commissioners: readonly TenantId[];
}): TransferConsequences {
  const { engine, repository, commissioners } = parts;

  async function change(verb: 'suspend' | 'resume', by: TenantId, transfer: Transfer, context: LifecycleContext): Promise<Outcome<number>> {
    const records = await repository.findIssued(by, { kind: 'subject', subject: transfer.did });
    const act = { operator: { name: context.actor, duties: ['status'] as const }, requestId: context.requestId };
    let changed = 0;
    for (const { type, digest, state } of records) {
      if (type !== 'DeviceCommissioning' || state === 'revoked') continue;
      const done = await engine[verb](by, { kind: 'digest', digest }, `transfer ${transfer.transferId}`, act);
      if (done.ok) changed += done.value.changed;
      // Revoked between the two: final, and stricter than what was asked for.
      else if (done.refusal.code !== 'STATUS_FINAL') return done;
    }
    return ok(changed);
  }

  return {
    confirmerOf: async (did) => {
      for (const tenant of commissioners) {
        const records = await repository.findIssued(tenant, { kind: 'subject', subject: did });
        if (records.some(({ type, state }) => type === 'DeviceCommissioning' && state !== 'revoked')) return tenant;
      }
      return undefined;
    },
    suspend: async (transfer, context) => {
      let changed = 0;
      for (const tenant of commissioners) {
        const suspended = await change('suspend', tenant, transfer, context);
        if (!suspended.ok) return suspended;
        changed += suspended.value;
      }
      return ok(changed);
    },
    resume: (transfer, context) => change('resume', transfer.confirmer, transfer, context),
  };
}
