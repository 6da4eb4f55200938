// A text with the name of its scheme comes in; an identifier in canonical form goes out, or a refusal that says which
// rule it broke: scheme, form, check character or type. One file per family under schemes/ states form and check rule,
// table.ts joins them, parse.ts applies them. Nothing here asks a directory: a passed check character is no proof of
// allocation, which is what an issuer attests. Identifiers are compared exactly, after parsing, never as bare text.
export { checkIdentifier, parseEic, parseIdentifier, sameIdentifier } from './parse.js';
export type { EicType, IdentifierCheck } from './parse.js';
export { eicCheckCharacter } from './schemes/eic.js';
export { toSfdi } from './schemes/smart-energy.js';
