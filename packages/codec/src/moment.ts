import type { Instant, JsonValue } from '@gridpass/core';

/**
 * A point in time that may lie inside a second. The house counts whole seconds, so it never rounds such a point: whoever
 * compares takes the neighbour that is worse for the bearer. What ends is held against `down`, what begins against `up`,
 * an age is counted from `down`. All three are equal where the point is a whole second.
 */
export interface Moment {
  /** The value as it was written. Only to compare two moments with each other. */
  readonly exact: number;
  /** The last whole second that is not after it. */
  readonly down: Instant;
  /** The first whole second that is not before it. */
  readonly up: Instant;
}

/** 9999-12-31T23:59:59Z. Milliseconds, written where seconds belong, are far beyond it. */
const LAST_SECOND = 253_402_300_799;

// XML Schema 1.1 Part 2, 3.4.28: a dateTimeStamp has an offset; 24:00:00 is the first moment of the next day.
const DATE_TIME_STAMP =
  /^(\d{4})-(\d{2})-(\d{2})T(?:([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,32}))?|24:00:00(?:\.0{1,32})?)(?:Z|([+-])(?:(0\d|1[0-3]):([0-5]\d)|14:00))$/;

/** A NumericDate (RFC 7519 2): a number of seconds since 1970, with or without a fraction. Anything else is undefined. */
export function parseNumericDate(value: JsonValue | undefined): Moment | undefined {
  return typeof value === 'number' ? toMoment(value) : undefined;
}

/**
 * A dateTimeStamp, the form of `validFrom` and `validUntil` (VCDM 2.0, 4.9) and of `expires` and `revoked` (Controlled
 * Identifiers 1.0, 2.2): with an offset, of a day that exists, between 1970 and 9999. Anything else is undefined.
 */
export function parseDateTimeStamp(value: JsonValue | undefined): Moment | undefined {
  if (typeof value !== 'string' || value.length > 64) return undefined;
  const match = DATE_TIME_STAMP.exec(value);
  if (match === null) return undefined;
  const [, year, month, day, hour = '24', minute = '0', second = '0', fraction = '0', sign, offsetHours = '14', offsetMinutes = '0'] =
    match;
  const midnight = new Date(0);
  midnight.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  // 30 February would be read as a day of March.
  if (midnight.getUTCMonth() !== Number(month) - 1 || midnight.getUTCDate() !== Number(day)) return undefined;
  const local = midnight.getTime() / 1000 + Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  const offset = sign === undefined ? 0 : (Number(offsetHours) * 60 + Number(offsetMinutes)) * (sign === '-' ? -60 : 60);
  const whole = local - offset;
  // One decimal text, so that it is the same number as the NumericDate with these digits.
  return whole < 0 ? undefined : toMoment(Number(`${String(whole)}.${fraction}`));
}

function toMoment(exact: number): Moment | undefined {
  if (!Number.isFinite(exact) || exact < 0 || exact > LAST_SECOND) return undefined;
  // Minus zero is zero.
  const down = Math.floor(exact) + 0;
  return { exact: exact + 0, down: down as Instant, up: (Math.ceil(exact) + 0) as Instant };
}
