import { Fault, instant, ok, refuse } from '@gridpass/core';
import type {
  AdmissionName,
  AuditPort,
  Clock,
  DesiredAdmission,
  Digest,
  Instant,
  LedgerRepository,
  Outcome,
  RequestId,
  StatusPort,
  StoredGrant,
  TenantId,
} from '@gridpass/core';
import { digestOf, randomToken } from '@gridpass/codec';
import { parseAccount } from './account.js';
import type { Account } from './account.js';
import type { AdmissionReader, AdmissionWriter } from './admissions.js';
import { createAdmissionTable } from './admission-table.js';
import { reconcileAdmissions } from './reconcile.js';
import type { Reconciled } from './reconcile.js';
import { checkStanding } from './standing.js';
import type { CheckHolder } from './standing.js';

/** What keeping admissions needs. */
export interface AdmissionKeeperPorts {
  readonly tenant: TenantId;
  readonly chainId: number;
  /** The account that admits; admissions of other gates on the same contract are left alone. */
  readonly gate: Account;
  readonly repository: LedgerRepository;
  readonly reader: AdmissionReader;
  readonly writer: AdmissionWriter;
  readonly status: StatusPort;
  /** An admission ends with the DID of its holder. */
  readonly checkHolder: CheckHolder;
  readonly audit: AuditPort;
  readonly clock: Clock;
  /**
   * Seconds an admission is written ahead. While the gate lives a revocation is followed within the interval of `recheck`
   * plus the age a status list may have; if the gate dies, every admission ends by itself within the lease.
   */
  readonly leaseSeconds: number;
  /** How long the status of a credential may be unknown before the admission is withdrawn all the same. */
  readonly statusGraceSeconds: number;
  readonly accountsPerHolder: number;
}

/** A request for an admission, after the gate permitted and the account proved itself. */
export interface AdmissionRequest {
  readonly account: Account;
  readonly channel: string;
  readonly requestId: RequestId;
  readonly grant: Pick<StoredGrant, 'holderDid' | 'credentials' | 'status'>;
  /** The recorded decision this rests on. */
  readonly decision: { readonly index: number; readonly leafHash: Digest };
}

/** What one round of `recheck` did. */
export interface Rechecked {
  readonly standing: number;
  readonly renewed: number;
  readonly withdrawn: number;
  /** Admissions whose status could not be told, but not yet for too long. */
  readonly unknown: number;
}

/** Admissions from decision to withdrawal. */
export interface AdmissionKeeper {
  /** CONFLICT when the account is another holder's or the holder has too many. Faults: chain, store or log away; then nothing is admitted that is not kept. */
  admit(request: AdmissionRequest): Promise<Outcome<{ readonly until: Instant; readonly receipt: Digest }>>;
  /** Ends an admission in the store and on the chain; false when there was none. */
  withdraw(name: Omit<AdmissionName, 'chainId'>, reason: string): Promise<boolean>;
  /** Looks at the status of every credential behind every admission: renews those that stand, withdraws the others. Throws the first fault after all were looked at. */
  recheck(): Promise<Rechecked>;
  /** Makes the chain say what the store says. */
  reconcile(): Promise<Reconciled>;
  /** Channels the account is admitted to at `at`, from memory. */
  channelsOf(account: Account, at: Instant): readonly string[];
}

const PAGE = 200;

/**
 * Makes a keeper; call `reconcile` before anything is let through. INVARIANT: the store is written before the chain, and
 * the log before both, so that whatever stands on the chain can be found in the log and in the store.
 */
