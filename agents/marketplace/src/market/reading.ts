import { parseIdentifier } from '@gridpass/identifiers';
import { ok, refuse, type Instant, type JsonValue, type Outcome } from '@gridpass/core';
import { isJsonObject, memberOf } from '@gridpass/codec';
import { INTERVAL_SECONDS, textOf } from './order.js';

/** What a device sends of one register for one interval. */
export interface ReadingRequest {
  readonly meteringPointHash: string;
  readonly obis: string;
  readonly interval: Instant;
  readonly energyWh: number;
}

const MEMBERS = new Set(['meteringPointHash', 'obis', 'interval', 'energyWh']);
const OLDEST_SECONDS = 90 * 86_400;
/** A meter sends at the very end of an interval, by a clock of its own. */
const SKEW_SECONDS = 5;

/** Reads a meter reading; READING_INVALID names every field that is wrong. The interval is over. */
export function parseReading(body: JsonValue, at: Instant): Outcome<ReadingRequest> {
  if (!isJsonObject(body)) return refuse('READING_INVALID', 'reading', 'not an object');
  const [hash, obis, interval, energyWh] = ['meteringPointHash', 'obis', 'interval', 'energyWh'].map((name) => memberOf(body, name));
  const wrong = [
    ...Object.keys(body)
      .filter((name) => !MEMBERS.has(name))
      .map(() => 'unknown member'),
    ...(typeof hash === 'string' && /^[A-Za-z0-9_-]{43}$/.test(hash) ? [] : ['meteringPointHash']),
    ...(typeof obis === 'string' && parseIdentifier('obis', obis).ok ? [] : ['obis']),
    ...(typeof interval === 'number' && isOver(interval, at) ? [] : ['interval']),
    ...(typeof energyWh === 'number' && Number.isSafeInteger(energyWh) && energyWh >= 0 && energyWh <= 1_000_000_000 ? [] : ['energyWh']),
  ];
  if (wrong.length > 0) return refuse('READING_INVALID', 'reading', wrong.join(', '));
  return ok({ meteringPointHash: textOf(hash), obis: textOf(obis), interval: Number(interval) as Instant, energyWh: Number(energyWh) });
}

function isOver(interval: number, at: Instant): boolean {
  const age = at - interval;
  return interval % INTERVAL_SECONDS === 0 && age + SKEW_SECONDS >= INTERVAL_SECONDS && age < OLDEST_SECONDS;
}
