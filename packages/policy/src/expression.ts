import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { PolicyFormError } from './problem.js';

/**
 * How a policy uses a path. `le`: every use stays sound when an upper bound stands in for the value; `ge`: when a lower
 * bound does; `value`: the value itself is needed.
 */
export type PathUse = 'le' | 'ge' | 'value';

/** The paths below `context` that an expression reads, each with all of its uses. */
export type PathUses = Map<string, Set<PathUse>>;

/** Where an expression stands: does its truth favour a permit, oppose it, or neither for certain. */
type Polarity = 'favours' | 'opposes' | 'either';

export type Json = unknown;

const FLIPPED: Readonly<Record<Polarity, Polarity>> = { favours: 'opposes', opposes: 'favours', either: 'either' };
const ENTITY_OPERATORS = new Set(['in', 'is', 'getTag', 'hasTag', 'Slot']);
const ORDERED = new Set(['<', '<=', '>', '>=']);

function unusable(message: string, path?: readonly string[]): PolicyFormError {
  return new PolicyFormError(message, path);
}

export function isRecord(json: Json): json is Readonly<Record<string, Json>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

export function member(json: Json, name: string): Json {
  return isRecord(json) && Object.hasOwn(json, name) ? json[name] : undefined;
}

/** Segments below `context`, or nothing where the expression is no plain path. */
export function toPath(json: Json): readonly string[] | undefined {
  if (member(json, 'Var') === 'context') return [];
  const access = member(json, '.');
  const attribute = member(access, 'attr');
  const left = access === undefined ? undefined : toPath(member(access, 'left'));
  return left === undefined || typeof attribute !== 'string' ? undefined : [...left, attribute];
}

function addUse(uses: PathUses, path: readonly string[], use: PathUse): void {
  // `context` or `context.X` as a whole would tie the verdict to claims that were never asked for.
  if (path.length < 2) throw unusable('reads a whole record; read context.<CredentialType>.<claim>', path);
  // Cedar's JSON form gives `__entity` and `__extn` a meaning; no claim is called so.
  if (path.some((segment) => segment.startsWith('__') || segment.includes('.'))) throw unusable('reads a name with a reserved form', path);
  const key = path.join('.');
  const known = uses.get(key) ?? new Set<PathUse>();
  uses.set(key, known.add(use));
}

/** The bound that may stand in for an operand: with `x <= k` in favour of a permit an upper bound of x proves it. */
function boundFor(operator: string, side: 'left' | 'right', polarity: Polarity): PathUse {
  if (polarity === 'either') return 'value';
  const smallerFavours = (operator === '<' || operator === '<=') === (side === 'left');
  return smallerFavours === (polarity === 'favours') ? 'le' : 'ge';
}

function walk(json: Json, polarity: Polarity, uses: PathUses): void {
  const path = toPath(json);
  if (path !== undefined) {
    addUse(uses, path, 'value');
    return;
  }
  const entries = isRecord(json) ? Object.entries(json) : [];
  const [entry] = entries;
  if (entry === undefined || entries.length !== 1) throw unusable('has an expression of unknown form');
  const [operator, body] = entry;
  if (operator === 'Var') throw unusable('reads principal, action or resource; only context may be read');
  if (ENTITY_OPERATORS.has(operator)) throw unusable(`uses ${operator}; there are no entities to look at`);
  if (operator === '.') throw unusable('reads an attribute of something that is not context');
  if (operator === 'Value') {
    checkLiteral(body);
    return;
  }
  if (operator === 'has') {
    walkPresence(body, uses);
    return;
  }
  if (ORDERED.has(operator)) {
    for (const side of ['left', 'right'] as const) {
      const operand = member(body, side);
      const operandPath = toPath(operand);
      if (operandPath === undefined) walk(operand, 'either', uses);
      else addUse(uses, operandPath, boundFor(operator, side, polarity));
    }
    return;
  }
  walkParts(operator, body, polarity, uses);
}

/** Logical operators keep or turn the polarity; below anything else the value itself is needed. */
function walkParts(operator: string, body: Json, polarity: Polarity, uses: PathUses): void {
  if (operator === '&&' || operator === '||') {
    walk(member(body, 'left'), polarity, uses);
    walk(member(body, 'right'), polarity, uses);
  } else if (operator === '!') {
    walk(member(body, 'arg'), FLIPPED[polarity], uses);
  } else if (operator === 'if-then-else') {
    walk(member(body, 'if'), 'either', uses);
    walk(member(body, 'then'), polarity, uses);
    walk(member(body, 'else'), polarity, uses);
  } else if (operator === 'like') {
    walk(member(body, 'left'), 'either', uses);
  } else {
    // Arithmetic, equality, sets, records and extension functions: operands under left, right, arg, names or positions.
    const parts = Array.isArray(body) ? body : isRecord(body) ? Object.values(body) : [undefined];
    for (const part of parts) walk(part, 'either', uses);
  }
}

function walkPresence(body: Json, uses: PathUses): void {
  const attribute = member(body, 'attr');
  const left = toPath(member(body, 'left'));
  const segments = Array.isArray(attribute) ? attribute : [attribute];
  const [root] = left ?? [];
  if (left === undefined || root !== 'request') {
    throw unusable('uses has on a credential; every claim named is required, write alternatives as separate policies');
  }
  addUse(uses, [...left, ...segments.map(String)], 'value');
}

function checkLiteral(literal: Json): void {
  if (isRecord(literal) && (Object.hasOwn(literal, '__entity') || Object.hasOwn(literal, 'type'))) {
    throw unusable('names an entity; there are no entities to look at');
  }
}

/**
 * Collects what a policy reads and in which direction, and refuses policies that read anything but `context`.
 * A lower or upper bound may stand in for a value only where every use of that value is monotone to the safe side.
 */
export function collectPathUses(policy: PolicyJson): PathUses {
  const uses: PathUses = new Map();
  for (const clause of policy.conditions) {
    const favours = (clause.kind === 'when') === (policy.effect === 'permit');
    walk(clause.body, favours ? 'favours' : 'opposes', uses);
  }
  return uses;
}
