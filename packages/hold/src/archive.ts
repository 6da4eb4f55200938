import { CREDENTIAL_FORMATS, CREDENTIAL_TYPES, InputError, instant, ok, refuse } from '@gridpass/core';
import type { Did, Disclosure, HeldCredential, Instant, JsonObject, JsonValue, Outcome, Thumbprint, WalletRelation } from '@gridpass/core';
import { canonicalDid, isJsonObject, memberOf } from '@gridpass/codec';
import { toDidJwk } from '@gridpass/did';
import { parsePrivateJwk, thumbprintOf, toPublicJwk } from '@gridpass/keys';
import type { PrivateJwk } from '@gridpass/keys';
import { isSingleFace } from './faces.js';
import { parseCredential } from './prove-received.js';

/** A face as it travels. Its key has no name there: what a key is called outside is never its name inside. */
export interface ArchivedFace {
  readonly relation: Omit<WalletRelation, 'keyId'>;
  /** Of a face that is its key. The keys of an organisation's DID stay with the DID; archives of before may hold them all the same. */
  readonly privateJwk?: PrivateJwk;
}

/** A wallet taken out of its store: faces, credentials, the log. Exists in the clear only in memory. */
export interface WalletContent {
  readonly identity: 'single' | 'pairwise';
  readonly relations: readonly ArchivedFace[];
  readonly credentials: readonly HeldCredential[];
  readonly disclosures: readonly Disclosure[];
}

/** More than any wallet holds; what is longer is not read. */
const LIMITS = { relations: 4_096, credentials: 65_536, disclosures: 65_536, text: 65_536 } as const;

/** The JSON of an archive's content. */
export function toArchiveJson(content: WalletContent): JsonObject {
  const json: unknown = JSON.parse(
    JSON.stringify({
      identity: content.identity,
      relations: content.relations.map(({ relation: { relationId, did, thumbprint, audience, createdAt }, privateJwk }) => ({
        relationId,
        did,
        thumbprint,
        audience,
        createdAt,
        privateJwk,
      })),
      credentials: content.credentials.map(({ credentialId, relationId, format, compact, receivedAt, state, stateAt }) => ({
        credentialId,
        relationId,
        format,
        compact,
        receivedAt,
        state,
        stateAt,
      })),
      disclosures: content.disclosures,
    }),
  );
  if (!isJsonObject(json)) throw new InputError('ARCHIVE_INVALID', 'a wallet that is not an object');
  return json;
}

const damaged = (path: string): Outcome<never> => refuse('ARCHIVE_INVALID', 'archive', path);

/**
 * Reads a wallet out of an opened archive, all of it before anything is written. Nothing is taken on its word: keys are parsed, DIDs and
 * thumbprints derived again from them, and the facts about a credential read again from its text. What is there twice, refers to nothing,
 * is bound to another face than the one it lies with, or is not read here, refuses the whole. Whether an issuer still stands is asked
 * when its credential is used.
 */
export function fromArchiveJson(json: JsonObject): Outcome<WalletContent> {
  const identity = memberOf(json, 'identity');
  if (identity !== 'single' && identity !== 'pairwise') return damaged('identity');
  if (!hasOnly(json, ['identity', 'relations', 'credentials', 'disclosures'])) return damaged('members');
  const relations = readAll(memberOf(json, 'relations'), LIMITS.relations, (item) => readRelation(item, identity));
  if (relations === undefined || !areFacesOf(identity, relations)) return damaged('relations');
  const faces = new Map(relations.map(({ relation }) => [relation.relationId, relation]));
  const credentials = readAll(memberOf(json, 'credentials'), LIMITS.credentials, (item) => readCredential(item, faces));
  if (credentials === undefined || repeats(credentials.map(({ credentialId }) => credentialId))) return damaged('credentials');
  const disclosures = readAll(memberOf(json, 'disclosures'), LIMITS.disclosures, (item) => readDisclosure(item, faces));
  if (disclosures === undefined || repeats(disclosures.map(({ disclosureId }) => disclosureId))) return damaged('disclosures');
  return ok({ identity, relations, credentials, disclosures });
}

/** Each face there once, by whatever it could be taken for; and all of one DID where the wallet has one. */
function areFacesOf(identity: WalletContent['identity'], faces: readonly ArchivedFace[]): boolean {
  const relations = faces.map(({ relation }) => relation);
  const once: readonly (readonly string[])[] = [
    relations.map(({ relationId }) => relationId),
    relations.map(({ thumbprint }) => thumbprint),
    relations.flatMap(({ audience }) => (audience === undefined ? [] : [audience])),
  ];
  return !once.some(repeats) && (identity === 'pairwise' || new Set(relations.map(({ did }) => did)).size <= 1);
}

const repeats = (ids: readonly string[]): boolean => new Set(ids).size < ids.length;

const hasOnly = (item: JsonObject, names: readonly string[]): boolean => Object.keys(item).every((name) => names.includes(name));

function readAll<T>(value: JsonValue | undefined, most: number, read: (item: JsonObject) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > most) return undefined;
  const items = value.map((item: JsonValue) => (isJsonObject(item) ? read(item) : undefined)).filter((item) => item !== undefined);
  return items.length === value.length ? items : undefined;
}

// `keyId` was written by the version before; it is nothing to go by.
const RELATION_MEMBERS = ['relationId', 'keyId', 'did', 'thumbprint', 'audience', 'createdAt', 'privateJwk'];
const THUMBPRINT = /^[\w-]{43}$/u;

