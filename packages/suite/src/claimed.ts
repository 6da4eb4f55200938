import { canonicalDid, canonicalDidUrl, isJsonObject, memberOf, parseNumericDate, type Moment } from '@gridpass/codec';
import {
  CREDENTIAL_TYPES,
  type CredentialType,
  type Did,
  type DidUrl,
  type Instant,
  type JsonObject,
  type JsonValue,
} from '@gridpass/core';
import { parseTimeClaims, type TimeClaims } from '@gridpass/keys';

/** Reads members of one foreign object and remembers the path of each that is missing or of the wrong form. */
export interface ClaimedReader {
  readonly bad: string[];
  text(name: string): string | undefined;
  object(name: string): JsonObject | undefined;
  list(name: string): readonly JsonValue[] | undefined;
  time(name: string): Moment | undefined;
  did(name: string): Did | undefined;
  /** Whether a member is there at all. */
  has(name: string): boolean;
  /** Notes a path that a caller found wrong by itself. */
  note(path: string): undefined;
}

const MAX_TEXT = 4096;

/** Creates a reader for `object`; `where` prefixes the noted paths. */
export function createClaimedReader(object: JsonObject, where = ''): ClaimedReader {
  const bad: string[] = [];
  const read = <T>(name: string, accept: (value: JsonValue | undefined) => T | undefined): T | undefined => {
    const value = accept(memberOf(object, name));
    if (value === undefined) bad.push(`${where}${name}`);
    return value;
  };
  return {
    bad,
    text: (name) => read(name, toText),
    object: (name) => read(name, (value) => (isJsonObject(value) ? value : undefined)),
    list: (name) => read(name, (value) => (Array.isArray(value) ? (value as readonly JsonValue[]) : undefined)),
    time: (name) => read(name, parseNumericDate),
    did: (name) => read(name, toDid),
    has: (name) => memberOf(object, name) !== undefined,
    note: (path) => {
      bad.push(`${where}${path}`);
      return undefined;
    },
  };
}

/** The time claims of a proof; notes those that are no NumericDate, and those of `required` that are not there. */
export function readTimes(reader: ClaimedReader, payload: JsonObject, required: readonly ('iat' | 'exp')[]): TimeClaims | undefined {
  for (const name of required) if (memberOf(payload, name) === undefined) reader.note(name);
  const times = parseTimeClaims(payload);
  return times.ok ? times.value : reader.note(times.refusal.detail);
}

/** A DID in its one spelling, without path, query or fragment; which methods count is decided later. What was signed is not changed. */
export function toDid(value: JsonValue | undefined): Did | undefined {
  return typeof value === 'string' ? (canonicalDid(value) as Did | undefined) : undefined;
}

/** The `kid` if it names a verification method of exactly this DID by an absolute URL, with the DID in its one spelling (attacks: fragment confusion). */
export function toKidOf(did: Did, value: JsonValue | undefined): DidUrl | undefined {
  const kid = typeof value === 'string' ? canonicalDidUrl(value) : undefined;
  return kid?.did === did ? (kid.url as DidUrl) : undefined;
}

export function toText(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_TEXT ? value : undefined;
}

/** One of the types issued here. */
export function toCredentialType(text: JsonValue | undefined): CredentialType | undefined {
  return CREDENTIAL_TYPES.find((type) => type === text);
}

/** An absolute http(s) URL in its one canonical spelling, without user info or fragment; what may be fetched is decided by net. */
export function toHttpUrl(value: JsonValue | undefined): string | undefined {
  if (typeof value !== 'string' || value.length > 2048 || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  const plain = (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '' && url.password === '' && url.hash === '';
  return plain && url.href === value ? value : undefined;
}

/** `2026-01-01T00:00:00Z`, the one spelling of an instant in the documents we sign. */
export function toIsoInstant(at: Instant): string {
  return `${new Date(at * 1000).toISOString().slice(0, 19)}Z`;
}

/** Names in `object` that are not on the list. */
export function namesBeyond(object: JsonObject, known: ReadonlySet<string>): readonly string[] {
  return Object.keys(object).filter((name) => !known.has(name));
}

/** The fields, if none of them is missing. */
export function complete<T extends object>(fields: T): { readonly [K in keyof T]-?: Exclude<T[K], undefined> } | undefined {
  const isWhole = (value: T): value is { [K in keyof T]-?: Exclude<T[K], undefined> } & T => !Object.values(value).includes(undefined);
  return isWhole(fields) ? fields : undefined;
}
