import {
  SigningKey,
  TypedDataEncoder,
  computeAddress,
  getAddress,
  hashMessage,
  isHexString,
  randomBytes,
  recoverAddress,
  hexlify,
} from 'ethers';
import { decodeBase64url } from '@gridpass/codec';
import { InputError, assertOk, ok, refuse } from '@gridpass/core';
import type { Brand, Outcome, PublicJwk } from '@gridpass/core';

/** An account of an EVM chain, in its checksummed form (EIP-55). */
export type Account = Brand<string, 'Account'>;

/** Signs for one account; the key stays inside. */
export interface AccountSigner {
  readonly account: Account;
  /** Signs 32 bytes that were hashed already; r and s as 0x-hex, low s. */
  signDigest(digest: string): Promise<{ readonly r: string; readonly s: string; readonly yParity: 0 | 1 }>;
}

/** Reads an account: all lower case, or mixed case with the right checksum (EIP-55). Refuses REQUEST_MALFORMED. */
export function parseAccount(text: unknown): Outcome<Account> {
  if (typeof text !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(text))
    return refuse('REQUEST_MALFORMED', 'account', 'an account is 0x and 40 hexadecimal digits');
  const checksummed = getAddress(text.toLowerCase());
  if (text !== text.toLowerCase() && text !== checksummed)
    return refuse('REQUEST_MALFORMED', 'account', 'the checksum of the account is wrong');
  return ok(toAccount(checksummed));
}

/** Brands what the chain library says is an address. */
export function toAccount(address: string): Account {
  return getAddress(address) as Account;
}

/** A signer over a private key of 32 bytes, 0x-hex or bytes. Throws InputError CONFIG_INVALID when it is none. */
export function accountFromPrivateKey(privateKey: string | Uint8Array): AccountSigner {
  const hex = typeof privateKey === 'string' ? privateKey : hexlify(privateKey);
  if (!isHexString(hex, 32)) throw new InputError('CONFIG_INVALID', 'an account key is 0x and 64 hexadecimal digits');
  const key = toSigningKey(hex);
  return {
    account: toAccount(computeAddress(key.publicKey)),
    signDigest: async (digest) => {
      const { r, s, yParity } = key.sign(digest);
      return { r, s, yParity };
    },
  };
}

/** The account of a secp256k1 key that lies elsewhere, e.g. in a vault. Throws InputError CONFIG_INVALID for a key of another curve. */
export function toAccountSigner(key: { readonly publicJwk: PublicJwk; signDigest: AccountSigner['signDigest'] }): AccountSigner {
  const { publicJwk } = key;
  if (publicJwk.crv !== 'secp256k1') throw new InputError('CONFIG_INVALID', 'accounts of a chain have secp256k1 keys');
  const point = `0x04${[publicJwk.x, publicJwk.y].map((text) => Buffer.from(assertOk(decodeBase64url(text))).toString('hex')).join('')}`;
  return { account: toAccount(computeAddress(point)), signDigest: (digest) => key.signDigest(digest) };
}

/** A fresh random private key for an account, 0x-hex. */
export function createAccountKey(): string {
  return hexlify(randomBytes(32));
}

/** What the owner of an account signs to bind it to one session of one gate (EIP-712). */
export interface AccountClaim {
  readonly account: Account;
  readonly channel: string;
  /** The session of the gate in which the presentation is made. */
  readonly state: string;
  readonly chainId: number;
  /** Where the gate lives; keeps a proof for one gate from another. */
  readonly audience: string;
}

const CLAIM_TYPES = {
  AccountClaim: [
    { name: 'account', type: 'address' },
    { name: 'channel', type: 'string' },
    { name: 'state', type: 'string' },
    { name: 'audience', type: 'string' },
  ],
};

const claimDomain = (claim: AccountClaim): { name: string; version: string; chainId: number } => ({
  name: 'Gridpass ledger gate',
  version: '1',
  chainId: claim.chainId,
});

const claimMessage = ({ account, channel, state, audience }: AccountClaim): Record<string, string> => ({
  account,
  channel,
  state,
  audience,
});

/** The typed data a wallet shows and signs (`eth_signTypedData_v4`). */
export function accountClaimTypedData(claim: AccountClaim): Record<string, unknown> {
  return TypedDataEncoder.getPayload(claimDomain(claim), CLAIM_TYPES, claimMessage(claim)) as Record<string, unknown>;
}

/** The same claim as a text, for wallets that sign messages only (`personal_sign`, EIP-191). */
export function accountClaimText(claim: AccountClaim): string {
  return [
    'Gridpass ledger gate: this account is mine.',
    `account: ${claim.account}`,
    `channel: ${claim.channel}`,
    `chain: ${claim.chainId}`,
    `state: ${claim.state}`,
    `audience: ${claim.audience}`,
  ].join('\n');
}

/** Signs a claim as typed data; 65 bytes as 0x-hex. */
export async function signAccountClaim(claim: AccountClaim, signer: AccountSigner): Promise<string> {
  const { r, s, yParity } = await signer.signDigest(TypedDataEncoder.hash(claimDomain(claim), CLAIM_TYPES, claimMessage(claim)));
  return `${r}${s.slice(2)}${yParity === 0 ? '1b' : '1c'}`;
}

/** Checks that the account signed the claim, as typed data or as text. Refuses PROOF_INVALID. */
export function checkAccountClaim(claim: AccountClaim, signature: unknown): Outcome<true> {
  // 65 bytes with v in {27, 28}; a high s has a twin with the same signer and is refused (EIP-2).
  if (typeof signature !== 'string' || !/^0x[0-9a-f]{128}1[bc]$/.test(signature))
    return refuse('PROOF_INVALID', 'account', 'the signature is not 65 lower-case hexadecimal bytes');
  if (BigInt(`0x${signature.slice(66, 130)}`) > HALF_ORDER) return refuse('PROOF_INVALID', 'account', 'the signature has a high s');
  for (const digest of [
    TypedDataEncoder.hash(claimDomain(claim), CLAIM_TYPES, claimMessage(claim)),
    hashMessage(accountClaimText(claim)),
  ]) {
    if (recovers(digest, signature, claim.account)) return ok(true);
  }
  return refuse('PROOF_INVALID', 'account', 'the claim was not signed by the account');
}

/** n / 2 of secp256k1. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

function recovers(digest: string, signature: string, account: Account): boolean {
  try {
    return recoverAddress(digest, signature) === account;
  } catch {
    // No point of the curve belongs to this r and s: nobody signed it.
    return false;
  }
}

function toSigningKey(hex: string): SigningKey {
  try {
    const key = new SigningKey(hex);
    computeAddress(key.publicKey);
    return key;
  } catch (cause) {
    throw new InputError('CONFIG_INVALID', 'the account key is not a key of secp256k1', { cause });
  }
}
