import { canonicalDids, handleOf, isJsonObject, memberOf, parseHandle, textDigestOf, type Moment } from '@gridpass/codec';
import {
  CATALOGUE,
  type AuthorityReference,
  type CredentialContent,
  type CredentialType,
  type Did,
  type DidUrl,
  type JsonObject,
  type JsonValue,
  type SignatureAlgorithm,
  SIGNATURE_ALGORITHMS,
} from '@gridpass/core';
import { namesBeyond, toHttpUrl, toKidOf, type ClaimedReader } from './claimed.js';

const AUTHORITY_NAMES: ReadonlySet<string> = new Set(['id', 'digest']);

/** The member `authority` as it is signed; our own extension of both formats. */
export function buildAuthority(authority: AuthorityReference): JsonObject {
  return { id: authority.uri, digest: authority.digest };
}

/** `absent` when there is none, undefined when there is one that cannot be read. */
export function parseAuthority(value: JsonValue | undefined): AuthorityReference | 'absent' | undefined {
  if (value === undefined) return 'absent';
  if (!isJsonObject(value) || namesBeyond(value, AUTHORITY_NAMES).length > 0) return undefined;
  const uri = toHttpUrl(memberOf(value, 'id'));
  const digest = memberOf(value, 'digest');
  const handle = typeof digest === 'string' ? parseHandle(digest) : undefined;
  return uri === undefined || handle === undefined ? undefined : { uri, digest: handle };
}

/** The header's `alg` if it is one this house signs with; whether it belongs to the key is checked against the key. */
export function toAlgorithm(value: JsonValue | undefined): SignatureAlgorithm | undefined {
  return SIGNATURE_ALGORITHMS.find((alg) => alg === value);
}

/** Whether the times of a credential make sense together and stay within the longest life its type may have. */
export function isLifeOf(type: CredentialType, validFrom: number, validUntil: number): boolean {
  return validFrom < validUntil && validUntil - validFrom <= CATALOGUE[type].maxLifeSeconds;
}

/** What both formats say beside their claims; undefined where the reader noted a bad path. */
export interface ClaimedEnvelope {
  readonly issuer: Did | undefined;
  readonly subject: Did | undefined;
  readonly issuedAt: Moment | undefined;
  readonly validFrom: Moment | undefined;
  readonly validUntil: Moment | undefined;
  readonly kid: DidUrl | undefined;
  readonly alg: SignatureAlgorithm | undefined;
  readonly authority: AuthorityReference | 'absent' | undefined;
}

/** What a document says beside the JWT claims of the same payload. */
export interface Stated {
  readonly issuer: Did | undefined;
  readonly subject: Did | undefined;
  readonly validFrom: Moment | undefined;
  readonly validUntil: Moment | undefined;
}

const NOTHING_STATED: Stated = { issuer: undefined, subject: undefined, validFrom: undefined, validUntil: undefined };

/**
 * Reads the JWT claims and header members that both formats share. `document` is what the document of the payload says, where it has
 * one: then each claim may be left out (VC-JOSE-COSE 3.1.3), and one that is there says the same as its twin.
 */
export function readEnvelope(reader: ClaimedReader, header: JsonObject, payload: JsonObject, document?: Stated): ClaimedEnvelope {
  const stated = document ?? NOTHING_STATED;
  const didOf = (name: string): Did | undefined => (document === undefined || reader.has(name) ? reader.did(name) : undefined);
  const issuer = didOf('iss') ?? stated.issuer;
  return {
    issuer,
    subject: didOf('sub') ?? stated.subject,
    ...readLife(reader, stated),
    kid: readKid(reader, header, issuer),
    alg: toAlgorithm(memberOf(header, 'alg')) ?? reader.note('header.alg'),
    authority: parseAuthority(memberOf(payload, 'authority')) ?? reader.note('authority'),
  };
}

/** A beginning and an end are always there; `iat` and the beginning stand in for each other. */
function readLife(reader: ClaimedReader, stated: Stated): Pick<ClaimedEnvelope, 'issuedAt' | 'validFrom' | 'validUntil'> {
  const timeOf = (name: string): Moment | undefined => (reader.has(name) ? reader.time(name) : undefined);
  const iat = timeOf('iat');
  const begin = timeOf('nbf') ?? stated.validFrom;
  const end = timeOf('exp') ?? stated.validUntil;
  if (!reader.has('iat') && !reader.has('nbf') && begin === undefined) reader.note('iat');
  if (!reader.has('exp') && end === undefined) reader.note('exp');
  return { issuedAt: iat ?? begin, validFrom: begin ?? iat, validUntil: end };
}

/** The header's `kid`, which has to name a method of the issuer; without an issuer there is nothing to hold it against. */
export function readKid(reader: ClaimedReader, header: JsonObject, issuer: Did | undefined): DidUrl | undefined {
  return issuer === undefined ? undefined : (toKidOf(issuer, memberOf(header, 'kid')) ?? reader.note('header.kid'));
}

/** Notes a life that is empty or longer than the type may have. */
export function checkLife(reader: ClaimedReader, type: CredentialType | undefined, { validFrom, validUntil }: ClaimedEnvelope): void {
  if (type === undefined || validFrom === undefined || validUntil === undefined) return;
  if (!isLifeOf(type, validFrom.exact, validUntil.exact)) reader.note('exp (life)');
}

type Times = 'issuedAt' | 'validFrom' | 'validUntil';

/** Puts the parts together as content; `authority` only where there is one. Times become the whole seconds that are worse for the holder. */
export function toContent(
  parts: Omit<CredentialContent, 'authority' | 'issuedSince' | Times> & { readonly authority: AuthorityReference | 'absent' } & {
    readonly [Name in Times]: Moment;
  },
): CredentialContent {
  const { authority, issuedAt, validFrom, validUntil, claims, ...rest } = parts;
  return {
    ...rest,
    // Whoever compares what claims name compares one spelling; the signed text keeps its own.
    claims: canonicalDids(claims),
    issuedAt: issuedAt.up,
    ...(issuedAt.down === issuedAt.up ? {} : { issuedSince: issuedAt.down }),
    validFrom: validFrom.up,
    validUntil: validUntil.down,
    ...(authority === 'absent' ? {} : { authority }),
  };
}

/** What a signed text is called: its handle, and the digest of this very spelling. */
export function toNames(compact: string): Pick<CredentialContent, 'digest' | 'textDigest'> {
  return { digest: handleOf(compact), textDigest: textDigestOf(compact) };
}
