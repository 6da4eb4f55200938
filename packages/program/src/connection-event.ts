import { types } from 'node:util';
import { FAULTS, REFUSALS } from '@gridpass/core';

/** One line about a connection that ended badly, without the message, which may hold what was sent. */
export interface ConnectionEvent {
  readonly kind: 'connection';
  readonly requestId: '';
  readonly status: number;
  readonly code: 'REQUEST_MALFORMED' | 'INTERNAL';
  readonly cause: string;
}

// What clients do: messages that do not parse (HPE_*), and connections they end while we read or write.
const BY_CLIENT = /^(?:HPE_[A-Z_]+|ECONNRESET|ECONNABORTED|EPIPE|ERR_STREAM_(?:PREMATURE_CLOSE|DESTROYED|WRITE_AFTER_END))$/;

/**
 * What to log when a web server tells of an error outside any answer. Without a listener Koa prints the error with its stack,
 * and anybody could fill the program's output by breaking off. What a program meets by itself is of another kind: `toUnexpectedEvent` of the gate.
 *
 * @example app.on('error', (error) => log(toConnectionEvent(error)))
 */
export function toConnectionEvent(error: unknown): ConnectionEvent {
  const code = types.isNativeError(error) && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const name = types.isNativeError(error) ? error.name : 'unknown';
  return BY_CLIENT.test(code)
    ? { kind: 'connection', requestId: '', status: REFUSALS.REQUEST_MALFORMED.status, code: 'REQUEST_MALFORMED', cause: code }
    : { kind: 'connection', requestId: '', status: FAULTS.INTERNAL.status, code: 'INTERNAL', cause: name };
}
