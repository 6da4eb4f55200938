import { describe, expect, it } from '@jest/globals';
import { InputError } from '@gridpass/core';
import { parse } from './parse.js';

const REFUSED: readonly (readonly [string, string, string])[] = [
  ['an empty text', '', 'no permit policy'],
  ['only a forbid', '@id("a") forbid(principal, action, resource);', 'no permit policy'],
  ['broken text', '@id("a")\npermit(', 'policies of test:2:8: '],
  ['a policy without @id', 'permit(principal, action, resource) when { context.CustomerStatus.active };', '@id'],
  ['an @id that is a sentence', '@id("Not this!") permit(principal, action, resource) when { context.CustomerStatus.active };', '@id'],
  [
    'an @id used twice',
    '@id("a") permit(principal, action, resource) when { context.CustomerStatus.active }; @id("a") forbid(principal, action, resource) when { context.request.x == 1 };',
    'twice',
  ],
  ['a permit that reads no credential', '@id("a") permit(principal, action, resource) when { context.request.x == 1 };', 'anyone'],
  ['an unconditional permit', '@id("a") permit(principal, action, resource);', 'anyone'],
  ['an unknown credential type', '@id("a") permit(principal, action, resource) when { context.CustomerState.active };', 'CustomerState'],
  [
    'the principal read in a condition',
    '@id("a") permit(principal, action, resource) when { principal.admin && context.CustomerStatus.active };',
    'not context',
  ],
  [
    'the principal compared',
    '@id("a") permit(principal, action, resource) when { principal == Holder::"x" && context.CustomerStatus.active };',
    'only context',
  ],
  [
    'a resource attribute',
    '@id("a") permit(principal, action, resource) when { resource.x == 1 && context.CustomerStatus.active };',
    'not context',
  ],
  [
    'a principal in the scope',
    '@id("a") permit(principal == Holder::"x", action, resource) when { context.CustomerStatus.active };',
    'unconstrained',
  ],
  ['a template', '@id("a") permit(principal == ?principal, action, resource) when { context.CustomerStatus.active };', 'templates'],
  [
    'a whole credential read',
    '@id("a") permit(principal, action, resource) when { context.CustomerStatus == {active: true} };',
    'whole record',
  ],
  ['the whole context read', '@id("a") permit(principal, action, resource) when { context == {} };', 'whole record'],
  [
    'has on a credential',
    '@id("a") permit(principal, action, resource) when { context has CustomerStatus && context.CustomerStatus.active };',
    'has',
  ],
  ['has on a claim', '@id("a") permit(principal, action, resource) when { context.CustomerStatus has active };', 'has'],
  ['an entity literal', '@id("a") permit(principal, action, resource) when { context.CustomerStatus.active == Holder::"x" };', 'entity'],
  ['an entity test', '@id("a") permit(principal, action, resource) when { context.CustomerStatus.active is Holder };', 'entities'],
  ['a reserved name', '@id("a") permit(principal, action, resource) when { context.CustomerStatus.__entity == 1 };', 'reserved'],
  ['a name with a dot', '@id("a") permit(principal, action, resource) when { context.CustomerStatus["a.b"] == 1 };', 'reserved'],
  [
    'too few reasons',
    '@id("a") @denies("b") permit(principal, action, resource) when { context.CustomerStatus.active } when { context.request.x == 1 };',
    '@denies',
  ],
  [
    'a reason that is a sentence',
    '@id("a") @denies("B is bad") permit(principal, action, resource) when { context.CustomerStatus.active };',
    '@denies',
  ],
];

describe('parsePolicySet', () => {
  it.each(REFUSED)('refuses %s', (_name, cedar, message) => {
    expect(() => parse(cedar)).toThrow(InputError);
    expect(() => parse(cedar)).toThrow(message);
  });

  it('derives one alternative of needs per permit, with the claims of every forbid added', () => {
    const set = parse(`
      @id("b") permit(principal, action, resource) when { context.MarketPartyRole.roleCodes.contains("A12") && context.MarketPartyRole.party.scheme == "eic" };
      @id("a") permit(principal, action, resource) when { context.request.x <= context.DeviceOwnership.sharePpm } unless { context.CustomerStatus.active == false };
      @id("c") forbid(principal, action, resource) when { context.DeviceCommissioning.direction == "production" };`);
    expect(set.needs).toEqual([
      [
        { type: 'MarketPartyRole', claims: ['party', 'roleCodes'] },
        { type: 'DeviceCommissioning', claims: ['direction'] },
      ],
      [
        { type: 'CustomerStatus', claims: ['active'] },
        { type: 'DeviceCommissioning', claims: ['direction'] },
        { type: 'DeviceOwnership', claims: ['sharePpm'] },
      ],
    ]);
    expect(set.alternatives.map(({ id }) => id)).toEqual(['b', 'a']);
  });

  it('takes the hash of the text as it stands', () => {
    const cedar = '@id("a") permit(principal, action, resource) when { context.CustomerStatus.active };';
    expect(parse(cedar).hash).toBe(parse(cedar).hash);
    expect(parse(cedar).hash).not.toBe(parse(`${cedar} `).hash);
    expect(parse(cedar).hash).toMatch(/^[\w-]{43}$/);
  });

  it('knows for each path which bound may stand in for it', () => {
    const uses = (when: string, effect = 'permit', kind = 'when'): unknown => {
      const guard = effect === 'permit' ? '' : '@id("p") permit(principal, action, resource) when { context.CustomerStatus.active };';
      const set = parse(`${guard} @id("a") ${effect}(principal, action, resource) ${kind} { ${when} };`);
      return set.alternatives[0]?.facts.get('DeviceCommissioning.ratedActivePowerW');
    };
    const x = 'context.DeviceCommissioning.ratedActivePowerW';
    expect(uses(`${x} <= 5`)).toBe('le');
    expect(uses(`5 > ${x}`)).toBe('le');
    expect(uses(`${x} >= 5`)).toBe('ge');
    expect(uses(`5 < ${x} || ${x} >= 3`)).toBe('ge');
    expect(uses(`!(${x} <= 5)`)).toBe('ge');
    expect(uses(`${x} <= 5`, 'permit', 'unless')).toBe('ge');
    expect(uses(`${x} > 5`, 'forbid')).toBe('le');
    expect(uses(`${x} < 5`, 'forbid')).toBe('ge');
    expect(uses(`${x} <= 5 && ${x} >= 3`)).toBe('value');
    expect(uses(`${x} == 5`)).toBe('value');
    expect(uses(`${x} + 1 <= 5`)).toBe('value');
    expect(uses(`(${x} <= 5) == true`)).toBe('value');
    expect(uses(`if ${x} <= 5 then true else false`)).toBe('value');
  });
});
