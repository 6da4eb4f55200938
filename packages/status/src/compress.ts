import { promisify, types } from 'node:util';
import { deflate, gunzip, gzip, inflate } from 'node:zlib';
import { ok, refuse } from '@gridpass/core';
import type { Outcome } from '@gridpass/core';

/** The two encodings in use: GZIP for Bitstring Status Lists, ZLIB for Token Status Lists. */
export type Compression = 'gzip' | 'zlib';

const INFLATE = { gzip: promisify(gunzip), zlib: promisify(inflate) } as const;

/** Compresses a list; level 9, since it is done once and read often. */
export async function compressList(kind: Compression, bytes: Uint8Array): Promise<Uint8Array> {
  const packed =
    kind === 'gzip'
      ? await promisify<Uint8Array, { level: number }, Buffer>(gzip)(bytes, { level: 9 })
      : await promisify<Uint8Array, { level: number }, Buffer>(deflate)(bytes, { level: 9 });
  return new Uint8Array(packed);
}

/**
 * Inflates in chunks and stops at `maxBytes`, so that a small file cannot fill the memory or the processor; refuses
 * STATUS_LIST_INVALID beyond that and for anything that is not the encoding the mechanism names.
 */
export async function inflateList(kind: Compression, bytes: Uint8Array, maxBytes: number): Promise<Outcome<Uint8Array>> {
  try {
    return ok(new Uint8Array(await INFLATE[kind](bytes, { maxOutputLength: maxBytes })));
  } catch (error) {
    // zlib says Z_…, the cap ERR_BUFFER_TOO_LARGE; whatever else is no fault of the list.
    const code = types.isNativeError(error) && 'code' in error && typeof error.code === 'string' ? error.code : '';
    if (code.startsWith('Z_')) return refuse('STATUS_LIST_INVALID', 'status', `list: not ${kind} data`);
    if (code === 'ERR_BUFFER_TOO_LARGE') return refuse('STATUS_LIST_INVALID', 'status', 'list: inflates beyond the bound');
    throw error;
  }
}