export function createAdmissionKeeper(ports: AdmissionKeeperPorts): AdmissionKeeper {
  const { tenant, chainId, repository, writer, clock } = ports;
  const table = createAdmissionTable();
  const leaseEnd = (at: Instant, notAfter: Instant): Instant => instant(Math.min(at + ports.leaseSeconds, notAfter));

  async function record(
    requestId: RequestId,
    action: 'admit-account' | 'withdraw-account',
    name: Omit<AdmissionName, 'chainId'>,
    more: Record<string, string | number>,
    reasons: readonly string[],
  ): Promise<Digest> {
    const receipt = await ports.audit.appendRecord(tenant, {
      kind: 'act',
      requestId,
      at: clock.now(),
      action,
      reasons,
      // The account of a person is a pseudonym that the chain shows anyway; the log need not repeat it.
      evidence: { chainId, channel: name.channel, accountDigest: digestOf(name.account), ...more },
    });
    return receipt.leafHash;
  }

  async function write(admission: DesiredAdmission): Promise<void> {
    await writer.admit([
      { account: toKnownAccount(admission.account), channel: admission.channel, until: admission.until, receipt: admission.receipt },
    ]);
  }

  async function end(admission: DesiredAdmission, reason: string): Promise<boolean> {
    const { account, channel, receipt } = admission;
    table.remove(admission);
    if (!(await repository.endAdmission(tenant, { chainId, account, channel, receipt, reason, endedAt: clock.now() }))) return false;
    // Taking away waits for nobody: neither a log nor a chain that is away keeps the other from being told.
    await allOrFault([
      writer.withdraw([{ account: toKnownAccount(account), channel }]),
      record(randomToken(16) as RequestId, 'withdraw-account', admission, { receipt }, [reason]),
    ]);
    await repository.dropEnded(tenant, { chainId, account, channel, receipt });
    return true;
  }

  async function* standing(): AsyncGenerator<DesiredAdmission> {
    let after: DesiredAdmission | undefined;
    for (;;) {
      const page = await repository.listAdmissions(tenant, { chainId, limit: PAGE, ...(after === undefined ? {} : { after }) });
      yield* page;
      after = page.at(-1);
      if (page.length < PAGE) return;
    }
  }

  async function renew(admission: DesiredAdmission, at: Instant): Promise<boolean> {
    const until = admission.until - at > ports.leaseSeconds / 2 ? admission.until : leaseEnd(at, admission.notAfter);
    const kept = await repository.renewAdmission(tenant, {
      chainId,
      account: admission.account,
      channel: admission.channel,
      receipt: admission.receipt,
      until,
      checkedAt: at,
    });
    if (!kept || until === admission.until) return false;
    const renewed = { ...admission, until };
    await write(renewed);
    table.put(renewed);
    return true;
  }

  async function lookAt(
    admission: DesiredAdmission,
    at: Instant,
    counts: Record<keyof Rechecked, number>,
    seen: DesiredAdmission[],
  ): Promise<void> {
    const verdict = await checkStanding(ports, admission, at);
    if (verdict.kind === 'fallen') {
      await end(admission, verdict.reason);
      counts.withdrawn += 1;
      return;
    }
    seen.push(admission);
    counts.standing += 1;
    if (verdict.kind === 'unknown') counts.unknown += 1;
    else if (await renew(admission, at)) counts.renewed += 1;
  }

  return {
    channelsOf: table.channelsOf,
    async admit({ account, channel, requestId, grant, decision }) {
      const at = clock.now();
      const notAfter = instant(Math.min(...grant.credentials.map(({ validUntil }) => validUntil)));
      if (!(notAfter > at) || grant.status.length === 0) return refuse('GRANT_ENDED', 'ledger', 'EXPIRED');
      const until = leaseEnd(at, notAfter);
      const receipt = await record(
        requestId,
        'admit-account',
        { account, channel },
        { decisionIndex: decision.index, decisionLeafHash: decision.leafHash, notAfter },
        [],
      );
      const admission: DesiredAdmission = {
        chainId,
        account,
        channel,
        holderDid: grant.holderDid,
        receipt,
        until,
        notAfter,
        checkedAt: at,
        status: grant.status,
        credentials: grant.credentials.map(({ type, digest, issuer }) => ({ type, digest, issuer })),
      };
      if (!(await repository.keepAdmission(tenant, admission, ports.accountsPerHolder))) {
        return refuse('CONFLICT', 'ledger', "the account is another holder's, or the holder has as many as allowed");
      }
      await write(admission);
      table.put(admission);
      return ok({ until, receipt });
    },
    async withdraw(name, reason) {
      const admission = await repository.readAdmission(tenant, { ...name, chainId });
      return admission === undefined ? false : end(admission, reason);
    },
    async recheck() {
      const at = clock.now();
      const counts = { standing: 0, renewed: 0, withdrawn: 0, unknown: 0 };
      const seen: DesiredAdmission[] = [];
      const faults: unknown[] = [];
      for await (const admission of standing()) {
        // One that cannot be written now must not keep the rest from being looked at.
        await lookAt(admission, at, counts, seen).catch((fault: unknown) => {
          faults.push(fault);
        });
      }
      // Another replica may have admitted or ended some.
      table.replace(seen);
      if (faults.length > 0) throw faults[0];
      return counts;
    },
    async reconcile() {
      const report = await reconcileAdmissions({ ...ports, standing });
      table.replace(report.standing);
      return report;
    },
  };
}

async function allOrFault(tasks: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(tasks)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** An account that was parsed before it was kept. */
function toKnownAccount(text: string): Account {
  const account = parseAccount(text);
  if (!account.ok) throw new Fault('STORE_UNAVAILABLE', 'the store holds an account that is none');
  return account.value;
}
