import type { HeldApplication, HeldCredential, Instant, JsonObject } from '@gridpass/core';
import { warningsOf } from '@gridpass/hold';
import type { Proposal } from '@gridpass/hold';
import { parseSdJwtVc, parseVcJwt } from '@gridpass/suite';

/** A credential as its owner sees it: what it says, how it stands and what to beware of, without the text that is worth stealing. */
export function toCredentialView(held: HeldCredential, at: Instant): JsonObject {
  const warnings = warningsOf(held).map(({ kind, claims }) => ({ kind, claims: [...claims] }));
  const parsed = held.format === 'dc+sd-jwt' ? parseSdJwtVc(held.compact) : parseVcJwt(held.compact);
  return {
    id: held.credentialId,
    type: held.type,
    format: held.format,
    issuer: held.issuer,
    face: held.relationId,
    validFrom: held.validFrom,
    validUntil: held.validUntil,
    state: held.validUntil <= at ? 'expired' : held.state,
    claims: parsed.ok ? parsed.value.content.claims : {},
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/**
 * An application as its owner sees it. State and reason are the issuer's words; `problem` is why the last try to ask or receive failed,
 * `because` what that was about and what to do.
 */
export function toApplicationView(application: HeldApplication): JsonObject {
  const { id, issuer, applicationId, type, state, reason, submittedAt, checkedAt, receivedAt, relationId, problem, because } = application;
  return {
    id,
    issuer,
    applicationId,
    type,
    state,
    reason,
    face: relationId,
    submittedAt,
    checkedAt,
    ...(receivedAt === undefined ? {} : { receivedAt }),
    ...(problem === '' ? {} : { problem }),
    ...(because === undefined ? {} : { because: because.split('; ') }),
  };
}

/** A proposal as its owner is asked about it. */
export function toProposalView(id: string, proposal: Proposal): JsonObject {
  const { standing, party, registeredBy } = proposal.verifier;
  return {
    id,
    verifier: proposal.request.verifierDid,
    standing,
    ...(party === undefined ? {} : { party }),
    ...(registeredBy === undefined ? {} : { registeredBy }),
    answerTo: new URL(proposal.request.responseUri).origin,
    expiresAt: proposal.request.expiresAt,
    shows: proposal.shows.map(({ type, claims }) => ({ type, claims: [...claims] })),
  };
}
