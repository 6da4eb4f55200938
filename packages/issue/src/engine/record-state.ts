import { Fault, ok, refuse } from '@gridpass/core';
import type { Digest, IssuedRecord, Outcome, TransactionHandle } from '@gridpass/core';
import type { Aftermath } from './acts.js';
import type { EngineParts } from './parts.js';

/** News about a credential: what happened to it, for those that stand on it. */
export type CredentialNews = {
  readonly what: 'revoked' | 'suspended' | 'resumed';
  readonly digest: Digest;
  /** Which dependants it is for; they may hear of it at different times. */
  readonly kind: 'authority' | 'prerequisite' | 'both';
};

/** Why a credential ended whose holder got a newer one. An operator may give the same reason, but closes the application with it. */
export const SUPERSEDED = 'superseded';

type StateParts = Pick<EngineParts, 'repository' | 'statusIssuer' | 'clock' | 'tenants' | 'settings'>;

/** Revokes a locked record, for good. The caller has checked that it is not revoked already. */
export async function revokeRecord(
  parts: StateParts,
  record: IssuedRecord,
  reason: string,
  tx: TransactionHandle,
  after: Aftermath,
): Promise<void> {
  await setBits(parts, record, 'revoked', tx);
  await parts.repository.saveIssuedState({ ...record, state: 'revoked', stateAt: parts.clock.now(), reason }, tx);
  await tellConcerned(parts, tx, after, [
    { news: { what: 'revoked', digest: record.digest, kind: 'prerequisite' }, delaySeconds: 0 },
    { news: { what: 'revoked', digest: record.digest, kind: 'authority' }, delaySeconds: parts.settings.authorityGraceSeconds },
  ]);
}

/** Adds a cause of suspension to a locked record; STATUS_FINAL when it is revoked. Tells whether anything changed. */
export async function suspendRecord(
  parts: StateParts,
  record: IssuedRecord,
  cause: string,
  reason: string,
  tx: TransactionHandle,
  after: Aftermath,
): Promise<Outcome<boolean>> {
  if (record.state === 'revoked') return refuse('STATUS_FINAL', 'suspend', 'revoked');
  if (record.causes.includes(cause)) return ok(false);
  const causes = [...record.causes, cause].sort();
  if (record.state === 'active') {
    await setBits(parts, record, 'suspended', tx);
    await tellConcerned(parts, tx, after, [{ news: { what: 'suspended', digest: record.digest, kind: 'both' }, delaySeconds: 0 }]);
  }
  await parts.repository.saveIssuedState({ ...record, state: 'suspended', stateAt: parts.clock.now(), reason, causes }, tx);
  return ok(true);
}

/** Takes a cause away; the credential stands again when it was the last one. STATUS_FINAL when it is revoked. */
export async function resumeRecord(
  parts: StateParts,
  record: IssuedRecord,
  cause: string,
  reason: string,
  tx: TransactionHandle,
  after: Aftermath,
): Promise<Outcome<boolean>> {
  if (record.state === 'revoked') return refuse('STATUS_FINAL', 'resume', 'revoked');
  if (!record.causes.includes(cause)) return ok(false);
  const causes = record.causes.filter((other) => other !== cause);
  const state = causes.length === 0 ? 'active' : 'suspended';
  if (state === 'active') {
    await setBits(parts, record, 'valid', tx);
    await tellConcerned(parts, tx, after, [{ news: { what: 'resumed', digest: record.digest, kind: 'both' }, delaySeconds: 0 }]);
  }
  await parts.repository.saveIssuedState({ ...record, state, stateAt: parts.clock.now(), reason, causes }, tx);
  return ok(true);
}

async function setBits(
  parts: StateParts,
  record: IssuedRecord,
  state: 'revoked' | 'suspended' | 'valid',
  tx: TransactionHandle,
): Promise<void> {
  const set = await parts.statusIssuer.setStatus(record.tenant, record.status, state, { tx });
  // INVARIANT: a record and its bits change in one transaction, so a refusal here means that they disagree.
  if (!set.ok) throw new Fault('INTERNAL', `status list and record disagree: ${set.refusal.code}`);
}

/** Every tenant of this program under which something stands on the credential hears of it. */
async function tellConcerned(
  parts: StateParts,
  tx: TransactionHandle,
  after: Aftermath,
  items: readonly { readonly news: CredentialNews; readonly delaySeconds: number }[],
): Promise<void> {
  for (const { tenant } of parts.tenants) {
    for (const { news, delaySeconds } of items) {
      if (await parts.repository.hasDependants(tenant, news.digest, tx)) after.news(tenant, { ...news }, delaySeconds);
    }
  }
}
