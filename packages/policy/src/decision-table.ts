import { CREDENTIAL_TYPES, InputError, instant } from '@gridpass/core';
import type { Fact, FactPath, FactValue, JsonObject, JsonValue } from '@gridpass/core';
import { isJsonObject } from '@gridpass/codec';
import type { PolicyRequest } from './context.js';
import { decide } from './decide.js';
import type { PolicySet } from './policy-set.js';

/** One row: facts and request, and the verdict that is right for them. */
export interface DecisionRow {
  readonly id: string;
  readonly comment: string;
  readonly facts: readonly Fact[];
  readonly request: PolicyRequest;
  readonly expect: { readonly effect: 'permit' | 'deny'; readonly reasons: readonly string[] };
}

/** Decisions that a policy must give, in the form of `test/decisions/decisions.schema.json`. */
export interface DecisionTable {
  readonly channel: string;
  /** The policy file, as the table names it. */
  readonly policy: string;
  /** Where the days of the table are kept; that of the European market unless it says. */
  readonly timeZone?: string;
  readonly rows: readonly DecisionRow[];
}

/** A row that came out otherwise. */
export interface RowDifference {
  readonly row: DecisionRow;
  readonly got: DecisionRow['expect'];
}

/** Decides each row; what is given back are the rows whose verdict or reasons, in their order, are not those expected. */
export function runDecisionTable(table: DecisionTable, policySet: PolicySet): readonly RowDifference[] {
  return table.rows.flatMap((row) => {
    const { effect, reasons } = decide({ policySet, facts: row.facts, request: row.request });
    const same = effect === row.expect.effect && JSON.stringify(reasons) === JSON.stringify(row.expect.reasons);
    return same ? [] : [{ row, got: { effect, reasons } }];
  });
}

/** Reads a table; throws InputError CONFIG_INVALID naming the member that is wrong. A row that names unknown facts is an error. */
export function parseDecisionTable(json: JsonValue): DecisionTable {
  const table = objectAt(json, 'the table');
  const sets = objectAt(table['facts'], 'facts');
  const request = objectAt(table['request'], 'request');
  const cases = listAt(table['cases'], 'cases');
  if (cases.length === 0) throw wrong('cases: a table without rows tries nothing');
  const rows = cases.map((row, index) => toRow(objectAt(row, `cases[${index}]`), sets, request, `cases[${index}]`));
  const seen = new Set<string>();
  for (const { id } of rows) {
    if (seen.has(id)) throw wrong(`cases: ${id} is there twice`);
    seen.add(id);
  }
  const timeZone = table['timeZone'];
  return {
    channel: textAt(table['channel'], 'channel'),
    policy: textAt(table['policy'], 'policy'),
    rows,
    ...(timeZone === undefined ? {} : { timeZone: textAt(timeZone, 'timeZone') }),
  };
}

const MEMBERS = ['id', 'comment', 'facts', 'with', 'without', 'predicates', 'resource', 'principal', 'action', 'at', 'expect'];

function toRow(given: JsonObject, sets: JsonObject, request: JsonObject, where: string): DecisionRow {
  const unknown = Object.keys(given).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) throw wrong(`${where}.${unknown}: unknown member`);
  const values: Record<string, JsonValue> = {};
  for (const name of listAt(given['facts'], `${where}.facts`).map((item) => textAt(item, `${where}.facts`))) {
    if (!Object.hasOwn(sets, name)) throw wrong(`${where}.facts: there is no set ${name}`);
    Object.assign(values, objectAt(sets[name], `facts.${name}`));
  }
  Object.assign(values, objectAt(given['with'] ?? {}, `${where}.with`));
  const without = listAt(given['without'] ?? [], `${where}.without`).map((path) => textAt(path, `${where}.without`));
  const disclosed = Object.entries(values).filter(([path]) => !without.includes(path));
  const predicates = listAt(given['predicates'] ?? [], `${where}.predicates`);
  const expect = objectAt(given['expect'], `${where}.expect`);
  const effect = expect['effect'];
  if (effect !== 'permit' && effect !== 'deny') throw wrong(`${where}.expect.effect: permit or deny`);
  return {
    id: textAt(given['id'], `${where}.id`),
    comment: textAt(given['comment'], `${where}.comment`),
    facts: [
      ...disclosed.map(([path, value]): Fact => ({
        kind: 'value',
        path: factPath(path, where),
        value: factValue(value, `${where} ${path}`),
      })),
      ...predicates.map((predicate) => toPredicate(objectAt(predicate, `${where}.predicates`), where)),
    ],
    request: toRequest(given, request, where),
    expect: {
      effect,
      reasons: listAt(expect['reasons'], `${where}.expect.reasons`).map((reason) => textAt(reason, `${where}.expect.reasons`)),
    },
  };
}

/** Attributes of a row replace those of the table; null takes one away. */
function toRequest(given: JsonObject, request: JsonObject, where: string): PolicyRequest {
  const resource = { ...objectAt(request['resource'], 'request.resource'), ...objectAt(given['resource'] ?? {}, `${where}.resource`) };
  return {
    principal: textAt(given['principal'] ?? request['principal'], `${where}.principal`),
    action: textAt(given['action'] ?? request['action'], `${where}.action`),
    at: instant(numberAt(given['at'] ?? request['at'], `${where}.at`)),
    resource: Object.fromEntries(Object.entries(resource).filter(([, value]) => value !== null)),
  };
}

function toPredicate(predicate: JsonObject, where: string): Fact {
  const op = predicate['op'];
  if (op !== 'le' && op !== 'ge') throw wrong(`${where}.predicates.op: le or ge`);
  const path = factPath(textAt(predicate['path'], `${where}.predicates.path`), where);
  return { kind: 'predicate', path, op, bound: numberAt(predicate['bound'], `${where}.predicates.bound`) };
}

function factPath(path: string, where: string): FactPath {
  const [root = '', ...claim] = path.split('.');
  const type = CREDENTIAL_TYPES.find((known) => known === root);
  if (type === undefined || claim.join('.') === '') throw wrong(`${where}: ${path} is no <CredentialType>.<claim>`);
  return `${type}.${claim.join('.')}`;
}

function factValue(value: JsonValue, where: string): FactValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  const items: readonly JsonValue[] = Array.isArray(value) ? value : [null];
  if (items.every((item) => typeof item === 'string')) return items;
  if (items.every((item) => typeof item === 'number')) return items;
  throw wrong(`${where}: a scalar, or a list of texts or of numbers`);
}

function objectAt(value: JsonValue | undefined, where: string): JsonObject {
  if (value === undefined || !isJsonObject(value)) throw wrong(`${where}: an object`);
  return value;
}

function listAt(value: JsonValue | undefined, where: string): readonly JsonValue[] {
  if (!Array.isArray(value)) throw wrong(`${where}: a list`);
  return value as readonly JsonValue[];
}

function textAt(value: JsonValue | undefined, where: string): string {
  if (typeof value !== 'string') throw wrong(`${where}: a text`);
  return value;
}

function numberAt(value: JsonValue | undefined, where: string): number {
  if (typeof value !== 'number') throw wrong(`${where}: a number`);
  return value;
}

function wrong(message: string): InputError {
  return new InputError('CONFIG_INVALID', message);
}
