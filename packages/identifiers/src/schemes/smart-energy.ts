import { InputError } from '@gridpass/core';
import type { Scheme } from '../scheme.js';

const upper = (text: string): string => text.toUpperCase();
const HEX_40 = /^[0-9A-F]{40}$/;

function digitSum(digits: string): number {
  let sum = 0;
  for (const digit of digits) sum += Number(digit);
  return sum;
}

/** IEEE 2030.5 §6.3.3: the digit sum is a multiple of ten, and what precedes the check digit fits into 36 bits. */
function fitsSfdi(digits: string): boolean {
  return digitSum(digits) % 10 === 0 && Math.floor(Number(digits) / 10) < 2 ** 36;
}

/** The short form of an LFDI: its leftmost 36 bits in decimal and a check digit (IEEE 2030.5 §6.3.3). The caller must give a parsed LFDI. */
export function toSfdi(lfdiValue: string): string {
  if (!HEX_40.test(lfdiValue)) throw new InputError('IDENTIFIER_SYNTAX', 'an LFDI is 40 hexadecimal digits in upper case');
  const number = String(Number.parseInt(lfdiValue.slice(0, 9), 16));
  return number + String((10 - (digitSum(number) % 10)) % 10);
}

// Left 160 bits of the SHA-256 over the DER certificate.
export const lfdi: Scheme = { canonical: upper, form: HEX_40, check: 'none' };
// A number: leading zeros carry no meaning.
export const sfdi: Scheme = { canonical: (text) => text.replace(/^0{1,11}(?=[0-9])/, ''), form: /^[0-9]{1,12}$/, check: fitsSfdi };
// EEBUS SHIP: SHA-1 over the public key bits of the device certificate.
export const ski: Scheme = { canonical: upper, form: HEX_40, check: 'none' };
