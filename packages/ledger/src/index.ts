// The ledger. `connectChain` reaches one EVM node and makes its failures Faults; `createSender` sends transactions of one
// account with nonces in order. `deployContracts` puts the contracts (contracts/*.sol) there or finds them. Readers and
// writers are typed fronts to one contract each: admissions, market, anchor, accreditations. The keeper follows an
// admission from decision to withdrawal and makes the chain say what the store says. `parseSignedTransaction` tells who truly signed. `launchEmbeddedNode` is a node of one's own. `createRelayer` sends and pays for participants' signed DID changes.
export { launchEmbeddedNode } from './embedded-node.js';
export type { EmbeddedNode, EmbeddedNodeOptions } from './embedded-node.js';
export {
  accountClaimText,
  accountClaimTypedData,
  accountFromPrivateKey,
  checkAccountClaim,
  createAccountKey,
  parseAccount,
  signAccountClaim,
  toAccountSigner,
} from './account.js';
export type { Account, AccountClaim, AccountSigner } from './account.js';
export { CONTRACT_NAMES } from './artefact.js';
export type { Artefact, ContractName } from './artefact.js';
export { ARTEFACTS } from './generated/artefacts.js';
export { connectChain } from './chain.js';
export type { Chain, ChainSettings } from './chain.js';
export { DEPLOY_CHANNEL, NODE_CHANNEL, channelId } from './channel.js';
export { createSender } from './sender.js';
export type { Sender, Sent } from './sender.js';
export type { Revert } from './revert.js';
export { deployContracts, isDeployed, openTargets } from './deploy.js';
export type { ContractAddresses, DeployOptions } from './deploy.js';
export { createAdmissionReader, createAdmissionWriter } from './admissions.js';
export type { StandingAdmission } from './admission-history.js';
export type { AdmissionGrant, AdmissionKey, AdmissionReader, AdmissionWriter, ChainAdmission } from './admissions.js';
export { buildOrderCall, createMarketReader, createMarketTrader } from './market.js';
export type { ChainClearing, ChainOrder, MarketReader, MarketTrader, OrderTerms } from './market.js';
export { createAnchorReader, createAnchorWriter } from './anchor.js';
export type { AnchorReader, AnchorWriter, AnchoredCheckpoint } from './anchor.js';
export { createNodeReader } from './nodes.js';
export type { NodeReader } from './nodes.js';
export { areaHash, createAccreditationLedger } from './accreditation.js';
export type { AccreditationLedger, AccreditationTerms, AreaPath } from './accreditation.js';
export { signCall } from './sign-call.js';
export type { Call } from './sign-call.js';
export { parseSignedTransaction } from './transaction.js';
export type { SignedTransaction } from './transaction.js';
export { createAdmissionKeeper } from './admission-keeper.js';
export type { AdmissionKeeper, AdmissionKeeperPorts, AdmissionRequest, Rechecked } from './admission-keeper.js';
export type { Reconciled } from './reconcile.js';
export { createIssuanceAnchors } from './issuance-anchors.js';
export { RELAYER_SETTINGS, createRelayer } from './relayer/relayer.js';
export type { Relayer, RelayerParts } from './relayer/relayer.js';
export type { RelayerSettings } from './relayer/round.js';
