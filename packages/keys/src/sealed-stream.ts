import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, scrypt } from 'node:crypto';
import type { DecipherGCM } from 'node:crypto';
import {
  canonicalJson,
  constantTimeEqual,
  decodeBase64url,
  digestOf,
  encodeBase64url,
  isJsonObject,
  memberOf,
  parseJson,
  utf8,
} from '@gridpass/codec';
import { InputError } from '@gridpass/core';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { ByteReader } from './byte-reader.js';
import { concatBytes } from './bytes.js';

const VERSION = 1;
/** Cost of scrypt: 64 MiB and about a fifth of a second a guess. */
const KDF = Object.freeze({ name: 'scrypt', N: 65_536, r: 8, p: 1 });
const CHUNK = 65_536;
const CIPHER = Object.freeze({ name: 'A256GCM-STREAM', chunkBytes: CHUNK });
const TAG = 16;
const MAX_HEADER = 1024;
const MIN_PASSPHRASE = 12;

/** What a sealed stream is of, in its first line: one format never opens as another. */
export type StreamFormat = `gridpass-${string}`;

/**
 * Seals a stream under a passphrase, in bounded memory: a first line in the clear, then chunks of 64 KiB, each under AES-256-GCM with its
 * number and whether it is the last in the nonce (the STREAM construction). InputError ARCHIVE_INVALID for a passphrase of fewer than 12 characters.
 */
export async function* sealStream(format: StreamFormat, plain: AsyncIterable<Uint8Array>, passphrase: string): AsyncGenerator<Uint8Array> {
  if (passphrase.normalize('NFC').length < MIN_PASSPHRASE)
    throw new InputError('ARCHIVE_INVALID', `a passphrase has at least ${MIN_PASSPHRASE} characters`);
  const [salt, prefix] = [new Uint8Array(randomBytes(16)), new Uint8Array(randomBytes(7))];
  const keys = await deriveKeys(passphrase, salt);
  const header: JsonObject = {
    format,
    version: VERSION,
    kdf: { ...KDF, salt: encodeBase64url(salt) },
    cipher: { ...CIPHER, nonce: encodeBase64url(prefix) },
  };
  const check = checkOf(keys.check, header);
  const line = { ...header, check };
  yield utf8(`${JSON.stringify({ ...line, sum: sumOf(line) })}\n`);
  let number = 0;
  let before: Uint8Array | undefined;
  for await (const chunk of chunksOf(plain)) {
    if (before !== undefined) yield sealChunk(keys.content, nonceOf(prefix, number++, false), before);
    before = chunk;
  }
  yield sealChunk(keys.content, nonceOf(prefix, number, true), before ?? new Uint8Array(0));
}

/**
 * Opens what {@link sealStream} made; each chunk is given out once it is known to be as it was sealed. InputError ARCHIVE_INVALID tells a
 * wrong passphrase from a stream that was changed or cut short, and then between which bytes. The cost is ours, never the stream's to choose.
 */
export async function* openSealedStream(
  format: StreamFormat,
  sealed: AsyncIterable<Uint8Array>,
  passphrase: string,
): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(sealed);
  const line = await reader.line(MAX_HEADER);
  const { salt, prefix, header, check } = readHeader(format, line);
  const keys = await deriveKeys(passphrase, salt);
  if (!constantTimeEqual(check, checkOf(keys.check, header))) throw damaged('the passphrase is not the one that it was sealed with');
  let at = (line?.length ?? 0) + 1;
  for (let number = 0; ; number += 1) {
    const bytes = await reader.take(CHUNK + TAG);
    const isLast = await reader.atEnd();
    const opened = bytes.length < TAG ? undefined : openChunk(keys.content, nonceOf(prefix, number, isLast), bytes);
    if (opened === undefined) {
      const isCut = isLast && (bytes.length < TAG || openChunk(keys.content, nonceOf(prefix, number, false), bytes) !== undefined);
      throw damaged(
        isCut ? `it is cut short after byte ${at + bytes.length}` : `bytes ${at} to ${at + bytes.length - 1} are not what was sealed`,
      );
    }
    yield opened;
    if (isLast) return;
    at += bytes.length;
  }
}

