import { inspect } from 'node:util';
import { Fault, InputError } from '@gridpass/core';
import type {
  Clock,
  Instant,
  KeyName,
  KeyNamespace,
  KeyPosition,
  KeyRepository,
  PublicJwk,
  SignatureAlgorithm,
  Signer,
  StoredKey,
  TenantId,
} from '@gridpass/core';
import { algorithmOf, generatePrivateJwk, parsePrivateJwk, thumbprintOf, toPublicJwk } from './jwk.js';
import type { PrivateJwk } from './jwk.js';
import { createDigestSigner } from './digest-signer.js';
import type { DigestSigner } from './digest-signer.js';
import { importKeks, isOpenedByItsKek, openSeals, resealed, rewrapped, sealKey } from './key-seals.js';
import type { Keks, KeyEncryptionKey, Seals } from './key-seals.js';
import { createSigner } from './signer.js';

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

/**
 * The keys of one tenant for one purpose. Whoever holds this cannot name a key of another tenant or namespace: an id means a key of
 * this namespace or none. A missing or unreadable key is a Fault KEY_UNAVAILABLE.
 */
export interface TenantKeys<N extends KeyNamespace = KeyNamespace> {
  readonly tenant: TenantId;
  readonly namespace: N;
  createKey(alg: SignatureAlgorithm, options?: KeyOptions): Promise<VaultKey>;
  /** Throws InputError KEY_NOT_AUTHORIZED where keys are made inside alone: `log` and `account`. */
  importKey(privateJwk: PrivateJwk, options?: KeyOptions): Promise<VaultKey>;
  /** Reads and opens the key once; keep the signer for as long as it is needed. */
  signer(keyId: string): Promise<Signer>;
  /** For accounts of an EVM chain; secp256k1 keys only. */
  digestSigner(keyId: string): Promise<DigestSigner>;
  publicJwk(keyId: string): Promise<PublicJwk>;
  findKey(keyId: string): Promise<VaultKey | undefined>;
  listKeys(): Promise<readonly VaultKey[]>;
  /** Whether there was one. Signers handed out before go on working until they are dropped. */
  removeKey(keyId: string): Promise<boolean>;
}

/** The faces of a wallet: the one namespace whose keys may leave, in an archive that encrypts them again at once. */
export interface FaceKeys extends TenantKeys<'holding'> {
  /** The private key in the clear. */
  exportKey(keyId: string): Promise<PrivateJwk>;
  /** A key that comes from outside, sealed for this tenant and not written yet. Its id is its thumbprint, whatever it was called there. */
  sealKey(privateJwk: PrivateJwk, label: string): StoredKey;
}

/** Private keys of many tenants, encrypted at rest. */
export interface KeyVault {
  keysOf(tenant: TenantId, namespace: 'holding'): FaceKeys;
  keysOf<N extends KeyNamespace>(tenant: TenantId, namespace: N): TenantKeys<N>;
  /**
   * Tries a few keys under each key-encryption key that any key lies under. Throws InputError CONFIG_INVALID, with its id, for one that is not
   * configured, or that opens none of them: what a vault without it can do is fail later, at each use.
   */
  checkKeks(): Promise<void>;
  /** Wraps every key under the current key-encryption key; tells how many changed. Safe to run again and beside others. */
  rewrapKeys(): Promise<number>;
  /** Binds the seals of keys from before there were namespaces to theirs; tells how many changed. Safe to run again and beside others. */
  resealKeys(): Promise<number>;
}

