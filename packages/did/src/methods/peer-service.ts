import { decodeBase64url, encodeBase64url, isJsonObject, memberOf, parseJson, utf8 } from '@gridpass/codec';
import { ok, refuse } from '@gridpass/core';
import type { JsonObject, JsonValue, Outcome } from '@gridpass/core';

const MAX_SERVICE_BYTES = 1_024;
const MAX_SERVICE_DEPTH = 6;
const RELATIVE_ID = /^#[A-Za-z0-9._:=-]{1,128}$/u;

/** Common String Abbreviations of did:peer:2. `dm` stands for a value of `type`, the others for names of members. */
const SHORT_NAMES = new Map([
  ['type', 't'],
  ['serviceEndpoint', 's'],
  ['routingKeys', 'r'],
  ['accept', 'a'],
]);
const LONG_NAMES = new Map([...SHORT_NAMES].map(([long, short]) => [short, long]));
const DIDCOMM = { long: 'DIDCommMessaging', short: 'dm' } as const;

const malformed = (detail: string): Outcome<never> => refuse('DID_MALFORMED', 'resolve', `did:peer: service: ${detail}`);

/** The block of a service in a did:peer:2, without its purpose code. Refuses DID_MALFORMED what {@link decodePeerService} would. */
export function encodePeerService(service: JsonObject): Outcome<string> {
  const short = rename(service, SHORT_NAMES);
  if (short === undefined || !isJsonObject(short)) return malformed('a member is there under two names');
  const type = memberOf(short, 't');
  const block = encodeBase64url(utf8(JSON.stringify(type === DIDCOMM.long ? { ...short, t: DIDCOMM.short } : short)));
  const read = decodePeerService(block);
  return read.ok ? ok(block) : read;
}

/** Reads a block: an object in strict JSON with `type` and `serviceEndpoint`, spelled out; its `id`, if any, is relative (did:peer, Method 2). */
export function decodePeerService(block: string): Outcome<JsonObject> {
  const bytes = decodeBase64url(block);
  const json = bytes.ok ? parseJson(bytes.value, { maxBytes: MAX_SERVICE_BYTES, maxDepth: MAX_SERVICE_DEPTH }) : bytes;
  if (!json.ok) return malformed('not JSON in base64url, or too large');
  // The first iteration of the method allowed a list of services in one block; the clarified one does not.
  if (!isJsonObject(json.value)) return malformed('not an object');
  const long = rename(json.value, LONG_NAMES);
  if (long === undefined || !isJsonObject(long)) return malformed('a member is there under two names');
  const [id, type, endpoint] = ['id', 'type', 'serviceEndpoint'].map((name) => memberOf(long, name));
  if (typeof type !== 'string' || type === '') return malformed('type: not a text');
  if (!isEndpoint(endpoint)) return malformed('serviceEndpoint: no address');
  if (id !== undefined && (typeof id !== 'string' || !RELATIVE_ID.test(id))) return malformed('id: not relative');
  return ok({ ...long, type: type === DIDCOMM.short ? DIDCOMM.long : type });
}

/** Gives names to services that have none: `#service`, `#service-1` and so on (clarified). */
export function nameServices(services: readonly JsonObject[]): readonly JsonObject[] {
  let unnamed = 0;
  return services.map((service) => {
    if (memberOf(service, 'id') !== undefined) return service;
    const id = unnamed === 0 ? '#service' : `#service-${unnamed}`;
    unnamed += 1;
    return { ...service, id };
  });
}

/** An address, a map, or a list of these (DID Core 5.4). */
function isEndpoint(value: JsonValue | undefined): boolean {
  if (typeof value === 'string') return URL.canParse(value);
  if (Array.isArray(value))
    return value.length > 0 && (value as readonly JsonValue[]).every((entry) => !Array.isArray(entry) && isEndpoint(entry));
  return value !== undefined && isJsonObject(value);
}

/** Names of members at every depth in their other spelling; undefined where that makes two of one. */
function rename(value: JsonValue, names: ReadonlyMap<string, string>): JsonValue | undefined {
  if (Array.isArray(value)) {
    const entries = (value as readonly JsonValue[]).map((entry) => rename(entry, names));
    return entries.some((entry) => entry === undefined) ? undefined : (entries as JsonValue[]);
  }
  if (!isJsonObject(value)) return value;
  const renamed = new Map<string, JsonValue>();
  for (const [name, member] of Object.entries(value)) {
    const other = names.get(name) ?? name;
    const inner = rename(member, names);
    if (inner === undefined || renamed.has(other)) return undefined;
    renamed.set(other, inner);
  }
  return Object.fromEntries(renamed);
}
