import { InputError, assertOk } from '@gridpass/core';
import type { Did, DidResolverPort, DidUrl, PublicJwk } from '@gridpass/core';
import { samePublicJwk } from '@gridpass/keys';
import { verificationMethodOf } from '../create.js';
import { methodOf } from '../parse.js';

/**
 * The name under which a DID's document lists a key now. A key that the DID is made from has a name of its own; one that
 * came with a rotation is called by a number that only the document tells, so it is resolved and never guessed.
 * Throws InputError KEY_NOT_AUTHORIZED where the document does not list the key for credentials and presentations.
 */
export async function currentVerificationMethod(did: Did, publicJwk: PublicJwk, resolver: DidResolverPort): Promise<DidUrl> {
  if (methodOf(did) !== 'ethr' || isFirstKey(did, publicJwk)) return verificationMethodOf(did, publicJwk);
  const { keys } = assertOk(await resolver.resolveDid(did, { fresh: true }));
  const listed = keys.find(
    (key) =>
      samePublicJwk(key.publicJwk, publicJwk) &&
      key.relationships.includes('assertionMethod') &&
      key.relationships.includes('authentication'),
  );
  if (listed === undefined) throw new InputError('KEY_NOT_AUTHORIZED', "the DID's document does not list this key");
  return listed.id;
}

function isFirstKey(did: Did, publicJwk: PublicJwk): boolean {
  try {
    verificationMethodOf(did, publicJwk);
    return true;
  } catch (error) {
    if (error instanceof InputError && error.code === 'KEY_NOT_AUTHORIZED') return false;
    throw error;
  }
}
