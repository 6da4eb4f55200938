import { InputError } from '@gridpass/core';
import type { Place } from './place.js';

/** Something in a policy file that is wrong whatever anybody shows, with the place and what to do. */
export interface PolicyProblem extends Place {
  /** The `@id` of the policy, where there is one. */
  readonly policyId?: string;
  readonly message: string;
  readonly help?: string;
}

/** Thrown at the first thing in one policy that may not be written at all; `path` or the policy's beginning is where. */
export class PolicyFormError extends InputError {
  readonly path: readonly string[] | undefined;
  constructor(message: string, path?: readonly string[]) {
    super('CONFIG_INVALID', message);
    this.name = 'PolicyFormError';
    this.path = path;
  }
}

/** `file:line:column: policy id: message; help`, the form that editors jump to. */
export function toProblemLine(file: string, { line, column, policyId, message, help }: PolicyProblem): string {
  const where = policyId === undefined ? '' : `policy ${policyId}: `;
  return `${file}:${line}:${column}: ${where}${message}${help === undefined ? '' : `; ${help}`}`;
}

/** What somebody who wrote a name may have meant: the nearest known one, if it is near. */
export function didYouMean(written: string, known: readonly string[]): string | undefined {
  const near = known
    .map((name) => ({ name, far: editDistance(written.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, far }) => far <= Math.max(2, Math.floor(name.length / 3)))
    .sort((left, right) => left.far - right.far)[0];
  return near === undefined ? undefined : `did you mean ${near.name}?`;
}

/** Levenshtein's distance. Names are short: both are bounded by the schemas and by what fits on a line. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const change = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(change, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
