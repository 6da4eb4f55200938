import { createHash } from 'node:crypto';
import type { DIDResolver } from 'did-resolver';
import { decodeMultibase, decodeVarint, encodeMultibase, isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import { ok, refuse } from '@gridpass/core';
import type { Did, JsonObject, JsonValue, Outcome, VerificationRelationship } from '@gridpass/core';
import { parseAgreementMultikey, parseMultikey } from '../multikey.js';
import { methodIdOf, parseDid } from '../parse.js';
import { decodePeerService, nameServices } from './peer-service.js';
import { asDocument, found, malformed, unsupported } from './result.js';

/** Purpose Codes of did:peer:2. */
const USE_OF_CODE = {
  A: 'assertionMethod',
  E: 'keyAgreement',
  V: 'authentication',
  I: 'capabilityInvocation',
  D: 'capabilityDelegation',
} as const;
type PurposeCode = keyof typeof USE_OF_CODE;

/** What a key of a did:peer:2 is for. */
export type PeerKeyUse = VerificationRelationship | 'keyAgreement';

/** The code that stands for a use. */
export const CODE_OF_USE = Object.fromEntries(Object.entries(USE_OF_CODE).map(([code, use]) => [use, code])) as Readonly<
  Record<PeerKeyUse, PurposeCode>
>;

/** A key as a did:peer:2 holds it, named `#key-1`, `#key-2`, ... in the order of the DID. */
export interface PeerKey {
  readonly use: PeerKeyUse;
  readonly multikey: string;
}

const CONTEXT = ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'];
const SIGNING_USES = ['authentication', 'assertionMethod', 'capabilityInvocation', 'capabilityDelegation'] as const;
const JSON_CODEC = 0x0200;
const SHA2_256_32 = [0x12, 0x20];
const MAX_DOCUMENT = { maxBytes: 2_048, maxDepth: 8 } as const;

const broken = (detail: string): Outcome<never> => refuse('DID_MALFORMED', 'resolve', `did:peer: ${detail}`);

/** did:peer, whose documents follow from the DID: numalgo 0, 2 and the long form of 4. The others are hashes of what only peers hold. */
export const resolveDidPeer: DIDResolver = async (text) => {
  const did = parseDid(text);
  if (!did.ok) return malformed('did:peer: malformed');
  const document = documentOf(did.value);
  if (document.ok) return found(asDocument(document.value, did.value));
  const { code, detail } = document.refusal;
  return code === 'DID_METHOD_UNSUPPORTED' ? unsupported(detail) : malformed(detail);
};

function documentOf(did: Did): Outcome<JsonObject> {
  const id = methodIdOf(did);
  switch (id.charAt(0)) {
    case '0':
      return inceptionDocument(did, id.slice(1));
    case '2':
      return elementsDocument(did);
    case '4':
      return id.includes(':') ? longFormDocument(did) : unresolvable('the short form of numalgo 4 says nothing without the long one');
    default:
      return unresolvable(`numalgo ${id.charAt(0)} is a hash of a document that only its peers have`);
  }
}

const unresolvable = (detail: string): Outcome<never> => refuse('DID_METHOD_UNSUPPORTED', 'resolve', `did:peer: ${detail}`);

/** Method 0: all that a did:key of the key would be, under the name that did:key gives it. */
function inceptionDocument(did: Did, multikey: string): Outcome<JsonObject> {
  if (!parseMultikey(multikey).ok) return broken('no key that signs');
  const id = `#${multikey}`;
  return ok({
    '@context': CONTEXT,
    id: did,
    verificationMethod: [{ id, type: 'Multikey', controller: did, publicKeyMultibase: multikey }],
    ...Object.fromEntries(SIGNING_USES.map((use) => [use, [id]])),
  });
}

/** Method 2, as clarified: Multikeys named by their place, each under the one relationship of its purpose code. */
function elementsDocument(did: Did): Outcome<JsonObject> {
  const elements = parsePeerElements(did);
  if (!elements.ok) return elements;
  const { keys, services } = elements.value;
  const uses = Object.values(USE_OF_CODE).flatMap((use): (readonly [string, string[]])[] => {
    const ids = keys.flatMap((key, index) => (key.use === use ? [`#key-${index + 1}`] : []));
    return ids.length === 0 ? [] : [[use, ids]];
  });
  return ok({
    '@context': CONTEXT,
    id: did,
    verificationMethod: keys.map(({ multikey }, index) => ({
      id: `#key-${index + 1}`,
      type: 'Multikey',
      controller: did,
      publicKeyMultibase: multikey,
    })),
    ...Object.fromEntries(uses),
    ...(services.length === 0 ? {} : { service: [...services] }),
  });
}

/**
 * The keys and services of a did:peer:2. Refuses DID_MALFORMED the whole DID when one key is none, is of a kind that cannot do
 * what its purpose code says, or stands there twice for one purpose; and when services are broken or two things have one name.
 */
export function parsePeerElements(did: Did): Outcome<{ readonly keys: readonly PeerKey[]; readonly services: readonly JsonObject[] }> {
  const keys: PeerKey[] = [];
  const blocks: JsonObject[] = [];
  const seen = new Set<string>();
  for (const element of methodIdOf(did).split('.').slice(1)) {
    const rest = element.slice(1);
    if (element.startsWith('S')) {
      const service = decodePeerService(rest);
      if (!service.ok) return service;
      blocks.push(service.value);
      continue;
    }
    const key = parseKeyElement(element.charAt(0), rest);
    if (!key.ok) return key;
    if (seen.has(element)) return broken('a key is there twice for one purpose');
    seen.add(element);
    keys.push(key.value);
  }
  const services = nameServices(blocks);
  const ids = [...keys.map((_key, index) => `#key-${index + 1}`), ...services.map((service) => memberOf(service, 'id'))];
  if (new Set(ids).size !== ids.length) return broken('one name for two things');
  return ok({ keys, services });
}

function parseKeyElement(code: string, multikey: string): Outcome<PeerKey> {
  if (!Object.hasOwn(USE_OF_CODE, code)) return broken('a purpose code that is none');
  const use = USE_OF_CODE[code as PurposeCode];
  const key = use === 'keyAgreement' ? parseAgreementMultikey(multikey) : parseMultikey(multikey);
  return key.ok ? ok({ use, multikey }) : broken(`a key that is none for ${use}`);
}

/** Method 4, long form: the document is in the DID, under its hash. */
function longFormDocument(did: Did): Outcome<JsonObject> {
  const [short = '', encoded = ''] = methodIdOf(did).split(':');
  const digest = createHash('sha256').update(encoded).digest();
  if (short !== `4${encodeMultibase('z', Uint8Array.from([...SHA2_256_32, ...digest]))}`) return broken('not the hash of its document');
  const bytes = decodeMultibase(encoded);
  const codec = bytes.ok ? decodeVarint(bytes.value) : bytes;
  if (!bytes.ok || !codec.ok || codec.value.value !== JSON_CODEC) return broken('not a document in JSON');
  const json = parseJson(bytes.value.subarray(codec.value.length), MAX_DOCUMENT);
  if (!json.ok || !isJsonObject(json.value)) return broken('not a document in JSON');
  const input = json.value;
  if (Object.hasOwn(input, 'id')) return broken('a document that names itself');
  if (!hasRelativeNames(input)) return broken('a document with names that are not relative');
  const known = memberOf(input, 'alsoKnownAs') ?? [];
  if (!Array.isArray(known)) return broken('alsoKnownAs: not a list');
  const uses = Object.values(USE_OF_CODE).filter((use) => Object.hasOwn(input, use));
  const places = ['verificationMethod', ...uses].filter((name) => Object.hasOwn(input, name));
  return ok({
    ...input,
    id: did,
    alsoKnownAs: [...(known as readonly JsonValue[]), `did:peer:${short}`],
    ...Object.fromEntries(places.map((name) => [name, listOf(memberOf(input, name)).map((entry) => withController(entry, did))])),
  });
}

function withController(entry: JsonValue, did: Did): JsonValue {
  return isJsonObject(entry) && !Object.hasOwn(entry, 'controller') ? { ...entry, controller: did } : entry;
}

/** Methods, references to them and services are named relative to a DID that was not known yet. */
function hasRelativeNames(document: JsonObject): boolean {
  const isRelative = (entry: JsonValue): boolean => {
    const id = isJsonObject(entry) ? memberOf(entry, 'id') : entry;
    return typeof id === 'string' && id.startsWith('#');
  };
  return ['verificationMethod', 'service', ...Object.values(USE_OF_CODE)].every((name) =>
    listOf(memberOf(document, name)).every(isRelative),
  );
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
}
