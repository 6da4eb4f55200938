import { endsAfter, ok, refuse } from '@gridpass/core';
import type { Application, Instant, IssuedRecord, Outcome, RequestId, TenantId, Thumbprint, TransactionHandle } from '@gridpass/core';
import type { Acts } from './acts.js';
import { lockFamily } from './family.js';
import { checkHeldBack } from './held-back.js';
import type { EngineParts } from './parts.js';

/** Which application, and the key that the caller proved. */
export interface OwnApplication {
  readonly applicationId: string;
  readonly applicant: Thumbprint;
}

/** What an applicant may do about its own application. Of another's it learns as much as of one that does not exist: NOT_FOUND. */
export interface OwnOffers {
  /** The application, whether an offer would be given for it now, and the renewal of what came of it where an operator approved one. */
  readOwn(
    tenant: TenantId,
    own: OwnApplication,
  ): Promise<Outcome<{ readonly application: Application; readonly offerReady: boolean; readonly renewedBy?: string }>>;
  /**
   * Gives the applicant an offer; `make` makes it within the transaction. The one that it was given before ends, with a token given for it,
   * unless a credential came of it. CONFLICT for what is not approved, ended, or was redeemed {@link MAX_REDEEMED} times; SUSPENDED or STATUS_FINAL
   * for what was taken away. An offer that an operator made stays.
   */
  giveOffer<Made extends { readonly offerId: string }>(
    tenant: TenantId,
    own: OwnApplication & { readonly requestId: RequestId },
    make: (application: Application, tx: TransactionHandle) => Promise<Made>,
  ): Promise<Outcome<Made>>;
}

/** From how many offers of one application something is issued before an operator must make the next: each uses up places in status lists. */
export const MAX_REDEEMED = 3;

/** Offers that applicants ask for by themselves. */
export function createOwnOffers(parts: EngineParts, acts: Acts): OwnOffers {
  const { repository, clock } = parts;
  return {
    readOwn: async (tenant, { applicationId, applicant }) => {
      const application = await repository.readApplication(tenant, applicationId);
      if (application?.applicant !== applicant) return refuse('NOT_FOUND', 'application', 'no such application of this key');
      const records = await repository.findIssued(tenant, { kind: 'application', applicationId });
      const renewal = await repository.readRenewal(tenant, applicationId);
      return ok({
        application,
        offerReady: checkOfferable(application, records, clock.now()).ok,
        // Another applicant's would be NOT_FOUND to this one.
        ...(renewal?.applicant === applicant ? { renewedBy: renewal.applicationId } : {}),
      });
    },
    giveOffer: (tenant, { applicationId, applicant, requestId }, make) =>
      acts.perform(tenant, async (tx, after) => {
        // Under the lock of issuance, withdrawal and every change of state.
        const family = await lockFamily(parts, tenant, [applicationId], tx);
        const application = family.applications.find((one) => one.applicationId === applicationId);
        if (application?.applicant !== applicant) return refuse('NOT_FOUND', 'application', 'no such application of this key');
        const records = family.records.filter((record) => record.applicationId === applicationId);
        const offerable = checkOfferable(application, records, clock.now());
        if (!offerable.ok) return offerable;
        const subjects = application.subject === undefined ? [] : [application.subject];
        const held = await checkHeldBack(parts, { family, application, thumbprints: [applicant], subjects }, tx);
        if (!held.ok) return held;
        const change = { applicationIds: [applicationId], unusedOwn: true, by: 'applicant', reason: ASKED_ANEW, at: clock.now() };
        const withdrawn = await repository.withdrawOffers(tenant, change, tx);
        const made = await make(application, tx);
        after.act({
          action: 'offer',
          actor: 'applicant',
          requestId,
          evidence: {
            applicationId,
            offerId: made.offerId,
            type: application.type,
            ...(withdrawn.length === 0 ? {} : { offers: [...withdrawn] }),
          },
        });
        return ok(made);
      }),
  };
}

const ASKED_ANEW = 'the applicant asked for another';

function checkOfferable(application: Application, records: readonly IssuedRecord[], at: Instant): Outcome<true> {
  const { state, purgedAt, validUntil } = application;
  if (purgedAt !== undefined) return refuse('CONFLICT', 'offer', 'the application is over and its claims are erased');
  if (state !== 'approved' && state !== 'issued') return refuse('CONFLICT', 'offer', `the application is ${state}`);
  if (!endsAfter(validUntil, at)) return refuse('CONFLICT', 'offer', 'what was asked for has ended');
  if (records.some((record) => record.state === 'suspended')) return refuse('SUSPENDED', 'offer', 'what was issued for it is suspended');
  return new Set(records.map(({ offerId }) => offerId)).size < MAX_REDEEMED
    ? ok(true)
    : refuse('CONFLICT', 'offer', `redeemed ${MAX_REDEEMED} times: an operator makes the next offer`);
}
