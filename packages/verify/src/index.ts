// Bytes become facts in five stages, one file each: parse → resolve → prove → current → trusted. Each returns a sealed
// value of its own class that only it can make and only the next one accepts; a refusal ends the run with its code, a
// fault is thrown and is never an answer. `Received.at` is the only now. The challenge is consumed once, after every
// proof holds; status lists and accreditations are fetched only once their addresses are proven to be signed. Facts,
// evidence and the end of validity exist on Trusted alone, and only `verifier.ts` runs the stages in their order.
export { createVerifier } from './verifier.js';
export type { Verifier } from './verifier.js';
export type { Expected, VerifierLimits, VerifierOptions } from './options.js';
export { Parsed } from './parse.js';
export type { Presentation } from './parse.js';
export { Resolved } from './resolve.js';
export { Proven } from './prove.js';
export { Current } from './current.js';
export { Trusted } from './trusted.js';
export type { VerifiedCredential } from './verified-credential.js';
export type { PastKeyPorts } from './past-key.js';
export { createIssuerKeyFinder } from './issuer-key-finder.js';
export type { IssuerKeyFinder } from './issuer-key-finder.js';
