import { describe, expect, it } from '@jest/globals';
import type { Instant, JsonValue } from '@gridpass/core';
import { parseReading } from '../reading.js';

const AT = 1_780_272_000 as Instant;
const READING = {
  meteringPointHash: 'Q2h9dGhlLW1ldGVyaW5nLXBvaW50LWhhc2gtb2YtdGhpcw',
  obis: '1-0:2.8.0*255',
  interval: AT - 900,
  energyWh: 412,
};
const HASH = READING.meteringPointHash.slice(0, 43);

describe('parseReading', () => {
  it('reads a reading of an interval that is over', () => {
    const reading = { ...READING, meteringPointHash: HASH };
    expect(parseReading(reading, AT)).toEqual({ ok: true, value: reading });
  });

  it('takes the last interval from a meter whose clock runs a little ahead', () => {
    expect(parseReading({ ...READING, meteringPointHash: HASH }, (AT - 5) as Instant).ok).toBe(true);
    expect(parseReading({ ...READING, meteringPointHash: HASH }, (AT - 6) as Instant).ok).toBe(false);
  });

  it.each<readonly [string, JsonValue, string]>([
    ['a metering point in plain text', { meteringPointHash: '133700000000000053' }, 'meteringPointHash'],
    ['a register that is none', { obis: '1.8.0' }, 'obis'],
    ['a register in a list', { obis: ['1-0:2.8.0*255'] }, 'obis'],
    ['an interval under way', { interval: AT }, 'interval'],
    ['an interval between two', { interval: AT - 901 }, 'interval'],
    ['an interval of last year', { interval: AT - 100 * 86_400 }, 'interval'],
    ['energy that flowed back', { energyWh: -1 }, 'energyWh'],
    ['energy as text', { energyWh: '1' }, 'energyWh'],
    ['a device of its own choice', { device: 'did:jwk:x' }, 'unknown member'],
  ])('refuses %s', (_what, change, wrong) => {
    const outcome = parseReading({ ...READING, meteringPointHash: HASH, ...(change as object) }, AT);
    expect(outcome.ok ? {} : { code: outcome.refusal.code, wrong: outcome.refusal.detail }).toEqual({ code: 'READING_INVALID', wrong });
  });

  it('refuses what is no object', () => {
    expect(parseReading(null, AT).refusal?.code).toBe('READING_INVALID');
  });
});
