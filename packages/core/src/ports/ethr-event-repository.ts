import type { TenantId } from '../nouns.js';

/** Which registry on which chain: what an index of ERC-1056 events is about. */
export interface EthrIndexName {
  readonly chainId: number;
  /** Address of the registry contract, lower case. */
  readonly registry: string;
}

/** A block by number and hash; lower-case hex with 0x. */
export interface EthrBlock {
  readonly number: number;
  readonly hash: string;
}

export const ETHR_EVENT_KINDS = ['owner', 'delegate', 'attribute'] as const;
export type EthrEventKind = (typeof ETHR_EVENT_KINDS)[number];

/** One log of the registry as the chain holds it. `data` is the undecoded log data. */
export interface EthrEvent {
  readonly block: number;
  readonly logIndex: number;
  /** Time of the block, seconds. */
  readonly time: number;
  /** Address of the identity, lower case. */
  readonly identity: string;
  readonly kind: EthrEventKind;
  /** The block of the identity's change before this one, 0 for the first. */
  readonly previous: number;
  readonly data: Uint8Array;
}

/** How far an index has got. */
export interface EthrIndexState {
  readonly head: EthrBlock;
  /** Known blocks that may still be reorganised and the newest that may not, ascending; the last one is `head`. */
  readonly recent: readonly EthrBlock[];
  /** Hash of the chain's block 0: tells a chain that began anew. */
  readonly genesis: string;
  /** The block up to which a second node agreed; -1 before it was asked. */
  readonly witnessed: number;
}

/**
 * Keeps the events of registries. INVARIANT: events, known blocks and head change together or not at all; a writer whose
 * idea of the head is not the stored one changes nothing and is told so. Throws Fault STORE_UNAVAILABLE.
 */
export interface EthrEventRepository {
  readState(tenant: TenantId, name: EthrIndexName): Promise<EthrIndexState | undefined>;
  /** Adds events up to a new head, which is the last of `blocks`; drops known blocks below `keepFrom`. False: the head is not `expected`. */
  append(
    tenant: TenantId,
    name: EthrIndexName,
    batch: {
      readonly expected: EthrBlock | undefined;
      readonly genesis: string;
      readonly events: readonly EthrEvent[];
      readonly blocks: readonly EthrBlock[];
      readonly keepFrom: number;
    },
  ): Promise<boolean>;
  /** Takes back everything above a known block, which becomes the head. False: the head is not `expected`. */
  rewind(tenant: TenantId, name: EthrIndexName, change: { readonly expected: EthrBlock; readonly to: EthrBlock }): Promise<boolean>;
  setWitnessed(tenant: TenantId, name: EthrIndexName, block: number): Promise<void>;
  /** The block of the last change of each identity that has one, as of the stored head. */
  lastChanges(tenant: TenantId, name: EthrIndexName, identities: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** All events of an identity in the order of the chain. */
  readEvents(tenant: TenantId, name: EthrIndexName, identity: string): Promise<readonly EthrEvent[]>;
  /** Events of a range of blocks, both ends included, in the order of the chain. */
  readRange(tenant: TenantId, name: EthrIndexName, range: { readonly from: number; readonly to: number }): Promise<readonly EthrEvent[]>;
  countEvents(tenant: TenantId, name: EthrIndexName): Promise<number>;
  /** Forgets the index as a whole. */
  drop(tenant: TenantId, name: EthrIndexName): Promise<void>;
}
