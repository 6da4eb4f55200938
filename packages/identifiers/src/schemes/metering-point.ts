import { leadsToTen } from '../alternating.js';
import type { Scheme } from '../scheme.js';

const CUPS_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE';

/** CUPS (ES): sixteen digits modulo 529, written as two letters of the base 23 alphabet. */
function fitsCups(code: string): boolean {
  const rest = Number(BigInt(code.slice(2, 18)) % 529n);
  const letters = CUPS_LETTERS.charAt(Math.floor(rest / 23)) + CUPS_LETTERS.charAt(rest % 23);
  return code.slice(18, 20) === letters;
}

/** NMI (AU): Luhn over ASCII codes, doubling from the rightmost character on, digit sums to the next ten (AEMO NMI Procedure). */
function fitsNmi(code: string): boolean {
  let sum = 0;
  for (let index = 0; index < 10; index += 1) {
    const weighted = code.charCodeAt(index) * (index % 2 === 1 ? 2 : 1);
    for (const digit of String(weighted)) sum += Number(digit);
  }
  return (10 - (sum % 10)) % 10 === Number(code.charAt(10));
}

// Market location (DE).
export const malo: Scheme = { form: /^[1-9][0-9]{10}$/, check: leadsToTen };
export const melo: Scheme = { form: /^[A-Z]{2}[0-9A-Z]{31}$/, check: 'none' };
// The last digit is said to be a check digit, its rule is not published: form only.
export const mastr: Scheme = { form: /^[A-Z]{3}[0-9]{12}$/, check: 'none' };
export const cups: Scheme = { form: /^ES[0-9]{16}[A-Z]{2}(?:[0-9][A-Z])?$/, check: fitsCups };
// O and I are not used, they look like digits.
export const nmi: Scheme = { form: /^[0-9A-HJ-NP-Z]{10}[0-9]$/, check: fitsNmi };
