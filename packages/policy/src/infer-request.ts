import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { ClaimKind, ClaimShape } from '@gridpass/core';
import { isRecord, member, toPath } from './expression.js';
import type { Json } from './expression.js';
import { REQUEST_ENVELOPE } from './vocabulary.js';
import type { RequestAttribute, RequestShape } from './vocabulary.js';

const NUMERIC = new Set(['<', '<=', '>', '>=', '+', '-', '*', 'neg']);
const EQUAL = new Set(['==', '!=']);
const SETS = new Set(['containsAny', 'containsAll']);
const BOOLEAN = new Set(['&&', '||', '!']);
const LIST_OF: Partial<Record<ClaimKind, ClaimKind>> = { text: 'texts', number: 'numbers' };
const ITEM_OF: Partial<Record<ClaimKind, ClaimKind>> = { texts: 'text', numbers: 'number' };

interface Known {
  kind: ClaimKind | undefined;
  optional: boolean;
}

/**
 * What a request must look like for these policies to be evaluated, where no program has said what it asks: each attribute
 * gets the type of its first use, and the validator then tells where another use contradicts. Names cannot be wrong this way.
 */
export function inferRequest(policies: readonly PolicyJson[], shapeOf: (path: readonly string[]) => ClaimShape | undefined): RequestShape {
  const found = new Map<string, Known>();
  const actions = new Set<string>(['use']);
  for (const policy of policies) {
    for (const { body } of policy.conditions) visit(body, 'flag', found, shapeOf);
    for (const action of actionsOf(policy)) actions.add(action);
  }
  const attributes = [...found].map(([name, { kind, optional }]): [string, RequestAttribute] => [
    name,
    { kind: groupOf(name, found) ?? kind ?? 'text', ...(optional ? { optional } : {}) },
  ]);
  return { actions: [...actions], attributes: { ...parentsOf(found), ...Object.fromEntries(attributes) } };
}

/** Actions that policies name in their scope. */
function actionsOf({ action }: PolicyJson): readonly string[] {
  const entities: readonly Json[] = action.op === '==' ? [member(action, 'entity')] : [];
  const several = member(action, 'entities') ?? member(action, 'entity');
  const all: readonly Json[] = Array.isArray(several) ? (several as readonly Json[]) : action.op === 'in' ? [several] : entities;
  return all.flatMap((entity) =>
    member(entity, 'type') === 'Action' && typeof member(entity, 'id') === 'string' ? [String(member(entity, 'id'))] : [],
  );
}

function groupOf(name: string, found: ReadonlyMap<string, Known>): 'group' | undefined {
  return [...found.keys()].some((other) => other.startsWith(`${name}.`)) ? 'group' : undefined;
}

function parentsOf(found: ReadonlyMap<string, Known>): Readonly<Record<string, RequestAttribute>> {
  const parents = [...found.keys()].flatMap((path) => path.split('.').map((_segment, index, all) => all.slice(0, index).join('.')));
  return Object.fromEntries(parents.filter((path) => path !== '').map((path) => [path, { kind: 'group' as const }]));
}

/** Looks for attributes of the request; `wanted` is the type that the place of an expression asks for. */
function visit(
  json: Json,
  wanted: ClaimKind | undefined,
  found: Map<string, Known>,
  shapeOf: (path: readonly string[]) => ClaimShape | undefined,
): void {
  const path = toPath(json);
  if (path !== undefined) return note(path, wanted, false, found);
  const [[operator, body] = ['', undefined]] = isRecord(json) ? Object.entries(json) : [];
  const go = (part: Json, kind: ClaimKind | undefined): void => visit(part, kind, found, shapeOf);
  const [left, right] = [member(body, 'left'), member(body, 'right')];
  const kindOf = (part: Json): ClaimKind | undefined => kindOfOperand(part, found, shapeOf);
  if (operator === 'has') return noteHas(body, found);
  if (EQUAL.has(operator) || SETS.has(operator)) {
    go(left, kindOf(right));
    return go(right, kindOf(left));
  }
  if (operator === 'contains') {
    const item = kindOf(right);
    go(left, item === undefined ? undefined : LIST_OF[item]);
    const list = kindOf(left);
    return go(right, list === undefined ? undefined : ITEM_OF[list]);
  }
  if (operator === 'like') return go(left, 'text');
  if (operator === 'if-then-else') {
    go(member(body, 'if'), 'flag');
    go(member(body, 'then'), wanted);
    return go(member(body, 'else'), wanted);
  }
  const below = NUMERIC.has(operator) ? 'number' : BOOLEAN.has(operator) ? 'flag' : undefined;
  for (const part of partsOf(body)) go(part, below);
}

function partsOf(body: Json): readonly Json[] {
  const parts: readonly Json[] = Array.isArray(body) ? (body as readonly Json[]) : isRecord(body) ? Object.values(body) : [];
  return parts.filter(isRecord);
}

function note(path: readonly string[], kind: ClaimKind | undefined, optional: boolean, found: Map<string, Known>): void {
  const [root = '', ...rest] = path;
  const name = rest.join('.');
  if (root !== 'request' || name === '' || Object.hasOwn(REQUEST_ENVELOPE, name)) return;
  const known = found.get(name) ?? { kind: undefined, optional: false };
  found.set(name, { kind: known.kind ?? kind, optional: known.optional || optional });
}

function noteHas(body: Json, found: Map<string, Known>): void {
  const attribute = member(body, 'attr');
  const left = toPath(member(body, 'left'));
  if (left === undefined) return;
  const segments = Array.isArray(attribute) ? attribute.map(String) : [String(attribute)];
  note([...left, ...segments], undefined, true, found);
}

function kindOfOperand(
  json: Json,
  found: ReadonlyMap<string, Known>,
  shapeOf: (path: readonly string[]) => ClaimShape | undefined,
): ClaimKind | undefined {
  const path = toPath(json);
  if (path !== undefined) return shapeOf(path)?.kind ?? found.get(path.slice(1).join('.'))?.kind;
  const value = member(json, 'Value');
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'flag';
  const items = member(json, 'Set');
  if (!Array.isArray(items)) return NUMERIC.has(Object.keys(isRecord(json) ? json : {})[0] ?? '') ? 'number' : undefined;
  const item = kindOfOperand((items as readonly Json[])[0], found, shapeOf);
  return item === undefined ? undefined : LIST_OF[item];
}
