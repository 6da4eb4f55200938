import { AbstractKeyManagementSystem, AbstractKeyStore } from '@veramo/key-manager';
import type { IKey, ManagedKeyInfo, MinimalImportableKey, TKeyType } from '@veramo/core-types';
import { InputError } from '@gridpass/core';
import type { DidNamespace } from '@gridpass/core';
import { encodeBase64url } from '@gridpass/codec';
import { signTransaction } from '@gridpass/did';
import { toPrivateJwk } from '@gridpass/keys';
import type { TenantKeys } from '@gridpass/keys';
import { algorithmOfType, toManagedKey } from './key-types.js';

/** The name under which the vault is installed in an agent of ours. */
export const KMS_NAME = 'gridpass';

/** What an agent reaches of a vault. */
export interface KeysOfAgent {
  readonly keys: TenantKeys<DidNamespace>;
}

/** Veramo's key management on one tenant's keys for one purpose: no other can be named here, and a private key never leaves. */
export class VaultKms extends AbstractKeyManagementSystem {
  readonly #of: KeysOfAgent;

  constructor(of: KeysOfAgent) {
    super();
    this.#of = of;
  }

  override async createKey(args: { readonly type: TKeyType; readonly kid?: string }): Promise<ManagedKeyInfo> {
    const key = await this.#of.keys.createKey(algorithmOfType(args.type), args.kid === undefined ? {} : { keyId: args.kid });
    return toManagedKey(key, KMS_NAME);
  }

  override async importKey(args: Omit<MinimalImportableKey, 'kms'>): Promise<ManagedKeyInfo> {
    const bytes = Uint8Array.from(Buffer.from(args.privateKeyHex.replace(/^0x/, ''), 'hex'));
    // Ed25519 keys travel in Veramo as seed and public key together.
    const scalar = args.type === 'Ed25519' && bytes.length === 64 ? bytes.slice(0, 32) : bytes;
    const privateJwk = toPrivateJwk(algorithmOfType(args.type), scalar);
    const key = await this.#of.keys.importKey(privateJwk, args.kid === undefined ? {} : { keyId: args.kid });
    return toManagedKey(key, KMS_NAME);
  }

  override async listKeys(): Promise<ManagedKeyInfo[]> {
    return (await this.#of.keys.listKeys()).map((key) => toManagedKey(key, KMS_NAME));
  }

  override async deleteKey({ kid }: { readonly kid: string }): Promise<boolean> {
    return this.#of.keys.removeKey(kid);
  }

  /** Signs bytes with the key's own algorithm, or a transaction with a secp256k1 key; anything else is refused. */
  override async sign(args: {
    readonly keyRef: Pick<IKey, 'kid'>;
    readonly algorithm?: string;
    readonly data: Uint8Array;
  }): Promise<string> {
    if (args.algorithm === 'eth_signTransaction') {
      return signTransaction(args.data, await this.#of.keys.digestSigner(args.keyRef.kid));
    }
    const signer = await this.#of.keys.signer(args.keyRef.kid);
    const wanted = args.algorithm === 'Ed25519' ? 'EdDSA' : args.algorithm;
    if (wanted !== undefined && wanted !== signer.alg)
      throw new InputError('ALGORITHM_NOT_ALLOWED', `this key signs with ${signer.alg} alone`);
    return encodeBase64url(await signer.sign(args.data));
  }

  override async sharedSecret(): Promise<string> {
    throw new InputError('ALGORITHM_NOT_ALLOWED', 'keys of the vault sign; they do not agree on secrets');
  }
}

/** Veramo's list of keys, read from the vault itself, so that there is no second truth. */
export class VaultKeyStore extends AbstractKeyStore {
  readonly #of: KeysOfAgent;

  constructor(of: KeysOfAgent) {
    super();
    this.#of = of;
  }

  override async importKey(args: Partial<IKey>): Promise<boolean> {
    if (args.kid === undefined || (await this.#of.keys.findKey(args.kid)) === undefined) {
      throw new InputError('NOT_FOUND', 'a key is managed here once the vault has it');
    }
    return true;
  }

  override async getKey({ kid }: { readonly kid: string }): Promise<IKey> {
    const key = await this.#of.keys.findKey(kid);
    if (key === undefined) throw new InputError('NOT_FOUND', 'the vault has no such key');
    return toManagedKey(key, KMS_NAME);
  }

  override async deleteKey(): Promise<boolean> {
    return true; // the key management removed it from the vault already
  }

  override async listKeys(): Promise<ManagedKeyInfo[]> {
    return (await this.#of.keys.listKeys()).map((key) => toManagedKey(key, KMS_NAME));
  }
}
