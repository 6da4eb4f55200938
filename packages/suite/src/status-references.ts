import { isJsonObject, memberOf } from '@gridpass/codec';
import type { JsonObject, JsonValue, StatusReference } from '@gridpass/core';
import { namesBeyond, toHttpUrl } from './claimed.js';

const ENTRY_NAMES: ReadonlySet<string> = new Set(['id', 'type', 'statusPurpose', 'statusListIndex', 'statusListCredential']);
const MAX_INDEX = 2 ** 31;
// Bitstring Status List §2.1: a base-10 integer as a string; no sign, no leading zero, no exponent.
const INDEX_TEXT = /^(?:0|[1-9][0-9]{0,9})$/;

/** `credentialStatus` of VCDM 2.0: one Bitstring entry for revocation and one for suspension. */
export function buildBitstringStatus(references: readonly StatusReference[]): JsonValue {
  return references.flatMap((reference) =>
    reference.kind === 'bitstring'
      ? [
          {
            id: `${reference.uri}#${String(reference.index)}`,
            type: 'BitstringStatusListEntry',
            statusPurpose: reference.purpose,
            statusListIndex: String(reference.index),
            statusListCredential: reference.uri,
          },
        ]
      : [],
  );
}

/**
 * Reads `credentialStatus`: one entry or a list (VCDM 2.0 §4.10), each purpose at most once, revocation among them, and nothing else;
 * undefined otherwise. What cannot be revoked has no status.
 */
export function parseBitstringStatus(value: JsonValue | undefined): readonly StatusReference[] | undefined {
  const entries: readonly JsonValue[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  const references: StatusReference[] = [];
  for (const entry of entries) {
    if (!isJsonObject(entry) || namesBeyond(entry, ENTRY_NAMES).length > 0) return undefined;
    if (memberOf(entry, 'type') !== 'BitstringStatusListEntry') return undefined;
    const purpose = memberOf(entry, 'statusPurpose');
    const text = memberOf(entry, 'statusListIndex');
    const uri = toHttpUrl(memberOf(entry, 'statusListCredential'));
    if (purpose !== 'revocation' && purpose !== 'suspension') return undefined;
    if (uri === undefined || typeof text !== 'string' || !INDEX_TEXT.test(text) || Number(text) >= MAX_INDEX) return undefined;
    if (references.some((seen) => seen.kind === 'bitstring' && seen.purpose === purpose)) return undefined;
    references.push({ kind: 'bitstring', purpose, uri, index: Number(text) });
  }
  return references.some((reference) => reference.kind === 'bitstring' && reference.purpose === 'revocation') ? references : undefined;
}

/** `status` of SD-JWT VC: one entry of a Token Status List. */
export function buildTokenStatus(references: readonly StatusReference[]): JsonObject {
  const [token] = references.filter((reference) => reference.kind === 'token');
  return token === undefined ? {} : { status_list: { idx: token.index, uri: token.uri } };
}

/** Reads `status`; undefined unless it is exactly one `status_list` with a whole, non-negative index. */
export function parseTokenStatus(value: JsonValue | undefined): readonly StatusReference[] | undefined {
  if (!isJsonObject(value) || Object.keys(value).length !== 1) return undefined;
  const list = memberOf(value, 'status_list');
  if (!isJsonObject(list) || Object.keys(list).length !== 2) return undefined;
  const index = memberOf(list, 'idx');
  const uri = toHttpUrl(memberOf(list, 'uri'));
  if (uri === undefined || typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0 || index >= MAX_INDEX) return undefined;
  return [{ kind: 'token', uri, index }];
}
