// A proven credential comes in together with the configured roots. It names the credential that entitles its issuer, by
// address and digest; that one is fetched (createAuthoritySource), proved by the caller like any credential, and held
// against the child by checkHop: type, role, area, jurisdiction, channel, zone and time may only narrow. checkAccreditation
// repeats this up to a root, within a depth bound and without going round, and returns the path it took. There is no
// search: a missing, foreign or self-issued authority is a refusal.
export { anchorOf, assertAnchors } from './anchor.js';
export type { TrustAnchor } from './anchor.js';
export { ENTITLING_TYPES, roleCodesOf } from './attenuation.js';
export { checkHop } from './hop.js';
export { checkAccreditation } from './chain.js';
export type { AccreditationQuery, ProvenLink, TrustPath } from './chain.js';
export { createAuthoritySource } from './authority-source.js';
export type { AuthoritySourceOptions } from './authority-source.js';
