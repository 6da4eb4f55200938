/**
 * Joiners, and where a script needs them (RFC 5892 A.1 and A.2): behind a virama, as names in Devanagari, Malayalam and their kin
 * have them; and the non-joiner between two letters of Arabic that would join. Anywhere else they are only invisible.
 */
const VIRAMA =
  '\\u094D\\u09CD\\u0A4D\\u0ACD\\u0B4D\\u0BCD\\u0C4D\\u0CCD\\u0D3B\\u0D3C\\u0D4D\\u0DCA\\u0F84\\u1039\\u103A\\u17D2\\u1B44\\uA8C4\\uA953\\uA9C0';
/** Letters of U+0620 to U+06FF that join no letter behind them (Unicode, ArabicShaping: R and U). */
const NOT_JOINING =
  '\\u0621-\\u0625\\u0627\\u0629\\u062F-\\u0632\\u0648\\u0671-\\u0677\\u0688-\\u0699\\u06C0\\u06C3-\\u06CB\\u06CD\\u06CF\\u06D2\\u06D3\\u06D5\\u06EE\\u06EF';
const ARABIC = '(?=[\\u0620-\\u06FF])\\p{L}';
const NEEDED = new RegExp(
  `(?<=[${VIRAMA}])[\\u200C\\u200D]|(?<=(?![${NOT_JOINING}])${ARABIC}\\p{Mn}{0,8})\\u200C(?=(?![\\u0621\\u0674])${ARABIC})`,
  'gu',
);
/**
 * What nobody sees, or what moves what is seen: controls of direction among it, separators of lines, letters that are not assigned or are
 * private, fillers, selectors, the blank of Braille and the place of an object.
 */
const UNFIT = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\uFFFC]/u;
const ALL_UNFIT = new RegExp(UNFIT, 'gu');
const SPACES = /\p{Zs}/gu;
const RIGHT_TO_LEFT = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;

/**
 * A text of one line that a person wrote, as it is kept: in NFC (Unicode Annex 15), with spaces of one kind. Undefined where it holds what a
 * person does not see, so that two texts that look the same are the same, and no text shows another order than it has.
 * For every door through which a text of a person or a party comes in.
 *
 * @example toPlainText('Stadtwerke\u00a0Ulm') // 'Stadtwerke Ulm'
 * @example toPlainText('Stadtwerke\u202emlU') // undefined
 */
export function toPlainText(text: string): string | undefined {
  const kept = text.normalize('NFC').replace(SPACES, ' ');
  return UNFIT.test(kept.replace(NEEDED, '')) ? undefined : kept;
}

/**
 * A foreign text to show in one line of a terminal: what a person would not see is a `?`, and a text with letters that run from right to left
 * stands between isolates (Unicode Annex 9, FSI and PDI), so that it does not move what stands beside it.
 */
export function toShownText(text: string): string {
  const shown = withMarks(text);
  return RIGHT_TO_LEFT.test(shown) ? `\u2068${shown}\u2069` : shown;
}

/**
 * A foreign text as it is kept: of one line, with a `?` for what a person would not see, and of at most `most` UTF-16 units, of which none
 * is half a letter. Any store holds it; a terminal shows it with {@link toShownText}.
 */
export function toKeptText(text: string, most: number): string {
  const cut = text.slice(0, most);
  // A pair that the cut would halve goes whole.
  return withMarks(text.length > most ? cut.replace(/[\uD800-\uDBFF]$/, '') : cut);
}

function withMarks(text: string): string {
  const needed = new Set([...text.matchAll(NEEDED)].map(({ index }) => index));
  return text.replace(ALL_UNFIT, (unfit: string, at: number) => (needed.has(at) ? unfit : '?'));
}
