import { deepFreeze, isJsonObject, memberOf, parseDateTimeStamp, parseNumericDate, type Moment } from '@gridpass/codec';
import { ok, refuse, type CredentialType, type Did, type JsonObject, type Outcome } from '@gridpass/core';
import { complete, createClaimedReader, namesBeyond, toCredentialType, toDid, type ClaimedReader } from './claimed.js';
import { checkLife, readEnvelope, toContent, toNames, type Stated } from './envelope.js';
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
 * Members by which other readers would judge otherwise than we do: another proof, another credential inside, whom it is for, whose key
 * it is bound to, another status, the ends of VCDM 1.1, digests of hidden claims. Nothing of this is ignored.
 */
const NEVER_IGNORED: ReadonlySet<string> = new Set([
  'proof',
  'vc',
  'vp',
  'holder',
  'verifiableCredential',
  'aud',
  'cnf',
  'status',
  'issuanceDate',
  'expirationDate',
  'vct',
  '_sd',
  '_sd_alg',
  '...',
]);

/**
 * Parses a `vc+jwt`. Members that nobody knows are ignored (VCDM 2.0 §5.2). Refuses PRESENTATION_MALFORMED with all bad paths, STATUS_MISSING
 * without an entry for revocation.
 * What comes out is claimed, not known: no signature has been looked at.
 */
export function parseVcJwt(compact: string): Outcome<ParsedCredential> {
  const jose = parseJose(compact, 'vc+jwt');
  if (!jose.ok) return jose;
  const { header, payload } = jose.value;
  const reader = createClaimedReader(payload);
  checkFurtherMembers(reader, payload);
  checkContexts(reader);
  const type = parseType(reader);
  const { subject, claims } = parseSubject(reader, payload);
  const stated = {
    issuer: reader.did('issuer'),
    subject,
    validFrom: readDate(reader, payload, 'validFrom'),
    validUntil: readDate(reader, payload, 'validUntil'),
  };
  const envelope = readEnvelope(reader, header, payload, stated);
  checkAgreement(reader, payload, stated);
  checkLife(reader, type, envelope);
  const parts = complete({ ...envelope, type, claims });
  if (reader.bad.length > 0 || parts === undefined) return refuse('PRESENTATION_MALFORMED', 'parse', `vc+jwt: ${reader.bad.join(', ')}`);
  const status = parseBitstringStatus(memberOf(payload, 'credentialStatus'));
  if (status === undefined) return refuse('STATUS_MISSING', 'parse', 'vc+jwt: credentialStatus');
  const content = toContent({ format: 'vc+jwt', ...parts, status, ...toNames(compact) });
  return ok({ content: deepFreeze(content), jws: jose.value });
}

/** A further member says nothing to us, unless it is one to be heeded, a keyword of JSON-LD, or says a claim a second time. */
function checkFurtherMembers(reader: ClaimedReader, payload: JsonObject): void {
  const subject = memberOf(payload, 'credentialSubject');
  for (const name of namesBeyond(payload, MEMBERS))
    if (NEVER_IGNORED.has(name) || name.startsWith('@') || (isJsonObject(subject) && memberOf(subject, name) !== undefined))
      reader.note(`${name.slice(0, 64)} (not read here)`);
}

/** What the document and the JWT claims say twice they say alike; whichever of the two a reader believes, it reads the same. */
function checkAgreement(reader: ClaimedReader, payload: JsonObject, stated: Stated): void {
  const parties = [
    ['iss', stated.issuer],
    ['sub', stated.subject],
  ] as const;
  for (const [claim, twin] of parties)
    if (twin !== undefined && reader.has(claim) && toDid(memberOf(payload, claim)) !== twin) reader.note(claim);
  const id = reader.has('id') ? reader.text('id') : undefined;
  const jti = reader.has('jti') ? reader.text('jti') : undefined;
  if (id !== undefined && jti !== undefined && jti !== id) reader.note('jti');
  for (const [claim, name] of [
    ['nbf', 'validFrom'],
    ['exp', 'validUntil'],
  ] as const) {
    const moment = parseNumericDate(memberOf(payload, claim));
    // The very moment, to the last digit of a fraction.
    if (moment !== undefined && stated[name] !== undefined && moment.exact !== stated[name].exact) reader.note(name);
  }
}

/** A date of the document, in UTC; undefined where there is none. */
function readDate(reader: ClaimedReader, payload: JsonObject, name: 'validFrom' | 'validUntil'): Moment | undefined {
  const date = memberOf(payload, name);
  if (date === undefined) return undefined;
  return typeof date === 'string' && date.endsWith('Z') ? (parseDateTimeStamp(date) ?? reader.note(name)) : reader.note(name);
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

/** One subject, an object with the DID it is about; arrays of subjects and bearer credentials are refused. */
function parseSubject(
  reader: ClaimedReader,
  payload: JsonObject,
): { readonly subject: Did | undefined; readonly claims: JsonObject | undefined } {
  const stated = memberOf(payload, 'credentialSubject');
  if (!isJsonObject(stated)) return { subject: reader.note('credentialSubject'), claims: undefined };
  const { id, ...claims } = stated;
  return { subject: toDid(id) ?? reader.note('credentialSubject.id'), claims };
}
