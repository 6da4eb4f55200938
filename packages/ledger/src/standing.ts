import { Fault, askStatus, endsAfter } from '@gridpass/core';
import type { DesiredAdmission, Did, Instant, Outcome, StatusPort } from '@gridpass/core';

/** Whether a holder's DID still stands; refuses with the code why not, throws the fault of a resolver that cannot tell. */
export type CheckHolder = (did: Did, at: Instant) => Promise<Outcome<unknown>>;

/** Whether the credentials behind an admission still stand. */
export type Standing =
  | { readonly kind: 'stands' }
  | { readonly kind: 'unknown' }
  /** The reason is a code. */
  | { readonly kind: 'fallen'; readonly reason: string };

/**
 * Asks the status of every credential behind an admission, the chains of their issuers included, and for the holder's DID. What cannot be told
 * stays as it is for `statusGraceSeconds` after it was last told, and then falls: the ledger fails closed.
 */
export async function checkStanding(
  ports: { readonly status: StatusPort; readonly checkHolder: CheckHolder; readonly statusGraceSeconds: number },
  admission: DesiredAdmission,
  at: Instant,
): Promise<Standing> {
  if (!endsAfter(admission.notAfter, at)) return { kind: 'fallen', reason: 'EXPIRED' };
  if (admission.status.length === 0) return { kind: 'fallen', reason: 'STATUS_MISSING' };
  let unknown: Fault | undefined;
  const checks = admission.status.map(
    ({ references, issuer }) =>
      (): Promise<Outcome<unknown>> =>
        askStatus(ports.status, { references, issuer, at }),
  );
  for (const check of [...checks, () => ports.checkHolder(admission.holderDid, at)]) {
    try {
      const outcome = await check();
      if (!outcome.ok) return { kind: 'fallen', reason: outcome.refusal.code };
    } catch (cause) {
      if (!(cause instanceof Fault)) throw cause;
      // Another credential may be known to be revoked: look at all of them.
      unknown = cause;
    }
  }
  if (unknown === undefined) return { kind: 'stands' };
  // Written so that a time that is no number falls.
  return at - admission.checkedAt <= ports.statusGraceSeconds ? { kind: 'unknown' } : { kind: 'fallen', reason: unknown.code };
}
