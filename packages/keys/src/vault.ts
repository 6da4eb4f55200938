import { createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { Fault, InputError } from '@gridpass/core';
import type { Clock, Instant, KeyRepository, PublicJwk, SignatureAlgorithm, Signer, StoredKey, TenantId } from '@gridpass/core';
import { decodeUtf8, parseJson, utf8 } from '@gridpass/codec';
import { randomAesKey, seal, unseal } from './envelope.js';
import { algorithmOf, generatePrivateJwk, parsePrivateJwk, thumbprintOf, toPublicJwk } from './jwk.js';
import type { PrivateJwk } from './jwk.js';
import { createDigestSigner } from './digest-signer.js';
import type { DigestSigner } from './digest-signer.js';
import { createSigner } from './signer.js';

/** A key-encryption key: 32 bytes and a name that is written beside what it wraps. */
export interface KeyEncryptionKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** What a vault tells about a key. */
export interface VaultKey {
  readonly keyId: string;
  readonly alg: SignatureAlgorithm;
  readonly publicJwk: PublicJwk;
  readonly label: string;
  readonly createdAt: Instant;
}

export interface KeyOptions {
  /** The thumbprint of the key unless told. */
  readonly keyId?: string;
  readonly label?: string;
}

/** Private keys of many tenants, encrypted at rest. A missing or unreadable key is a Fault KEY_UNAVAILABLE. */
export interface KeyVault {
  createKey(tenant: TenantId, alg: SignatureAlgorithm, options?: KeyOptions): Promise<VaultKey>;
  importKey(tenant: TenantId, privateJwk: PrivateJwk, options?: KeyOptions): Promise<VaultKey>;
  /** Reads and opens the key once; keep the signer for as long as it is needed. */
  signer(tenant: TenantId, keyId: string): Promise<Signer>;
  /** For accounts of an EVM chain; secp256k1 keys only. */
  digestSigner(tenant: TenantId, keyId: string): Promise<DigestSigner>;
  publicJwk(tenant: TenantId, keyId: string): Promise<PublicJwk>;
  findKey(tenant: TenantId, keyId: string): Promise<VaultKey | undefined>;
  listKeys(tenant: TenantId): Promise<readonly VaultKey[]>;
  /** Whether there was one. Signers handed out before go on working until they are dropped. */
  removeKey(tenant: TenantId, keyId: string): Promise<boolean>;
  /** The private key in the clear; only for an archive that encrypts it again at once. */
  exportKey(tenant: TenantId, keyId: string): Promise<PrivateJwk>;
  /** Wraps every key under the current key-encryption key; tells how many changed. Safe to run again and beside others. */
  rewrapKeys(): Promise<number>;
}

const REWRAP_BATCH = 100;

/**
 * Opens a vault over a repository. `keks[0]` wraps what is written from now on, the others only open what they wrapped before.
 * Throws InputError CONFIG_INVALID on an empty list, a repeated id or a key that is not 32 bytes long.
 */
export function openKeyVault(parts: {
  readonly repository: KeyRepository;
  readonly keks: readonly KeyEncryptionKey[];
  readonly clock: Clock;
}): KeyVault {
  const { repository, clock } = parts;
  const keks = importKeks(parts.keks);

  async function read(tenant: TenantId, keyId: string): Promise<StoredKey> {
    const stored = await repository.readKey(tenant, keyId);
    if (stored === undefined) throw new Fault('KEY_UNAVAILABLE', 'the vault has no such key');
    return stored;
  }

  async function write(tenant: TenantId, jwk: PrivateJwk, options: KeyOptions): Promise<VaultKey> {
    const publicJwk = toPublicJwk(jwk);
    const keyId = options.keyId ?? thumbprintOf(publicJwk);
    const dataKey = randomAesKey();
    const stored: StoredKey = {
      tenant,
      keyId,
      alg: algorithmOf(jwk),
      publicJwk,
      label: options.label ?? '',
      kekId: keks.current.id,
      wrappedDataKey: seal(keks.current.key, new Uint8Array(dataKey.export()), wrapContext(tenant, keyId)),
      sealedPrivateKey: seal(dataKey, utf8(JSON.stringify(jwk)), keyContext(tenant, keyId, publicJwk)),
      createdAt: clock.now(),
    };
    const inserted = await repository.insertKey(stored);
    if (!inserted.ok) throw new InputError(inserted.refusal.code, 'the vault has a key of that id already');
    return toVaultKey(stored);
  }

  async function open(tenant: TenantId, keyId: string): Promise<PrivateJwk> {
    const stored = await read(tenant, keyId);
    const dataKey = createSecretKey(unseal(keks.find(stored.kekId), stored.wrappedDataKey, wrapContext(tenant, keyId)));
    const text = decodeUtf8(unseal(dataKey, stored.sealedPrivateKey, keyContext(tenant, keyId, stored.publicJwk)));
    const json = text.ok ? parseJson(text.value) : text;
    if (!json.ok) throw new Fault('KEY_UNAVAILABLE', 'an opened key is not a jwk');
    return parsePrivateJwk(json.value);
  }

  async function rewrap(stored: StoredKey): Promise<boolean> {
    const context = wrapContext(stored.tenant, stored.keyId);
    const dataKey = unseal(keks.find(stored.kekId), stored.wrappedDataKey, context);
    return repository.replaceWrapping({
      tenant: stored.tenant,
      keyId: stored.keyId,
      fromKekId: stored.kekId,
      kekId: keks.current.id,
      wrappedDataKey: seal(keks.current.key, dataKey, context),
    });
  }

  return Object.freeze({
    createKey: async (tenant: TenantId, alg: SignatureAlgorithm, options: KeyOptions = {}) =>
      write(tenant, generatePrivateJwk(alg), options),
    importKey: async (tenant: TenantId, privateJwk: PrivateJwk, options: KeyOptions = {}) =>
      write(tenant, parsePrivateJwk({ ...privateJwk }), options),
    signer: async (tenant: TenantId, keyId: string) => createSigner(await open(tenant, keyId)),
    digestSigner: async (tenant: TenantId, keyId: string) => createDigestSigner(await open(tenant, keyId)),
    publicJwk: async (tenant: TenantId, keyId: string) => (await read(tenant, keyId)).publicJwk,
    findKey: async (tenant: TenantId, keyId: string) => {
      const stored = await repository.readKey(tenant, keyId);
      return stored && toVaultKey(stored);
    },
    listKeys: async (tenant: TenantId) => (await repository.listKeys(tenant)).map(toVaultKey),
    removeKey: async (tenant: TenantId, keyId: string) => repository.deleteKey(tenant, keyId),
    exportKey: open,
    rewrapKeys: async () => {
      let changed = 0;
      let after = { tenant: '', keyId: '' };
      for (;;) {
        const batch = await repository.listKeysNotUnder(keks.current.id, after, REWRAP_BATCH);
        for (const stored of batch) {
          if (await rewrap(stored)) changed += 1;
          after = { tenant: stored.tenant, keyId: stored.keyId };
        }
        if (batch.length < REWRAP_BATCH) return changed;
      }
    },
    [inspect.custom]: () => 'KeyVault { sealed }',
    toJSON: () => 'KeyVault { sealed }',
  });
}

function importKeks(list: readonly KeyEncryptionKey[]): {
  readonly current: { readonly id: string; readonly key: KeyObject };
  find(id: string): KeyObject;
} {
  const byId = new Map<string, KeyObject>();
  for (const kek of list) {
    if (kek.id === '' || byId.has(kek.id)) throw new InputError('CONFIG_INVALID', 'keks: every key-encryption key has an id of its own');
    if (kek.bytes.length !== 32) throw new InputError('CONFIG_INVALID', 'keks: a key-encryption key is 32 bytes long');
    byId.set(kek.id, createSecretKey(kek.bytes));
  }
  const id = list[0]?.id;
  const key = id === undefined ? undefined : byId.get(id);
  if (id === undefined || key === undefined) throw new InputError('CONFIG_INVALID', 'keks: at least one key-encryption key');
  const find = (kekId: string): KeyObject => {
    const found = byId.get(kekId);
    if (found === undefined) throw new Fault('KEY_UNAVAILABLE', 'the key-encryption key of a key is not configured');
    return found;
  };
  return { current: { id, key }, find };
}

// INVARIANT: the contexts name tenant and key, so that a row copied to another tenant or key id does not open,
// and the public key, so that a swapped public column does not pass for the key's own.
function wrapContext(tenant: TenantId, keyId: string): string {
  return JSON.stringify(['gridpass/data-key/1', tenant, keyId]);
}

function keyContext(tenant: TenantId, keyId: string, publicJwk: PublicJwk): string {
  return JSON.stringify(['gridpass/private-key/1', tenant, keyId, thumbprintOf(publicJwk)]);
}

function toVaultKey({ keyId, alg, publicJwk, label, createdAt }: StoredKey): VaultKey {
  return Object.freeze({ keyId, alg, publicJwk, label, createdAt });
}
