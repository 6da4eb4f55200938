// A whole energy society in one process on embedded defaults: an EVM node, PGlite, issuers, wallets, a marketplace, a
// ledger gate and two meters, each party with a DID, keys and rows of its own. composeSociety starts it or finds it as
// it was left; playActs plays what has not been played yet, each act once, through the same doors that strangers use.
// main prints it, stays up until Ctrl-C, or ends with a summary for programs. This is the one program that imports others.
export { composeSociety } from './compose.js';
export type { Society } from './compose.js';
export { readSocietyConfig, societyConfig } from './config.js';
export type { SocietyConfig } from './config.js';
export { createNarrator } from './narrator.js';
export type { Narrator } from './narrator.js';
export { playActs } from './play.js';
export type { Summary } from './play.js';
export type { ActRecord, SocietyState } from './state-file.js';
