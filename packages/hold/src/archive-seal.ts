import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import type { DecipherGCM } from 'node:crypto';
import { InputError, ok, refuse } from '@gridpass/core';
import type { JsonObject, JsonValue, Outcome } from '@gridpass/core';
import { canonicalJson, decodeBase64url, encodeBase64url, isJsonObject, memberOf, parseJson, utf8 } from '@gridpass/codec';

const FORMAT = 'gridpass-wallet-archive';
const STAGE = 'archive';
/** Cost of scrypt: 64 MiB and about a fifth of a second a guess. */
const KDF = Object.freeze({ name: 'scrypt', N: 65_536, r: 8, p: 1 });
const MAX_TEXT = 64 * 1024 * 1024;
const MIN_PASSPHRASE = 12;
const WRONG = 'wrong passphrase or damaged';
const damaged = (detail: string): Outcome<never> => refuse('ARCHIVE_INVALID', STAGE, detail);

/** Seals a value under a passphrase: scrypt (RFC 7914), then AES-256-GCM over the canonical JSON, the header authenticated with it. */
export async function sealArchive(content: JsonObject, passphrase: string): Promise<string> {
  assertNewPassphrase(passphrase);
  const salt = toBytes(randomBytes(16));
  const nonce = toBytes(randomBytes(12));
  const header: JsonObject = {
    format: FORMAT,
    version: 1,
    kdf: { ...KDF, salt: encodeBase64url(salt) },
    cipher: { name: 'A256GCM', nonce: encodeBase64url(nonce) },
  };
  const cipher = createCipheriv('aes-256-gcm', await deriveKey(passphrase, salt), nonce);
  cipher.setAAD(utf8(canonicalJson(header)));
  const sealed = join(cipher.update(utf8(canonicalJson(content))), cipher.final(), cipher.getAuthTag());
  return JSON.stringify({ ...header, sealed: encodeBase64url(sealed) });
}

/** Throws InputError ARCHIVE_INVALID for a passphrase that no archive is sealed under. */
export function assertNewPassphrase(passphrase: string): void {
  // In the form that the key is derived from.
  if (passphrase.normalize('NFC').length < MIN_PASSPHRASE)
    throw new InputError('ARCHIVE_INVALID', `a passphrase has at least ${MIN_PASSPHRASE} characters`);
}

/**
 * Refuses ARCHIVE_INVALID for a passphrase that cannot be right, at no cost. It may have been typed in another normal form at the sealing:
 * it has to be too short in each.
 */
export function checkPassphrase(passphrase: string): Outcome<true> {
  const forms = [passphrase, passphrase.normalize('NFC'), passphrase.normalize('NFD')];
  return forms.some(({ length }) => length >= MIN_PASSPHRASE) ? ok(true) : damaged(WRONG);
}

/** Opens an archive; a wrong passphrase and a changed byte look the same, ARCHIVE_INVALID. The cost is ours, never the archive's to choose. */
export async function openArchive(text: string, passphrase: string): Promise<Outcome<JsonObject>> {
  const parts = text.length <= MAX_TEXT ? readParts(text) : undefined;
  if (parts === undefined) return damaged('not an archive of a wallet');
  const decipher = createDecipheriv('aes-256-gcm', await deriveKey(passphrase, parts.salt), parts.nonce);
  decipher.setAAD(utf8(canonicalJson(parts.header)));
  decipher.setAuthTag(parts.sealed.subarray(-16));
  const opened = decipher.update(parts.sealed.subarray(0, -16));
  if (!isAuthentic(decipher)) return damaged(WRONG);
  const content = parseJson(toBytes(opened), { maxBytes: MAX_TEXT });
  return content.ok && isJsonObject(content.value) ? ok(content.value) : damaged('content: not an object');
}

// Node offers no other way to ask: `final` of an authenticated decipher throws exactly when the tag does not fit.
function isAuthentic(decipher: DecipherGCM): boolean {
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

function readParts(
  text: string,
): { readonly header: JsonObject; readonly salt: Uint8Array; readonly nonce: Uint8Array; readonly sealed: Uint8Array } | undefined {
  const json = parseJson(text, { maxBytes: MAX_TEXT });
  if (!json.ok || !isJsonObject(json.value)) return undefined;
  const header = Object.fromEntries(Object.entries(json.value).filter(([name]) => name !== 'sealed'));
  const { kdf, cipher } = { kdf: memberOf(header, 'kdf'), cipher: memberOf(header, 'cipher') };
  if (header['format'] !== FORMAT || header['version'] !== 1 || !isObject(kdf) || !isObject(cipher) || cipher['name'] !== 'A256GCM')
    return undefined;
  if (kdf['name'] !== KDF.name || kdf['N'] !== KDF.N || kdf['r'] !== KDF.r || kdf['p'] !== KDF.p) return undefined;
  const salt = readBytes(kdf['salt'], 16);
  const nonce = readBytes(cipher['nonce'], 12);
  const sealed = readBytes(json.value['sealed']);
  return salt === undefined || nonce === undefined || sealed === undefined || sealed.length < 17
    ? undefined
    : { header, salt, nonce, sealed };
}

const isObject = (value: JsonValue | undefined): value is JsonObject => value !== undefined && isJsonObject(value);

function readBytes(value: JsonValue | undefined, length?: number): Uint8Array | undefined {
  const bytes = typeof value === 'string' ? decodeBase64url(value) : undefined;
  return bytes?.ok === true && (length === undefined || bytes.value.length === length) ? bytes.value : undefined;
}

function deriveKey(passphrase: string, salt: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFC'), salt, 32, { N: KDF.N, r: KDF.r, p: KDF.p, maxmem: 256 * 1024 * 1024 }, (error, key) => {
      if (error === null) resolve(toBytes(key));
      else reject(error);
    });
  });
}

// The runtime's Buffer is not the plain Uint8Array of our signatures; these two make it one.
function toBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function join(...parts: readonly Buffer[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(toBytes(part), offset);
    offset += part.length;
  }
  return joined;
}
