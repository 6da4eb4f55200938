import { canonicalDid, decodeBase64url, decodeMultibase, isJsonObject, memberOf, parseDateTimeStamp } from '@gridpass/codec';
import type { Moment } from '@gridpass/codec';
import { instant, ok, refuse } from '@gridpass/core';
import type { Instant, JsonObject, JsonValue, Outcome, StatusReference } from '@gridpass/core';
import { checkAudience, parseTimeClaims } from '@gridpass/keys';
import type { CompactJws } from '@gridpass/keys';
import { MIN_LIST_SIZE } from './bounds.js';
import { inflateList } from './compress.js';

/** A list as it stands in a proven document. */
export interface ListContent {
  readonly kind: StatusReference['kind'];
  /** What a bitstring list speaks of; empty for token lists. */
  readonly purposes: readonly string[];
  readonly width: number;
  readonly size: number;
  readonly bits: Uint8Array;
  /** When it was signed: `iat`, or the beginning it states where it has none. */
  readonly issuedAt: Instant;
  /** From when on it counts: the latest of `iat`, `nbf` and `validFrom`. */
  readonly notBefore: Instant;
  /** Up to when it counts: the earliest of `exp` and `validUntil`; undefined where it states no end, so that only its age ends it. */
  readonly expiresAt: Instant | undefined;
  readonly version: number;
}

const invalid = (detail: string): Outcome<never> => refuse('STATUS_LIST_INVALID', 'status', detail);

/** The JOSE `typ` of the document behind a reference. */
export const typOf = (kind: StatusReference['kind']): string => (kind === 'token' ? 'statuslist+jwt' : 'vc+jwt');

/** Reads the list out of a document whose signature by `issuer` was checked; refuses STATUS_LIST_INVALID. */
export async function parseListContent(
  jws: CompactJws,
  expected: { readonly kind: StatusReference['kind']; readonly uri: string; readonly issuer: string; readonly maxInflatedBytes: number },
): Promise<Outcome<ListContent>> {
  const { payload } = jws;
  const named = checkName(payload, expected);
  if (!named.ok) return named;
  const iss = memberOf(payload, 'iss');
  if (iss !== undefined && (typeof iss !== 'string' || canonicalDid(iss) !== expected.issuer))
    return invalid('list.iss: not the issuer of the credential');
  // RFC 7519 4.1.3: a list that names its readers is none for a reader that has no name there.
  if (!checkAudience(payload, []).ok) return invalid('list.aud: made for somebody else');
  const life = readLife(payload, expected.kind);
  if (!life.ok) return life;
  const version = memberOf(payload, 'list_version') ?? 0;
  if (typeof version !== 'number' || !Number.isSafeInteger(version)) return invalid('list.list_version: not an integer');
  const packed = expected.kind === 'token' ? parseToken(payload) : parseBitstring(payload, expected);
  if (!packed.ok) return packed;
  const bits = await inflateList(expected.kind === 'token' ? 'zlib' : 'gzip', packed.value.compressed, expected.maxInflatedBytes);
  if (!bits.ok) return bits;
  const size = Math.floor((bits.value.length * 8) / packed.value.width);
  // Bitstring Status List 6.1 has a minimum; Token Status List leaves the size to the issuer (12.4).
  if (expected.kind === 'bitstring' && size < MIN_LIST_SIZE) return invalid('list: fewer than 131072 entries');
  return ok({
    kind: expected.kind,
    purposes: packed.value.purposes,
    width: packed.value.width,
    size,
    bits: bits.value,
    ...life.value,
    version,
  });
}

/**
 * A list says by its signed name where it belongs, or another list of its issuer could be put in its place: a token list by
 * `sub` (Token Status List 5.1), a bitstring list by `id` or `sub`, of which one is enough. Beside an `id`, `sub` may name the subject
 * of the credential, as it does in other credentials.
 */
function checkName(payload: JsonObject, { kind, uri }: { readonly kind: StatusReference['kind']; readonly uri: string }): Outcome<true> {
  const sub = memberOf(payload, 'sub');
  const id = kind === 'bitstring' ? memberOf(payload, 'id') : undefined;
  if (id !== undefined && id !== uri) return invalid('list.id: not the address it was fetched from');
  if (sub === uri) return ok(true);
  const subject = memberOf(payload, 'credentialSubject');
  const subjectId = isJsonObject(subject) ? memberOf(subject, 'id') : undefined;
  return id === uri && (sub === undefined || sub === subjectId) ? ok(true) : invalid('list.sub: not the address it was fetched from');
}

