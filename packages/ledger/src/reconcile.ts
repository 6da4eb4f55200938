import { Fault } from '@gridpass/core';
import type { Clock, DesiredAdmission, LedgerRepository, TenantId } from '@gridpass/core';
import { parseAccount } from './account.js';
import type { Account } from './account.js';
import { BATCH_MOST } from './admissions.js';
import type { StandingAdmission } from './admission-history.js';
import type { AdmissionGrant, AdmissionReader, AdmissionWriter } from './admissions.js';
import { channelId } from './channel.js';

/** What reconciling did. */
export interface Reconciled {
  readonly standing: readonly DesiredAdmission[];
  /** Admissions the chain did not have, or had otherwise. */
  readonly written: number;
  /** Ended ones, and those that no decision stands behind. */
  readonly withdrawn: number;
}

/**
 * Makes the chain say what the store says: writes what a node lost, withdraws what has ended and what this gate's account
 * admitted without the store knowing of it. Safe at any time, beside admissions and withdrawals, and again after a crash
 * in the middle: the contract takes no receipt back that was once withdrawn.
 */
export async function reconcileAdmissions(parts: {
  readonly tenant: TenantId;
  readonly chainId: number;
  readonly gate: Account;
  readonly repository: LedgerRepository;
  readonly reader: AdmissionReader;
  readonly writer: AdmissionWriter;
  readonly clock: Clock;
  readonly standing: () => AsyncIterable<DesiredAdmission>;
}): Promise<Reconciled> {
  const { tenant, chainId, repository, reader, writer } = parts;
  const at = parts.clock.now();
  // The chain is read before the store: an admission made meanwhile is in the store already and cannot look like a stray.
  const onChain = new Map(
    (await reader.standingAdmissions(parts.gate))
      .filter(({ until }) => until > at)
      .map((found) => [`${found.channelId} ${found.account}`, found]),
  );
  const standing: DesiredAdmission[] = [];
  const missing: AdmissionGrant[] = [];
  for await (const admission of parts.standing()) {
    standing.push(admission);
    const key = `${channelId(admission.channel)} ${admission.account}`;
    const found = onChain.get(key);
    onChain.delete(key);
    if (admission.until > at && (found?.receipt !== admission.receipt || found.until < admission.until)) missing.push(toGrant(admission));
  }
  const strays: StandingAdmission[] = [...onChain.values()];
  await inBatches(strays, writer.withdraw);
  await inBatches(missing, writer.admit);
  const ended = await repository.listEnded(tenant, { chainId, limit: 10_000 });
  // Those the chain still had were strays above; what remains in the store is what is done with.
  for (const { reason: _reason, endedAt: _endedAt, ...name } of ended) await repository.dropEnded(tenant, name);
  return { standing, written: missing.length, withdrawn: strays.length };
}

async function inBatches<T>(all: readonly T[], write: (batch: readonly T[]) => Promise<void>): Promise<void> {
  for (let from = 0; from < all.length; from += BATCH_MOST) await write(all.slice(from, from + BATCH_MOST));
}

function toGrant({ account, channel, until, receipt }: DesiredAdmission): AdmissionGrant {
  const parsed = parseAccount(account);
  if (!parsed.ok) throw new Fault('STORE_UNAVAILABLE', 'the store holds an account that is none');
  return { account: parsed.value, channel, until, receipt };
}