function readRelation(item: JsonObject, identity: WalletContent['identity']): ArchivedFace | undefined {
  const jwk = memberOf(item, 'privateJwk');
  const privateJwk = jwk === undefined ? undefined : readPrivateJwk(jwk);
  const [relationId, named, claimed, audience] = ['relationId', 'did', 'thumbprint', 'audience'].map((name) => textOf(item, name));
  const did = named === undefined ? undefined : (canonicalDid(named) as Did | undefined);
  const createdAt = timeOf(item, 'createdAt');
  const thumbprint = privateJwk === undefined ? claimed : thumbprintOf(toPublicJwk(privateJwk));
  if (
    !hasOnly(item, RELATION_MEMBERS) ||
    (jwk === undefined) !== (privateJwk === undefined) ||
    relationId === undefined ||
    did === undefined ||
    createdAt === undefined ||
    thumbprint === undefined ||
    !THUMBPRINT.test(thumbprint) ||
    (claimed !== undefined && claimed !== thumbprint) ||
    !isFace({ did, audience, privateJwk }, identity)
  )
    return undefined;
  const relation = {
    relationId,
    did,
    thumbprint: thumbprint as Thumbprint,
    createdAt,
    ...(audience === undefined ? {} : { audience }),
  };
  return privateJwk === undefined ? { relation } : { relation, privateJwk };
}

/** A face of a person is its key. The DID of an organisation was given to it and must be its wallet's own, which the caller checks. */
function isFace(
  {
    did,
    audience,
    privateJwk,
  }: { readonly did: string; readonly audience: string | undefined; readonly privateJwk: PrivateJwk | undefined },
  identity: WalletContent['identity'],
): boolean {
  const ofAll = audience !== undefined && isSingleFace({ audience });
  if (identity === 'single') return ofAll;
  return !ofAll && privateJwk !== undefined && did === toDidJwk(toPublicJwk(privateJwk));
}

function readPrivateJwk(jwk: JsonValue): PrivateJwk | undefined {
  try {
    return parsePrivateJwk(jwk);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

const CREDENTIAL_MEMBERS = ['credentialId', 'relationId', 'format', 'compact', 'receivedAt', 'state', 'stateAt'];
type Faces = ReadonlyMap<string, ArchivedFace['relation']>;

function readCredential(item: JsonObject, faces: Faces): HeldCredential | undefined {
  const [relationId, compact, state] = ['relationId', 'compact', 'state'].map((name) => textOf(item, name));
  const format = CREDENTIAL_FORMATS.find((candidate) => candidate === memberOf(item, 'format'));
  const [receivedAt, stateAt] = [timeOf(item, 'receivedAt'), timeOf(item, 'stateAt')];
  const known = (['valid', 'revoked', 'suspended', 'unknown'] as const).find((candidate) => candidate === state);
  const face = relationId === undefined ? undefined : faces.get(relationId);
  if (
    !hasOnly(item, CREDENTIAL_MEMBERS) ||
    relationId === undefined ||
    face === undefined ||
    compact === undefined ||
    format === undefined ||
    known === undefined ||
    receivedAt === undefined ||
    stateAt === undefined
  )
    return undefined;
  const parsed = parseCredential(compact, format);
  if (!parsed.ok) return undefined;
  const { type, issuer, digest, validFrom, validUntil, holderKey, subject } = parsed.value.content;
  if (holderKey === undefined ? subject !== face.did : thumbprintOf(holderKey) !== face.thumbprint) return undefined;
  return {
    credentialId: digest,
    relationId,
    type,
    format,
    issuer,
    digest,
    compact,
    validFrom,
    validUntil,
    receivedAt,
    state: known,
    stateAt,
  };
}

const DISCLOSURE_MEMBERS = ['disclosureId', 'at', 'relationId', 'verifier', 'responseUri', 'shown', 'answer'];

function readDisclosure(item: JsonObject, faces: Faces): Disclosure | undefined {
  const [disclosureId, relationId, verifier, responseUri] = ['disclosureId', 'relationId', 'verifier', 'responseUri'].map((name) =>
    textOf(item, name),
  );
  const at = timeOf(item, 'at');
  const answer = (['sent', 'accepted', 'refused'] as const).find((candidate) => candidate === memberOf(item, 'answer'));
  const shown = readAll(memberOf(item, 'shown'), LIMITS.relations, readShown);
  if (
    !hasOnly(item, DISCLOSURE_MEMBERS) ||
    disclosureId === undefined ||
    relationId === undefined ||
    !faces.has(relationId) ||
    verifier === undefined ||
    responseUri === undefined ||
    at === undefined ||
    answer === undefined ||
    shown === undefined
  )
    return undefined;
  return { disclosureId, relationId, verifier, responseUri, at, answer, shown };
}

function readShown(item: JsonObject): Disclosure['shown'][number] | undefined {
  const type = CREDENTIAL_TYPES.find((candidate) => candidate === memberOf(item, 'type'));
  const digest = textOf(item, 'digest');
  const claims = memberOf(item, 'claims');
  if (!hasOnly(item, ['type', 'digest', 'claims'])) return undefined;
  if (type === undefined || digest === undefined || !Array.isArray(claims) || !claims.every((claim) => typeof claim === 'string'))
    return undefined;
  return { type, digest: digest as Disclosure['shown'][number]['digest'], claims };
}

function textOf(item: JsonObject, name: string): string | undefined {
  const value = memberOf(item, name);
  return typeof value === 'string' && value !== '' && (name === 'compact' || value.length <= LIMITS.text) ? value : undefined;
}

function timeOf(item: JsonObject, name: string): Instant | undefined {
  const value = memberOf(item, name);
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= 253_402_300_799 ? instant(value) : undefined;
}
