import { refuse, ok } from '@gridpass/core';
import type { Application, CredentialFormat, Did, Instant, Outcome, TenantId } from '@gridpass/core';
import { memberOf } from '@gridpass/codec';
import { checkEvidence, checkEvidenceBinding } from '../rules/evidence.js';
import { checkEntitlement } from '../rules/entitlement.js';
import type { Entitlement } from '../rules/entitlement.js';
import { checkPointClaims } from '../rules/point.js';
import { checkPrerequisites } from '../rules/prerequisites.js';
import { checkRoleRules } from '../rules/role.js';
import { earlier } from './parts.js';
import type { EngineParts, IssuerTenant } from './parts.js';

/** The question put at approval and again at issuance. */
export interface Question {
  readonly application: Application;
  readonly format: CredentialFormat;
  readonly subject: Did;
  readonly at: Instant;
}

/**
 * Whether this tenant would issue this now: offered, claims fit, the role rests on what it must, prerequisites held and standing, issuer
 * entitled. One function for approval and issuance, so that the two cannot drift apart. Refuses with the code of the
 * first rule that fails; faults are thrown.
 */
export async function checkWilling(parts: EngineParts, issuer: IssuerTenant, question: Question): Promise<Outcome<Entitlement>> {
  const { application, at } = question;
  const { type } = application;
  if (!issuer.mayIssue.includes(type)) return refuse('NOT_ENTITLED', 'offered', `${type}: not offered by this tenant`);
  const claims = parts.schemas.parseClaims(type, application.claims);
  if (!claims.ok) return claims;
  const point = checkPointClaims(application);
  if (!point.ok) return point;
  const role = await checkRoleRules(parts, application, question.subject, at);
  if (!role.ok) return role;
  const prerequisites = checkPrerequisites(
    type,
    claims.value,
    application.evidence.map((held) => held.type),
  );
  if (!prerequisites.ok) return prerequisites;
  const bound = checkEvidenceBinding(application, question.subject);
  if (!bound.ok) return bound;
  const standing = await checkEvidence(parts.status, application.evidence, at);
  if (!standing.ok) return standing;
  const ofToday = await checkHandover(parts, application);
  if (!ofToday.ok) return ofToday;
  const signer = await parts.signerOf(application.tenant);
  const end = application.evidence.reduce((soonest, held) => earlier(soonest, held.validUntil), application.validUntil);
  const candidate = { type, format: question.format, issuer: signer, subject: question.subject, claims: claims.value, at, validUntil: end };
  return checkEntitlement(parts, candidate, await parts.repository.listAuthorities(application.tenant));
}

/**
 * Nothing that was decided about a device before it changed hands is issued afterwards: else an application or renewal that
 * waits would undo what the transfer revoked or suspended. Refuses CONFLICT; it may be decided anew.
 */
async function checkHandover(parts: Pick<EngineParts, 'handoverOf'>, application: Application): Promise<Outcome<true>> {
  const device = deviceOf(application);
  if (device === undefined || application.decidedAt === undefined) return ok(true);
  const handover = await parts.handoverOf?.(device);
  const isOlder = handover !== undefined && application.decidedAt <= handover.at && application.applicationId !== handover.applicationId;
  return isOlder ? refuse('CONFLICT', 'handover', 'decided before the device changed hands') : ok(true);
}

/** The device a commissioning or ownership is about. */
function deviceOf({ type, claims }: Pick<Application, 'type' | 'claims'>): Did | undefined {
  const device = type === 'DeviceCommissioning' || type === 'DeviceOwnership' ? memberOf(claims, 'deviceDid') : undefined;
  return typeof device === 'string' ? (device as Did) : undefined;
}

/** The tenant's configuration; a tenant that is not configured is told apart from one that lacks something by nobody outside. */
export function issuerOf(parts: Pick<EngineParts, 'tenants'>, tenant: TenantId): Outcome<IssuerTenant> {
  const issuer = parts.tenants.find((candidate) => candidate.tenant === tenant);
  return issuer === undefined ? refuse('NOT_FOUND', 'tenant', 'no such tenant') : ok(issuer);
}
