import type {
  Application,
  ApplicationState,
  CredentialFormat,
  CredentialType,
  Did,
  Digest,
  Identifier,
  IdentifierScheme,
  Instant,
  IssuedRecord,
  JsonObject,
  JsonValue,
  OutboxEntry,
  TenantId,
  Thumbprint,
} from '@gridpass/core';
import { canonicalJson, isJsonObject, memberOf } from '@gridpass/codec';
import type { IssuanceTables } from '../tables/issuance.js';

// The casts in this file give rows back the brands that `to…Row` took off; only these functions write the columns.

type ApplicationRow = Omit<IssuanceTables['issue_application'], 'decided_order' | 'closed_order'>;
type IssuedRow = Omit<IssuanceTables['issued_credential'], 'state_order'>;
type OutboxRow = Omit<IssuanceTables['issue_outbox'], 'position' | 'failures'>;

/** Our own records are JSON values in all but their declared type. */
export const toText = (value: unknown): string => canonicalJson(value as JsonValue);

/** Table row of an application. */
export function toApplicationRow(application: Application): ApplicationRow {
  return {
    tenant: application.tenant,
    application_id: application.applicationId,
    applicant: application.applicant,
    type: application.type,
    claims: toText(application.claims),
    claims_digest: application.claimsDigest,
    subject: application.subject ?? null,
    holder_thumbprint: application.holderThumbprint ?? null,
    party_scheme: application.party?.scheme ?? null,
    party_value: application.party?.value ?? null,
    evidence: toText(application.evidence),
    stranger: application.stranger ?? false,
    valid_until: application.validUntil,
    renews: application.renews ?? null,
    device: deviceOf(application),
    state: application.state,
    reason: application.reason,
    decided_by: application.decidedBy,
    submitted_at: application.submittedAt,
    decided_at: application.decidedAt ?? null,
    purged_at: application.purgedAt ?? null,
    overrules: toText(application.overrules),
    ...closedOf(application),
    ...meteringPointOf(application),
  };
}

function closedOf({ closed }: Application): Pick<ApplicationRow, 'closed_at' | 'closed_by' | 'closed_reason'> {
  return { closed_at: closed?.at ?? null, closed_by: closed?.by ?? '', closed_reason: closed?.reason ?? '' };
}

function meteringPointOf({ claims }: Application): Pick<ApplicationRow, 'metering_hash' | 'metering_code'> {
  const [hash, point] = [memberOf(claims, 'meteringPointHash'), memberOf(claims, 'meteringPoint')];
  const [scheme, value] = isJsonObject(point) ? [memberOf(point, 'scheme'), memberOf(point, 'value')] : [];
  return {
    metering_hash: typeof hash === 'string' ? hash : null,
    metering_code: typeof scheme === 'string' && typeof value === 'string' ? `${scheme}:${value}` : null,
  };
}

function deviceOf({ claims }: Application): string | null {
  const device = memberOf(claims, 'deviceDid');
  return typeof device === 'string' ? device : null;
}

/** Application of a table row. */
export function toApplication(row: ApplicationRow): Application {
  const party = toParty(row.party_scheme, row.party_value);
  return {
    tenant: row.tenant as TenantId,
    applicationId: row.application_id,
    applicant: row.applicant,
    type: row.type as CredentialType,
    claims: JSON.parse(row.claims) as JsonObject,
    claimsDigest: row.claims_digest as Digest,
    ...(row.subject === null ? {} : { subject: row.subject as Did }),
    ...(row.holder_thumbprint === null ? {} : { holderThumbprint: row.holder_thumbprint as Thumbprint }),
    ...(party === undefined ? {} : { party }),
    evidence: JSON.parse(row.evidence) as Application['evidence'],
    ...(row.stranger ? { stranger: true } : {}),
    validUntil: row.valid_until as Instant,
    ...(row.renews === null ? {} : { renews: row.renews as Digest }),
    state: row.state as ApplicationState,
    reason: row.reason,
    decidedBy: row.decided_by,
    submittedAt: row.submitted_at as Instant,
    ...(row.decided_at === null ? {} : { decidedAt: row.decided_at as Instant }),
    overrules: JSON.parse(row.overrules) as Application['overrules'],
    ...(row.closed_at === null ? {} : { closed: { at: row.closed_at as Instant, by: row.closed_by, reason: row.closed_reason } }),
    ...(row.purged_at === null ? {} : { purgedAt: row.purged_at as Instant }),
  };
}

/** Table row of an issued record. */
export function toIssuedRow(record: IssuedRecord): IssuedRow {
  return {
    tenant: record.tenant,
    digest: record.digest,
    application_id: record.applicationId,
    offer_id: record.offerId,
    type: record.type,
    format: record.format,
    issuer: record.issuer,
    subject: record.subject,
    party_scheme: record.party?.scheme ?? null,
    party_value: record.party?.value ?? null,
    holder_thumbprint: record.holderThumbprint,
    issued_at: record.issuedAt,
    valid_from: record.validFrom,
    valid_until: record.validUntil,
    status: toText(record.status),
    state: record.state,
    state_at: record.stateAt,
    reason: record.reason,
    causes: toText(record.causes),
    document: record.document ?? null,
    handle: null,
  };
}

/** Issued record of a table row. */
export function toIssued(row: IssuedRow): IssuedRecord {
  const party = toParty(row.party_scheme, row.party_value);
  return {
    tenant: row.tenant as TenantId,
    digest: row.digest as Digest,
    applicationId: row.application_id,
    offerId: row.offer_id,
    type: row.type as CredentialType,
    format: row.format as CredentialFormat,
    issuer: row.issuer as Did,
    subject: row.subject as Did,
    ...(party === undefined ? {} : { party }),
    holderThumbprint: row.holder_thumbprint as Thumbprint,
    issuedAt: row.issued_at as Instant,
    validFrom: row.valid_from as Instant,
    validUntil: row.valid_until as Instant,
    status: JSON.parse(row.status) as IssuedRecord['status'],
    state: row.state as IssuedRecord['state'],
    stateAt: row.state_at as Instant,
    reason: row.reason,
    causes: JSON.parse(row.causes) as readonly string[],
    ...(row.document === null ? {} : { document: row.document }),
  };
}

/** Table row of an outbox entry. */
export function toOutboxRow(entry: OutboxEntry): OutboxRow {
  const about = entry.kind === 'news' ? memberOf(entry.body, 'digest') : undefined;
  return {
    tenant: entry.tenant,
    entry_id: entry.entryId,
    kind: entry.kind,
    body: toText(entry.body),
    due_at: entry.dueAt,
    about: typeof about === 'string' ? about : '',
  };
}

/** Outbox entry of a table row. */
export function toOutboxEntry(row: Omit<OutboxRow, 'about'>): OutboxEntry {
  return {
    tenant: row.tenant as TenantId,
    entryId: row.entry_id,
    kind: row.kind as OutboxEntry['kind'],
    body: JSON.parse(row.body) as JsonObject,
    dueAt: row.due_at as Instant,
  };
}

function toParty(scheme: string | null, value: string | null): Identifier | undefined {
  return scheme === null || value === null ? undefined : { scheme: scheme as IdentifierScheme, value };
}
