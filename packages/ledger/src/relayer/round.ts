import { toFeeMembers } from '../gas-terms.js';
import type { GasTerms } from '../gas-terms.js';
import { Transaction } from 'ethers';
import { Fault } from '@gridpass/core';
import type { Clock, RelayChange, RelayRepository, RelayRequest, RelayedTransaction } from '@gridpass/core';
import type { AccountSigner } from '../account.js';
import type { Effect, NodeView } from './node-view.js';

/** What one round of the relayer works with. */
export interface RoundParts {
  readonly repository: RelayRepository;
  readonly node: NodeView;
  readonly signer: AccountSigner;
  readonly registry: { readonly chainId: number; readonly registry: string };
  readonly clock: Clock;
  readonly settings: RelayerSettings;
  /** Told before each step that a crash could cut off; tests end the process there. */
  readonly before?: (step: 'write' | 'handOver' | 'settle') => void | Promise<void>;
}

/** How patient a relayer is. */
export interface RelayerSettings {
  /** A transaction without a block after so long is replaced: same nonce, higher fee. */
  readonly stuckSeconds: number;
  /** How deep a block must lie before a call counts as done; 1 = the newest block will do. */
  readonly confirmations: number;
  /** Most open calls of one tenant. */
  readonly maxOpen: number;
  /** Milliseconds between two looks while calls are open. */
  readonly pollMs: number;
  /** Most milliseconds between two tries while the node is away; the first comes after `pollMs`. */
  readonly maxBackOffMs: number;
  /** How long `settled` waits. */
  readonly waitSeconds: number;
  /** Most wei for one gas. While the chain asks more, nothing new is sent and nothing is replaced. */
  readonly maxFeePerGas?: bigint;
}

/** Requests in one round; the rest waits for the next. */
const ROUND = 200;
/** Nodes ask for a tenth more at least (geth, anvil: 10 %), and for something where the fee was nothing. */
const raised = (fee: bigint): bigint => fee + fee / 8n + 1n;

const isTooDear = ({ settings: { maxFeePerGas } }: RoundParts, fee: bigint): boolean => maxFeePerGas !== undefined && fee > maxFeePerGas;

/** Looks at every open request once and does the next thing for each; how many are still open. Throws Faults of node and store. */
export async function playRound(parts: RoundParts): Promise<number> {
  const { repository, node, registry } = parts;
  const requests = await repository.listOpen(registry, ROUND);
  if (requests.length === 0) return 0;
  await node.assertRegistry();
  // Read before any receipt: a nonce that is gone by now has its receipt by then.
  const counts = await node.counts();
  const open: RelayRequest[] = [];
  for (const request of requests) {
    if (!(await settle(parts, request, counts.head))) open.push(request);
  }
  const sent = await followSubmitted(parts, open, counts);
  await sendQueued(parts, open, sent);
  return open.length;
}

/** Whether a request is over: one of its transactions is in a block, deep enough. */
async function settle(parts: RoundParts, request: RelayRequest, head: number): Promise<boolean> {
  const { node, settings } = parts;
  let reverted: Effect | undefined;
  for (const { hash } of request.transactions) {
    const found = await node.found(hash);
    if (found === undefined) continue;
    if (head - found.block + 1 < settings.confirmations) return false;
    if (found.kind === 'effect') return end(parts, request, found);
    reverted = found;
  }
  // Of several transactions one may be reverted because another one took effect; only the last word counts.
  if (reverted === undefined || request.state === 'queued') return false;
  const elsewhere = await node.effectOf(request);
  return elsewhere === undefined ? fail(parts, request, 'reverted') : end(parts, request, elsewhere);
}

/** Transactions that are made and in no block: handed over again, replaced, or given up where their nonce is lost. */
async function followSubmitted(
  parts: RoundParts,
  open: readonly RelayRequest[],
  counts: { readonly latest: number; readonly pending: number },
): Promise<ReadonlySet<RelayRequest>> {
  const { node, signer, clock, settings } = parts;
  const sent = new Set<RelayRequest>();
  const mine = open.flatMap((request) => {
    const last = request.transactions.at(-1);
    return request.state === 'submitted' && request.account === signer.account && last !== undefined ? [{ request, last }] : [];
  });
  mine.sort((a, b) => a.last.accountNonce - b.last.accountNonce);
  let next = counts.latest;
  for (const { request, last } of mine) {
    if (last.accountNonce < counts.latest || last.accountNonce > Math.max(next, counts.pending)) {
      // Another program took the nonce, or the chain forgot those before it. The registry's own nonce keeps a late twin harmless.
      await write(parts, request, { ...keep(request), state: 'queued' });
      continue;
    }
    next = Math.max(next, last.accountNonce + 1);
    sent.add(request);
    if (clock.now() - last.at >= settings.stuckSeconds) await replace(parts, request, last);
    else if (!(await node.isKnown(last.hash))) await node.handOver(last);
  }
  return sent;
}

