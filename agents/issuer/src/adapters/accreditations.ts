import type { AuditPort, Clock, DidResolverPort, FetchPort, Outcome, RequestId, StatusPort, TenantId } from '@gridpass/core';
import { Fault } from '@gridpass/core';
import { randomToken } from '@gridpass/codec';
import { createAccreditations, createArchiveTurns, lendDidKeys } from '@gridpass/hold';
import type { Accreditations, AccreditationSettings, FindIssuerKey, Owner, WalletIdentity } from '@gridpass/hold';
import type { ActContext, IssuerEngine } from '@gridpass/issue';
import type { KeyVault } from '@gridpass/keys';
import type { LiveKey } from '@gridpass/program';
import type { Schemas } from '@gridpass/schema';
import { createAccreditationRepository, createDidRepository, createWalletRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import type { Verifier } from '@gridpass/verify';

/** By what an issuer holds its own accreditations; without it they are held by a wallet elsewhere and adopted by their address. */
export interface HoldingParts {
  readonly vault: Pick<KeyVault, 'keysOf'>;
  /** The key of each tenant's DID, read each time, so that a rotated one is used at once. */
  readonly keys: Readonly<Record<string, Pick<LiveKey, 'did' | 'kid' | 'keyId'>>>;
}

/** What the holders inside an issuer are wired to. */
export interface AccreditationWiring {
  readonly holding: HoldingParts;
  readonly store: Store;
  readonly resolver: DidResolverPort;
  readonly fetch: FetchPort;
  readonly clock: Clock;
  readonly status: StatusPort;
  readonly schemas: Schemas;
  readonly findIssuerKey: FindIssuerKey;
  readonly verifier: Pick<Verifier, 'verifyCredential'>;
  readonly engine: Pick<IssuerEngine, 'adoptAuthority' | 'listAuthorities'>;
  readonly publicOrigin: string;
  readonly settings: AccreditationSettings;
  /** Told of each try that came to nothing. */
  readonly say: (tenant: TenantId, task: string, code: string) => void;
}

/** The holder inside the issuer for one tenant, and in whose name it acts. */
export interface TenantAccreditations extends Accreditations {
  ownerFor(context: ActContext): Owner;
  /** One round in the tenant's own name. */
  lookAfterOwn(): Promise<void>;
}

/** Where the issuer serves an accreditation that it holds; what it issues names it so. */
const addressOf = (publicOrigin: string, tenant: TenantId, digest: string): string => `${publicOrigin}/t/${tenant}/authority/${digest}`;

/** Opens the holder of one tenant. Throws Fault KEY_UNAVAILABLE where its DID has no key in the vault. */
export function openAccreditations(
  wiring: AccreditationWiring,
  { tenant, audit }: { readonly tenant: TenantId; readonly audit: AuditPort },
): TenantAccreditations {
  const { store, clock, engine, verifier } = wiring;
  const accreditations = createAccreditations({
    ...wiring,
    // Rows of its own: no tenant is called so, and a wallet of the same name on the same database reaches none of them.
    tenant: `${tenant}/accreditations` as TenantId,
    identity: identityOf(wiring, tenant),
    repository: createWalletRepository(store),
    accreditations: createAccreditationRepository(store),
    archives: createArchiveTurns(),
    verify: (compact) => verifier.verifyCredential(compact, clock.now()),
    adopted: async () => (await engine.listAuthorities(tenant)).map(({ digest }) => digest),
    say: (task, code) => wiring.say(tenant, task, code),
  });
  const ownerFor = (context: ActContext): Owner => ({
    adopt: (digest): Promise<Outcome<unknown>> =>
      engine.adoptAuthority(tenant, { uri: addressOf(wiring.publicOrigin, tenant, digest), digest }, context),
    record: async (action, evidence) => {
      const { operator, requestId } = context;
      await audit.appendRecord(tenant, { kind: 'act', requestId, at: clock.now(), action, reasons: [], actor: operator.name, evidence });
    },
  });
  return {
    ...accreditations,
    ownerFor,
    lookAfterOwn: () =>
      accreditations.lookAfter(ownerFor({ operator: { name: tenant, duties: ['decide'] }, requestId: randomToken(12) as RequestId })),
  };
}

function identityOf(
  { holding, store }: Pick<AccreditationWiring, 'holding' | 'store'>,
  tenant: TenantId,
): Extract<WalletIdentity, { readonly kind: 'single' }> {
  const key = Object.hasOwn(holding.keys, tenant) ? holding.keys[tenant] : undefined;
  if (key === undefined) throw new Fault('KEY_UNAVAILABLE', `the tenant ${tenant} has no key that can be lent`);
  return {
    kind: 'single',
    did: key.did,
    keys: lendDidKeys({ vault: holding.vault, dids: createDidRepository(store), tenant }, key.did),
    get kid() {
      return key.kid;
    },
    get keyId() {
      return key.keyId;
    },
  };
}
