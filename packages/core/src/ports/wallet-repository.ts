import type { CredentialFormat, CredentialType } from '../credential.js';
import type { StoredKey } from './key-repository.js';
import type { WalletApplicationRepository } from './wallet-application-repository.js';
import type { Did, Digest, Instant, TenantId, Thumbprint } from '../nouns.js';

/**
 * One face of a wallet: a key, and the audience it is shown to. People have one face for each audience, so that two
 * verifiers cannot compare notes; organisations have one for all.
 */
export interface WalletRelation {
  readonly relationId: string;
  readonly keyId: string;
  readonly did: Did;
  readonly thumbprint: Thumbprint;
  /** The origin this face is shown to; absent while it waits for a first audience. `*` is every audience. */
  readonly audience?: string;
  readonly createdAt: Instant;
}

/** A credential kept. It was proven against its issuer's DID before it was written here. */
export interface HeldCredential {
  readonly credentialId: string;
  readonly relationId: string;
  readonly type: CredentialType;
  readonly format: CredentialFormat;
  readonly issuer: Did;
  readonly digest: Digest;
  readonly compact: string;
  readonly validFrom: Instant;
  readonly validUntil: Instant;
  readonly receivedAt: Instant;
  /** What the issuer's status list said when it was last asked. */
  readonly state: 'valid' | 'revoked' | 'suspended' | 'unknown';
  readonly stateAt: Instant;
}

/** One thing that was shown to somebody: names of claims, never their values. */
export interface Disclosure {
  readonly disclosureId: string;
  readonly at: Instant;
  readonly relationId: string;
  readonly verifier: string;
  readonly responseUri: string;
  readonly shown: readonly { readonly type: CredentialType; readonly digest: Digest; readonly claims: readonly string[] }[];
  /** What the verifier answered: its HTTP status class, once known. */
  readonly answer: 'sent' | 'accepted' | 'refused';
}

/** What a wallet is filled with in one go. */
export interface WalletFilling {
  /** Sealed, of the faces among `relations` that have keys of their own. */
  readonly keys: readonly StoredKey[];
  readonly relations: readonly WalletRelation[];
  readonly credentials: readonly HeldCredential[];
  readonly disclosures: readonly Disclosure[];
}

/** The contents of one wallet, which is one tenant. */
export interface WalletRepository extends WalletApplicationRepository {
  keepRelation(tenant: TenantId, relation: WalletRelation): Promise<void>;
  relations(tenant: TenantId): Promise<readonly WalletRelation[]>;
  /** Gives a waiting face to an audience; false when the face or the audience was taken meanwhile. */
  assignRelation(tenant: TenantId, claim: { readonly relationId: string; readonly audience: string }): Promise<boolean>;
  /**
   * Puts a face in the place of the one that has an audience, which becomes `retiredAs`; both or neither. False when another
   * process was quicker.
   */
  succeedRelation(
    tenant: TenantId,
    change: { readonly relationId: string; readonly retiredAs: string; readonly successor: WalletRelation },
  ): Promise<boolean>;
  /** Keeps a credential; the same credential kept twice is kept once. */
  keepCredential(tenant: TenantId, credential: HeldCredential): Promise<void>;
  credentials(tenant: TenantId): Promise<readonly HeldCredential[]>;
  setCredentialState(
    tenant: TenantId,
    change: { readonly credentialId: string; readonly state: HeldCredential['state']; readonly at: Instant },
  ): Promise<void>;
  removeCredential(tenant: TenantId, credentialId: string): Promise<boolean>;
  keepDisclosure(tenant: TenantId, disclosure: Disclosure): Promise<void>;
  setDisclosureAnswer(tenant: TenantId, change: { readonly disclosureId: string; readonly answer: Disclosure['answer'] }): Promise<void>;
  disclosures(tenant: TenantId): Promise<readonly Disclosure[]>;
  removeDisclosures(tenant: TenantId): Promise<number>;
  /** Removes everything of this wallet together with these keys of the namespace `holding`; all of it or nothing. */
  removeAll(tenant: TenantId, faceKeyIds: readonly string[]): Promise<void>;
  /**
   * Fills an empty wallet, whose waiting faces make way; all of it or nothing, whatever happens meanwhile. False, and nothing is
   * changed, where the wallet holds credentials, applied for some or has a face that somebody knows. Keys of another namespace than `holding` are a Fault.
   */
  fillWallet(tenant: TenantId, content: WalletFilling): Promise<boolean>;
}
