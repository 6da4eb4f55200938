import { describe, expect, it } from '@jest/globals';
import { CREDENTIAL_TYPES, instant, marketCalendar } from '@gridpass/core';
import type { FactPath, JsonObject } from '@gridpass/core';
import { createClaimShapes } from '@gridpass/schema';
import { decide, parsePolicySet } from '../index.js';
import { parse } from './parse.js';

const JULY = Date.parse('2026-07-01T00:00:00Z') / 86_400_000;
const at = (text: string) => instant(Date.parse(text) / 1_000);

/** Every claim of a date, as a policy compares it with today: the first or the last day on which it holds. */
const DATES: readonly (readonly [FactPath, '<=' | '>='])[] = [
  ['MeteringPointEntitlement.entitledFrom', '<='],
  ['DeviceCommissioning.commissioned', '<='],
  ['DeviceOwnership.acquired', '<='],
  ['DeviceCommissioning.conformityUntil', '>='],
];

describe('a date in a credential', () => {
  it('is one of those tried here, whatever its type', () => {
    const shapes = createClaimShapes();
    const dates = CREDENTIAL_TYPES.flatMap((type) =>
      Object.entries(shapes(type)).flatMap(([claim, { unit }]) => (unit === 'epochDay' ? [`${type}.${claim}`] : [])),
    );
    expect(DATES.map(([path]) => path).sort()).toEqual(dates.sort());
  });

  it.each(DATES)('%s counts by the day of the market and not of UTC', (path, operator) => {
    const policySet = parse(
      `@id("p") permit (principal, action, resource) when { context.${path} ${operator} context.request.epochDay };`,
      {
        timeZone: 'Europe/Oslo',
      },
    );
    const effectAt = (text: string): string =>
      decide({
        policySet,
        facts: [{ kind: 'value', path, value: JULY }],
        request: { principal: 'did:key:z1', action: 'use', resource: {}, at: at(text) },
      }).effect;
    const begins = operator === '<=';
    expect(effectAt('2026-06-30T23:59:59+02:00')).toBe(begins ? 'deny' : 'permit');
    expect(effectAt('2026-07-01T00:00:00+02:00')).toBe('permit');
    expect(effectAt('2026-07-01T00:15:00+02:00')).toBe('permit');
    expect(effectAt('2026-07-01T23:59:59+02:00')).toBe('permit');
    expect(effectAt('2026-07-02T00:00:00+02:00')).toBe(begins ? 'permit' : 'deny');
  });

  it('counts by the day of the area that is asked for, where areas differ', () => {
    const [market, finland] = [marketCalendar('Europe/Oslo'), marketCalendar('Europe/Helsinki')];
    const policySet = parsePolicySet({
      channel: 'test',
      cedar:
        '@id("p") permit (principal, action, resource) when { context.MeteringPointEntitlement.entitledFrom <= context.request.epochDay };',
      claims: createClaimShapes(),
      request: { actions: ['use'], attributes: { zone: { kind: 'text' } } },
      calendar: ({ zone }) => (zone === '10YFI-1--------U' ? finland : market),
    });
    const effectFor = (resource: JsonObject): string =>
      decide({
        policySet,
        facts: [{ kind: 'value', path: 'MeteringPointEntitlement.entitledFrom', value: JULY }],
        request: { principal: 'did:key:z1', action: 'use', resource, at: at('2026-07-01T00:00:00+03:00') },
      }).effect;
    expect([effectFor({ zone: '10YFI-1--------U' }), effectFor({ zone: '10YNO-0--------C' })]).toEqual(['permit', 'deny']);
  });
});
