import { describe, expect, it } from '@jest/globals';
import type { Context } from 'koa';
import { checkQuery } from '../query.js';
import type { QueryTable } from '../query.js';

const TABLE: QueryTable = {
  'GET /rows': { limit: { kind: 'whole', from: 1, to: 200 }, state: { kind: 'one-of', values: ['open', 'over'] }, after: { kind: 'text' } },
};
const ask = (querystring: string, method = 'GET', path = '/rows'): string => {
  const read = checkQuery(
    {
      method,
      querystring,
      matched: [
        { methods: [], path: '/use' },
        { methods: ['HEAD', 'GET', 'POST'], path },
      ],
    } as unknown as Context,
    TABLE,
  );
  return read.ok ? 'ok' : read.refusal.detail;
};

describe('a query is held against what the route reads', () => {
  it.each(['', 'limit=1', 'limit=200', 'state=over&limit=2', 'after=1.o', `after=${'x'.repeat(2_048)}`])('takes %s', (query) => {
    expect(ask(query)).toBe('ok');
  });

  it.each([
    ['limit=0', 'limit: a whole number from 1 to 200'],
    ['limit=201', 'limit: a whole number from 1 to 200'],
    ['limit=9999', 'limit: a whole number from 1 to 200'],
    ['limit=1e2', 'limit: a whole number from 1 to 200'],
    ['limit=01', 'limit: a whole number from 1 to 200'],
    ['limit=-1', 'limit: a whole number from 1 to 200'],
    ['limit=1.5', 'limit: a whole number from 1 to 200'],
    ['limit=', 'limit: a whole number from 1 to 200'],
    ['limit', 'limit: a whole number from 1 to 200'],
    ['limit=9007199254740993', 'limit: a whole number from 1 to 200'],
    ['limit=5&limit=5', 'limit: given 2 times'],
    ['state=Open', 'state: one of open, over'],
    ['after=', 'after: 1 to 2048 characters'],
    [`after=${'x'.repeat(2_049)}`, 'after: 1 to 2048 characters'],
    ['zone=DK1', 'zone: not read here; this route reads limit, state, after'],
    ['Limit=5', 'Limit: not read here; this route reads limit, state, after'],
    ['limit[]=5', 'limit??: not read here; this route reads limit, state, after'],
    ['constructor=1', 'constructor: not read here; this route reads limit, state, after'],
    ['__proto__=1', '__proto__: not read here; this route reads limit, state, after'],
    [`${'n'.repeat(60)}=1`, `${'n'.repeat(40)}: not read here; this route reads limit, state, after`],
    ['=1', ': not read here; this route reads limit, state, after'],
  ])('refuses %s', (query, detail) => {
    expect(ask(query)).toBe(detail);
  });

  it('gives nothing to a route that declares nothing: another method, another path, a path of the prototype', () => {
    const nothing = 'limit: not read here; this route reads no query';
    expect([ask('limit=5', 'POST'), ask('limit=5', 'GET', '/other'), ask('limit=5', 'GET', 'toString')]).toEqual([
      nothing,
      nothing,
      nothing,
    ]);
    expect(ask('limit=5', 'HEAD')).toBe('ok');
  });
});
