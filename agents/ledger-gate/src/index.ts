// A gate in front of an EVM node. An account is admitted to a channel when its holder has passed the gate with
// credentials and the account has signed for that session; log, store and chain are written in this order. JSON-RPC is
// read strictly, judged method by method, and a transaction by who truly signed it; what is not listed never reaches
// the node. Upkeep asks again and again whether the credentials behind each admission still stand, and withdraws.
export { composeLedgerGate } from './compose.js';
export type { LedgerGate, LedgerGateParts } from './compose.js';
export { ledgerGateConfig } from './config.js';
export type { LedgerGateConfig } from './config.js';
export type { UpkeepEvent } from './upkeep.js';
