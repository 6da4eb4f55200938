import type {
  Clock,
  CredentialContent,
  Did,
  DidResolverPort,
  DidUrl,
  FetchPort,
  Instant,
  Outcome,
  StatusPort,
  TenantId,
  WalletRepository,
} from '@gridpass/core';
import type { KeyVault } from '@gridpass/keys';
import type { Schemas } from '@gridpass/schema';

/**
 * Who the wallet is to others. `single`: an organisation or device, one DID and one key for all. `pairwise`: a person, with another
 * key and DID for each audience; `spareFaces` of them wait, already holding copies, for verifiers met later.
 */
export type WalletIdentity =
  | { readonly kind: 'single'; readonly did: Did; readonly kid: DidUrl; readonly keyId: string }
  | { readonly kind: 'pairwise'; readonly spareFaces: number };

/** Whether a credential's issuer leads to a root this wallet knows; see {@link createIssuerTrust}. */
export type IssuerTrust = (credential: CredentialContent, at: Instant) => Promise<Outcome<unknown>>;

/** What a wallet does with a request whose verifier shows no registration. */
export type UnregisteredVerifiers = 'answerUnregistered' | 'refuseUnregistered';

/** Everything a wallet is made of; wired by a program's `compose`. */
export interface HolderParts {
  readonly tenant: TenantId;
  readonly identity: WalletIdentity;
  readonly vault: Pick<KeyVault, 'createKey' | 'importKey' | 'exportKey' | 'removeKey' | 'signer' | 'publicJwk'>;
  readonly repository: WalletRepository;
  readonly resolver: DidResolverPort;
  readonly fetch: FetchPort;
  readonly status: StatusPort;
  readonly clock: Clock;
  readonly schemas: Schemas;
  readonly issuerTrust: IssuerTrust;
  readonly unregisteredVerifiers: UnregisteredVerifiers;
  readonly clockSkewSeconds: number;
}
