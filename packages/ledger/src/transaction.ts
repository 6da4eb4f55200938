import { Transaction, computeAddress, hashAuthorization, hexlify, isError, keccak256 } from 'ethers';
import type { Signature } from 'ethers';
import { ok, refuse } from '@gridpass/core';
import type { Outcome } from '@gridpass/core';
import { recoverDigestSigner } from '@gridpass/keys';
import type { Account } from './account.js';

/** What a signed transaction says, with the account that truly signed it. */
export interface SignedTransaction {
  readonly hash: string;
  readonly type: 'legacy' | 'accessList' | 'dynamicFee' | 'setCode';
  /** Recovered from the signature; a `from` member is never believed. */
  readonly sender: Account;
  /** Accounts that let the transaction put code on them (EIP-7702): they act in it as much as the sender does. */
  readonly authorities: readonly Account[];
  /** Absent = creation of a contract. */
  readonly to?: Account;
  readonly nonce: number;
  readonly gasLimit: bigint;
  readonly value: bigint;
  readonly data: string;
}

const TYPES = new Map<number, SignedTransaction['type']>([
  [0, 'legacy'],
  [1, 'accessList'],
  [2, 'dynamicFee'],
  [4, 'setCode'],
]);
const malformed = (detail: string): Outcome<never> => refuse('TRANSACTION_MALFORMED', 'transaction', detail);

/**
 * Decodes a raw signed transaction of any type the chain accepts and recovers who signed it. Refuses
 * TRANSACTION_MALFORMED (undecodable, not canonical, unsigned, high s, a blob transaction or an unknown type) and
 * CHAIN_MISMATCH (made for another chain, or, before EIP-155, for any).
 */
export function parseSignedTransaction(
  raw: unknown,
  expected: { readonly chainId: number; readonly maxBytes: number },
): Outcome<SignedTransaction> {
  const bytes = parseBytes(raw, expected.maxBytes);
  if (!bytes.ok) return bytes;
  const transaction = decode(bytes.value);
  if (transaction === undefined) return malformed('the raw transaction cannot be decoded');
  const type = TYPES.get(transaction.type ?? -1);
  const { signature } = transaction;
  if (type === undefined || signature === null) return malformed('the transaction is unsigned or of an unknown type');
  // Before anything else looks at the signature: the library throws where one with a high s (EIP-2) is written out.
  if (!signature.isValid()) return malformed('the signature has a high s');
  const authorities = type === 'setCode' ? authoritiesOf(transaction, expected.chainId) : ok([]);
  if (!authorities.ok) return authorities;
  // INVARIANT: what was judged is what the node executes: the one serialisation of what was decoded, byte for byte.
  if (serialize(transaction) !== bytes.value) return malformed('the raw transaction is not in its canonical form');
  const chain = checkChain(transaction, signature, expected.chainId);
  if (!chain.ok) return chain;
  const sender = recover(transaction.unsignedHash, signature);
  if (sender === undefined) return malformed('the signature belongs to no account');
  return ok({
    hash: keccak256(Buffer.from(bytes.value.slice(2), 'hex')),
    type,
    sender,
    authorities: authorities.value,
    nonce: transaction.nonce,
    gasLimit: transaction.gasLimit,
    value: transaction.value,
    data: transaction.data,
    ...(transaction.to === null ? {} : { to: transaction.to as Account }),
  });
}

/** The raw transaction in lower case. */
function parseBytes(raw: unknown, maxBytes: number): Outcome<string> {
  if (typeof raw !== 'string' || !/^0x(?:[0-9a-fA-F]{2})+$/.test(raw)) return malformed('the raw transaction is not 0x-hexadecimal');
  if (raw.length > 2 + 2 * maxBytes) return malformed('the raw transaction is too large');
  // EIP-2718: the first byte is the type. Blobs (EIP-4844) carry data that no contract here reads.
  if (raw.slice(2, 4) === '03') return malformed('blob transactions are not taken here');
  return ok(raw.toLowerCase());
}

function checkChain(transaction: Transaction, signature: Signature, chainId: number): Outcome<true> {
  if (transaction.type === 0 && signature.legacyChainId === null)
    return refuse('CHAIN_MISMATCH', 'transaction', 'the transaction names no chain (EIP-155)');
  return transaction.chainId === BigInt(chainId)
    ? ok(true)
    : refuse('CHAIN_MISMATCH', 'transaction', 'the transaction is for another chain');
}

function authoritiesOf(transaction: Transaction, chainId: number): Outcome<readonly Account[]> {
  if (transaction.to === null) return malformed('a set-code transaction cannot create a contract (EIP-7702)');
  const authorities: Account[] = [];
  for (const authorization of transaction.authorizationList ?? []) {
    // Chain 0 would hold on every chain.
    if (authorization.chainId !== BigInt(chainId))
      return refuse('CHAIN_MISMATCH', 'transaction', 'an authorization is for another chain, or for any');
    if (!authorization.signature.isValid()) return malformed('an authorization has a high s');
    const authority = recover(
      hashAuthorization({ address: authorization.address, nonce: authorization.nonce, chainId: authorization.chainId }),
      authorization.signature,
    );
    if (authority === undefined) return malformed('an authorization was signed by no account');
    authorities.push(authority);
  }
  return authorities.length === 0 ? malformed('a set-code transaction needs an authorization (EIP-7702)') : ok(authorities);
}

// The library throws on everything it cannot read; what it says differs by version and is not looked at.
function decode(raw: string): Transaction | undefined {
  try {
    return Transaction.from(raw);
  } catch {
    return undefined;
  }
}

// What was decoded may still be nothing one can write, e.g. a priority fee above the maximum (EIP-1559).
function serialize(transaction: Transaction): string | undefined {
  try {
    return transaction.serialized;
  } catch (cause) {
    if (isError(cause, 'BAD_DATA') || isError(cause, 'INVALID_ARGUMENT')) return undefined;
    throw cause;
  }
}

// What the library calls an address has its checksum: making it again would be a hash for each.
/** By libsecp256k1 where it loads: the library's own takes a millisecond for each transaction. */
function recover(digest: string, { r, s, yParity }: Pick<Signature, 'r' | 's' | 'yParity'>): Account | undefined {
  const key = recoverDigestSigner(digest, { r, s, yParity });
  return key === undefined ? undefined : (computeAddress(hexlify(key)) as Account);
}
