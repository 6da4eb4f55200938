import { encodeBase64url, encodeMultibase } from '@gridpass/codec';
import { signCompactJws } from '@gridpass/keys';
import type { DidSigner, Instant, JsonObject, StatusList } from '@gridpass/core';
import { compressList } from './compress.js';

/** Media types of the two published forms. */
export const BITSTRING_MEDIA_TYPE = 'application/vc+jwt';
export const TOKEN_MEDIA_TYPE = 'application/statuslist+jwt';

/** Width of a token list entry here: 0 valid, 1 invalid, 2 suspended. */
export const TOKEN_BITS = 2;

interface ListDocument {
  readonly list: StatusList;
  readonly uri: string;
  readonly signer: DidSigner;
  readonly issuedAt: Instant;
  readonly expiresAt: Instant;
  readonly ttlSeconds: number;
}

/** Signs a list in the form of its kind. */
export async function buildListDocument(document: ListDocument): Promise<string> {
  const payload = document.list.kind === 'token' ? await toTokenPayload(document) : await toBitstringPayload(document, document.list.kind);
  const typ = document.list.kind === 'token' ? 'statuslist+jwt' : 'vc+jwt';
  return signCompactJws({ typ, kid: document.signer.kid }, payload, document.signer);
}

// `list_version` orders two publications of one second; readers that do not know it go by `iat`.
const common = ({ list, uri, signer, issuedAt, expiresAt }: ListDocument): JsonObject => ({
  iss: signer.did,
  sub: uri,
  iat: issuedAt,
  exp: expiresAt,
  list_version: list.version,
});

// Token Status List 5.1: sub, iat, exp, ttl and the zlib-compressed list.
async function toTokenPayload(document: ListDocument): Promise<JsonObject> {
  const lst = encodeBase64url(await compressList('zlib', document.list.bits));
  return { ...common(document), ttl: document.ttlSeconds, status_list: { bits: TOKEN_BITS, lst } };
}

// W3C Bitstring Status List 1.0, 3.2: a verifiable credential whose subject is the list; its ttl is in milliseconds.
async function toBitstringPayload(document: ListDocument, statusPurpose: string): Promise<JsonObject> {
  const { uri, signer, issuedAt, expiresAt, ttlSeconds } = document;
  return {
    ...common(document),
    nbf: issuedAt,
    jti: uri,
    '@context': ['https://www.w3.org/ns/credentials/v2'],
    id: uri,
    type: ['VerifiableCredential', 'BitstringStatusListCredential'],
    issuer: signer.did,
    validFrom: toDateTime(issuedAt),
    validUntil: toDateTime(expiresAt),
    credentialSubject: {
      id: `${uri}#list`,
      type: 'BitstringStatusList',
      statusPurpose,
      ttl: ttlSeconds * 1000,
      encodedList: encodeMultibase('u', await compressList('gzip', document.list.bits)),
    },
  };
}

const toDateTime = (at: Instant): string => new Date(at * 1000).toISOString().replace('.000Z', 'Z');
