import { types } from 'node:util';
import { Fault, InputError } from '@gridpass/core';

// SQLSTATE classes and codes that say "the server is not there for you now" (PostgreSQL documentation, appendix A).
const UNAVAILABLE_CLASSES = new Set(['08', '53', '58']);
const UNAVAILABLE_STATES = new Set(['57P01', '57P02', '57P03', '57P05', '25006', '28000', '28P01', '3D000']);
// Text that PostgreSQL cannot hold: U+0000, which JSON and URLs can spell (22021 in text, 22P05 in jsonb).
const UNSTORABLE_STATES = new Set(['22021', '22P05']);
// Codes of Node's sockets; pg passes them on as they are.
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOSPC',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ERR_STREAM_DESTROYED',
]);

/** The `code` of a driver error: an SQLSTATE when the server answered, a socket code when it did not, else undefined. */
export function errorCode(error: unknown): string | undefined {
  if (!types.isNativeError(error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Whether the server turned a row down because its key exists already (SQLSTATE 23505). */
export function isUniqueViolation(error: unknown): boolean {
  return errorCode(error) === '23505';
}

/** Whether the transaction may be run again as a whole: serialization failure or deadlock (SQLSTATE 40001, 40P01). */
export function isRetryable(error: unknown): boolean {
  const code = errorCode(error);
  return code === '40001' || code === '40P01';
}

/**
 * Maps a driver error: lost connections become Fault STORE_UNAVAILABLE, text that no column can hold InputError
 * REQUEST_MALFORMED (whoever sent it is told so; it is no failure of ours), everything else stays what it is.
 * `where` matters: an error without any code while connecting can only mean that there is no connection.
 */
export function toStoreError(error: unknown, where: 'connect' | 'query'): unknown {
  if (error instanceof Fault || error instanceof InputError || !types.isNativeError(error)) return error;
  const code = errorCode(error);
  if (code !== undefined && UNSTORABLE_STATES.has(code))
    return new InputError('REQUEST_MALFORMED', 'a text holds a character that cannot be stored', { cause: error });
  const lost =
    code === undefined
      ? // pg ends a broken connection with a bare Error; a wrong argument is a TypeError or RangeError.
        error.name === 'Error' || where === 'connect'
      : SOCKET_CODES.has(code) || UNAVAILABLE_STATES.has(code) || (code.length === 5 && UNAVAILABLE_CLASSES.has(code.slice(0, 2)));
  return lost ? new Fault('STORE_UNAVAILABLE', 'the store does not answer', { cause: error }) : error;
}
