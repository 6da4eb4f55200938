import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { Fault, isError, marketCalendar } from '../index.js';

describe('isError', () => {
  it.each([
    ['an error of this realm', new RangeError('x')],
    ['a fault', new Fault('INTERNAL', 'x')],
    ['an error of another realm', runInNewContext(`new RangeError('x')`)],
    ['an error of a class of another realm', runInNewContext(`new (class Odd extends TypeError {})('x')`)],
    ['what the platform aborts with', AbortSignal.abort().reason],
  ])('is so for %s', (_what, thrown) => {
    expect(isError(thrown)).toBe(true);
  });

  it.each([undefined, null, 'Error', 7, {}, [], { name: 'Error', message: 'x', stack: 'x' }, () => 1])('is not so for %p', (thrown) => {
    expect(isError(thrown)).toBe(false);
  });

  it('keeps the name that decides, in every realm', () => {
    const foreign: unknown = runInNewContext(`try { new Intl.DateTimeFormat('en', { timeZone: 'No/Where' }) } catch (error) { error }`);
    expect([foreign instanceof Error, isError(foreign) && foreign.name]).toEqual([false, 'RangeError']);
  });
});

describe('a time zone that is none', () => {
  it('is refused whatever realm the platform throws from', () => {
    const { DateTimeFormat } = Intl;
    Object.defineProperty(Intl, 'DateTimeFormat', { value: runInNewContext('Intl.DateTimeFormat'), configurable: true, writable: true });
    try {
      expect(() => marketCalendar('No/Where')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
      expect(marketCalendar('Europe/Oslo').timeZone).toBe('Europe/Oslo');
    } finally {
      Object.defineProperty(Intl, 'DateTimeFormat', { value: DateTimeFormat, configurable: true, writable: true });
    }
  });
});