/** When a list counts, by all that says so: the JWT claims and, of a credential, its validity period (VCDM 2.0, 4.9). */
function readLife(payload: JsonObject, kind: StatusReference['kind']): Outcome<Pick<ListContent, 'issuedAt' | 'notBefore' | 'expiresAt'>> {
  const times = parseTimeClaims(payload);
  if (!times.ok) return invalid(`list: ${times.refusal.detail}`);
  const [validFrom, validUntil] = ['validFrom', 'validUntil'].map((name) => {
    const stated = kind === 'bitstring' ? memberOf(payload, name) : undefined;
    return stated === undefined ? undefined : (parseDateTimeStamp(stated) ?? name);
  });
  for (const bad of [validFrom, validUntil]) if (typeof bad === 'string') return invalid(`list.${bad}: not a dateTimeStamp`);
  const { issuedAt, notBefore, expiresAt } = times.value;
  const begins = [notBefore, validFrom].filter(isMoment);
  const ends = [expiresAt, validUntil].filter(isMoment);
  // A credential may leave `iat` out (VC-JOSE-COSE 3.1.3) and its beginning stands in: the earliest, which makes it no younger.
  const signedAt = issuedAt ?? (kind === 'bitstring' ? begins.toSorted((a, b) => a.exact - b.exact)[0] : undefined);
  if (signedAt === undefined) return invalid('list.iat: says nowhere when it was signed');
  if (expiresAt !== undefined && expiresAt.exact <= signedAt.exact) return invalid('list.iat, list.exp: not in this order');
  return ok({
    issuedAt: signedAt.up,
    notBefore: instant(Math.max(signedAt.up, ...begins.map(({ up }) => up))),
    expiresAt: ends.length === 0 ? undefined : instant(Math.min(...ends.map(({ down }) => down))),
  });
}

const isMoment = (stated: Moment | string | undefined): stated is Moment => typeof stated === 'object';

interface Packed {
  readonly width: number;
  readonly purposes: readonly string[];
  readonly compressed: Uint8Array;
}

function parseToken(payload: JsonObject): Outcome<Packed> {
  const list = memberOf(payload, 'status_list');
  if (!isJsonObject(list)) return invalid('list.status_list: missing');
  const width = memberOf(list, 'bits');
  if (width !== 1 && width !== 2 && width !== 4 && width !== 8) return invalid('list.status_list.bits: not 1, 2, 4 or 8');
  const ttl = memberOf(payload, 'ttl');
  if (ttl !== undefined && (typeof ttl !== 'number' || !(ttl > 0))) return invalid('list.ttl: not a positive number');
  return withCompressed(memberOf(list, 'lst'), decodeBase64url, 'list.status_list.lst', { width, purposes: [] });
}

function parseBitstring(payload: JsonObject, expected: { readonly issuer: string }): Outcome<Packed> {
  const types = memberOf(payload, 'type');
  if (!Array.isArray(types) || !types.includes('BitstringStatusListCredential'))
    return invalid('list.type: not a BitstringStatusListCredential');
  const issuer = memberOf(payload, 'issuer');
  const id = isJsonObject(issuer) ? memberOf(issuer, 'id') : issuer;
  if (typeof id !== 'string' || canonicalDid(id) !== expected.issuer) return invalid('list.issuer: not the issuer of the credential');
  const subject = memberOf(payload, 'credentialSubject');
  if (!isJsonObject(subject) || memberOf(subject, 'type') !== 'BitstringStatusList')
    return invalid('list.credentialSubject: not a BitstringStatusList');
  const stated = memberOf(subject, 'statusPurpose');
  const purposes: readonly JsonValue[] = typeof stated === 'string' ? [stated] : Array.isArray(stated) ? stated : [];
  if (purposes.length === 0 || !purposes.every((purpose) => typeof purpose === 'string'))
    return invalid('list.credentialSubject.statusPurpose: missing');
  const encoded = memberOf(subject, 'encodedList');
  // 3.2: multibase with base64url, prefix u; base58 is no alternative here.
  if (typeof encoded !== 'string' || !encoded.startsWith('u'))
    return invalid('list.credentialSubject.encodedList: not multibase base64url');
  return withCompressed(encoded, decodeMultibase, 'list.credentialSubject.encodedList', { width: 1, purposes });
}

function withCompressed(
  text: JsonValue | undefined,
  decode: (text: string) => Outcome<Uint8Array>,
  path: string,
  rest: { readonly width: number; readonly purposes: readonly string[] },
): Outcome<Packed> {
  const decoded = typeof text === 'string' ? decode(text) : undefined;
  return decoded?.ok === true ? ok({ ...rest, compressed: decoded.value }) : invalid(`${path}: not canonical base64url`);
}
