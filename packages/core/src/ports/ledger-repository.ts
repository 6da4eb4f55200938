import type { CredentialType } from '../credential.js';
import type { Did, Digest, Instant, TenantId } from '../nouns.js';
import type { GrantedStatus } from './grant-repository.js';

/** An account in a channel of one chain. */
export interface AdmissionName {
  readonly chainId: number;
  readonly channel: string;
  /** Checksummed (EIP-55). */
  readonly account: string;
}

/**
 * An admission as it should stand on the chain: the outcome of a recorded decision, and what is looked at again as long
 * as it stands. No claims and no facts.
 */
export interface DesiredAdmission extends AdmissionName {
  readonly holderDid: Did;
  /** Leaf hash of the record that admitted the account; the chain knows the admission by it. */
  readonly receipt: Digest;
  /** The end of the lease on the chain; it is moved ahead while the credentials stand. */
  readonly until: Instant;
  /** The first end of a credential behind it: the lease never goes beyond. */
  readonly notAfter: Instant;
  readonly credentials: readonly { readonly type: CredentialType; readonly digest: Digest; readonly issuer: Did }[];
  readonly status: readonly GrantedStatus[];
  /** When the credentials were last seen to stand. */
  readonly checkedAt: Instant;
}

/** An admission that must no longer stand on the chain. */
export interface EndedAdmission extends AdmissionName {
  readonly receipt: Digest;
  readonly reason: string;
  readonly endedAt: Instant;
}

/** What should stand on the chain. The chain may lose its state; this does not. */
export interface LedgerRepository {
  /**
   * Keeps an admission, or replaces the account's own in the channel. False when the account is another holder's, or the
   * holder has `most` accounts in the channel already; atomic over all replicas.
   */
  keepAdmission(tenant: TenantId, admission: DesiredAdmission, most: number): Promise<boolean>;
  /** Moves the lease ahead if the admission still has this receipt and has not ended; false otherwise. */
  renewAdmission(
    tenant: TenantId,
    renewal: AdmissionName & { readonly receipt: Digest; readonly until: Instant; readonly checkedAt: Instant },
  ): Promise<boolean>;
  /** Ends an admission if it still has this receipt; false when it had ended or was replaced. */
  endAdmission(tenant: TenantId, end: EndedAdmission): Promise<boolean>;
  /** Forgets an ended admission once the chain has none either; only if it is still the one with this receipt. */
  dropEnded(tenant: TenantId, ended: AdmissionName & { readonly receipt: Digest }): Promise<void>;
  readAdmission(tenant: TenantId, name: AdmissionName): Promise<DesiredAdmission | undefined>;
  /** Those that stand, in the order of (channel, account), starting behind `after`. */
  listAdmissions(
    tenant: TenantId,
    query: { readonly chainId: number; readonly after?: AdmissionName; readonly limit: number },
  ): Promise<readonly DesiredAdmission[]>;
  /** Those that ended and are not yet dropped. */
  listEnded(tenant: TenantId, query: { readonly chainId: number; readonly limit: number }): Promise<readonly EndedAdmission[]>;
  /** Where the contracts of a chain were deployed, by name. */
  readContracts(tenant: TenantId, chainId: number): Promise<Readonly<Record<string, string>>>;
  keepContracts(tenant: TenantId, chainId: number, contracts: Readonly<Record<string, string>>): Promise<void>;
}