const damaged = (detail: string): InputError => new InputError('ARCHIVE_INVALID', detail);

function readHeader(
  format: StreamFormat,
  line: Uint8Array | undefined,
): {
  readonly header: JsonObject;
  readonly check: string;
  readonly salt: Uint8Array;
  readonly prefix: Uint8Array;
} {
  const json = line === undefined ? undefined : parseJson(line);
  const value = json?.ok === true && isJsonObject(json.value) ? json.value : undefined;
  if (value === undefined || memberOf(value, 'format') !== format) throw damaged(`the first line is not that of a ${format}`);
  if (memberOf(value, 'version') !== VERSION)
    throw damaged(`this version reads version ${VERSION} of a ${format}; open it with the version that made it`);
  const { sum, ...summed } = value;
  if (sum !== sumOf(summed)) throw damaged('the first line is not what was written');
  const { check, ...header } = summed;
  const [kdf, cipher] = [objectOf(header, 'kdf'), objectOf(header, 'cipher')];
  const [salt, prefix] = [bytesOf(kdf['salt'], 16), bytesOf(cipher['nonce'], 7)];
  if (!isOurs(kdf, KDF) || !isOurs(cipher, CIPHER) || salt === undefined || prefix === undefined || typeof check !== 'string')
    throw damaged('the first line asks for what this version does not do');
  return { header, check, salt, prefix };
}

/** Cost and cipher are this version's, never the stream's to choose. */
const isOurs = (given: JsonObject, own: JsonObject): boolean => Object.entries(own).every(([name, value]) => given[name] === value);

function objectOf(value: JsonObject, name: string): JsonObject {
  const member = memberOf(value, name);
  return member !== undefined && isJsonObject(member) ? member : {};
}

function bytesOf(value: JsonValue | undefined, length: number): Uint8Array | undefined {
  const bytes = typeof value === 'string' ? decodeBase64url(value) : undefined;
  return bytes?.ok === true && bytes.value.length === length ? bytes.value : undefined;
}

/** Tells a line that was changed by accident from a wrong passphrase; it proves nothing. */
const sumOf = (line: JsonObject): string => digestOf(canonicalJson(line));
const checkOf = (key: Uint8Array, header: JsonObject): string =>
  createHmac('sha256', key).update(canonicalJson(header)).digest('base64url');

function nonceOf(prefix: Uint8Array, number: number, isLast: boolean): Uint8Array {
  const nonce = new Uint8Array(12);
  nonce.set(prefix);
  new DataView(nonce.buffer).setUint32(7, number);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

function sealChunk(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG });
  return concatBytes(cipher.update(plain), cipher.final(), cipher.getAuthTag());
}

function openChunk(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG });
  decipher.setAuthTag(sealed.subarray(-TAG));
  const opened = decipher.update(sealed.subarray(0, -TAG));
  return isAuthentic(decipher) ? new Uint8Array(opened) : undefined;
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

async function deriveKeys(passphrase: string, salt: Uint8Array): Promise<{ readonly content: Uint8Array; readonly check: Uint8Array }> {
  const secret = await new Promise<Buffer>((resolve, reject) => {
    scrypt(passphrase.normalize('NFC'), salt, 32, { N: KDF.N, r: KDF.r, p: KDF.p, maxmem: 256 * 1024 * 1024 }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
  const part = (info: string): Uint8Array => new Uint8Array(hkdfSync('sha256', secret, salt, info, 32));
  return { content: part('gridpass/sealed-stream/content/1'), check: part('gridpass/sealed-stream/check/1') };
}

/** The same bytes in pieces of one chunk each, the last one shorter. */
async function* chunksOf(plain: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(plain);
  for (let chunk = await reader.take(CHUNK); chunk.length > 0; chunk = await reader.take(CHUNK)) yield chunk;
}