/** Same nonce, higher fee. Where the account cannot pay more, or gas is free, what was made is handed over again. */
async function replace(parts: RoundParts, request: RelayRequest, last: RelayedTransaction): Promise<void> {
  const { node } = parts;
  const asked = await node.gasTerms();
  const least = raised(BigInt(last.feePerGas));
  const fee = asked.price > least ? asked.price : least;
  if (isTooDear(parts, fee)) return void (await node.handOver(last));
  const tried = await node.tryCall(request, 'pending');
  const gas = 'gas' in tried ? tried.gas : 500_000n;
  const transaction = await sign(parts, request, { nonce: last.accountNonce, gas: offering(fee, asked), gasLimit: gas });
  if (!(await write(parts, request, { ...keep(request), transactions: [...request.transactions, transaction] }))) return;
  await parts.before?.('handOver');
  await node.handOver(transaction).catch(async (error: unknown) => {
    await node.handOver(last);
    throw error;
  });
}

/** Makes transactions for what is queued; the calls of one owner go in the order of their nonces. */
async function sendQueued(parts: RoundParts, open: readonly RelayRequest[], sent: ReadonlySet<RelayRequest>): Promise<void> {
  const { node, repository, signer, registry } = parts;
  const behind = new Map<string, 'sent' | 'waits'>();
  for (const request of open) {
    const before = behind.get(request.owner);
    if (request.state === 'submitted') {
      // Another replica's transaction counts as sent; one of ours that was given up this round does not.
      behind.set(request.owner, sent.has(request) || request.account !== signer.account ? (before ?? 'sent') : 'waits');
      continue;
    }
    if (before === 'waits') continue;
    const tried = await node.tryCall(request, 'pending');
    if ('reason' in tried) {
      // With a call of the owner before it still open, the no may be about that one.
      if (before === undefined) await judge(parts, request, tried.reason);
      behind.set(request.owner, 'waits');
      continue;
    }
    const asked = await node.gasTerms();
    if (isTooDear(parts, asked.price))
      throw new Fault('CHAIN_UNAVAILABLE', 'the chain asks more for gas than the relayer may pay; calls wait');
    const { pending } = await node.counts();
    const nonce = await repository.nextAccountNonce({ ...registry, account: signer.account }, pending);
    const transaction = await sign(parts, request, { nonce, gas: offering(asked.price, asked), gasLimit: tried.gas });
    await parts.before?.('write');
    if (
      !(await write(parts, request, {
        ...keep(request),
        state: 'submitted',
        account: signer.account,
        transactions: [...request.transactions, transaction],
      }))
    ) {
      behind.set(request.owner, 'waits');
      continue;
    }
    await parts.before?.('handOver');
    await node.handOver(transaction);
    behind.set(request.owner, 'sent');
  }
}

/** The registry says no to a call that nothing of ours is before: it was done already, or it can never be done. */
async function judge(parts: RoundParts, request: RelayRequest, reason: string): Promise<void> {
  // What is pending may be this very call, sent by a stranger or by us before: the no is final only against a block.
  if ('gas' in (await parts.node.tryCall(request, 'latest'))) return;
  const nonce = await parts.node.registryNonce(request.owner);
  if (nonce < request.nonce) return void (await fail(parts, request, 'nonce-gap'));
  if (nonce === request.nonce) return void (await fail(parts, request, reason));
  const elsewhere = await parts.node.effectOf(request);
  await (elsewhere === undefined ? fail(parts, request, 'nonce-used') : end(parts, request, elsewhere));
}

async function end(parts: RoundParts, request: RelayRequest, { hash, block }: Effect): Promise<boolean> {
  await parts.before?.('settle');
  return write(parts, request, { ...keep(request), state: 'mined', minedHash: hash, minedBlock: block, reason: '' });
}

const fail = (parts: RoundParts, request: RelayRequest, reason: string): Promise<boolean> =>
  write(parts, request, { ...keep(request), state: 'failed', reason });

const keep = ({ state, account, transactions, minedHash, minedBlock, reason }: RelayRequest): Omit<RelayChange, 'changedAt'> => ({
  state,
  account,
  transactions,
  minedHash,
  minedBlock,
  reason,
});

const write = (parts: RoundParts, request: RelayRequest, change: Omit<RelayChange, 'changedAt'>): Promise<boolean> =>
  parts.repository.changeRequest(request, { ...change, changedAt: parts.clock.now() });

/** All of a fee for who makes the block, where the chain tells the two apart: what is not burnt is no loss while a call waits. */
const offering = (price: bigint, { priority }: GasTerms): GasTerms => (priority === undefined ? { price } : { price, priority: price });

async function sign(
  { signer, registry, clock }: RoundParts,
  request: RelayRequest,
  { nonce, gas, gasLimit }: { readonly nonce: number; readonly gas: GasTerms; readonly gasLimit: bigint },
): Promise<RelayedTransaction> {
  const transaction = Transaction.from({
    ...toFeeMembers(gas),
    chainId: registry.chainId,
    nonce,
    to: registry.registry,
    data: request.data,
    value: 0n,
    gasLimit,
  });
  transaction.signature = { ...(await signer.signDigest(transaction.unsignedHash)) };
  return { hash: transaction.hash ?? '', raw: transaction.serialized, accountNonce: nonce, feePerGas: String(gas.price), at: clock.now() };
}
