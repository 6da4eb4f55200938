import type { DIDResolver } from 'did-resolver';
import { ok, refuse } from '@gridpass/core';
import type { Did, Outcome, PublicJwk } from '@gridpass/core';
import { decodeBase64url, parseJson } from '@gridpass/codec';
import { parsePublicJwk } from '@gridpass/keys';
import { methodIdOf, parseDid } from '../parse.js';
import { found, notFound } from './result.js';

/** The key inside a did:jwk. A key for encryption, or a private one, is refused. */
export function keyOfDidJwk(did: Did): Outcome<PublicJwk> {
  const bytes = decodeBase64url(methodIdOf(did));
  const json = bytes.ok ? parseJson(bytes.value, { maxBytes: 1024, maxDepth: 2 }) : bytes;
  if (!json.ok) return refuse('DID_NOT_FOUND', 'resolve', 'did:jwk: not a JSON object in base64url');
  const jwk = parsePublicJwk(json.value);
  return jwk.ok ? ok(jwk.value) : jwk;
}

/** did:jwk: the document follows from the DID (did:jwk 4.2). */
export const resolveDidJwk: DIDResolver = async (text) => {
  const did = parseDid(text);
  const jwk = did.ok ? keyOfDidJwk(did.value) : did;
  if (!did.ok || !jwk.ok) return notFound('did:jwk: no usable key');
  const id = `${did.value}#0`;
  return found({
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/suites/jws-2020/v1'],
    id: did.value,
    verificationMethod: [{ id, type: 'JsonWebKey2020', controller: did.value, publicKeyJwk: { ...jwk.value } }],
    authentication: [id],
    assertionMethod: [id],
    capabilityInvocation: [id],
    capabilityDelegation: [id],
  });
};
