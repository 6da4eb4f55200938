import { Fault, InputError, type Outcome } from '@gridpass/core';
import type { Shape } from './mutators.js';

/** One parser under test. */
export interface Target {
  readonly name: string;
  readonly shape: Shape;
  /** Inputs that the parser accepts, or that lead far into it. */
  readonly seeds: readonly Uint8Array[];
  /**
   * Gives the parser one input and tells what came of it, in a few words without the input's own text: inputs with a new
   * answer are worth keeping. Throws where the parser throws, or where what it accepted breaks a rule.
   */
  readonly run: (input: Uint8Array) => Promise<string> | string;
}

/** What an outcome says about itself: the branch that answered. */
export function labelOf(outcome: Outcome<unknown>): string {
  if (outcome.ok) return 'ok';
  const { code, detail } = outcome.refusal;
  return `${code} ${(detail.split(', ')[0] ?? '').replaceAll(/[^a-z ._-]+/gi, '#').slice(0, 60)}`;
}

/** A rule that an accepted input must keep. */
export function assertRule(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`broken rule: ${rule}`);
}

/** The one exception a parser documents; everything else is a finding. */
export async function orInputError(work: () => Promise<string> | string): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InputError && !(error instanceof Fault)) return `InputError ${error.code}`;
    throw error;
  }
}

const encoder = new TextEncoder();
export const toInput = (value: string | object): Uint8Array => encoder.encode(typeof value === 'string' ? value : JSON.stringify(value));
/** As a transport would hand it on; bad UTF-8 shows as U+FFFD here, since decoding is a parser of its own. */
export const textOf = (input: Uint8Array): string => new TextDecoder().decode(input);
