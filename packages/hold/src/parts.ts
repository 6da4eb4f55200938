import type {
  Clock,
  CredentialContent,
  CredentialType,
  Did,
  DidResolverPort,
  DidUrl,
  FetchPort,
  HeldCredential,
  Instant,
  Outcome,
  ResolvedKey,
  StatusPort,
  TenantId,
  WalletRepository,
} from '@gridpass/core';
import type { FaceKeys } from '@gridpass/keys';
import type { Schemas } from '@gridpass/schema';
import type { ParsedCredential } from '@gridpass/suite';
import type { ArchiveTurns } from './archive-turns.js';
import type { LentKeys } from './lent-keys.js';

/**
 * Who the wallet is to others. `single`: an organisation or device, one DID and one key for all; `kid` and `keyId` are read each
 * time, for a key may be rotated while the wallet is open. The key is the DID's, which may issue with it: the wallet is lent it. `pairwise`: a
 * person, with another key and DID for each audience, all made by the wallet; `spareFaces` of them wait, already holding copies, for
 * verifiers met later.
 */
export type WalletIdentity =
  | { readonly kind: 'single'; readonly did: Did; readonly kid: DidUrl; readonly keyId: string; readonly keys: LentKeys }
  | { readonly kind: 'pairwise'; readonly spareFaces: number; readonly keys: FaceKeys };

/** Whether a credential's issuer leads to a root this wallet knows; see {@link createIssuerTrust}. */
export type IssuerTrust = (credential: CredentialContent, at: Instant) => Promise<Outcome<unknown>>;

/**
 * The key of the issuer that a credential is to be judged by; `createIssuerKeyFinder` of verify, which also knows keys of the
 * past. Without it only keys of today count.
 */
export type FindIssuerKey = (parsed: ParsedCredential, at: Instant) => Promise<Outcome<ResolvedKey>>;

/** What a wallet does with a request whose verifier shows no registration. */
export type UnregisteredVerifiers = 'answerUnregistered' | 'refuseUnregistered';

/** Everything a wallet is made of; wired by a program's `compose`. */
export interface HolderParts {
  readonly tenant: TenantId;
  readonly identity: WalletIdentity;
  readonly repository: WalletRepository;
  readonly resolver: DidResolverPort;
  readonly fetch: FetchPort;
  readonly status: StatusPort;
  readonly clock: Clock;
  readonly schemas: Schemas;
  readonly issuerTrust: IssuerTrust;
  readonly findIssuerKey?: FindIssuerKey;
  readonly unregisteredVerifiers: UnregisteredVerifiers;
  readonly clockSkewSeconds: number;
  /** How often an issuer is asked whether an operator renewed what was received; an hour unless told. */
  readonly renewalSeconds?: number;
  /** One for all wallets of a process; see {@link createArchiveTurns}. */
  readonly archives: ArchiveTurns;
  /** What it takes at all; every type unless given. */
  readonly types?: readonly CredentialType[];
  /** What else has to hold of a credential that proved good, before anything of its offer is kept. */
  readonly admit?: (received: HeldCredential, credentialIssuer: string) => Promise<Outcome<unknown>>;
}
