import { Fault, InputError, assertOk } from '@gridpass/core';
import type { Did, DidRepository, DidResolverPort, DidSigner, TenantId } from '@gridpass/core';
import type { IAgentContext, IDIDManager, IKeyManager } from '@veramo/core-types';
import { decodeBase64url } from '@gridpass/codec';
import { currentVerificationMethod, parseDid, verificationMethodOf } from '@gridpass/did';
import { algorithmOf, verifySignature } from '@gridpass/keys';
import type { KeyVault } from '@gridpass/keys';
import { publicJwkOf } from './key-types.js';

/**
 * The signer of a managed DID, with its controller key; keep it until the key is rotated. Throws InputError NOT_FOUND.
 * Without a resolver, a DID whose key was rotated has no signer: InputError KEY_NOT_AUTHORIZED.
 */
export async function didSigner(
  parts: { readonly repository: DidRepository; readonly vault: KeyVault; readonly tenant: TenantId; readonly resolver?: DidResolverPort },
  did: Did,
): Promise<DidSigner> {
  const { repository, vault, tenant, resolver } = parts;
  const stored = await repository.readDid(tenant, did);
  if (stored === undefined) throw new InputError('NOT_FOUND', 'no such DID is managed here');
  const signer = await vault.keysOf(tenant, stored.keyNamespace).signer(stored.controllerKeyId);
  const kid =
    resolver === undefined ? verificationMethodOf(did, signer.publicJwk) : await currentVerificationMethod(did, signer.publicJwk, resolver);
  return Object.freeze({ ...signer, did, kid });
}

/**
 * The signer of a DID that some Veramo agent manages, ours or anybody's: the key stays where that agent keeps it. Each signature
 * is verified before it is used, for a foreign key store may answer with another encoding or another key.
 */
export async function didSignerOfAgent(agent: IAgentContext<IDIDManager & IKeyManager>['agent'], didText: string): Promise<DidSigner> {
  const did = assertOk(parseDid(didText));
  const identifier = await agent.didManagerGet({ did });
  const key = identifier.keys.find(({ kid }) => kid === identifier.controllerKeyId) ?? identifier.keys[0];
  if (key === undefined) throw new InputError('NOT_FOUND', 'the DID has no key in this agent');
  const publicJwk = assertOk(publicJwkOf(key));
  const alg = algorithmOf(publicJwk);
  return Object.freeze({
    did,
    kid: verificationMethodOf(did, publicJwk),
    alg,
    publicJwk,
    sign: async (bytes: Uint8Array) => {
      const text = await agent.keyManagerSign({
        keyRef: key.kid,
        algorithm: alg,
        data: Buffer.from(bytes).toString('hex'),
        encoding: 'base16',
      });
      const signature = decodeBase64url(text);
      if (!signature.ok || !verifySignature(publicJwk, alg, bytes, signature.value))
        throw new Fault('KEY_UNAVAILABLE', 'the key store gave a signature that does not verify');
      return signature.value;
    },
  });
}
