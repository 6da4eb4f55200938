// Under the `u` flag a proper pair is one code point, so that only a lone half belongs to category Cs.
const LONE = /\p{Cs}/u;

/** Whether a text holds half a surrogate pair, which no UTF-8 can spell. */
export function hasLoneSurrogate(text: string): boolean {
  return LONE.test(text);
}
