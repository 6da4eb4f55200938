import type { FaultCode, RefusalCode } from './codes.js';

/**
 * Why something was turned down. `code` is for programs and may leave the house;
 * `detail` is for the audit record alone and never enters a response or a log.
 */
export interface Refusal {
  readonly kind: 'refusal';
  readonly code: RefusalCode;
  readonly stage: string;
  readonly detail: string;
}

/** Either what was asked for, or the refusal. There is no third: a thing that could not be told is a thrown {@link Fault}. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T; readonly refusal?: never }
  | { readonly ok: false; readonly refusal: Refusal; readonly value?: never };

/** Wraps a value that passed. */
export function ok<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

/** Builds a refusing outcome. `detail` must hold field paths and reasons, never claim values, keys or credentials. */
export function refuse(code: RefusalCode, stage: string, detail: string): Outcome<never> {
  return { ok: false, refusal: Object.freeze({ kind: 'refusal', code, stage, detail }) };
}

/** Thrown when the answer could not be found out: says nothing about the holder and never becomes a permit. */
export class Fault extends Error {
  readonly code: FaultCode;
  constructor(code: FaultCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'Fault';
    this.code = code;
  }
}

/** Thrown when a caller inside the house broke a contract; carries a code so that a command line can show it. */
export class InputError extends Error {
  readonly code: RefusalCode;
  constructor(code: RefusalCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'InputError';
    this.code = code;
  }
}

/** The value, or an {@link InputError} with the refusal's code. For edges (command line, configuration), not for the pipeline. */
export function assertOk<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new InputError(outcome.refusal.code, outcome.refusal.detail);
}

/** Marks a branch no value can reach; the compiler complains when a union grew. */
export function assertNever(value: never): never {
  throw new TypeError(`unreachable case: ${typeof value}`);
}
