import type { CedarValueJson, Context } from '@cedar-policy/cedar-wasm/nodejs';
import type { Fact, FactPath, FactValue, Instant, JsonObject, JsonValue } from '@gridpass/core';
import type { PathUse } from './expression.js';

/** What is asked of a channel. `resource` are the attributes of the thing asked for, read as `context.request.<name>`. */
export interface PolicyRequest {
  readonly principal: string;
  readonly action: string;
  readonly resource: JsonObject;
  /** The pipeline's only "now"; read as `context.request.at` (seconds) and, as a day of the market, `context.request.epochDay`. */
  readonly at: Instant;
}

/** All that is known of one path. */
interface Known {
  readonly value?: FactValue;
  readonly le?: number;
  readonly ge?: number;
}

export type FactTable = ReadonlyMap<FactPath, Known>;

/** Why no context could be made. */
export type ContextProblem = 'facts-missing' | 'facts-unusable';

const RESERVED = ['principal', 'action', 'at', 'epochDay'] as const;

/** Cedar's Long is an int64 and its JSON form takes JavaScript numbers: everything but safe integers would change on the way. */
function isCedarScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isSafeInteger(value);
}

function sameValue(left: FactValue, right: FactValue): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** Orders facts by path. Nothing when two facts contradict: two credentials of one type must not be mixed into one. */
export function toFactTable(facts: readonly Fact[]): FactTable | undefined {
  const table = new Map<FactPath, Known>();
  for (const fact of facts) {
    const known = table.get(fact.path) ?? {};
    if (fact.kind === 'value') {
      if (known.value !== undefined && !sameValue(known.value, fact.value)) return undefined;
      table.set(fact.path, { ...known, value: fact.value });
    } else if (fact.op === 'le') {
      table.set(fact.path, { ...known, le: Math.min(fact.bound, known.le ?? fact.bound) });
    } else {
      table.set(fact.path, { ...known, ge: Math.max(fact.bound, known.ge ?? fact.bound) });
    }
  }
  return table;
}

/** The value, or the bound that may stand in for it in this use. */
function standIn(known: Known | undefined, use: PathUse): FactValue | undefined {
  if (known?.value !== undefined) return known.value;
  return use === 'value' ? undefined : known?.[use];
}

function toCedarFact(value: FactValue): CedarValueJson | undefined {
  if (typeof value === 'object') {
    const items: CedarValueJson[] = [...value];
    return items.every(isCedarScalar) ? items : undefined;
  }
  return isCedarScalar(value) ? value : undefined;
}

function toCedarValue(value: JsonValue): CedarValueJson | undefined {
  if (isCedarScalar(value)) return value;
  if (value === null || typeof value === 'number') return undefined;
  if (isList(value)) {
    const items = value.map(toCedarValue);
    return items.every((item) => item !== undefined) ? items : undefined;
  }
  return toCedarRecord(value);
}

function isList(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function toCedarRecord(object: JsonObject): { [name: string]: CedarValueJson } | undefined {
  const entries: [string, CedarValueJson][] = [];
  for (const [name, value] of Object.entries(object)) {
    const cedar = toCedarValue(value);
    // `__entity` and `__extn` would make the engine read a foreign object as an entity or run a constructor on it.
    if (cedar === undefined || name.startsWith('__')) return undefined;
    entries.push([name, cedar]);
  }
  return Object.fromEntries(entries);
}

/** The record a policy reads: exactly the facts it names, nested by type and claim, and the request. */
export function toContext(
  table: FactTable,
  wanted: ReadonlyMap<FactPath, PathUse>,
  request: PolicyRequest,
  epochDay: number,
): Context | ContextProblem {
  const root: Record<string, CedarValueJson> = {};
  for (const [path, use] of wanted) {
    const value = standIn(table.get(path), use);
    if (value === undefined) return 'facts-missing';
    const cedar = toCedarFact(value);
    if (cedar === undefined || !place(root, path.split('.'), cedar)) return 'facts-unusable';
  }
  const attributes = toCedarRecord(request.resource);
  if (attributes === undefined || RESERVED.some((name) => Object.hasOwn(attributes, name))) return 'facts-unusable';
  root['request'] = {
    ...attributes,
    principal: request.principal,
    action: request.action,
    at: request.at,
    epochDay,
  };
  return root;
}

/** Sets a nested member; false where a scalar is in the way (`A.b` and `A.b.c` at once). */
function place(root: Record<string, CedarValueJson>, segments: readonly string[], value: CedarValueJson): boolean {
  let record = root;
  for (const segment of segments.slice(0, -1)) {
    if (!Object.hasOwn(record, segment)) record[segment] = {};
    const next = record[segment];
    if (typeof next !== 'object' || next === null || Array.isArray(next)) return false;
    record = next as Record<string, CedarValueJson>;
  }
  const last = segments.at(-1) ?? '';
  if (Object.hasOwn(record, last)) return false;
  record[last] = value;
  return true;
}
