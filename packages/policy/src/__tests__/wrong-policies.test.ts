import { describe, expect, it } from '@jest/globals';
import { parse } from './parse.js';
import type { RequestShape } from '../index.js';

const ORDER: RequestShape = {
  actions: ['place', 'list'],
  attributes: {
    zone: { kind: 'text', unit: 'areaEic' },
    orderWh: { kind: 'number', unit: 'wattHours' },
    note: { kind: 'text', optional: true },
  },
};
const policy = (condition: string): string => `// größer\n@id("a")\npermit (principal, action, resource)\nwhen { ${condition} };`;
const linesOf = (cedar: string, request?: RequestShape): string => {
  try {
    parse(cedar, { file: 'market.cedar', ...(request === undefined ? {} : { request }) });
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
};

/** A condition, the column in line 4, and what is said of it. */
const DENIES_EVERYBODY: readonly (readonly [string, number, string])[] = [
  ['context.MarketPartyRole.roleCodez.contains("A12")', 8, 'MarketPartyRole has no claim roleCodez; did you mean roleCodes?'],
  ['context["MarketPartyRole"]["roleCodez"].contains("A12")', 8, 'MarketPartyRole has no claim roleCodez; did you mean roleCodes?'],
  ['context.MarketPartyRol.roleCodes.contains("A12")', 8, 'context.MarketPartyRol is no credential type; did you mean MarketPartyRole?'],
  ['context.MarketPartyRole.party.schema == "eic"', 8, 'MarketPartyRole has no claim party.schema; did you mean party.scheme?'],
  ['context.MarketPartyRole.party == "10X"', 8, 'MarketPartyRole.party is a group'],
  ['context.MarketOperatorRole.requestableClaims.contains("x")', 8, 'a list of objects, which no policy can read'],
  ['context.DeviceCommissioning.ratedActivePowerW <= "10800"', 57, 'expected Long but saw String'],
  ['context.CustomerStatus.active == 1', 8, 'the types Bool and Long are not compatible'],
  ['context.CustomerStatus.customerKind', 8, 'expected Bool but saw String'],
  ['context.MarketPartyRole.roleCodes == "A12"', 8, 'are not compatible'],
  ['context.MarketPartyRole.roleCodes.contains("A99")', 51, '"A99" is never in MarketPartyRole.roleCodes; its values are A12, A08'],
  ['context.MarketPartyRole.roleCodes.containsAny(["A12", "A99"])', 62, '"A99" is never in MarketPartyRole.roleCodes'],
  ['["A52", "A49"].contains(context.AggregatorRole.roleCode)', 16, '"A49" is never in AggregatorRole.roleCode'],
  ['context.CustomerStatus.customerKind == "houshold"', 47, 'did you mean household?'],
  ['context.CustomerStatus.customerKind != "houshold"', 47, 'did you mean household?'],
  ['context.CustomerStatus.customerKind like "home*"', 8, 'no value of CustomerStatus.customerKind is like that'],
  ['context.CustomerStatus.biddingZoneEic == "NO1"', 49, '"NO1" is never in CustomerStatus.biddingZoneEic; it has the form of areaEic'],
  ['context.CustomerStatus.supplierDid == context.CustomerStatus.biddingZoneEic', 8, 'which is never the same thing'],
  ['context.AggregatorRole.roleCode == context.SystemOperatorRole.roleCode', 8, 'which is never the same thing'],
  ['context.DeviceCommissioning.ratedActivePowerW <= -1', 58, 'is never <= -1; it lies between 0 and 100000000000'],
  ['context.DeviceOwnership.sharePpm > 1000000', 43, 'is never > 1000000; it lies between 1 and 1000000'],
  ['1000000 < context.DeviceOwnership.sharePpm', 8, 'is never such that'],
  ['context.MeteringPointEntitlement.entitledFrom <= context.request.at', 8, '(epochDay) is compared with request.at (instant)'],
  ['context.DeviceCommissioning.ratedActivePowerW <= context.DeviceCommissioning.storageCapacityWh', 8, '(watts) is compared with'],
  ['context.CustomerStatus.active && context.request.principal == "bob"', 70, '"bob" is never in request.principal'],
];

describe('a policy that would deny everybody', () => {
  it.each(DENIES_EVERYBODY)('is refused at start with its line: %s', (condition, column, says) => {
    const lines = linesOf(policy(condition));
    expect(lines).toContain(`market.cedar:4:${column}: policy a: `);
    expect(lines).toContain(says);
  });

  it('is accepted at the bound of what a claim can be, and not one beyond it', () => {
    expect(linesOf(policy('context.DeviceOwnership.sharePpm >= 1000000'))).toBe('');
    expect(linesOf(policy('context.DeviceOwnership.sharePpm >= 1000001'))).toContain('is never >= 1000001');
    expect(linesOf(policy('context.DeviceOwnership.sharePpm < 2'))).toBe('');
    expect(linesOf(policy('context.DeviceOwnership.sharePpm < 1'))).toContain('is never < 1');
    expect(linesOf(policy('context.DeviceOwnership.sharePpm <= 1'))).toBe('');
    expect(linesOf(policy('context.DeviceOwnership.sharePpm <= 0'))).toContain('is never <= 0');
    expect(linesOf(policy('context.DeviceOwnership.sharePpm > 999999'))).toBe('');
  });

  it('is refused where its clauses hold for nobody, or forbid everybody', () => {
    expect(linesOf(policy('context.CustomerStatus.active && false'))).toContain('market.cedar:2:1: policy a: policy is impossible');
    const always = 'context.DeviceOwnership.sharePpm >= 1';
    expect(linesOf(`@id("a") permit (principal, action, resource) unless { ${always} };`)).toContain('can never permit');
    expect(
      linesOf(`${policy('context.CustomerStatus.active')} @id("f") forbid (principal, action, resource) when { ${always} };`),
    ).toContain('policy f: forbids everything');
  });

  it.each([
    [
      'an attribute that no route hands in',
      'context.CustomerStatus.biddingZoneEic == context.request.zoen',
      'no attribute zoen; did you mean zone?',
    ],
    [
      'an attribute of another unit',
      'context.DeviceCommissioning.ratedActivePowerW >= context.request.orderWh',
      '(watts) is compared with',
    ],
    ['an attribute that is not always there', 'context.CustomerStatus.active && context.request.note == "x"', 'context.request has note'],
    ['an action that is never asked', 'context.CustomerStatus.active && context.request.action == "plaec"', 'did you mean place?'],
  ])('is refused against what the program asks: %s', (_what, condition, says) => {
    expect(linesOf(policy(condition), ORDER)).toContain(says);
  });

  it('is refused for an action in its scope that is never asked', () => {
    const scoped = (action: string): string =>
      `@id("a")\npermit (principal, action == Action::"${action}", resource) when { context.CustomerStatus.active };`;
    expect(linesOf(scoped('place'), ORDER)).toBe('');
    expect(linesOf(scoped('plaec'), ORDER)).toMatch(/^market\.cedar:2:\d+: policy a: unrecognized action .*did you mean/);
  });

  it('is refused for annotations that mean nothing and reasons that mean something else', () => {
    const body = 'permit (principal, action, resource) when { context.CustomerStatus.active };';
    expect(linesOf(`@id("a") @deneis("b") ${body}`)).toContain('@deneis has no meaning here; did you mean denies?');
    expect(linesOf(`@id("a") @denies("facts-missing") ${body}`)).toContain('says something else in a decision');
    expect(
      linesOf(`@id("p") ${body} @id("f") @denies("b") forbid (principal, action, resource) when { context.DeviceIdentity.secureElement };`),
    ).toContain('@denies has no meaning on a forbid');
  });

  it.each([
    [
      'a claim that is not there and a value that none has',
      'context.CustomerStatus.activ && context.CustomerStatus.customerKind == "houshold"',
    ],
    ['another type and a value that none has', 'context.CustomerStatus.active == 1 && context.CustomerStatus.customerKind == "houshold"'],
  ])('shows all that is wrong in one condition: %s', (_what, condition) => {
    const lines = linesOf(policy(condition)).split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^market\.cedar:4:8: /);
    expect(lines[1]).toContain('did you mean household?');
  });

  it('shows all that is wrong at once, in the order of the text', () => {
    const lines = linesOf(
      `${policy('context.CustomerStatus.activ')}\n@id("b") permit (principal, action, resource)\nwhen { context.CustomerStatus.active == "yes" };`,
    ).split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['market.cedar:4:8:', 'market.cedar:6:8:']);
  });
});
