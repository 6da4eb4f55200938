import { Fault } from '@gridpass/core';
import type { Did, DidRepository, DidSigner, PublicJwk, Signer, TenantId } from '@gridpass/core';
import { createHoldingSigner } from '@gridpass/keys';
import type { KeyVault, TenantKeys } from '@gridpass/keys';

/** The keys of a DID as far as the wallet of its organisation or device reaches them: they sign for a holder, and stay where they are. */
export interface LentKeys {
  /** Throws Fault KEY_UNAVAILABLE for a key that is not the DID's. */
  signer(keyId: string): Promise<Signer>;
  publicJwk(keyId: string): Promise<PublicJwk>;
  /** Those the DID has and had, as far as they are still there. */
  listKeys(): Promise<readonly { readonly keyId: string; readonly publicJwk: PublicJwk }[]>;
}

/**
 * What a wallet is lent of a tenant's DID: signatures of a holder with the keys that the DID has or had, and nothing of any other
 * key, whatever it is called. The keys stay the DID's: they are not removed, replaced or exported by way of a wallet.
 */
export function lendDidKeys(
  parts: { readonly vault: Pick<KeyVault, 'keysOf'>; readonly dids: Pick<DidRepository, 'readDid'>; readonly tenant: TenantId },
  did: Did,
): LentKeys {
  const { vault, dids, tenant } = parts;

  async function open(): Promise<{ readonly keys: TenantKeys; readonly keyIds: readonly string[] }> {
    const stored = await dids.readDid(tenant, did);
    if (stored === undefined) throw new Fault('KEY_UNAVAILABLE', "the wallet's DID is not managed here");
    const { keyNamespace, controllerKeyId, keyIds } = stored;
    return { keys: vault.keysOf(tenant, keyNamespace), keyIds: [...new Set([...keyIds, controllerKeyId])] };
  }

  async function find(keyId: string): Promise<TenantKeys> {
    const { keys, keyIds } = await open();
    if (!keyIds.includes(keyId)) throw new Fault('KEY_UNAVAILABLE', "not a key of the wallet's DID");
    return keys;
  }

  return {
    signer: async (keyId) => createHoldingSigner(await (await find(keyId)).signer(keyId)),
    publicJwk: async (keyId) => (await find(keyId)).publicJwk(keyId),
    listKeys: async () => {
      const { keys, keyIds } = await open();
      const found = await Promise.all(keyIds.map((keyId) => keys.findKey(keyId)));
      return found.flatMap((key) => (key === undefined ? [] : [key]));
    },
  };
}

/** The same of one key that never changes, as a device has it. */
export function lendKey(signer: DidSigner, keyId: string): LentKeys {
  const lent = createHoldingSigner(signer);
  const assertKnown = (asked: string): void => {
    if (asked !== keyId) throw new Fault('KEY_UNAVAILABLE', "not the key of the wallet's DID");
  };
  return {
    signer: async (asked) => {
      assertKnown(asked);
      return lent;
    },
    publicJwk: async (asked) => {
      assertKnown(asked);
      return lent.publicJwk;
    },
    listKeys: async () => [{ keyId, publicJwk: lent.publicJwk }],
  };
}
