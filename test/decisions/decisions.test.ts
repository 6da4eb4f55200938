import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CREDENTIAL_TYPES, EUROPEAN_MARKET_TIME_ZONE, instant, marketCalendar } from '@gridpass/core';
import type { Fact, FactPath, FactValue, JsonObject, JsonValue } from '@gridpass/core';
import { decide, parsePolicySet } from '@gridpass/policy';
import { createClaimShapes } from '@gridpass/schema';

interface Case {
  readonly id: string;
  readonly comment: string;
  readonly facts: readonly string[];
  readonly with?: Readonly<Record<FactPath, FactValue>>;
  readonly without?: readonly string[];
  readonly predicates?: readonly { readonly path: FactPath; readonly op: 'le' | 'ge'; readonly bound: number }[];
  readonly resource?: Readonly<Record<string, JsonValue>>;
  readonly principal?: string;
  readonly action?: string;
  readonly at?: number;
  readonly expect: { readonly effect: 'permit' | 'deny'; readonly reasons: readonly string[] };
}

interface Table {
  readonly channel: string;
  readonly policy: string;
  readonly needs: readonly Readonly<Record<string, readonly string[]>>[];
  readonly facts: Readonly<Record<string, Readonly<Record<FactPath, FactValue>>>>;
  readonly request: { readonly principal: string; readonly action: string; readonly at: number; readonly resource: JsonObject };
  readonly cases: readonly Case[];
}

const root = join(import.meta.dirname, '../..');
const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.json') && !file.endsWith('.schema.json'));
const { default: Ajv } = createRequire(join(root, 'packages/schema/package.json'))('ajv/dist/2020.js');
const fits = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(readJson(join(import.meta.dirname, 'decisions.schema.json')));

const claims = createClaimShapes();
const calendar = marketCalendar(EUROPEAN_MARKET_TIME_ZONE);

function factsOf(table: Table, given: Case): readonly Fact[] {
  const values = { ...Object.assign({}, ...given.facts.map((name) => table.facts[name] ?? {})), ...given.with } as Record<
    FactPath,
    FactValue
  >;
  const disclosed = Object.entries(values).filter(([path]) => given.without?.includes(path) !== true);
  return [
    ...disclosed.map(([path, value]): Fact => ({ kind: 'value', path: path as FactPath, value })),
    ...(given.predicates ?? []).map((predicate): Fact => ({ kind: 'predicate', ...predicate })),
  ];
}

function requestOf({ request }: Table, given: Case) {
  const resource = Object.fromEntries(Object.entries({ ...request.resource, ...given.resource }).filter(([, value]) => value !== null));
  return {
    principal: given.principal ?? request.principal,
    action: given.action ?? request.action,
    at: instant(given.at ?? request.at),
    resource,
  };
}

describe('the tables of decisions', () => {
  it('leave out no policy of any program', () => {
    const policies = readdirSync(join(root, 'agents'))
      .map((agent) => `agents/${agent}/policies`)
      .filter((path) => existsSync(join(root, path)))
      .flatMap((path) => readdirSync(join(root, path)).map((file) => `${path}/${file}`));
    expect(files.map((file) => (readJson(join(import.meta.dirname, file)) as Table).policy).sort()).toEqual(policies.sort());
  });

  it.each(files)('%s has the form of a table', (file) => {
    expect({ fits: fits(readJson(join(import.meta.dirname, file))), errors: fits.errors }).toEqual({ fits: true, errors: null });
  });
});

describe.each(files)('%s', (file) => {
  const table = readJson(join(import.meta.dirname, file)) as Table;
  const policySet = parsePolicySet({
    channel: table.channel,
    cedar: readFileSync(join(root, table.policy), 'utf8'),
    file: table.policy,
    claims,
    request: 'read-off-the-policies',
    calendar,
  });

  it('asks for exactly what the policy reads', () => {
    const shape = (needs: typeof table.needs) =>
      needs.map((option) =>
        Object.entries(option)
          .map(([type, claims]) => `${type}: ${[...claims].sort().join(' ')}`)
          .sort(),
      );
    const derived = policySet.needs.map((option) => Object.fromEntries(option.map(({ type, claims }) => [type, claims])));
    expect(shape(derived)).toEqual(shape(table.needs));
    for (const option of policySet.needs) for (const { type } of option) expect(CREDENTIAL_TYPES).toContain(type);
  });

  it('names each case once and tries every reason of the policy', () => {
    expect(new Set(table.cases.map(({ id }) => id)).size).toBe(table.cases.length);
    const tried = new Set(table.cases.flatMap(({ expect: { reasons } }) => reasons));
    const possible = policySet.alternatives.flatMap(({ id, clauseReasons }) => [id, ...clauseReasons]);
    expect(possible.filter((reason) => !tried.has(reason))).toEqual([]);
  });

  it.each(table.cases.map((given) => [given.id, given.comment, given] as const))('%s: %s', (_id, _comment, given) => {
    const { effect, reasons } = decide({ policySet, facts: factsOf(table, given), request: requestOf(table, given) });
    expect({ effect, reasons }).toEqual(given.expect);
  });

  it('gives the same verdict whatever the order of the facts', () => {
    for (const given of table.cases) {
      const facts = [...factsOf(table, given)].reverse();
      expect(decide({ policySet, facts, request: requestOf(table, given) })).toMatchObject(given.expect);
    }
  });
});
