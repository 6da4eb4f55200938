import { ok, refuse } from '@gridpass/core';
import type { Did, Instant, JsonObject, JsonValue, Outcome, ResolvedDid, ResolvedKey, VerificationRelationship } from '@gridpass/core';
import {
  canonicalDid,
  canonicalDidUrl,
  canonicalJson,
  deepFreeze,
  digestOf,
  isJsonObject,
  memberOf,
  parseDateTimeStamp,
} from '@gridpass/codec';
import { algorithmOf } from '@gridpass/keys';
import { parseDidUrl } from './parse.js';
import { readMethodKey } from './method-key.js';

const RELATIONSHIPS = [
  'assertionMethod',
  'authentication',
  'capabilityInvocation',
  'capabilityDelegation',
] as const satisfies readonly VerificationRelationship[];
const MAX_METHODS = 256;

const broken = (detail: string): Outcome<never> => refuse('DID_NOT_FOUND', 'resolve', `document.${detail}`);

/**
 * Reduces a DID document to the keys that count: methods whose controller is the DID itself, with a key we can verify with,
 * listed under a relationship by reference or embedded there (DID Core 5.2, 5.3). A document in which one id names two
 * methods is refused as a whole; methods of other controllers or kinds are left out, and so are methods whose `expires` or
 * `revoked` cannot be read: whoever wrote it meant an end.
 */
export function parseDidDocument(
  did: Did,
  document: JsonValue,
  seen: { readonly at: Instant; readonly versionId?: string; readonly nextChangeAt?: Instant },
): Outcome<ResolvedDid> {
  if (!isJsonObject(document)) return broken('not an object');
  if (!names(memberOf(document, 'id'), did)) return broken('id: another DID');
  const methods = collectMethods(did, document);
  if (!methods.ok) return methods;
  const keys: ResolvedKey[] = [];
  for (const [id, { method, relationships }] of methods.value) {
    const url = parseDidUrl(id);
    if (!url.ok || url.value.did !== did || !names(memberOf(method, 'controller'), did) || relationships.size === 0) continue;
    const jwk = readMethodKey(method);
    const end = readEnd(method);
    if (!jwk.ok || end === 'malformed') continue;
    keys.push({
      id: url.value.url,
      alg: algorithmOf(jwk.value),
      publicJwk: jwk.value,
      relationships: RELATIONSHIPS.filter((relationship) => relationships.has(relationship)),
      ...(end === undefined ? {} : { endsAt: end }),
    });
  }
  return ok(
    deepFreeze({
      did,
      keys,
      services: readServices(did, memberOf(document, 'service')),
      ...(seen.versionId === undefined ? {} : { versionId: seen.versionId }),
      ...(seen.nextChangeAt === undefined ? {} : { nextChangeAt: seen.nextChangeAt }),
      fetchedAt: seen.at,
      documentDigest: digestOf(canonicalJson(document)),
    }),
  );
}

/** When a method ends: the earlier of `expires` and `revoked`, each a dateTimeStamp, rounded down (Controlled Identifiers 1.0, 2.2). */
function readEnd(method: JsonObject): Instant | undefined | 'malformed' {
  const ends: Instant[] = [];
  for (const name of ['expires', 'revoked']) {
    if (!Object.hasOwn(method, name)) continue;
    const end = parseDateTimeStamp(memberOf(method, name));
    if (end === undefined) return 'malformed';
    ends.push(end.down);
  }
  return ends.sort((one, other) => one - other)[0];
}

interface CollectedMethod {
  readonly method: JsonObject;
  readonly relationships: Set<VerificationRelationship>;
}

function collectMethods(did: Did, document: JsonObject): Outcome<ReadonlyMap<string, CollectedMethod>> {
  const methods = new Map<string, CollectedMethod>();
  const declare = (method: JsonObject): string | undefined => {
    const id = absoluteId(did, memberOf(method, 'id'));
    if (id === undefined || methods.has(id) || methods.size >= MAX_METHODS) return undefined;
    methods.set(id, { method, relationships: new Set() });
    return id;
  };
  for (const method of listOf(memberOf(document, 'verificationMethod'))) {
    if (!isJsonObject(method) || declare(method) === undefined) return broken('verificationMethod: an id that is missing or not unique');
  }
  for (const relationship of [...RELATIONSHIPS, 'keyAgreement'] as const) {
    for (const entry of listOf(memberOf(document, relationship))) {
      const id = isJsonObject(entry) ? declare(entry) : absoluteId(did, entry);
      if (id === undefined) return broken(`${relationship}: an id that is missing or not unique`);
      if (relationship !== 'keyAgreement') methods.get(id)?.relationships.add(relationship);
    }
  }
  return ok(methods);
}

/** Whether a member is this DID, in whatever spelling. */
function names(value: JsonValue | undefined, did: Did): boolean {
  return typeof value === 'string' && canonicalDid(value) === did;
}

/**
 * Relative references are relative to the DID (DID Core 3.2.2). Two spellings of a DID before one fragment are one name, lest a
 * document declare a method twice; a name that is no DID URL stands as it is.
 */
function absoluteId(did: Did, id: JsonValue | undefined): string | undefined {
  if (typeof id !== 'string' || id === '') return undefined;
  return id.startsWith('#') ? `${did}${id}` : (canonicalDidUrl(id)?.url ?? id);
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined) return [];
  return isList(value) ? value : [value];
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** DID Core 5.4: a type or several; an address, a map, or a set of both. What is neither is left out. */
function readServices(did: Did, value: JsonValue | undefined): ResolvedDid['services'] {
  return listOf(value).flatMap((service) => {
    if (!isJsonObject(service)) return [];
    const id = absoluteId(did, memberOf(service, 'id'));
    const types = listOf(memberOf(service, 'type')).filter((type) => typeof type === 'string');
    const endpoints = listOf(memberOf(service, 'serviceEndpoint')).filter(
      (endpoint) => typeof endpoint === 'string' || isJsonObject(endpoint),
    );
    return id !== undefined && types.length > 0 && endpoints.length > 0 ? [{ id, types, endpoints }] : [];
  });
}
