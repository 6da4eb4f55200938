import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instant } from '@gridpass/core';
import type { Fact } from '@gridpass/core';
import { decide } from '../index.js';
import { parse } from './parse.js';

const x = 'context.DeviceCommissioning.reactiveMinVar';
const at = instant(1_795_392_000);
const small = fc.integer({ min: -20, max: 20 });
const comparison = fc
  .tuple(fc.constantFrom('<', '<=', '>', '>='), small, fc.boolean())
  .map(([op, bound, turned]) => (turned ? `${bound} ${op} ${x}` : `${x} ${op} ${bound}`));
const condition = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3 },
    comparison,
    fc.tuple(tie('expression'), fc.constantFrom('&&', '||'), tie('expression')).map(([left, op, right]) => `(${left} ${op} ${right})`),
    tie('expression').map((inner) => `!(${inner})`),
  ),
})).expression;

describe('decide, for any condition', () => {
  it('never permits on a proven bound what it would deny for some value within the bound', () => {
    fc.assert(
      fc.property(
        condition,
        fc.constantFrom('when', 'unless'),
        fc.constantFrom<'le' | 'ge'>('le', 'ge'),
        small,
        fc.nat(20),
        (when, kind, op, bound, distance) => {
          const policySet = parse(`@id("p") permit(principal, action, resource) ${kind} { ${when} };`);
          const effectOf = (fact: Fact) =>
            decide({ policySet, facts: [fact], request: { principal: 'did:key:z1', action: 'trade', resource: {}, at } }).effect;
          const proven = effectOf({ kind: 'predicate', path: 'DeviceCommissioning.reactiveMinVar', op, bound });
          const inside = effectOf({
            kind: 'value',
            path: 'DeviceCommissioning.reactiveMinVar',
            value: op === 'le' ? bound - distance : bound + distance,
          });
          expect(proven === 'permit' && inside === 'deny').toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never turns a deny into a permit by adding a forbid', () => {
    fc.assert(
      fc.property(condition, condition, small, (when, forbidden, claim) => {
        const permit = `@id("p") permit(principal, action, resource) when { ${when} };`;
        const facts: readonly Fact[] = [{ kind: 'value', path: 'DeviceCommissioning.reactiveMinVar', value: claim }];
        const effectOf = (cedar: string) =>
          decide({
            policySet: parse(cedar),
            facts,
            request: { principal: 'did:key:z1', action: 'trade', resource: {}, at },
          }).effect;
        const without = effectOf(permit);
        const withForbid = effectOf(`${permit} @id("f") forbid(principal, action, resource) when { ${forbidden} };`);
        expect(without === 'deny' && withForbid === 'permit').toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});
