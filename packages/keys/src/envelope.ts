import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { Fault } from '@gridpass/core';
import { utf8 } from '@gridpass/codec';
import { concatBytes } from './bytes.js';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** A fresh AES-256 key; a KeyObject never prints its bytes. */
export function randomAesKey(): KeyObject {
  return createSecretKey(new Uint8Array(randomBytes(KEY_BYTES)));
}

/** Seals bytes with AES-256-GCM as iv | ciphertext | tag; `context` must be repeated exactly to open them. */
export function seal(key: KeyObject, plain: Uint8Array, context: string): Uint8Array {
  const iv = new Uint8Array(randomBytes(IV_BYTES));
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(utf8(context));
  return concatBytes(iv, new Uint8Array(cipher.update(plain)), new Uint8Array(cipher.final()), new Uint8Array(cipher.getAuthTag()));
}

/** Opens what {@link seal} made; throws Fault KEY_UNAVAILABLE where key, context or bytes are not the ones it was made with. */
export function unseal(key: KeyObject, sealed: Uint8Array, context: string): Uint8Array {
  if (sealed.length <= IV_BYTES + TAG_BYTES) throw new Fault('KEY_UNAVAILABLE', 'a sealed key is too short');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(utf8(context));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const head = new Uint8Array(decipher.update(sealed.subarray(IV_BYTES, sealed.length - TAG_BYTES)));
  try {
    return concatBytes(head, new Uint8Array(decipher.final()));
  } catch (cause) {
    throw new Fault('KEY_UNAVAILABLE', 'a sealed key does not open under this key-encryption key', { cause });
  }
}
