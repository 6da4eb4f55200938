import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CREDENTIAL_TYPES, EUROPEAN_MARKET_TIME_ZONE, marketCalendar } from '@gridpass/core';
import type { JsonValue } from '@gridpass/core';
import { decide, parseDecisionTable, parsePolicySet } from '@gridpass/policy';
import { createClaimShapes } from '@gridpass/schema';

interface Table {
  readonly channel: string;
  readonly policy: string;
  readonly needs: readonly Readonly<Record<string, readonly string[]>>[];
}

const root = join(import.meta.dirname, '../..');
const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.json') && !file.endsWith('.schema.json'));
const { default: Ajv } = createRequire(join(root, 'packages/schema/package.json'))('ajv/dist/2020.js');
const fits = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(readJson(join(import.meta.dirname, 'decisions.schema.json')));

const claims = createClaimShapes();
const calendar = marketCalendar(EUROPEAN_MARKET_TIME_ZONE);

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

  const rows = parseDecisionTable(readJson(join(import.meta.dirname, file)) as JsonValue).rows;

  it('tries every reason of the policy', () => {
    const tried = new Set(rows.flatMap(({ expect: { reasons } }) => reasons));
    const possible = policySet.alternatives.flatMap(({ id, clauseReasons }) => [id, ...clauseReasons]);
    expect(possible.filter((reason) => !tried.has(reason))).toEqual([]);
  });

  it.each(rows.map((row) => [row.id, row.comment, row] as const))('%s: %s', (_id, _comment, row) => {
    const { effect, reasons } = decide({ policySet, ...row });
    expect({ effect, reasons }).toEqual(row.expect);
  });

  it('gives the same verdict whatever the order of the facts', () => {
    for (const row of rows) expect(decide({ policySet, facts: [...row.facts].reverse(), request: row.request })).toMatchObject(row.expect);
  });
});
