/** Form and check rule of one identifier scheme. */
export interface Scheme {
  /** The one spelling in which equal identifiers are equal texts; absent where the written form is already canonical. */
  readonly canonical?: (text: string) => string;
  /** Form of the canonical text. INVARIANT: anchored, and no two ways to match the same text (no backtracking blow-up). */
  readonly form: RegExp;
  /** Whether the check character fits; 'none' where the scheme has none or does not publish it. */
  readonly check: 'none' | ((canonical: string) => boolean);
}

const DIGITS_AND_LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** 0-9 as 0..9 and A-Z as 10..35; the caller must have checked the form. */
export function valueOf(character: string): number {
  return DIGITS_AND_LETTERS.indexOf(character);
}

/** The character of a value 0..35. */
export function characterOf(value: number): string {
  return DIGITS_AND_LETTERS.charAt(value);
}
