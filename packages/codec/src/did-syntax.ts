import type { JsonObject, JsonValue } from '@gridpass/core';
import { isJsonObject } from './json-object.js';

const MAX_LENGTH = 2048;
// DID Core 3.1 in ASCII: look-alike letters and spaces never get in. Segments between colons are not empty.
const DID = /^did:[a-z0-9]{1,32}:(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})+(?::(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})+)*$/;
const ESCAPE = /%[0-9A-Fa-f]{2}/g;
const HEX_PARTS = /0x[0-9A-Fa-f]+/g;
const FRAGMENT = /^[A-Za-z0-9._~:=-]{1,512}$/;

/**
 * The one spelling of a DID here, for keys of stores, allow-lists and comparisons; undefined where the text is no DID. DIDs that their
 * standards call the same come to one text: hex digits of an escape in upper case (RFC 3986 6.2.2.1), and of did:ethr, whose
 * addresses may have the mixed case of EIP-55, in lower case. All else tells DIDs apart.
 * What somebody signed keeps its spelling: whoever compares takes this of both sides.
 *
 * @example canonicalDid('did:web:dso.example%3a8443') // 'did:web:dso.example%3A8443'
 */
export function canonicalDid(text: string): string | undefined {
  if (text.length > MAX_LENGTH || !DID.test(text)) return undefined;
  const escaped = text.includes('%') ? text.replace(ESCAPE, (escape) => escape.toUpperCase()) : text;
  return escaped.startsWith('did:ethr:') ? escaped.replace(HEX_PARTS, (hex) => hex.toLowerCase()) : escaped;
}

/**
 * Claims in which each text that is a DID has its one spelling, at any depth; the very object where all have it. What was signed
 * stands elsewhere and keeps its own.
 */
export function canonicalDids(claims: JsonObject): JsonObject {
  const members = Object.entries(claims).map(([name, value]) => [name, canonicalValue(value)] as const);
  return members.every(([name, value]) => claims[name] === value) ? claims : Object.fromEntries(members);
}

function canonicalValue(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.startsWith('did:') ? (canonicalDid(value) ?? value) : value;
  if (isJsonObject(value)) return canonicalDids(value);
  if (!Array.isArray(value)) return value;
  const items: readonly JsonValue[] = value;
  const canonical = items.map(canonicalValue);
  return canonical.every((item, index) => item === items[index]) ? items : canonical;
}

/**
 * A DID URL that names a verification method: its DID in the one spelling, `#`, and its fragment as it stands, which no standard
 * lets vary. Undefined where the text is none: path, query, parameters and escapes in the fragment are not taken.
 */
export function canonicalDidUrl(text: string): { readonly did: string; readonly fragment: string; readonly url: string } | undefined {
  const hash = text.indexOf('#');
  const did = hash < 0 ? undefined : canonicalDid(text.slice(0, hash));
  const fragment = text.slice(hash + 1);
  return did === undefined || !FRAGMENT.test(fragment) ? undefined : { did, fragment, url: `${did}#${fragment}` };
}
