import { characterOf, valueOf, type Scheme } from '../scheme.js';

/**
 * The check character of the first fifteen characters of an EIC, or undefined where the rule yields '-', which the
 * manual forbids (ENTSO-E EIC Reference Manual: weights 16 to 2, modulus 37). The caller must give 15 of [A-Z0-9-].
 */
export function eicCheckCharacter(body: string): string | undefined {
  let sum = 0;
  for (let index = 0; index < 15; index += 1) {
    const character = body.charAt(index);
    sum += (character === '-' ? 36 : valueOf(character)) * (16 - index);
  }
  const value = 36 - ((sum - 1) % 37);
  return value === 36 ? undefined : characterOf(value);
}

// Two characters of the issuing office, one of the type, twelve free, one check character that is never '-'.
export const eic: Scheme = {
  form: /^[0-9A-Z]{2}[ATVWXYZ][0-9A-Z-]{12}[0-9A-Z]$/,
  check: (code) => eicCheckCharacter(code) === code.charAt(15),
};
