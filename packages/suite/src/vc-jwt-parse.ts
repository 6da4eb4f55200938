import { deepFreeze, digestOf, isJsonObject, memberOf } from '@gridpass/codec';
import { ok, refuse, type CredentialContent, type CredentialType, type JsonObject, type JsonValue, type Outcome } from '@gridpass/core';
import { createClaimedReader, namesBeyond, toCredentialType, toIsoInstant, toKidOf, type ClaimedReader } from './claimed.js';
import { isLifeOf, parseAuthority, toAlgorithm } from './envelope.js';
import { parseJose } from './jose.js';
import { parseBitstringStatus } from './status-references.js';
import type { ParsedCredential } from './types.js';
import { VC_CONTEXTS } from './vc-jwt-issue.js';

const MEMBERS: ReadonlySet<string> = new Set([
  '@context', 'id', 'type', 'issuer', 'validFrom', 'validUntil', 'credentialSubject', 'credentialStatus', 'authority',
  'iss', 'sub', 'iat', 'nbf', 'exp', 'jti',
]);

/**
 * Parses a `vc+jwt`. Refuses PRESENTATION_MALFORMED with all bad paths, STATUS_MISSING without both status entries.
 * What comes out is claimed, not known: no signature has been looked at.
 */
export function parseVcJwt(compact: string): Outcome<ParsedCredential> {
  const jose = parseJose(compact, 'vc+jwt');
  if (!jose.ok) return jose;
  const { header, payload } = jose.value;
  const reader = createClaimedReader(payload);
  for (const name of namesBeyond(payload, MEMBERS)) reader.note(`${name.slice(0, 64)} (unknown)`);
  const type = parseType(reader);
  checkContexts(reader);

  const issuer = reader.did('iss');
  const subject = reader.did('sub');
  const issuedAt = reader.time('iat');
  const validFrom = reader.time('nbf');
  const validUntil = reader.time('exp');
  const id = reader.text('jti');
  const kid = issuer === undefined ? undefined : (toKidOf(issuer, memberOf(header, 'kid')) ?? reader.note('header.kid'));
  const alg = toAlgorithm(memberOf(header, 'alg')) ?? reader.note('header.alg');
  const authority = parseAuthority(memberOf(payload, 'authority')) ?? reader.note('authority');
  const claims = parseSubject(reader, payload);

  // The document and the JWT claims say everything twice; whichever of the two a reader believes, it reads the same.
  const agree = (name: string, expected: JsonValue | undefined): void => {
    if (expected !== undefined && memberOf(payload, name) !== expected) reader.note(name);
  };
  agree('issuer', issuer);
  agree('id', id);
  agree('validFrom', validFrom === undefined ? undefined : toIsoInstant(validFrom));
  agree('validUntil', validUntil === undefined ? undefined : toIsoInstant(validUntil));
  if (subject !== undefined && claims !== undefined && claims.id !== subject) reader.note('credentialSubject.id');
  if (type !== undefined && validFrom !== undefined && validUntil !== undefined && !isLifeOf(type, validFrom, validUntil)) reader.note('exp (life)');

  if (
    reader.bad.length > 0 || type === undefined || issuer === undefined || subject === undefined || issuedAt === undefined || validFrom === undefined ||
    validUntil === undefined || kid === undefined || alg === undefined || authority === undefined || claims === undefined
  ) {
    return refuse('PRESENTATION_MALFORMED', 'parse', `vc+jwt: ${reader.bad.join(', ')}`);
  }
  const status = parseBitstringStatus(memberOf(payload, 'credentialStatus'));
  if (status === undefined) return refuse('STATUS_MISSING', 'parse', 'vc+jwt: credentialStatus');
  const content: CredentialContent = {
    format: 'vc+jwt', type, issuer, kid, alg, subject, issuedAt, validFrom, validUntil, status,
    ...(authority === 'absent' ? {} : { authority }),
    claims: claims.claims,
    digest: digestOf(compact),
  };
  return ok({ content: deepFreeze(content), jws: jose.value });
}

/** Exactly `["VerifiableCredential", <one of ours>]`. */
function parseType(reader: ClaimedReader): CredentialType | undefined {
  const types = reader.list('type');
  if (types === undefined) return undefined;
  const type = toCredentialType(types[1]);
  return types.length === 2 && types[0] === 'VerifiableCredential' && type !== undefined ? type : reader.note('type');
}

/** Exactly the two contexts we sign: a further one could give a term another meaning. */
function checkContexts(reader: ClaimedReader): void {
  const contexts = reader.list('@context');
  if (contexts === undefined) return;
  if (contexts.length !== VC_CONTEXTS.length || VC_CONTEXTS.some((context, i) => contexts[i] !== context)) reader.note('@context');
}

/** One subject, an object with an id; arrays of subjects and bearer credentials are refused. */
function parseSubject(reader: ClaimedReader, payload: JsonObject): { readonly id: JsonValue; readonly claims: JsonObject } | undefined {
  const subject = memberOf(payload, 'credentialSubject');
  if (!isJsonObject(subject)) return reader.note('credentialSubject');
  const { id, ...claims } = subject;
  return id === undefined ? reader.note('credentialSubject.id') : { id, claims };
}
