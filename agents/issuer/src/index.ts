// The issuer issues for several organisations: which one is a regulator, a system operator or a market operator is
// configuration. composeIssuer wires engine, exchange, status lists and logs to one HTTP port and can be called by a
// society; main.ts is the same as a program of its own. Operators act behind tokens of their tenant; wallets talk
// OpenID4VCI; verifiers read DID documents, status lists and authorities. There is no logic here beyond that.
export { composeIssuer } from './compose.js';
export type { Issuer, IssuerIdentity, IssuerParts } from './compose.js';
export { issuerConfig, issuingConfig } from './config.js';
export type { IssuerConfig, IssuingConfig, TenantConfig } from './config.js';
export type { LedgerParts } from './adapters/anchor-logs.js';
