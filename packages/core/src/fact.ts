import type { CredentialType } from './credential.js';

/** A scalar or a list of scalars that a policy may read. Numbers are integers in base units (W, Wh, ms, ppm, epoch days). */
export type FactValue = string | number | boolean | readonly string[] | readonly number[];

/**
 * What the verifier knows after proof, status and trust. A rule such as "capacity at most 10 800 W" is met by a
 * disclosed value or by a proven predicate; policy does not see which suite it came from.
 * `path` is `<CredentialType>.<claim>`.
 */
export type Fact =
  | { readonly kind: 'value'; readonly path: FactPath; readonly value: FactValue }
  | { readonly kind: 'predicate'; readonly path: FactPath; readonly op: 'le' | 'ge'; readonly bound: number };

export type FactPath = `${CredentialType}.${string}`;