const REWRAP_BATCH = 100;
/** Under each key-encryption key: one row that is damaged is no reason for everybody else not to start. */
const TRIED_KEYS = 3;
/** What signs a log or pays on a chain was never anybody else's key. */
const MADE_INSIDE: ReadonlySet<KeyNamespace> = new Set(['log', 'account']);

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

  function sealNew({ tenant, namespace }: Purpose, jwk: PrivateJwk, options: KeyOptions): StoredKey {
    const publicJwk = toPublicJwk(jwk);
    const name = { tenant, namespace, keyId: options.keyId ?? thumbprintOf(publicJwk) };
    const { kekId, wrappedDataKey, sealedPrivateKey, sealVersion } = sealKey(name, jwk, keks.current);
    return {
      ...name,
      alg: algorithmOf(jwk),
      publicJwk,
      label: options.label ?? '',
      kekId,
      wrappedDataKey,
      sealedPrivateKey,
      sealVersion,
      createdAt: clock.now(),
    };
  }

  async function write(of: Purpose, jwk: PrivateJwk, options: KeyOptions): Promise<VaultKey> {
    const stored = sealNew(of, jwk, options);
    const inserted = await repository.insertKey(stored);
    if (!inserted.ok) throw new InputError(inserted.refusal.code, 'the vault has a key of that id already');
    return toVaultKey(stored);
  }

  const open = async (name: KeyName): Promise<PrivateJwk> => openSeals(await read(repository, name), keks);

  /** All keys that `next` finds, each with new seals; those that another process changed meanwhile are its own. */
  async function walk(
    next: (after: KeyPosition) => Promise<readonly StoredKey[]>,
    sealAnew: (stored: StoredKey) => Seals | undefined,
  ): Promise<number> {
    let changed = 0;
    let after: KeyPosition = { tenant: '', namespace: '', keyId: '' };
    for (;;) {
      const batch = await next(after);
      for (const stored of batch) {
        const seals = sealAnew(stored);
        if (seals !== undefined && (await repository.replaceSeals(stored, seals))) changed += 1;
        after = stored;
      }
      if (batch.length < REWRAP_BATCH) return changed;
    }
  }

  return Object.freeze({
    // The overloads say what the namespace decides at run time.
    keysOf: ((tenant: TenantId, namespace: KeyNamespace) =>
      createTenantKeys({ repository, sealNew, write, open }, { tenant, namespace })) as KeyVault['keysOf'],
    checkKeks: async () => assertKeks(await repository.sampleKeysOfEachKek(TRIED_KEYS), keks),
    rewrapKeys: () =>
      walk(
        (after) => repository.listKeysNotUnder(keks.current.id, after, REWRAP_BATCH),
        (stored) => rewrapped(stored, keks),
      ),
    resealKeys: () =>
      walk(
        (after) => repository.listKeysSealedWithoutNamespace(keks.ids, after, REWRAP_BATCH),
        (stored) => resealed(stored, keks),
      ),
    [inspect.custom]: () => 'KeyVault { sealed }',
    toJSON: () => 'KeyVault { sealed }',
  });
}

function assertKeks(sampled: readonly StoredKey[], keks: Keks): void {
  for (const id of new Set(sampled.map(({ kekId }) => kekId))) {
    if (!keks.ids.includes(id))
      throw new InputError(
        'CONFIG_INVALID',
        `keyEncryptionKeys: keys in the store lie under ${id}, which is not configured; add it behind the first`,
      );
    if (sampled.every((stored) => stored.kekId !== id || !isOpenedByItsKek(stored, keks)))
      throw new InputError(
        'CONFIG_INVALID',
        `keyEncryptionKeys: ${id} does not open the keys that lie under it; give the file it was made with`,
      );
  }
}

interface Vaulting {
  readonly repository: KeyRepository;
  sealNew(of: Purpose, jwk: PrivateJwk, options: KeyOptions): StoredKey;
  write(of: Purpose, jwk: PrivateJwk, options: KeyOptions): Promise<VaultKey>;
  open(name: KeyName): Promise<PrivateJwk>;
}

type Purpose = Omit<KeyName, 'keyId'>;

/** INVARIANT: every name that is asked for here is made from `of`; no argument says tenant or namespace. */
function createTenantKeys({ repository, sealNew, write, open }: Vaulting, of: Purpose): FaceKeys | TenantKeys {
  const { tenant, namespace } = of;
  const named = (keyId: string): KeyName => ({ ...of, keyId });
  const keys: TenantKeys = {
    ...of,
    createKey: async (alg, options = {}) => write(of, generatePrivateJwk(alg), options),
    importKey: async (privateJwk, options = {}) => {
      if (MADE_INSIDE.has(namespace)) throw new InputError('KEY_NOT_AUTHORIZED', `keys for ${namespace} are made here and nowhere else`);
      return write(of, parsePrivateJwk({ ...privateJwk }), options);
    },
    signer: async (keyId) => createSigner(await open(named(keyId))),
    digestSigner: async (keyId) => createDigestSigner(await open(named(keyId))),
    publicJwk: async (keyId) => (await read(repository, named(keyId))).publicJwk,
    findKey: async (keyId) => {
      const stored = await repository.readKey(named(keyId));
      return stored && toVaultKey(stored);
    },
    listKeys: async () => (await repository.listKeys(tenant, namespace)).map(toVaultKey),
    removeKey: async (keyId) => repository.deleteKey(named(keyId)),
  };
  const printed = { [inspect.custom]: () => 'TenantKeys { sealed }', toJSON: () => 'TenantKeys { sealed }' };
  if (namespace !== 'holding') return Object.freeze({ ...keys, ...printed });
  return Object.freeze({
    ...keys,
    namespace,
    exportKey: (keyId: string) => open(named(keyId)),
    sealKey: (privateJwk: PrivateJwk, label: string) => sealNew(of, parsePrivateJwk({ ...privateJwk }), { label }),
    ...printed,
  });
}

async function read(repository: KeyRepository, name: KeyName): Promise<StoredKey> {
  const stored = await repository.readKey(name);
  if (stored === undefined) throw new Fault('KEY_UNAVAILABLE', `the vault has no such key for ${name.namespace}`);
  return stored;
}

function toVaultKey({ keyId, alg, publicJwk, label, createdAt }: StoredKey): VaultKey {
  return Object.freeze({ keyId, alg, publicJwk, label, createdAt });
}
