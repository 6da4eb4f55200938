import type { Did, DidSigner, DidUrl, SignatureAlgorithm } from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';

/** Somebody with a DID and one key, `did:web:<name>.example#key-1`. */
export function createParty(name: string, alg: SignatureAlgorithm = 'ES256'): DidSigner {
  const signer = createSigner(generatePrivateJwk(alg));
  const did = `did:web:${name}.example` as Did;
  return { ...signer, did, kid: `${did}#key-1` as DidUrl };
}
