import type { AuditRecord, JsonObject, JsonValue, TenantId } from '@gridpass/core';
import type { Pseudonyms } from './pseudonym.js';

/**
 * DIDs that are a key. People have such ones alone (organisations may, and lose nothing by it); with a fragment, which in did:key
 * is the key once more. A chain or a web address is an organisation's.
 */
const KEY_DID = /did:(?:jwk|key|peer):[\w.:%=-]+(?:#[\w.:%=-]*)?/gu;

/**
 * The record as it may stand in a log for ever: each DID that may be a person's is replaced by the name that the person has in this
 * tenant's log, wherever an act, a refusal or a fault brings one, in whatever text. Decisions come from a gate, which has
 * seen the credentials, names its holder itself and brings the DIDs of issuers and roots alone.
 */
export async function withoutPersons(
  tenant: TenantId,
  record: AuditRecord,
  pseudonyms: Pick<Pseudonyms, 'pseudonymOf'>,
): Promise<AuditRecord> {
  if (record.kind === 'decision') return record;
  const names = new Map<string, string>();
  for (const [found] of textsOf(record).flatMap((text) => [...text.matchAll(KEY_DID)])) {
    const did = found.replace(/#.*$/u, '');
    names.set(found, names.get(found) ?? (await pseudonyms.pseudonymOf(tenant, did)));
  }
  if (names.size === 0) return record;
  const rename = (text: string): string => text.replaceAll(KEY_DID, (found) => names.get(found) ?? found);
  const { actor, reasons, evidence } = record;
  return {
    ...record,
    reasons: reasons.map(rename),
    evidence: renameIn(evidence, rename),
    ...(actor === undefined ? {} : { actor: rename(actor) }),
  };
}

/** Names of members too: what is counted by whom is often keyed so. */
function textsOf({ actor, reasons, evidence }: AuditRecord): readonly string[] {
  const texts: string[] = [...reasons, ...(actor === undefined ? [] : [actor])];
  const collect = (value: JsonValue): void => {
    if (typeof value === 'string') texts.push(value);
    else if (Array.isArray(value)) value.forEach(collect);
    else if (typeof value === 'object' && value !== null) {
      texts.push(...Object.keys(value));
      Object.values(value).forEach(collect);
    }
  };
  collect(evidence);
  return texts;
}

function renameIn(object: JsonObject, rename: (text: string) => string): JsonObject {
  const renamed = (value: JsonValue): JsonValue => {
    if (typeof value === 'string') return rename(value);
    if (Array.isArray(value)) return value.map(renamed);
    return typeof value === 'object' && value !== null ? renameIn(value as JsonObject, rename) : value;
  };
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [rename(name), renamed(value)]));
}
