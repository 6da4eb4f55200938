// A URL that somebody else chose comes in; a document within its bounds comes out, or a refusal before anything is sent.
// First the text is checked (scheme, origin, port, no user), then every address its name resolves to, inside the very
// lookup the connection uses, so that the checked address is the one connected to. Redirects, encodings, slow and
// large answers end in a Fault REMOTE_UNAVAILABLE: they say nothing about whoever named the URL. Any status that
// arrives is an answer.
export { createGuardedFetch } from './guarded-fetch.js';
export { assertAllowList } from './target.js';
export type { GuardedFetch, GuardedFetchOptions } from './guarded-fetch.js';
export { classifyAddress } from './address.js';
export type { AddressClass } from './address.js';
export { withoutOrigins } from './without-origins.js';
export { withHeaderFor } from './with-header-for.js';
