import { deepFreeze, isJsonObject, memberOf, parseDateTimeStamp, type Moment } from '@gridpass/codec';
import { ok, refuse, type CredentialType, type Did, type JsonObject, type JsonValue, type Outcome } from '@gridpass/core';
import { complete, createClaimedReader, namesBeyond, toCredentialType, toDid, type ClaimedReader } from './claimed.js';
import { checkLife, readEnvelope, toContent, toNames, type ClaimedEnvelope } from './envelope.js';
import { parseJose } from './jose.js';
import { parseBitstringStatus } from './status-references.js';
import type { ParsedCredential } from './types.js';
import { VC_CONTEXTS } from './vc-jwt-issue.js';

const MEMBERS: ReadonlySet<string> = new Set([
  '@context',
  'id',
  'type',
  'issuer',
  'validFrom',
  'validUntil',
  'credentialSubject',
  'credentialStatus',
  'authority',
  'iss',
  'sub',
  'iat',
  'nbf',
  'exp',
  'jti',
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
  checkContexts(reader);
  const type = parseType(reader);
  const envelope = readEnvelope(reader, header, payload);
  const claims = parseSubject(reader, payload, envelope.subject);
  checkAgreement(reader, payload, envelope);
  checkLife(reader, type, envelope);
  const parts = complete({ ...envelope, type, claims });
  if (reader.bad.length > 0 || parts === undefined) return refuse('PRESENTATION_MALFORMED', 'parse', `vc+jwt: ${reader.bad.join(', ')}`);
  const status = parseBitstringStatus(memberOf(payload, 'credentialStatus'));
  if (status === undefined) return refuse('STATUS_MISSING', 'parse', 'vc+jwt: credentialStatus');
  const content = toContent({ format: 'vc+jwt', ...parts, status, ...toNames(compact) });
  return ok({ content: deepFreeze(content), jws: jose.value });
}

/** The document and the JWT claims say everything twice; whichever of the two a reader believes, it reads the same. */
function checkAgreement(reader: ClaimedReader, payload: JsonObject, { issuer, validFrom, validUntil }: ClaimedEnvelope): void {
  const twins: readonly (readonly [string, JsonValue | undefined])[] = [['id', reader.text('jti')]];
  if (issuer !== undefined && toDid(memberOf(payload, 'issuer')) !== issuer) reader.note('issuer');
  for (const [name, twin] of twins) if (twin !== undefined && memberOf(payload, name) !== twin) reader.note(name);
  checkSameTime(reader, payload, 'validFrom', validFrom);
  checkSameTime(reader, payload, 'validUntil', validUntil);
}

/** A date in the document is the very moment of its JWT claim, to the last digit of a fraction, and is told in UTC. */
function checkSameTime(reader: ClaimedReader, payload: JsonObject, name: 'validFrom' | 'validUntil', twin: Moment | undefined): void {
  const date = memberOf(payload, name);
  const isUtc = typeof date === 'string' && date.endsWith('Z');
  if (twin !== undefined && (!isUtc || parseDateTimeStamp(date)?.exact !== twin.exact)) reader.note(name);
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

/** One subject, an object whose id is `sub`; arrays of subjects and bearer credentials are refused. */
function parseSubject(reader: ClaimedReader, payload: JsonObject, sub: Did | undefined): JsonObject | undefined {
  const subject = memberOf(payload, 'credentialSubject');
  if (!isJsonObject(subject)) return reader.note('credentialSubject');
  const { id, ...claims } = subject;
  return sub === undefined || toDid(id) !== sub ? reader.note('credentialSubject.id') : claims;
}
