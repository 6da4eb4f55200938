import { InvalidArgumentError } from 'commander';
import { CommandError } from './io.js';

/** Reads a whole number within bounds; anything else is told before anybody is asked. The text is kept as it is. */
export function wholeNumber(least: number, most: number): (text: string) => string {
  return (text) => {
    if (!/^(?:0|[1-9]\d{0,15})$/u.test(text) || Number(text) < least || Number(text) > most)
      throw new InvalidArgumentError(`It is a whole number from ${String(least)} to ${String(most)}.`);
    return text;
  };
}

/** Reads an address of HTTP. */
export function httpAddress(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : '';
  if (protocol !== 'http:' && protocol !== 'https:') throw new InvalidArgumentError('It is an address such as https://issuer.example.');
  return text;
}

/** Reads `scheme:value` of a party. */
export function partyCode(text: string): string {
  if (!/^[a-z]+:.+$/u.test(text)) throw new InvalidArgumentError('It is scheme:value, such as eic:10X1001A1001A248.');
  return text;
}

/** Seconds since 1970 of a time as people write it; `name` is the option. */
export function toInstant(name: string, text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at) || !/^\d{4}-\d{2}-\d{2}/u.test(text))
    throw new CommandError('REQUEST_MALFORMED', `${name} is a time, e.g. 2026-11-22T12:00:00Z`);
  return Math.floor(at / 1_000);
}
