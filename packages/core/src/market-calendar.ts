import { isError } from './is-error.js';
import { InputError } from './outcome.js';
import type { Instant } from './nouns.js';

/** On which day something happens, where a market keeps its days. */
export interface MarketCalendar {
  readonly timeZone: string;
  /** The local date at an instant, as days since 1970-01-01: the unit of every date that a credential states. */
  epochDayAt(at: Instant): number;
}

/** The day of the European market: ENTSO-E's market day runs from midnight to midnight in this zone. */
export const EUROPEAN_MARKET_TIME_ZONE = 'Europe/Brussels';

const MS_PER_DAY = 86_400_000;

/**
 * The calendar of an IANA time zone. Throws InputError CONFIG_INVALID for anything else: an offset such as `+02:00` and an
 * abbreviation such as `EST` know no summer time, and would be wrong for half of the year. A market that counts by UTC says `Etc/UTC`.
 *
 * @example marketCalendar('Europe/Oslo').epochDayAt(instant(1_782_857_700)) // 20635: 1 July 2026, 00:15 there
 */
export function marketCalendar(timeZone: string): MarketCalendar {
  const format = toFormat(timeZone);
  return Object.freeze({
    timeZone,
    epochDayAt(at: Instant): number {
      const part = { year: 0, month: 0, day: 0 };
      for (const { type, value } of format.formatToParts(at * 1_000)) {
        if (type === 'year' || type === 'month' || type === 'day') part[type] = Number(value);
      }
      // The date is read as a UTC date only to count days; days of 23 and 25 hours count as one like all others.
      return Date.UTC(part.year, part.month - 1, part.day) / MS_PER_DAY;
    },
  });
}

function toFormat(timeZone: string): Intl.DateTimeFormat {
  const fixed = timeZone.startsWith('Etc/') && timeZone !== 'Etc/UTC';
  if (/^[A-Za-z_-]+(?:\/[A-Za-z_-]+){1,2}$/.test(timeZone) && !fixed) {
    try {
      return new Intl.DateTimeFormat('en-GB-u-ca-gregory-nu-latn', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    } catch (error) {
      if (!isError(error) || error.name !== 'RangeError') throw error;
    }
  }
  throw new InputError('CONFIG_INVALID', `timeZone: ${JSON.stringify(timeZone)} is no IANA time zone such as ${EUROPEAN_MARKET_TIME_ZONE}`);
}
