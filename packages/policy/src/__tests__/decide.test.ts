import { describe, expect, it } from '@jest/globals';
import { instant } from '@gridpass/core';
import type { Fact, FactPath, FactValue, JsonObject } from '@gridpass/core';
import { toContext, toFactTable } from '../context.js';
import { decide } from '../index.js';
import { parse } from './parse.js';

const at = instant(1_795_392_000);
const value = (path: FactPath, claim: FactValue): Fact => ({ kind: 'value', path, value: claim });
const request = (resource: JsonObject = {}, action = 'trade') => ({ principal: 'did:key:z1', action, resource, at });

const power = parse(`@id("small") @denies("not-active, too-large") permit(principal, action, resource)
    when { context.CustomerStatus.active } when { context.DeviceCommissioning.ratedActivePowerW <= context.request.limitW };`);
const active = value('CustomerStatus.active', true);

describe('decide', () => {
  it('permits with the id of the policy that decided and the hash of the set', () => {
    const decision = decide({
      policySet: power,
      facts: [active, value('DeviceCommissioning.ratedActivePowerW', 10)],
      request: request({ limitW: 10 }),
    });
    expect(decision).toEqual({ effect: 'permit', reasons: ['small'], policyHash: power.hash });
  });

  it('denies with the reason of each clause that does not hold', () => {
    const decision = decide({
      policySet: power,
      facts: [value('CustomerStatus.active', false), value('DeviceCommissioning.ratedActivePowerW', 11)],
      request: request({ limitW: 10 }),
    });
    expect(decision).toMatchObject({ effect: 'deny', reasons: ['not-active', 'too-large'] });
  });

  it('denies when a fact is missing', () => {
    expect(decide({ policySet: power, facts: [active], request: request({ limitW: 10 }) })).toMatchObject({
      effect: 'deny',
      reasons: ['facts-missing'],
    });
    expect(decide({ policySet: power, facts: [], request: request({ limitW: 10 }) })).toMatchObject({
      effect: 'deny',
      reasons: ['facts-missing'],
    });
  });

  it('denies when a request attribute is missing, which is an error of evaluation', () => {
    expect(
      decide({ policySet: power, facts: [active, value('DeviceCommissioning.ratedActivePowerW', 1)], request: request() }),
    ).toMatchObject({ effect: 'deny', reasons: ['evaluation-error'] });
  });

  it('denies when two facts of one path differ', () => {
    const facts = [active, value('DeviceCommissioning.ratedActivePowerW', 99), value('DeviceCommissioning.ratedActivePowerW', 1)];
    expect(decide({ policySet: power, facts, request: request({ limitW: 10 }) })).toMatchObject({
      effect: 'deny',
      reasons: ['facts-conflict'],
    });
  });

  it.each([9_007_199_254_740_993, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e308])(
    'denies the number %p that an int64 cannot carry',
    (number) => {
      const facts = [active, value('DeviceCommissioning.ratedActivePowerW', number)];
      expect(decide({ policySet: power, facts, request: request({ limitW: 10 }) })).toMatchObject({
        effect: 'deny',
        reasons: ['facts-unusable'],
      });
      expect(
        decide({
          policySet: power,
          facts: [active, value('DeviceCommissioning.ratedActivePowerW', 1)],
          request: request({ limitW: number }),
        }).effect,
      ).toBe('deny');
    },
  );

  it.each([
    ['a reserved name', { limitW: 10, principal: 'did:key:other' }],
    ['an entity', { limitW: 10, thing: { __entity: { type: 'Holder', id: 'x' } } }],
    ['an extension call', { limitW: { __extn: { fn: 'decimal', arg: '1.0' } } }],
    ['null', { limitW: null }],
    ['a list with null', { limitW: 10, list: [null] }],
  ])('denies a request that carries %s', (_name, resource: JsonObject) => {
    const facts = [active, value('DeviceCommissioning.ratedActivePowerW', 1)];
    expect(decide({ policySet: power, facts, request: request(resource) })).toMatchObject({ effect: 'deny', reasons: ['facts-unusable'] });
  });

  it('takes a proven bound where every use is on its safe side, and only there', () => {
    const bound = (op: 'le' | 'ge', limit: number): Fact => ({
      kind: 'predicate',
      path: 'DeviceCommissioning.ratedActivePowerW',
      op,
      bound: limit,
    });
    const effect = (fact: Fact) => decide({ policySet: power, facts: [active, fact], request: request({ limitW: 10 }) });
    expect(effect(bound('le', 10))).toMatchObject({ effect: 'permit' });
    expect(effect(bound('le', 11))).toMatchObject({ effect: 'deny', reasons: ['too-large'] });
    expect(effect(bound('ge', 5))).toMatchObject({ effect: 'deny', reasons: ['facts-missing'] });
  });

  it.each([
    ['le', '<=', [9, 12], 10],
    ['le', '<=', [12, 9], 10],
    ['ge', '>=', [9, 12], 10],
    ['ge', '>=', [12, 9], 10],
  ] as const)('takes of several bounds proven by %s the one that says most', (op, operator, limits, limitW) => {
    const set = parse(`@id("a") permit(principal, action, resource)
      when { context.DeviceCommissioning.ratedActivePowerW ${operator} context.request.limitW };`);
    const facts = limits.map((bound): Fact => ({ kind: 'predicate', path: 'DeviceCommissioning.ratedActivePowerW', op, bound }));
    expect(decide({ policySet: set, facts, request: request({ limitW }) }).effect).toBe('permit');
  });

  it('makes no context of a claim that is a value and a group at once, in either order', () => {
    const table = toFactTable([value('CustomerStatus.active', true), value('CustomerStatus.active.since', 1)]);
    const wanted = ['CustomerStatus.active', 'CustomerStatus.active.since'] as const;
    for (const paths of [wanted, [...wanted].reverse()])
      expect(toContext(table!, new Map(paths.map((path) => [path, 'value'])), request(), 0)).toBe('facts-unusable');
  });

  it('lets a forbid override and names it', () => {
    const set = parse(
      '@id("p") permit(principal, action, resource) when { context.CustomerStatus.active }; @id("closed") forbid(principal, action, resource) when { context.request.closed };',
    );
    expect(decide({ policySet: set, facts: [active], request: request({ closed: true }) })).toMatchObject({
      effect: 'deny',
      reasons: ['closed'],
    });
    expect(decide({ policySet: set, facts: [active], request: request({ closed: false }) })).toMatchObject({
      effect: 'permit',
      reasons: ['p'],
    });
  });

  it('denies everything when a forbid cannot be evaluated', () => {
    const set = parse(
      '@id("p") permit(principal, action, resource) when { context.CustomerStatus.active }; @id("f") forbid(principal, action, resource) when { context.request.closed };',
    );
    expect(decide({ policySet: set, facts: [active], request: request() })).toMatchObject({
      effect: 'deny',
      reasons: ['evaluation-error'],
    });
  });

  it('permits by one alternative while the facts of the other are missing', () => {
    const set = parse(
      '@id("h") permit(principal, action, resource) when { context.CustomerStatus.active }; @id("o") @denies("no-trader") permit(principal, action, resource) when { context.MarketPartyRole.roleCodes.contains("A47") };',
    );
    expect(decide({ policySet: set, facts: [active], request: request() })).toMatchObject({ effect: 'permit', reasons: ['h'] });
    expect(decide({ policySet: set, facts: [value('MarketPartyRole.roleCodes', ['A12'])], request: request() })).toMatchObject({
      effect: 'deny',
      reasons: ['no-trader'],
    });
    expect(decide({ policySet: set, facts: [active, value('MarketPartyRole.roleCodes', ['A47'])], request: request() })).toMatchObject({
      effect: 'permit',
      reasons: ['h', 'o'],
    });
  });

  it('denies an action the policy is not about', () => {
    const set = parse('@id("p") permit(principal, action == Action::"trade", resource) when { context.CustomerStatus.active };');
    expect(decide({ policySet: set, facts: [active], request: request() }).effect).toBe('permit');
    expect(decide({ policySet: set, facts: [active], request: request({}, 'withdraw') })).toMatchObject({
      effect: 'deny',
      reasons: ['action-not-permitted'],
    });
  });

  it('offers the presenting DID, the time and the day of the request to policies', () => {
    const set = parse(
      '@id("p") permit(principal, action, resource) when { context.DeviceCommissioning.deviceDid == context.request.principal && context.request.epochDay == 20780 && context.request.at == 1795392000 };',
    );
    expect(decide({ policySet: set, facts: [value('DeviceCommissioning.deviceDid', 'did:key:z1')], request: request() }).effect).toBe(
      'permit',
    );
    expect(decide({ policySet: set, facts: [value('DeviceCommissioning.deviceDid', 'did:key:z2')], request: request() }).effect).toBe(
      'deny',
    );
  });

  it('reads nested claims', () => {
    const set = parse(
      '@id("p") permit(principal, action, resource) when { context.MarketPartyRole.party.scheme == "eic" && context.MarketPartyRole.party.value like "10X*" };',
    );
    expect(
      decide({
        policySet: set,
        facts: [value('MarketPartyRole.party.scheme', 'eic'), value('MarketPartyRole.party.value', '10X1')],
        request: request(),
      }).effect,
    ).toBe('permit');
  });

  it('keeps deciding after very many other sets were parsed', () => {
    for (let index = 0; index < 300; index += 1)
      parse(`@id("p${index}") permit(principal, action, resource) when { context.CustomerStatus.active };`);
    expect(
      decide({ policySet: power, facts: [active, value('DeviceCommissioning.ratedActivePowerW', 10)], request: request({ limitW: 10 }) })
        .effect,
    ).toBe('permit');
  });
});
