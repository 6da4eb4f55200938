import { valueOf, type Scheme } from '../scheme.js';

const withoutHyphens = (text: string): string => text.replaceAll('-', '').toUpperCase();
const withoutStars = (text: string): string => text.replaceAll('*', '').toUpperCase();

/**
 * Check rule of contract ids (eMI3 / ISO 15118-1, "Check Digit Calculation for Contract-IDs"). Each character value
 * n = 18a + 9b + 3c + d is a pair (a, b) over GF(2) and a pair (c, d) over GF(3). With the matrices P = (0 1; 1 1)
 * and Q = (0 1; 1 2), a code is right when the sums of pair(i)·P^i and of pair(i)·Q^i over its fifteen positions are
 * both zero. Horner's rule from the right needs no matrix powers: a row times P is (y, x + y), times Q is (y, x + 2y).
 */
function fitsContractId(code: string): boolean {
  let two: readonly [number, number] = [0, 0];
  let three: readonly [number, number] = [0, 0];
  for (let index = code.length - 1; index >= 0; index -= 1) {
    const value = valueOf(code.charAt(index));
    const [a, b] = [two[0] + Math.floor(value / 18), two[1] + (Math.floor(value / 9) % 2)];
    const [c, d] = [three[0] + (Math.floor(value / 3) % 3), three[1] + (value % 3)];
    two = [b % 2, (a + b) % 2];
    three = [d % 3, (c + 2 * d) % 3];
  }
  return two[0] + two[1] + three[0] + three[1] === 0;
}

// Country, provider, nine characters of instance, check character; hyphens and case carry no meaning.
export const emaid: Scheme = { canonical: withoutHyphens, form: /^[A-Z]{2}[0-9A-Z]{13}$/, check: fitsContractId };
// Country, operator, the letter E, outlet; stars and case carry no meaning.
export const evse: Scheme = { canonical: withoutStars, form: /^[A-Z]{2}[0-9A-Z]{3}E[0-9A-Z]{1,30}$/, check: 'none' };
// World manufacturer identifier and fourteen characters, with or without a check character.
export const pcid: Scheme = { canonical: withoutHyphens, form: /^[0-9A-Z]{17,18}$/, check: 'none' };
