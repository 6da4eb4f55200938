import type { Scheme } from '../scheme.js';

/** GS1 General Specifications 7.9: weights 3 and 1 alternate from the right, the sum with the check digit ends in 0. */
function fits(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const fromRight = digits.length - 1 - index;
    sum += Number(digits.charAt(index)) * (fromRight % 2 === 0 ? 1 : 3);
  }
  return sum % 10 === 0;
}

// A leading zero belongs to the number: US prefixes begin with one.
export const gln: Scheme = { form: /^[0-9]{13}$/, check: fits };
export const gsrn: Scheme = { form: /^[0-9]{18}$/, check: fits };
