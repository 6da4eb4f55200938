import { ok, refuse, type Fact, type FactValue, type MarketCalendar, type Outcome } from '@gridpass/core';
import { INTERVAL_SECONDS } from './order.js';
import type { ReadingRequest } from './reading.js';

/** Short overloads, and the error of the worst accuracy class together, as percent of the rating. */
const TOLERANCE_PERCENT = 120n;

/**
 * Holds a reading against what the device was commissioned for. READING_NOT_COMMISSIONED: the register is not among its own, or the
 * interval begins before the day it was commissioned, which begins where the market's days do, as for the policy. READING_IMPLAUSIBLE: more energy than the rating gives in the interval,
 *
 *     energyWh > ratedActivePowerW × 900 s ÷ 3,600 s/h × 1.2
 *
 * where the fifth above the rating is for short overloads and the error of the meter: 2,940 Wh in a quarter of an hour for 9.8 kW.
 * Both also when the commissioning does not say: a device that cannot be held against anything is not believed.
 */
export function checkPlausible(
  reading: ReadingRequest,
  facts: readonly Fact[],
  calendar: Pick<MarketCalendar, 'epochDayAt'>,
): Outcome<true> {
  const obis = valueOf(facts, 'obis');
  if (!Array.isArray(obis) || !(obis as readonly FactValue[]).includes(reading.obis))
    return refuse('READING_NOT_COMMISSIONED', 'reading', 'obis: not a register of the commissioning');
  const commissioned = valueOf(facts, 'commissioned');
  if (typeof commissioned !== 'number' || calendar.epochDayAt(reading.interval) < commissioned)
    return refuse('READING_NOT_COMMISSIONED', 'reading', 'interval: before the device was commissioned');
  const rated = valueOf(facts, 'ratedActivePowerW');
  if (typeof rated !== 'number' || exceeds(reading.energyWh, rated))
    return refuse('READING_IMPLAUSIBLE', 'reading', 'energyWh: more than the rated power gives in the interval, with a fifth above it');
  return ok(true);
}

/** In integers, for the product of a large plant goes beyond what a number holds exactly. */
function exceeds(energyWh: number, ratedActivePowerW: number): boolean {
  return BigInt(energyWh) * 3_600n * 100n > BigInt(ratedActivePowerW) * BigInt(INTERVAL_SECONDS) * TOLERANCE_PERCENT;
}

function valueOf(facts: readonly Fact[], claim: string): FactValue | undefined {
  const fact = facts.find(({ path }) => path === `DeviceCommissioning.${claim}`);
  return fact?.kind === 'value' ? fact.value : undefined;
}
