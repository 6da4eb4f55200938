import { CREDENTIAL_FORMATS, CREDENTIAL_TYPES, InputError, instant, ok, refuse } from '@gridpass/core';
import type { Did, Disclosure, HeldCredential, Instant, JsonObject, JsonValue, Outcome, WalletRelation } from '@gridpass/core';
import { isJsonObject, memberOf } from '@gridpass/codec';
import { toDidJwk } from '@gridpass/did';
import { parsePrivateJwk, thumbprintOf, toPublicJwk } from '@gridpass/keys';
import type { PrivateJwk } from '@gridpass/keys';
import { parseCredential } from './prove-received.js';

/** A wallet taken out of its store: faces with their private keys, credentials, the log. Exists in the clear only in memory. */
export interface WalletContent {
  readonly identity: 'single' | 'pairwise';
  readonly relations: readonly { readonly relation: WalletRelation; readonly privateJwk: PrivateJwk }[];
  readonly credentials: readonly HeldCredential[];
  readonly disclosures: readonly Disclosure[];
}

/** The JSON of an archive's content. */
export function toArchiveJson(content: WalletContent): JsonObject {
  const json: unknown = JSON.parse(
    JSON.stringify({
      identity: content.identity,
      relations: content.relations.map(({ relation, privateJwk }) => ({ ...relation, privateJwk })),
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
 * Reads a wallet out of an opened archive. Nothing is taken on its word: keys are parsed, DIDs and thumbprints derived again from them,
 * and the facts about a credential read again from its text. Whether its issuer still stands is asked when it is used.
 */
export function fromArchiveJson(json: JsonObject): Outcome<WalletContent> {
  const identity = memberOf(json, 'identity');
  if (identity !== 'single' && identity !== 'pairwise') return damaged('identity');
  const relations = readAll(memberOf(json, 'relations'), readRelation);
  if (relations === undefined) return damaged('relations');
  const known = new Set(relations.map(({ relation }) => relation.relationId));
  const credentials = readAll(memberOf(json, 'credentials'), readCredential);
  if (credentials === undefined || credentials.some(({ relationId }) => !known.has(relationId))) return damaged('credentials');
  const disclosures = readAll(memberOf(json, 'disclosures'), readDisclosure);
  if (disclosures === undefined) return damaged('disclosures');
  return ok({ identity, relations, credentials, disclosures });
}

function readAll<T>(value: JsonValue | undefined, read: (item: JsonObject) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value.map((item: JsonValue) => (isJsonObject(item) ? read(item) : undefined)).filter((item) => item !== undefined);
  return items.length === value.length ? items : undefined;
}

function readRelation(item: JsonObject): WalletContent['relations'][number] | undefined {
  const jwk = memberOf(item, 'privateJwk');
  const privateJwk = jwk === undefined ? undefined : readPrivateJwk(jwk);
  const [relationId, keyId, did, audience] = ['relationId', 'keyId', 'did', 'audience'].map((name) => textOf(item, name));
  const createdAt = timeOf(item, 'createdAt');
  if (privateJwk === undefined || relationId === undefined || keyId === undefined || did === undefined || createdAt === undefined)
    return undefined;
  // A face of a person is its key; the DID of an organisation was given to it and must be its wallet's own, which the caller checks.
  if (did.startsWith('did:jwk:') && did !== toDidJwk(toPublicJwk(privateJwk))) return undefined;
  return {
    privateJwk,
    relation: {
      relationId,
      keyId,
      did: did as Did,
      thumbprint: thumbprintOf(toPublicJwk(privateJwk)),
      createdAt,
      ...(audience === undefined ? {} : { audience }),
    },
  };
}

function readPrivateJwk(jwk: JsonValue): PrivateJwk | undefined {
  try {
    return parsePrivateJwk(jwk);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

function readCredential(item: JsonObject): HeldCredential | undefined {
  const [relationId, compact, state] = ['relationId', 'compact', 'state'].map((name) => textOf(item, name));
  const format = CREDENTIAL_FORMATS.find((candidate) => candidate === memberOf(item, 'format'));
  const [receivedAt, stateAt] = [timeOf(item, 'receivedAt'), timeOf(item, 'stateAt')];
  const known = (['valid', 'revoked', 'suspended', 'unknown'] as const).find((candidate) => candidate === state);
  if (
    relationId === undefined ||
    compact === undefined ||
    format === undefined ||
    known === undefined ||
    receivedAt === undefined ||
    stateAt === undefined
  )
    return undefined;
  const parsed = parseCredential(compact, format);
  if (!parsed.ok) return undefined;
  const { type, issuer, digest, validFrom, validUntil } = parsed.value.content;
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

function readDisclosure(item: JsonObject): Disclosure | undefined {
  const [disclosureId, relationId, verifier, responseUri] = ['disclosureId', 'relationId', 'verifier', 'responseUri'].map((name) =>
    textOf(item, name),
  );
  const at = timeOf(item, 'at');
  const answer = (['sent', 'accepted', 'refused'] as const).find((candidate) => candidate === memberOf(item, 'answer'));
  const shown = readAll(memberOf(item, 'shown'), readShown);
  if (
    disclosureId === undefined ||
    relationId === undefined ||
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
  if (type === undefined || digest === undefined || !Array.isArray(claims) || !claims.every((claim) => typeof claim === 'string'))
    return undefined;
  return { type, digest: digest as Disclosure['shown'][number]['digest'], claims };
}

function textOf(item: JsonObject, name: string): string | undefined {
  const value = memberOf(item, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function timeOf(item: JsonObject, name: string): Instant | undefined {
  const value = memberOf(item, name);
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= 253_402_300_799 ? instant(value) : undefined;
}
