import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Instant, JsonValue } from '@gridpass/core';
import { INTERVAL_SECONDS, nextInterval, parseOrder } from '../order.js';

const AT = 1_780_272_100 as Instant;
const ORDER = { side: 'bid', interval: nextInterval(AT), energyWh: 1500, priceCentsPerMwh: -200, zone: '10YDK-1--------W' };

function wrongIn(body: JsonValue): string {
  const outcome = parseOrder(body, AT);
  expect(outcome.ok ? 'OK' : outcome.refusal.code).toBe('ORDER_INVALID');
  return outcome.ok ? '' : outcome.refusal.detail;
}

describe('parseOrder', () => {
  it('reads an order as it was sent', () => {
    expect(parseOrder(ORDER, AT)).toEqual({ ok: true, value: ORDER });
  });

  it.each<readonly [string, JsonValue, string]>([
    ['another side', { ...ORDER, side: 'sell' }, 'side'],
    ['a side in a list', { ...ORDER, side: ['bid'] }, 'side'],
    ['a zone in a list', { ...ORDER, zone: [ORDER.zone] }, 'zone'],
    ['a metering point for a zone', { ...ORDER, zone: '10Z1001A1001A450' }, 'zone'],
    ['no energy', { ...ORDER, energyWh: 0 }, 'energyWh'],
    ['half a watt hour', { ...ORDER, energyWh: 0.5 }, 'energyWh'],
    ['energy as text', { ...ORDER, energyWh: '1500' }, 'energyWh'],
    ['more energy than a country', { ...ORDER, energyWh: 1_000_000_001 }, 'energyWh'],
    ['a price beyond the bound', { ...ORDER, priceCentsPerMwh: 100_000_001 }, 'priceCentsPerMwh'],
    ['an interval that has begun', { ...ORDER, interval: ORDER.interval - INTERVAL_SECONDS }, 'interval'],
    ['an interval between two', { ...ORDER, interval: ORDER.interval + 1 }, 'interval'],
    ['an interval in eight days', { ...ORDER, interval: ORDER.interval + 8 * 86_400 }, 'interval'],
    ['an owner of its own choice', { ...ORDER, owner: 'me' }, 'unknown member'],
    ['nothing', {}, 'side, energyWh, priceCentsPerMwh, interval, zone'],
    ['a list', [ORDER], 'the body is not an object'],
  ])('refuses %s', (_what, body, wrong) => {
    expect(wrongIn(body)).toBe(wrong);
  });

  it('never says what was sent', () => {
    expect(wrongIn({ ...ORDER, 'a secret': 1, zone: 'another secret' })).toBe('unknown member, zone');
  });
});

describe('nextInterval', () => {
  it('is the first start after now', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (at) => {
        const next = nextInterval(at as Instant);
        expect([next % INTERVAL_SECONDS, next > at, next - at <= INTERVAL_SECONDS]).toEqual([0, true, true]);
      }),
    );
  });
});
