import type {
  AuditPort,
  Clock,
  CredentialType,
  Did,
  DidResolverPort,
  DidSigner,
  Instant,
  IssuanceRepository,
  MarketCalendar,
  Page,
  RegisterRepository,
  RequestId,
  StatusPort,
  TenantId,
} from '@gridpass/core';
import type { Schemas } from '@gridpass/schema';
import type { StatusIssuer } from '@gridpass/status';
import type { EntitlementPorts } from '../rules/entitlement.js';

/** One issuing organisation: a regulator, a system operator, a market operator, a manufacturer. */
export interface IssuerTenant {
  readonly tenant: TenantId;
  readonly displayName: string;
  /** What it offers at all; what it may issue is another question, asked each time. */
  readonly mayIssue: readonly CredentialType[];
}

/** What an operator may do. */
export type Duty = 'import' | 'decide' | 'status' | 'read' | 'keys';

/** A person or program that acts for a tenant, already authenticated by the caller. */
export interface Operator {
  readonly name: string;
  readonly duties: readonly Duty[];
}

/** Who asks for an act, and under which request it stands in the audit log. */
export interface ActContext {
  readonly operator: Operator;
  readonly requestId: RequestId;
}

export interface EngineSettings {
  /** Most open applications of one applicant. */
  readonly maxOpenApplications: number;
  /** Most applications of strangers that wait for a decision, all strangers of a tenant together; 0 takes none in. */
  readonly maxStrangersApplications: number;
  /** How long an application of a stranger waits for a decision before it lapses. */
  readonly strangersWaitSeconds: number;
  /** How long what an issuer issued goes on after the issuer's own authority is revoked. */
  readonly authorityGraceSeconds: number;
  /** How long claims of an application are kept once it is over: rejected, or nothing that came of it stands. */
  readonly claimsRetentionSeconds: number;
  /** How long a role may stand once the register no longer bears it; then it is suspended until it does, or an operator decides. */
  readonly registerDeadlineSeconds: number;
  /** How long after its status was told a prerequisite of another program is asked about again. */
  readonly prerequisiteRecheckSeconds: number;
  /** Most credentials on a page. */
  readonly maxPage: number;
}

export const ENGINE_SETTINGS: EngineSettings = Object.freeze({
  maxOpenApplications: 20,
  maxStrangersApplications: 1_000,
  strangersWaitSeconds: 2_592_000,
  authorityGraceSeconds: 0,
  claimsRetentionSeconds: 2_592_000,
  registerDeadlineSeconds: 2_592_000,
  prerequisiteRecheckSeconds: 30,
  maxPage: 200,
});

/** That a device went from one owner to another. */
export interface Handover {
  /** When it was accepted. */
  readonly at: Instant;
  /** The application for the new owner's DeviceOwnership that came of it; '' where there is none. */
  readonly applicationId: string;
}

/** Everything the engine asks of the outside. */
export interface EngineParts extends EntitlementPorts {
  readonly tenants: readonly IssuerTenant[];
  readonly settings: EngineSettings;
  readonly repository: IssuanceRepository;
  readonly register: RegisterRepository;
  readonly audit: AuditPort;
  readonly clock: Clock;
  /** Where the days are kept that claims state, as the gates of the market keep them. */
  readonly calendar: MarketCalendar;
  readonly resolver: DidResolverPort;
  readonly schemas: Pick<Schemas, 'parseClaims'>;
  readonly statusIssuer: Pick<StatusIssuer, 'allocateStatus' | 'setStatus'>;
  readonly status: StatusPort;
  /** The last time a device changed hands, in whatever tenant; absent where devices do not. */
  readonly handoverOf?: (device: Did) => Promise<Handover | undefined>;
  /** The key a tenant signs credentials with. */
  readonly signerOf: (tenant: TenantId) => Promise<DidSigner>;
  /** Told what a timer of the engine meets and nobody named: no act waits for it that could throw it. */
  readonly onUnexpected: (error: unknown) => void;
}

/** The latest of two instants' earlier one: when something ends that stands on both. */
export function earlier(a: Instant, b: Instant): Instant {
  return a < b ? a : b;
}

/** A page of at least one row and at most `most`. */
export function boundPage(page: Page, most: number): Page {
  return { ...page, limit: Math.max(1, Math.min(page.limit, most)) };
}
