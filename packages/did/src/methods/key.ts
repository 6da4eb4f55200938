import type { DIDResolver } from 'did-resolver';
import { methodIdOf, parseDid } from '../parse.js';
import { parseMultikey } from '../multikey.js';
import { found, notFound } from './result.js';

/** did:key: the document follows from the DID (did:key 3.1.1), for P-256, secp256k1 and Ed25519. */
export const resolveDidKey: DIDResolver = async (text) => {
  const did = parseDid(text);
  if (!did.ok || !parseMultikey(methodIdOf(did.value)).ok) return notFound('did:key: no usable key');
  const publicKeyMultibase = methodIdOf(did.value);
  const id = `${did.value}#${publicKeyMultibase}`;
  return found({
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
    id: did.value,
    verificationMethod: [{ id, type: 'Multikey', controller: did.value, publicKeyMultibase }],
    authentication: [id],
    assertionMethod: [id],
    capabilityInvocation: [id],
    capabilityDelegation: [id],
  });
};
