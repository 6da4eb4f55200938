import { createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { Fault, InputError, assertNever } from '@gridpass/core';
import type { KeyName, PublicJwk, StoredKey } from '@gridpass/core';
import { decodeUtf8, parseJson, utf8 } from '@gridpass/codec';
import { randomAesKey, seal, unseal } from './envelope.js';
import { parsePrivateJwk, thumbprintOf, toPublicJwk } from './jwk.js';
import type { PrivateJwk } from './jwk.js';

/** A key-encryption key: 32 bytes and a name that is written beside what it wraps. */
export interface KeyEncryptionKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** Key-encryption keys at work: the first wraps, all of them open. */
export interface Keks {
  readonly current: { readonly id: string; readonly key: KeyObject };
  readonly ids: readonly string[];
  /** Throws Fault KEY_UNAVAILABLE for one that is not configured. */
  find(id: string): KeyObject;
}

/** What a key lies under. */
export type Seals = Pick<StoredKey, 'kekId' | 'wrappedDataKey' | 'sealedPrivateKey' | 'sealVersion'>;

/** Throws InputError CONFIG_INVALID on an empty list, a repeated id or a key that is not 32 bytes long. */
export function importKeks(list: readonly KeyEncryptionKey[]): Keks {
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
  return { current: { id, key }, ids: [...byId.keys()], find };
}

/** Seals a key under a data key of its own and that under a key-encryption key. */
export function sealKey(name: KeyName, jwk: PrivateJwk, kek: Keks['current']): Seals {
  const dataKey = randomAesKey();
  const contexts = contextsOf({ ...name, publicJwk: toPublicJwk(jwk), sealVersion: 2 });
  return {
    kekId: kek.id,
    wrappedDataKey: seal(kek.key, new Uint8Array(dataKey.export()), contexts.dataKey),
    sealedPrivateKey: seal(dataKey, utf8(JSON.stringify(jwk)), contexts.privateKey),
    sealVersion: 2,
  };
}

/** Opens what {@link sealKey} made; throws Fault KEY_UNAVAILABLE where it does not open under the name it lies at. */
export function openSeals(stored: StoredKey, keks: Keks): PrivateJwk {
  const contexts = contextsOf(stored);
  const dataKey = createSecretKey(unseal(keks.find(stored.kekId), stored.wrappedDataKey, contexts.dataKey));
  const text = decodeUtf8(unseal(dataKey, stored.sealedPrivateKey, contexts.privateKey));
  const json = text.ok ? parseJson(text.value) : text;
  if (!json.ok) throw new Fault('KEY_UNAVAILABLE', 'an opened key is not a jwk');
  return parsePrivateJwk(json.value);
}

/** Whether the key-encryption key that a row names opens it. No private key is opened. Throws Fault KEY_UNAVAILABLE for one that is not configured. */
export function isOpenedByItsKek(stored: StoredKey, keks: Keks): boolean {
  const key = keks.find(stored.kekId);
  try {
    unseal(key, stored.wrappedDataKey, contextsOf(stored).dataKey);
    return true;
  } catch (error) {
    if (error instanceof Fault && error.code === 'KEY_UNAVAILABLE') return false;
    throw error;
  }
}

/** The same seals with the data key under the current key-encryption key; no private key is opened. */
export function rewrapped(stored: StoredKey, keks: Keks): Seals {
  const { dataKey } = contextsOf(stored);
  const opened = unseal(keks.find(stored.kekId), stored.wrappedDataKey, dataKey);
  const { sealedPrivateKey, sealVersion } = stored;
  return { kekId: keks.current.id, wrappedDataKey: seal(keks.current.key, opened, dataKey), sealedPrivateKey, sealVersion };
}

/**
 * Seals of before, bound to the namespace. Undefined for a key that does not open: it is a Fault to whoever asks for it, and no reason
 * for everybody else not to start.
 */
export function resealed(stored: StoredKey, keks: Keks): Seals | undefined {
  try {
    return sealKey(stored, openSeals(stored, keks), keks.current);
  } catch (error) {
    if (error instanceof Fault && error.code === 'KEY_UNAVAILABLE') return undefined;
    throw error;
  }
}

// INVARIANT: the contexts name tenant, namespace and key, so that a row copied to another tenant, purpose or key id does not open,
// and the public key, so that a swapped public column does not pass for the key's own.
function contextsOf({ tenant, namespace, keyId, publicJwk, sealVersion }: KeyName & Pick<StoredKey, 'publicJwk' | 'sealVersion'>): {
  readonly dataKey: string;
  readonly privateKey: string;
} {
  switch (sealVersion) {
    case 1:
      return { dataKey: contextOf('data-key/1', tenant, keyId), privateKey: contextOf('private-key/1', tenant, keyId, printOf(publicJwk)) };
    case 2:
      return {
        dataKey: contextOf('data-key/2', tenant, namespace, keyId),
        privateKey: contextOf('private-key/2', tenant, namespace, keyId, printOf(publicJwk)),
      };
    default:
      return assertNever(sealVersion);
  }
}

const contextOf = (kind: string, ...parts: readonly string[]): string => JSON.stringify([`gridpass/${kind}`, ...parts]);
const printOf = (publicJwk: PublicJwk): string => thumbprintOf(publicJwk);
