// Several wallets in one process, each its owner's: a household with another face for each verifier, an organisation with its
// DID. Offers are redeemed, requests laid out for consent or answered at once, what was shown is written down, and all of it
// can be exported, imported and deleted. `composeWallet` wires it; a program of the same process drives a wallet by `walletOf`.
export { composeWallet } from './compose.js';
export type { OrganisationIdentity, Wallet, WalletParts } from './compose.js';
export type { WalletRuntime } from './wallet-runtime.js';
export { walletConfig, walletTenantConfig, walletsConfig } from './config.js';
export type { WalletConfig, WalletTenantConfig, WalletsConfig } from './config.js';
