import type { CredentialFormat, CredentialType } from '../credential.js';
import type { Instant, TenantId } from '../nouns.js';

/** What a wallet applied for, and what it was told of it. */
export interface HeldApplication {
  /** The wallet's own name of it. */
  readonly id: string;
  /** The face that applied: its key proves the applicant, and what is given is bound to it. */
  readonly relationId: string;
  /** The credential issuer's address. */
  readonly issuer: string;
  /** Where it was applied, and the issuer's name of the application. */
  readonly endpoint: string;
  readonly applicationId: string;
  readonly type: CredentialType;
  /** As the issuer says: nothing that a program may rely on. */
  readonly state: 'pending' | 'approved' | 'rejected' | 'issued' | 'closed';
  readonly reason: string;
  readonly submittedAt: Instant;
  readonly checkedAt: Instant;
  /** When what was applied for was received. */
  readonly receivedAt?: Instant;
  /**
   * What was received and could not be proven yet, since its issuer's keys could not be had. An offer is redeemed once: asking for another
   * would cost the issuer a place in its status list each time, and it gives few.
   */
  readonly unproven?: readonly UnprovenCredential[];
  /** Why the last try to ask or to receive came to nothing; a code, '' after one that succeeded. */
  readonly problem: string;
  /** What the problem was about and what to do, for the owner; parts are held apart by `; `. */
  readonly because?: string;
}

/** A credential as an issuer handed it out. */
export interface UnprovenCredential {
  readonly compact: string;
  readonly format: CredentialFormat;
  /** Whose offer it came by, and how that named its type. */
  readonly credentialIssuer: string;
  readonly offeredAs: string;
}

/** The applications of one wallet, which is one tenant. */
export interface WalletApplicationRepository {
  /** Keeps an application; one that the issuer took for the same is kept once, as it was kept first. */
  keepApplication(tenant: TenantId, application: HeldApplication): Promise<HeldApplication>;
  /** The newest first. */
  applications(tenant: TenantId): Promise<readonly HeldApplication[]>;
  /** Writes what was learnt of it and ends the turn that began at `turn`. False, and nothing is written, where it is another's by now or the row is gone. */
  saveApplication(tenant: TenantId, application: HeldApplication, turn: Instant): Promise<boolean>;
  /**
   * Takes the turn to receive what was applied for, over all replicas: the application as it is then. Undefined while another has the turn, unless
   * that began before `staleBefore`, and where there is nothing more to receive.
   */
  takeApplicationTurn(
    tenant: TenantId,
    turn: { readonly id: string; readonly at: Instant; readonly staleBefore: Instant },
  ): Promise<HeldApplication | undefined>;
  /** The turn that began at `turn` begins again at `at`; false where it is another's by now. */
  renewApplicationTurn(tenant: TenantId, turn: { readonly id: string; readonly turn: Instant; readonly at: Instant }): Promise<boolean>;
  /** Writes what was received, before it is proven. The turn begins again at `at`, and is taken back where it was lost: an offer is redeemed once. */
  saveUnproven(
    tenant: TenantId,
    turn: { readonly id: string; readonly at: Instant },
    unproven: readonly UnprovenCredential[],
  ): Promise<void>;
  /** Notes that nothing more comes of one that was received: its issuer knows it no longer. Nobody else writes such a row. */
  closeApplication(tenant: TenantId, id: string): Promise<void>;
  /** Writes down when an application that was received was asked about. */
  noteReceivedChecked(tenant: TenantId, asked: { readonly id: string; readonly at: Instant }): Promise<void>;
  removeApplication(tenant: TenantId, id: string): Promise<boolean>;
}
