// Bytes come in, a value we fully understand goes out, or a refusal that names the position and never the content.
// Text is decoded strictly (UTF-8 fatal, base64url canonical), JSON is read by our own reader that refuses duplicate
// and prototype-changing members, deep nesting and lossy numbers; CBOR is read in its deterministic form only.
// Outbound, every value has exactly one spelling (RFC 8785 for JSON), so that equal things have equal digests.
// Beside them stands what every layer above needs of chance and the machine: tokens, and turns that are lost to others (untilWon).
// Refusals carry REQUEST_MALFORMED; a caller inside the house that breaks a contract gets an InputError.
export { decodeBase64url, encodeBase64url } from './base64url.js';
export { decodeUtf8, utf8 } from './utf8.js';
export { toLines } from './lines.js';
export type { LineRules } from './lines.js';
export { parseJson } from './json-reader.js';
export type { JsonLimits } from './json-reader.js';
export { isJsonObject, memberOf, textsIn, textsOf } from './json-object.js';
export { canonicalJson } from './canonical-json.js';
export { ACCESS_TOKEN_FORM, bearerTokenOf, createAccessToken, isMadeAccessToken, isTokenOf } from './access-token.js';
export { constantTimeEqual, digestOf, randomToken, sha256 } from './digest.js';
export { toKeptText, toPlainText, toShownText } from './plain-text.js';
export { canonicalDid, canonicalDidUrl, canonicalDids } from './did-syntax.js';
export { handleBytes, handleOf, isHandleOf, parseHandle, textDigestOf } from './handle.js';
export { decodeCbor, encodeCbor } from './cbor.js';
export type { CborInput, CborLimits, CborValue } from './cbor.js';
export { decodeMultibase, encodeMultibase } from './multibase.js';
export type { MultibaseKind } from './multibase.js';
export { decodeVarint, encodeVarint } from './varint.js';
export { prepareWasmHost } from './wasm-host.js';
export { untilWon } from './until-won.js';
export { deepFreeze } from './deep-freeze.js';
export { parseDateTimeStamp, parseNumericDate } from './moment.js';
export type { Moment } from './moment.js';
