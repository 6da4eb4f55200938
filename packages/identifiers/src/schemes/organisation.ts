import { valueOf, type Scheme } from '../scheme.js';

/** ISO/IEC 7064 MOD 97-10: letters count as 10 to 35, the whole number leaves 1. */
function leavesOne(text: string): boolean {
  let rest = 0;
  for (const character of text) {
    const value = valueOf(character);
    rest = (value < 10 ? rest * 10 + value : rest * 100 + value) % 97;
  }
  return rest === 1;
}

// ISO 17442: eighteen characters and two check digits.
export const lei: Scheme = { form: /^[0-9A-Z]{18}[0-9]{2}$/, check: leavesOne };

// ISO 9362: the branch XXX names the head office, as its absence does.
export const bic: Scheme = {
  canonical: (text) => (text.length === 11 && text.endsWith('XXX') ? text.slice(0, 8) : text),
  form: /^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$/,
  check: 'none',
};

// Code of the centralised European register of market participants (REMIT): nine characters, a dot, the country.
export const acer: Scheme = { form: /^[A-Z][0-9]{7}[0-9A-Z]\.[A-Z]{2}$/, check: 'none' };
