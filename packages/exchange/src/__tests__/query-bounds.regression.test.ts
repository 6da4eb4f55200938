import { describe, expect, it } from '@jest/globals';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { checkRequestable, parseDcqlQuery } from '../index.js';
import type { CredentialsQuery } from '../dcql.js';

const VCT = 'urn:gridpass:CustomerStatus:1';
const times = <T>(count: number, make: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, index) => make(index));
const ids = (count: number): readonly string[] => times(count, (index) => `c${String(index)}`);
const claims = (count: number): readonly JsonObject[] => ids(count).map((id) => ({ id, path: [id] }));
const credential = (more: JsonObject = {}, id = 'a'): JsonObject => ({ id, format: 'dc+sd-jwt', meta: { vct_values: [VCT] }, ...more });
const one = (more: JsonObject): JsonObject => ({ credentials: [credential(more)] });
const many = (count: number, make: (index: number) => JsonObject = () => ({})): readonly JsonObject[] =>
  times(count, (index) => credential(make(index), `q${String(index)}`));
const withSets = (sets: JsonValue): JsonObject => ({ credentials: many(64), credential_sets: sets });
const repeated = (count: number): readonly string[] => times(count, () => 'q0');
const nested = (levels: number): JsonValue => times(levels, () => 0).reduce<JsonValue>((inner) => [inner], 'end');

/** Each bound: the query of that size, what the refusal calls it, and the bound. */
const BOUNDS: readonly (readonly [string, number, (size: number) => JsonObject])[] = [
  ['.credentials', 64, (size) => ({ credentials: many(size) })],
  ['.credentials[0].meta.vct_values', 16, (size) => one({ meta: { vct_values: times(size, () => VCT) } })],
  ['.credentials[0].claims', 128, (size) => one({ claims: claims(size) })],
  ['.credentials[0].claims[0].path', 16, (size) => one({ claims: [{ path: ids(size) }] })],
  ['.credentials[0].claims[0].values', 128, (size) => one({ claims: [{ path: ['a'], values: ids(size) }] })],
  ['.credentials[0].claim_sets', 64, (size) => one({ claims: claims(1), claim_sets: times(size, () => ['c0']) })],
  ['.credentials[0].claim_sets[1]', 128, (size) => one({ claims: claims(1), claim_sets: [['c0'], times(size, () => 'c0')] })],
  ['.credentials[0].trusted_authorities', 32, (size) => one({ trusted_authorities: times(size, () => ({ type: 'aki', values: ['c0'] })) })],
  ['.credentials[0].trusted_authorities.values', 128, (size) => one({ trusted_authorities: [{ type: 'aki', values: ids(size) }] })],
  ['.credential_sets', 64, (size) => withSets(times(size, () => ({ options: [['q0']] })))],
  ['.credential_sets[0].options', 64, (size) => withSets([{ options: times(size, () => ['q0']) }])],
  ['.credential_sets[0].options[0]', 128, (size) => withSets([{ options: [repeated(size)] }])],
  [', a text', 1_024, (size) => one({ claims: [{ path: ['x'.repeat(size)] }] })],
  [', a name', 1_024, (size) => one({ extra: { ['x'.repeat(size)]: 1 } })],
  // The credential's member is on the fourth level.
  [', nesting', 8, (size) => one({ extra: nested(size - 3) })],
  // Nine values besides: query, list, credential, id, format, meta, list, type and the member's list.
  [', all values', 16_384, (size) => one({ extra: times(size - 9, () => 0) })],
];

const TOTALS: readonly (readonly [string, (size: number) => JsonObject])[] = [
  [
    '.credentials[8].claims',
    (size) => ({ credentials: [...many(8, () => ({ claims: claims(127) })), credential({ claims: claims(size - 8 * 127) })] }),
  ],
  [
    '.credentials[0].claims[8].values',
    (size) => one({ claims: times(9, (index) => ({ path: ['a'], values: ids(index < 8 ? 127 : size - 8 * 127) })) }),
  ],
  [
    '.credentials[0].claim_sets[8]',
    (size) => one({ claims: claims(1), claim_sets: times(9, (index) => times(index < 8 ? 127 : size - 8 * 127, () => 'c0')) }),
  ],
  ['.credential_sets[0].options[8]', (size) => withSets([{ options: times(9, (index) => repeated(index < 8 ? 127 : size - 8 * 127)) }])],
];

describe('a query is bounded before it is solved', () => {
  it.each(BOUNDS)('dcql_query%s: %i are read, one more is refused with the field', (field, most, make) => {
    expect(parseDcqlQuery(make(most)).refusal?.detail ?? 'read').toBe('read');
    const { refusal } = parseDcqlQuery(make(most + 1));
    expect(refusal).toMatchObject({
      code: 'REQUEST_MALFORMED',
      detail: `dcql_query${field}: ${String(most + 1)}, at most ${String(most)}`,
    });
  });

  it.each(TOTALS)('dcql_query%s: 1024 over the whole query are read, one more is refused', (field, make) => {
    expect(parseDcqlQuery(make(1_024)).refusal?.detail ?? 'read').toBe('read');
    expect(parseDcqlQuery(make(1_025)).refusal?.detail).toBe(`dcql_query${field}, with all before it: 1025, at most 1024`);
  });

  it('counts before the library judges the form', () => {
    const malformed = { credentials: [{ claim_sets: times(65, () => 1) }] };
    expect(parseDcqlQuery(malformed).refusal?.detail).toBe('dcql_query.credentials[0].claim_sets: 65, at most 64');
    const deep = { credentials: nested(20_000) };
    expect(parseDcqlQuery(deep).refusal?.detail).toBe('dcql_query, nesting: 9, at most 8');
  });

  it('leaves what is of another form to the judge of forms', () => {
    for (const odd of [{ credentials: 1 }, { credentials: [1] }, one({ meta: 1 }), one({ claims: [1] }), withSets([1]), withSets([{}])])
      expect(parseDcqlQuery(odd).refusal?.detail).toMatch(/not of the form/);
  });
});

describe('a query that names no type', () => {
  const query = (vctValues: readonly string[]): CredentialsQuery => ({
    credentials: [{ id: 'a', format: 'dc+sd-jwt', vctValues, claims: [], claimSets: [], answerable: true }],
    sets: [],
    json: {},
  });
  const registered = [{ type: 'CustomerStatus', claims: [] }];

  it('asks for anything, and is refused whatever its verifier is registered for', () => {
    expect(checkRequestable(query([VCT]), registered).ok).toBe(true);
    for (const registration of [registered, [], undefined]) {
      expect(checkRequestable(query([]), registration).refusal).toMatchObject({
        code: 'REQUEST_NOT_TRUSTED',
        detail: 'a: asks for no particular type',
      });
    }
  });

  it('is refused beside one that names its type, in either place', () => {
    const [named, unnamed] = [query([VCT]).credentials, query([]).credentials];
    for (const credentials of [
      [...named, ...unnamed],
      [...unnamed, ...named],
    ])
      expect(checkRequestable({ ...query([]), credentials }, registered).refusal?.code).toBe('REQUEST_NOT_TRUSTED');
  });

  it.each([
    ['another type beside a registered one', [VCT, 'urn:gridpass:MeteringPointEntitlement:1']],
    ['an empty name', ['']],
    ['the name of a kind', ['CustomerStatus']],
  ])('is no better by %s', (_name, vctValues) => {
    expect(checkRequestable(query(vctValues), registered).refusal?.code).toBe('REQUEST_NOT_TRUSTED');
  });
});
