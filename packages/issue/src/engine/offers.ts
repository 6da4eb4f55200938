import { ok, refuse } from '@gridpass/core';
import type { MadeOfferRecord, Outcome, Page, Paged, TenantId } from '@gridpass/core';
import { digestOf } from '@gridpass/codec';
import type { Acts } from './acts.js';
import { checkDuty } from './duty.js';
import { boundPage } from './parts.js';
import type { ActContext, EngineParts, Operator } from './parts.js';

/** The offers that were made for a tenant's applications. */
export interface Offers {
  /** All that is kept, the next to end first, or those of one application; duty `read`. */
  listOffers(tenant: TenantId, applicationId: string | undefined, page: Page, operator: Operator): Promise<Outcome<Paged<MadeOfferRecord>>>;
  /**
   * Withdraws one offer: its code, a token that was given for it, and an answer asked for again give nothing any more. Duty
   * `decide`. NOT_FOUND when there is no such offer; withdrawing again changes nothing. The application stays as it is.
   */
  withdrawOffer(tenant: TenantId, offerId: string, reason: string, context: ActContext): Promise<Outcome<MadeOfferRecord>>;
}

const MAX_REASON = 500;

/** Lists and withdraws offers; the exchange makes them. */
export function createOffers({ repository, clock, settings }: EngineParts, acts: Acts): Offers {
  return {
    listOffers: async (tenant, applicationId, page, operator) => {
      const allowed = checkDuty(operator, 'read');
      return allowed.ok ? ok(await repository.listOffers(tenant, applicationId, boundPage(page, settings.maxPage))) : allowed;
    },
    withdrawOffer: async (tenant, offerId, reason, context) => {
      if (reason.trim() === '' || reason.length > MAX_REASON)
        return refuse('REQUEST_MALFORMED', 'offer', `reason: 1 to ${MAX_REASON} characters`);
      const allowed = checkDuty(context.operator, 'decide');
      if (!allowed.ok) return allowed;
      return acts.perform<Outcome<MadeOfferRecord>>(tenant, async (tx, after) => {
        const by = context.operator.name;
        const withdrawn = await repository.withdrawOffers(tenant, { offerId, by, reason, at: clock.now() }, tx);
        const offer = await repository.shareOffer(tenant, offerId, tx);
        if (offer === undefined) return refuse('NOT_FOUND', 'offer', 'no such offer');
        if (withdrawn.length > 0) {
          const evidence = { offerId, applicationId: offer.applicationId, reasonDigest: digestOf(reason) };
          after.act({ action: 'withdraw', actor: by, requestId: context.requestId, evidence });
        }
        return ok(offer);
      });
    },
  };
}
