import { Fault, FAULTS, InputError, REFUSALS } from '@gridpass/core';
import { AnswerIsNo, CommandError } from './io.js';
import type { Ending } from './io.js';

/**
 * How every command ends, for scripts: `yes` is done; `no` is an answer, such as a log that contradicts itself, nothing where something was
 * asked for, or an act that was denied; `usage` is said before anybody is asked; `fault` is that it could not be told.
 */
export const EXIT = { yes: 0, no: 1, usage: 2, fault: 3 } as const satisfies Readonly<Record<Ending, number>>;

/** Refusals with which a program turns the call away, and not what the call asks for. */
const CALL_TURNED_AWAY: ReadonlySet<string> = new Set([
  'ADMIN_TOKEN_INVALID',
  'BODY_TOO_LARGE',
  'CONFIG_INVALID',
  'CONFIG_UNKNOWN_KEY',
  'DPOP_INVALID',
  'DPOP_NONCE_REQUIRED',
  'MEDIA_TYPE_UNSUPPORTED',
  'METHOD_NOT_ALLOWED',
  'RATE_LIMITED',
  'REQUEST_MALFORMED',
  'URL_NOT_ALLOWED',
]);

/** What the answer of a program with this code is: no, or nothing that answers the question. */
export function endingOfAnswer(code: string): Ending {
  return Object.hasOwn(REFUSALS, code) && !CALL_TURNED_AWAY.has(code) ? 'no' : 'fault';
}

/** What ends a command before its answer. What this program finds wrong by itself is the caller's to mend, except faults. */
export function endingOf(error: unknown): Ending {
  if (error instanceof AnswerIsNo) return error.ending;
  if (error instanceof Fault) return 'fault';
  if (!isCoded(error)) return 'fault';
  if (error instanceof CommandError && error.ending !== undefined) return error.ending;
  if (error.code === 'LOG_INCONSISTENT') return 'no';
  return Object.hasOwn(FAULTS, error.code) ? 'fault' : 'usage';
}

/** An error of this project that says what is wrong with what was given. */
function isCoded(error: unknown): error is CommandError | InputError {
  return error instanceof CommandError || error instanceof InputError;
}
