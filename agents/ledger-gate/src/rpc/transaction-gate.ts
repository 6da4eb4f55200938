import { digestOf } from '@gridpass/codec';
import { ok, refuse } from '@gridpass/core';
import type { AuditPort, Instant, Outcome, Refusal, RequestId, TenantId } from '@gridpass/core';
import { parseSignedTransaction } from '@gridpass/ledger';
import type { Account, AdmissionKeeper, SignedTransaction } from '@gridpass/ledger';
import type { RateBucket } from './rate-bucket.js';

/** What judging a transaction needs. */
export interface TransactionGateParts {
  readonly tenant: TenantId;
  readonly chainId: number;
  readonly keeper: Pick<AdmissionKeeper, 'channelsOf'>;
  readonly audit: AuditPort;
  /** For each contract that may be called the channels that open it, for creations under `undefined`; what is not named is closed. */
  readonly targets: ReadonlyMap<Account | undefined, readonly string[]>;
  readonly maxTransactionBytes: number;
  readonly perSender: RateBucket;
  /** Counts a refusal that anyone can cause. */
  readonly count: (refusal: Pick<Refusal, 'code'>) => void;
}

/** Judges a raw transaction: the record precedes the forwarding. */
export type TransactionGate = (
  raw: unknown,
  request: { readonly requestId: RequestId; readonly at: Instant },
) => Promise<Outcome<SignedTransaction>>;

/**
 * Makes the judge of transactions. The sender is who signed, and nobody else is asked; whoever a transaction lets put
 * code on an account (EIP-7702) must be admitted as the sender must.
 */
export function createTransactionGate(parts: TransactionGateParts): TransactionGate {
  const { tenant, audit, chainId, keeper } = parts;

  function admittedBy(account: Account, channels: readonly string[], at: Instant): string | undefined {
    return keeper.channelsOf(account, at).find((channel) => channels.includes(channel));
  }

  return async (raw, { requestId, at }) => {
    const parsed = parseSignedTransaction(raw, { chainId, maxBytes: parts.maxTransactionBytes });
    if (!parsed.ok) {
      parts.count(parsed.refusal);
      return parsed;
    }
    const transaction = parsed.value;
    const channels = parts.targets.get(transaction.to) ?? [];
    const by = [transaction.sender, ...transaction.authorities].map((account) => admittedBy(account, channels, at));
    const record = { requestId, at, action: 'send-transaction' } as const;
    const evidence = { chainId, transactionHash: transaction.hash, accountDigest: digestOf(transaction.sender) };
    const [channel] = by;
    if (channel === undefined || by.includes(undefined)) {
      // Anyone can sign with a fresh key: only of an account that is admitted to something is it known whose it is.
      const isKnown = keeper.channelsOf(transaction.sender, at).length > 0 && parts.perSender.take(transaction.sender, at);
      if (isKnown) await audit.appendRecord(tenant, { ...record, kind: 'refusal', code: 'SENDER_NOT_ADMITTED', reasons: [], evidence });
      else parts.count({ code: 'SENDER_NOT_ADMITTED' });
      return refuse('SENDER_NOT_ADMITTED', 'ledger', 'no account of the transaction may be missing in the channels of its target');
    }
    if (!parts.perSender.take(transaction.sender, at)) return refuse('RATE_LIMITED', 'ledger', 'transactions of one sender');
    await audit.appendRecord(tenant, {
      ...record,
      kind: 'decision',
      effect: 'permit',
      reasons: ['sender-admitted'],
      evidence: { ...evidence, channel },
    });
    return ok(transaction);
  };
}
