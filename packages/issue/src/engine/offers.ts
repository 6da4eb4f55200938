import { ok, refuse } from '@gridpass/core';
import type { MadeOfferRecord, Outcome, Page, Paged, TenantId } from '@gridpass/core';
import { digestOf } from '@gridpass/codec';
import { checkReason } from '../rules/reason.js';
import type { Acts } from './acts.js';
import { checkDuty } from './duty.js';
import { lockFamily } from './family.js';
import { boundPage } from './parts.js';
import type { ActContext, EngineParts, Operator } from './parts.js';

/** The offers that were made for a tenant's applications. */
export interface Offers {
  /** All that is kept, the next to end first, or those of one application; duty `read`. */
  listOffers(tenant: TenantId, applicationId: string | undefined, page: Page, operator: Operator): Promise<Outcome<Paged<MadeOfferRecord>>>;
  /**
   * Withdraws one offer: its code, a token that was given for it, and an answer asked for again give nothing any more. Duty
   * `decide`. NOT_FOUND when there is no such offer, CONFLICT when a credential that came of it was not revoked: that is to be revoked
   * instead. Withdrawing again changes nothing. The application stays as it is.
   */
  withdrawOffer(tenant: TenantId, offerId: string, reason: string, context: ActContext): Promise<Outcome<MadeOfferRecord>>;
}

/** Lists and withdraws offers; the exchange makes them. */
export function createOffers({ repository, clock, settings }: EngineParts, acts: Acts): Offers {
  return {
    listOffers: async (tenant, applicationId, page, operator) => {
      const allowed = checkDuty(operator, 'read');
      return allowed.ok ? ok(await repository.listOffers(tenant, applicationId, boundPage(page, settings.maxPage))) : allowed;
    },
    withdrawOffer: async (tenant, offerId, reason, context) => {
      const told = checkReason('offer', reason);
      if (!told.ok) return told;
      const allowed = checkDuty(context.operator, 'decide');
      if (!allowed.ok) return allowed;
      const made = await repository.readOffer(tenant, offerId);
      if (made === undefined) return refuse('NOT_FOUND', 'offer', 'no such offer');
      return acts.perform<Outcome<MadeOfferRecord>>(tenant, async (tx, after) => {
        const by = context.operator.name;
        // Under the lock of issuance: of a redemption at the same time either the credential is seen here, or the withdrawal there.
        const { records } = await lockFamily({ repository }, tenant, [made.applicationId], tx);
        if (made.withdrawn === undefined && records.some((record) => record.offerId === offerId && record.state !== 'revoked'))
          return refuse('CONFLICT', 'offer', 'offerId: the offer was redeemed, and a credential of it stands; revoke that credential');
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
