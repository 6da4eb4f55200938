import { digestOf, randomToken } from '@gridpass/codec';
import { instant } from '@gridpass/core';
import type { RequestId, TenantId } from '@gridpass/core';
import type { Acts } from './acts.js';
import type { EngineParts } from './parts.js';

const BATCH = 200;
const DAY = 86_400;

/** The end of what nobody decided. */
export interface Lapse {
  /**
   * Rejects applications of strangers that wait for a decision since `strangersWaitSeconds` or longer, some hundred a tenant at each call, so that
   * they hold no place any more. The applicant reads why, and may apply again. Tells how many; each stands in the tenant's log as `lapse`.
   */
  lapseApplications(): Promise<number>;
}

/** The lapsing half of the engine. What an operator brought, or what showed evidence, waits until it is decided. */
export function createLapse({ repository, clock, settings, tenants }: EngineParts, acts: Acts): Lapse {
  const seconds = settings.strangersWaitSeconds;
  const reason = `lapsed: nobody decided it within ${seconds % DAY === 0 ? `${seconds / DAY} days` : `${seconds} seconds`}; apply again`;
  const lapseOf = (tenant: TenantId): Promise<number> =>
    acts.perform(tenant, async (tx, after) => {
      const at = clock.now();
      const submittedUntil = instant(Math.max(1, at - seconds));
      const waiting = await repository.lockWaitingStrangers(tenant, { submittedUntil, limit: BATCH }, tx);
      for (const application of waiting) {
        await repository.saveApplicationState({ ...application, state: 'rejected', reason, decidedBy: tenant, decidedAt: at }, tx);
        const { applicationId, type } = application;
        const evidence = { applicationId, type, reasonDigest: digestOf(reason) };
        after.act({ action: 'lapse', actor: tenant, requestId: randomToken(16) as RequestId, evidence });
      }
      return waiting.length;
    });
  return {
    lapseApplications: async () => {
      let lapsed = 0;
      for (const { tenant } of tenants) lapsed += await lapseOf(tenant);
      return lapsed;
    },
  };
}
