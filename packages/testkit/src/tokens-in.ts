/** A run of base64url that stands alone and begins as the encoding of `{"` does, which is how the header of every JOSE token begins. */
const BEGINS_AS_JSON = /(?<![\w-])eyJ[\w-]{9,}(?:\.[\w-]*)*/gu;
/** Twelve characters carry nine bytes. Random text reads as printable ASCII that far, behind `eyJ`, less than once in ten million. */
const READ = 12;
const PRINTABLE = /^\{"[ -~]+$/u;

/**
 * The tokens in a text (JWS, SD-JWT, JWE, their headers alone, cut ones too, and the key in a did:jwk): what a log, an error or an address
 * must not hold. Three letters prove nothing, for random request ids hold them now and then; the form does, and what it decodes to.
 *
 * @example expect(tokensIn(JSON.stringify(events))).toEqual([])
 */
export function tokensIn(text: string): readonly string[] {
  return [...text.matchAll(BEGINS_AS_JSON)]
    .map(([token]) => token)
    .filter((token) => PRINTABLE.test(Buffer.from(token.slice(0, READ), 'base64url').toString('latin1')));
}
