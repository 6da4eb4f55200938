import { randomToken } from '@gridpass/codec';
import { instant } from '@gridpass/core';
import type { RequestId } from '@gridpass/core';
import type { Acts } from './acts.js';
import type { EngineParts } from './parts.js';

const BATCH = 500;

/** Erasure of what is no longer needed. */
export interface Purge {
  /**
   * Erases what applications say of people once they are over for the time of retention, some hundred a tenant at each call. What
   * stays is what records refer to: type, subject and key, times, state. Tells how many; each tenant's log says so too.
   */
  purgeClaims(): Promise<number>;
}

/** The erasing half of the engine. While a credential stands its application is kept whole, because a renewal copies it. */
export function createPurge({ repository, clock, settings, tenants }: EngineParts, acts: Acts): Purge {
  return {
    purgeClaims: async () => {
      let purged = 0;
      for (const { tenant } of tenants) {
        const at = clock.now();
        const endedBefore = instant(Math.max(1, at - settings.claimsRetentionSeconds));
        const applications = await repository.purgeApplications(tenant, { endedBefore, at, limit: BATCH });
        purged += applications;
        if (applications > 0)
          await acts.record(tenant, {
            action: 'purge',
            actor: tenant,
            requestId: randomToken(16) as RequestId,
            evidence: { applications },
          });
      }
      return purged;
    },
  };
}
