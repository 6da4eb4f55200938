import type { Outcome } from '../outcome.js';
import type { Did, Digest, Instant, TenantId } from '../nouns.js';

/** A call of an ERC-1056 registry that its owner has signed (`...Signed`), for somebody else to send. */
export interface SignedRegistryCall {
  readonly chainId: number;
  /** Address of the registry, lower case. */
  readonly registry: string;
  readonly did: Did;
  /** Whose signature it carries, lower case; the registry counts nonces for each owner. */
  readonly owner: string;
  /** The registry's nonce that the signature is over: of all calls that carry it, one at most takes effect. */
  readonly nonce: number;
  /** The call as 0x-hex. */
  readonly data: string;
}

/** One transaction that was made for a request; several where a stuck one was replaced. */
export interface RelayedTransaction {
  readonly hash: string;
  /** Signed, as 0x-hex: can be handed over any number of times. */
  readonly raw: string;
  readonly accountNonce: number;
  /** Wei per gas, decimal. */
  readonly feePerGas: string;
  readonly at: Instant;
}

/** queued: nothing made yet · submitted: a transaction is on disk, and perhaps at the node · mined, failed: over. */
export type RelayState = 'queued' | 'submitted' | 'mined' | 'failed';

/** A signed call on its way to the chain. */
export interface RelayRequest extends SignedRegistryCall {
  readonly tenant: TenantId;
  /** SHA-256 over chain, registry and call: the same signed call is the same request. */
  readonly id: Digest;
  readonly state: RelayState;
  /** Counts changes; a change names the version it was made from. */
  readonly version: number;
  /** The account that pays; '' while nothing was made. */
  readonly account: string;
  readonly transactions: readonly RelayedTransaction[];
  readonly minedHash: string;
  readonly minedBlock: number;
  /** Why it failed, a word of ours or the registry's; '' otherwise. */
  readonly reason: string;
  readonly createdAt: Instant;
  readonly changedAt: Instant;
}

/** What may change of a request. */
export type RelayChange = Pick<RelayRequest, 'state' | 'account' | 'transactions' | 'minedHash' | 'minedBlock' | 'reason' | 'changedAt'>;

/** Which registry on which chain. */
export interface RegistryName {
  readonly chainId: number;
  readonly registry: string;
}

/** The relayer's queue. Throws Fault STORE_UNAVAILABLE when the store does not answer. */
export interface RelayRepository {
  /**
   * Adds calls in their order, all or none. A call that is there already is left as it is, one that failed is queued anew.
   * Refuses CONFLICT where another open call of the owner has the same nonce, RATE_LIMITED beyond `mostOpen` open calls of the tenant.
   */
  addCalls(
    tenant: TenantId,
    calls: readonly (SignedRegistryCall & { readonly id: Digest })[],
    at: Instant,
    mostOpen: number,
  ): Promise<Outcome<true>>;
  readRequest(tenant: TenantId, id: Digest): Promise<RelayRequest | undefined>;
  /** The nonce behind the last open call of an owner; 0 where there is none. */
  nextNonce(tenant: TenantId, name: RegistryName & { readonly owner: string }): Promise<number>;
  /** Requests of all tenants that are not over, owner by owner in the order of their nonces. */
  listOpen(name: RegistryName, limit: number): Promise<readonly RelayRequest[]>;
  /** Open and failed requests, counted by state. */
  countStates(tenant: TenantId, name: RegistryName): Promise<Readonly<Record<RelayState, number>>>;
  /** The next nonce of a paying account after all transactions that are open; `atLeast` where that is more. */
  nextAccountNonce(name: RegistryName & { readonly account: string }, atLeast: number): Promise<number>;
  /** Writes a change if the request still has that version; false otherwise, and where the account's nonce went to another request. */
  changeRequest(request: Pick<RelayRequest, 'tenant' | 'id' | 'version'>, change: RelayChange): Promise<boolean>;
}

/** How a request ended. */
export interface RelayEnd {
  readonly id: Digest;
  readonly state: 'mined' | 'failed';
  readonly hash: string;
  readonly block: number;
  readonly reason: string;
}

/** Sends signed calls of participants and pays for them. */
export interface RelayPort {
  /** Durable when it returns; refuses CONFLICT when a nonce is taken (sign again with the next), RATE_LIMITED. */
  addCalls(tenant: TenantId, calls: readonly SignedRegistryCall[]): Promise<Outcome<readonly Digest[]>>;
  /** The nonce behind the owner's last open call; 0 where there is none. The chain may be further. */
  nextNonce(tenant: TenantId, name: RegistryName & { readonly owner: string }): Promise<number>;
  /** Waits until the requests are over, in their order. Throws Fault CHAIN_UNAVAILABLE when that takes too long: they go on. */
  settled(tenant: TenantId, ids: readonly Digest[]): Promise<readonly RelayEnd[]>;
}
