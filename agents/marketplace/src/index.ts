// A small electricity market behind the gate. Offers and bids for 15-minute intervals come in over HTTP with a grant,
// meter readings over MQTT or HTTP from devices that have presented their commissioning. The channels' policies are the
// files in policies/; an operator clears an interval once, at one price. compose wires it to a store, keys and ports
// that the caller brings; main does that from a configuration file.
export { composeMarketplace } from './compose.js';
export type { Marketplace, MarketplaceParts } from './compose.js';
export { marketplaceConfig } from './config.js';
export type { MarketplaceConfig } from './config.js';
