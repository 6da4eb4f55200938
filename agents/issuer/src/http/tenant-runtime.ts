import type { Clock, DidRepository, DidSigner, IssuanceAnchorPort, PublicJwk, StoredDid, TenantId } from '@gridpass/core';
import type { AuditLog } from '@gridpass/audit';
import type { IssuanceExchange } from '@gridpass/exchange';
import type { ClientLimit, RequestEvent } from '@gridpass/gate';
import type { IssuerEngine } from '@gridpass/issue';
import type { StatusIssuer } from '@gridpass/status';
import type { Verifier } from '@gridpass/verify';
import type { TenantAccreditations } from '../adapters/accreditations.js';
import type { RotationGuard } from '../adapters/rotation-guard.js';
import type { IssuingConfig, TenantConfig } from '../config.js';
import type { DidLifecycle, DidTransfers } from '@gridpass/did';
import type { DidOperations, KeyRotation } from '@gridpass/program';

/** One tenant at work. */
export interface TenantRuntime {
  readonly tenant: TenantId;
  readonly config: TenantConfig;
  readonly signer: DidSigner;
  readonly exchange: IssuanceExchange;
  readonly audit: AuditLog;
  /** The key that signs the checkpoints of the log. */
  readonly auditKey: PublicJwk;
}

/** What the routes on DIDs and the ledger work with. */
export interface DidRouteParts {
  readonly operations: DidOperations;
  readonly transfers: DidTransfers;
  readonly maxBodyBytes: number;
  readonly offerLifeSeconds: number;
}

/** What the verbs on keys, services and the end of DIDs work with. */
export interface KeyRouteParts {
  /** Of did:ethr; absent where the program has no relayer. */
  readonly lifecycle?: DidLifecycle;
  readonly web: KeyRotation['web'];
  readonly listDids: (tenant: TenantId) => Promise<readonly StoredDid[]>;
  /** Refuses where a device is being handed over. */
  readonly checkFree: DidTransfers['checkFree'];
  readonly maxBodyBytes: number;
}

/** What rotating keys works with. */
export interface RotationRouteParts {
  readonly rotation: KeyRotation;
  readonly guard: RotationGuard;
  readonly maxBodyBytes: number;
}

/** What the routes work with. */
export interface HttpParts {
  readonly config: IssuingConfig;
  readonly tenants: ReadonlyMap<string, TenantRuntime>;
  readonly engine: IssuerEngine;
  readonly statusIssuer: Pick<StatusIssuer, 'publishList'>;
  readonly verifier: Pick<Verifier, 'verifyCredential'>;
  readonly clock: Clock;
  /** What the log hears of requests that go on after their answer began. */
  readonly log: (event: RequestEvent) => void;
  /** What strangers may ask; operators prove themselves and are not counted. */
  readonly clients: Pick<ClientLimit, 'takeAddress'>;
  /** How often they may apply without showing anything. */
  readonly strangers: Pick<ClientLimit, 'takeAddress'>;
  readonly dids: Pick<DidRepository, 'readDid'>;
  /** The ledger and transfers, where the program has one. */
  readonly didRoutes?: DidRouteParts;
  /** Verbs on the tenants' DIDs, where their keys are not fixed. */
  readonly keyRoutes?: KeyRouteParts;
  /** Rotation of the tenants' keys, where their methods allow for it. */
  readonly rotationRoutes?: RotationRouteParts;
  /** The holders of the tenants' own accreditations, where the program has them. */
  readonly accreditations?: ReadonlyMap<TenantId, TenantAccreditations>;
  /** Where the logs of the tenants are anchored; without it no entry can be shown to be of a time. */
  readonly anchoredHeads?: IssuanceAnchorPort | undefined;
}
