export { composeMarketplace } from './compose.js';
export type { Marketplace, MarketplaceParts } from './compose.js';
export { marketplaceConfig } from './config.js';
export type { MarketplaceConfig } from './config.js';
//# sourceMappingURL=index.d.ts.map