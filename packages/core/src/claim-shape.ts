/** What stands in a claim: a scalar or a list of scalars; `group` holds further claims; `no-fact` is nothing that a policy may read. */
export type ClaimKind = 'text' | 'number' | 'flag' | 'texts' | 'numbers' | 'group' | 'no-fact';

/** What is known of a claim before anybody has shown one; made from its schema. For a list everything but `kind` speaks of one item. */
export interface ClaimShape {
  readonly kind: ClaimKind;
  /** What a number counts (`watts`, `epochDay`) or what a text names (`did`, `digest`): values of two units are never the same thing. */
  readonly unit?: string;
  /** The only texts that occur. */
  readonly codes?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** Whether a value like this can occur. */
  readonly admits?: (value: string | number | boolean) => boolean;
}

/** Claims of a credential type by their path below it, e.g. `party.scheme`. */
export type ClaimShapes = Readonly<Record<string, ClaimShape>>;
