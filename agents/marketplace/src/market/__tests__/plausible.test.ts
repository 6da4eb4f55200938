import { describe, expect, it } from '@jest/globals';
import { marketCalendar, type Fact, type FactPath, type FactValue, type Instant } from '@gridpass/core';
import { checkPlausible } from '../plausible.js';

const DAY = 20_605;
const MIDNIGHT = DAY * 86_400;
const READING = {
  meteringPointHash: 'Q2h9dGhlLW1ldGVyaW5nLXBvaW50LWhhc2gtb2YtdGhpcw',
  obis: '1-0:2.8.0*255',
  interval: MIDNIGHT as Instant,
  energyWh: 412,
};
const COMMISSIONING: Readonly<Record<string, FactValue>> = {
  obis: ['1-0:1.8.0*255', '1-0:2.8.0*255'],
  commissioned: DAY,
  ratedActivePowerW: 9_800,
};

function factsOf(claims: Readonly<Record<string, FactValue>>): readonly Fact[] {
  return Object.entries(claims).map(([claim, value]) => ({ kind: 'value', path: `DeviceCommissioning.${claim}` as FactPath, value }));
}

const UTC = marketCalendar('Etc/UTC');
const codeOf = (reading: object, claims: object = {}, calendar = UTC): string | undefined =>
  checkPlausible({ ...READING, ...reading }, factsOf({ ...COMMISSIONING, ...claims }), calendar).refusal?.code;

describe('a reading that the device cannot have measured', () => {
  it('is bounded by the rating, the interval and a fifth above, to the watt-hour', () => {
    expect(codeOf({ energyWh: 2_940 })).toBeUndefined();
    expect(codeOf({ energyWh: 2_941 })).toBe('READING_IMPLAUSIBLE');
    expect(codeOf({ energyWh: 1_000_000_000 })).toBe('READING_IMPLAUSIBLE');
    expect(codeOf({ energyWh: 0 })).toBeUndefined();
  });

  it('is bounded exactly where the rating is that of a large plant', () => {
    expect(codeOf({ energyWh: 30_000_000_000 }, { ratedActivePowerW: 100_000_000_000 })).toBeUndefined();
    expect(codeOf({ energyWh: 30_000_000_001 }, { ratedActivePowerW: 100_000_000_000 })).toBe('READING_IMPLAUSIBLE');
  });

  it('is of a register of its commissioning, and of no other nor of a part of a name', () => {
    expect(codeOf({ obis: '1-0:2.8.1*255' })).toBe('READING_NOT_COMMISSIONED');
    expect(codeOf({ obis: '1-0:2.8.0*25' })).toBe('READING_NOT_COMMISSIONED');
    expect(codeOf({}, { obis: '1-0:2.8.0*255' })).toBe('READING_NOT_COMMISSIONED');
  });

  it('begins on the day of commissioning at the earliest', () => {
    expect(codeOf({ interval: MIDNIGHT })).toBeUndefined();
    expect(codeOf({ interval: MIDNIGHT - 900 })).toBe('READING_NOT_COMMISSIONED');
  });

  it('begins on that day where the market keeps its days, in summer and in winter time, to the second', () => {
    const brussels = marketCalendar('Europe/Brussels');
    const [summer, winter] = [Date.UTC(2026, 6, 1) / 86_400_000, Date.UTC(2026, 11, 1) / 86_400_000];
    for (const [commissioned, ahead] of [
      [summer, 7_200],
      [winter, 3_600],
    ] as const) {
      const midnight = commissioned * 86_400 - ahead;
      expect(codeOf({ interval: midnight }, { commissioned }, brussels)).toBeUndefined();
      expect(codeOf({ interval: midnight - 1 }, { commissioned }, brussels)).toBe('READING_NOT_COMMISSIONED');
      expect(codeOf({ interval: midnight }, { commissioned }, UTC)).toBe('READING_NOT_COMMISSIONED');
    }
  });

  it('is not believed where the commissioning does not say, or was shown as a bound only', () => {
    for (const [claim, code] of [
      ['obis', 'READING_NOT_COMMISSIONED'],
      ['commissioned', 'READING_NOT_COMMISSIONED'],
      ['ratedActivePowerW', 'READING_IMPLAUSIBLE'],
    ] as const) {
      const { [claim]: _left, ...others } = COMMISSIONING;
      expect(checkPlausible(READING, factsOf(others), UTC).refusal?.code).toBe(code);
    }
    const { ratedActivePowerW: _rated, ...others } = COMMISSIONING;
    const bound: Fact = { kind: 'predicate', path: 'DeviceCommissioning.ratedActivePowerW', op: 'le', bound: 9_800 };
    expect(checkPlausible(READING, [...factsOf(others), bound], UTC).refusal?.code).toBe('READING_IMPLAUSIBLE');
  });
});
