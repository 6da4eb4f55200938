import { describe, expect, it } from '@jest/globals';
import { IDENTIFIER_SCHEMES } from '@gridpass/core';
import fc from 'fast-check';
import { checkIdentifier, eicCheckCharacter, parseIdentifier } from '../index.js';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

const DOUBLED: ReadonlySet<string> = new Set(['malo', 'bdew', 'dvgw']);

describe('check characters', () => {
  // The codes whose check rule detects every single wrong character of the same alphabet.
  it.each([
    ['eic', '11XSUEDWESTSTRO8', ALPHABET, 3],
    ['gln', '0847976000005', '0123456789', 0],
    ['gsrn', '541453800000001269', '0123456789', 0],
    ['malo', '41373559241', '13579', 0],
    ['bdew', '9904292000003', '13579', 0],
    ['dvgw', '9870023700007', '13579', 0],
    ['emaid', 'DE83DUIEN83QGZD', ALPHABET, 2],
    ['lei', '5493001KJTIIGC8Y1R12', '0123456789', 18],
  ])('of %s notice any one wrong character', (scheme, value, alphabet, from) => {
    for (let index = from; index < value.length; index += 1) {
      // A doubled digit is told from its neighbour, not from the one five away.
      if (DOUBLED.has(scheme) && index % 2 === 1) continue;
      for (const character of alphabet) {
        const tampered = value.slice(0, index) + character + value.slice(index + 1);
        expect(parseIdentifier(scheme, tampered).ok).toBe(tampered === value);
      }
    }
  });

  it('of eMAID notice swapped neighbours', () => {
    const value = 'DE83DUIEN83QGZD';
    for (let index = 2; index < 14; index += 1) {
      const swapped = value.slice(0, index) + value.charAt(index + 1) + value.charAt(index) + value.slice(index + 2);
      expect(parseIdentifier('emaid', swapped).ok).toBe(swapped === value);
    }
  });

  it('of EIC complete any fifteen characters to a valid code, unless the hyphen is due', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ALPHABET, '-'), { minLength: 12, maxLength: 12 }), (free) => {
        const body = `10X${free.join('')}`;
        const check = eicCheckCharacter(body);
        if (check !== undefined) expect(parseIdentifier('eic', body + check).ok).toBe(true);
      }),
    );
  });
});

describe('any text at all', () => {
  it('is answered without a throw, and a canonical value parses to itself', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...IDENTIFIER_SCHEMES),
        fc.string({ unit: fc.constantFrom(...ALPHABET, '-', '*', '.', ':', 'a'), maxLength: 40 }),
        (scheme, text) => {
          const check = checkIdentifier(scheme, text);
          const parsed = parseIdentifier(scheme, text);
          expect(parsed.ok).toBe(check.syntax && check.checksum !== false);
          if (parsed.ok) expect(parseIdentifier(scheme, parsed.value.value)).toEqual(parsed);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
