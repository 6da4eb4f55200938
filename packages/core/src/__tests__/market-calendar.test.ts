import { describe, expect, it } from '@jest/globals';
import { InputError, instant, marketCalendar } from '../index.js';

const at = (text: string) => instant(Date.parse(text) / 1_000);
const day = (text: string): number => Date.parse(`${text}T00:00:00Z`) / 86_400_000;

describe('a day of the market', () => {
  const oslo = marketCalendar('Europe/Oslo');

  it.each([
    ['the last second of a summer day', '2026-06-30T23:59:59+02:00', '2026-06-30'],
    ['the first second of a summer day, two hours before that of UTC', '2026-07-01T00:00:00+02:00', '2026-07-01'],
    ['a quarter past midnight', '2026-07-01T00:15:00+02:00', '2026-07-01'],
    ['the first second of a winter day', '2026-12-01T00:00:00+01:00', '2026-12-01'],
    ['the last second of the day of 23 hours', '2026-03-29T23:59:59+02:00', '2026-03-29'],
    ['the first second after it', '2026-03-30T00:00:00+02:00', '2026-03-30'],
    ['the first of its hours that are there twice', '2026-10-25T02:30:00+02:00', '2026-10-25'],
    ['the second of them', '2026-10-25T02:30:00+01:00', '2026-10-25'],
    ['the last second of the day of 25 hours', '2026-10-25T23:59:59+01:00', '2026-10-25'],
    ['the first second after it, 25 hours later', '2026-10-26T00:00:00+01:00', '2026-10-26'],
    ['a leap day', '2028-02-29T12:00:00+01:00', '2028-02-29'],
  ])('begins and ends at local midnight: %s', (_what, instantText, date) => {
    expect(oslo.epochDayAt(at(instantText))).toBe(day(date));
  });

  it('is another one elsewhere at the same instant', () => {
    const midnight = at('2026-07-01T00:15:00+02:00');
    expect(marketCalendar('Europe/Helsinki').epochDayAt(midnight)).toBe(day('2026-07-01'));
    expect(marketCalendar('Etc/UTC').epochDayAt(midnight)).toBe(day('2026-06-30'));
    expect(marketCalendar('Atlantic/Azores').epochDayAt(midnight)).toBe(day('2026-06-30'));
    expect(marketCalendar('Australia/Sydney').epochDayAt(at('2026-06-30T14:00:00Z'))).toBe(day('2026-07-01'));
  });

  it.each(['', 'UTC', 'CEST', 'EST', '+02:00', 'Etc/GMT-2', 'Europe/Olso', 'Europe/', '/Oslo', 'Europe/Oslo '])(
    'is kept in a region and not in %j',
    (name) => {
      expect(() => marketCalendar(name)).toThrow(InputError);
    },
  );
});
