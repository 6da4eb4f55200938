// A text becomes a `Did` or is refused (parse.ts): one spelling for one DID. A resolver answers for the configured methods:
// did:key, did:jwk and did:peer from the DID itself, did:web through the guarded fetch port, did:ethr from an ERC-1056 registry as of
// one block and one moment. Each document is reduced to the keys its DID controls (document.ts). Good answers are cached,
// bounded in number and age; refusals and faults are not. What cannot be found out is a Fault RESOLVER_UNAVAILABLE.
// create.ts goes the other way: from keys to DIDs, verification method names and did:web documents.
export { parseDid, parseDidUrl } from './parse.js';
export {
  buildDidWebDocument,
  didWebUrlOf,
  toDidEthr,
  toDidJwk,
  toDidKey,
  toDidPeer,
  toDidPeer2,
  toDidWeb,
  verificationMethodOf,
} from './create.js';
export { DID_METHODS, createDidResolver } from './resolver.js';
export type { DidMethod, DidResolverSettings } from './resolver.js';
export type { EthrChain } from './methods/ethr.js';
export { createEthrIndex } from './ethr-index/ethr-index.js';
export type { EthrIndex, EthrIndexSettings, EthrIndexStatus } from './ethr-index/ethr-index.js';
export { RpcError, createJsonRpc } from './ethr-index/rpc.js';
export type { EthrRpc } from './ethr-index/rpc.js';
export { createChainProvider, signTransaction } from './chain.js';
export { parseDidDocument } from './document.js';
export { parseMultikey, toMultikey } from './multikey.js';
export { createWebDidVerbs, publishDidWeb } from './lifecycle/web-did.js';
export type { WebDidVerbs, WebService } from './lifecycle/web-did.js';
export { createDidLifecycle } from './lifecycle/lifecycle.js';
export type { Changed, DelegateType, DidLifecycle, KeyUse, LifecycleContext, LifecycleParts } from './lifecycle/lifecycle.js';
export { LONGEST_VALIDITY_SECONDS, SERVICE_ENDPOINT_FORM, isServiceEndpoint } from './lifecycle/statement.js';
export { LONGEST_TRANSFER_SECONDS, createDidTransfers } from './lifecycle/transfer.js';
export type { DidTransfers, OfferInput, Recovered } from './lifecycle/transfer.js';
export type { DeviceStanding, TransferConsequences, TransferParts } from './lifecycle/transfer-steps.js';
export type { TransferAnswer, TransferDecision, TransferOffer } from './lifecycle/transfer-offer.js';
export { createOfferAnswers } from './lifecycle/answer-offer.js';
export type { AnsweredOffer, OfferAnswerParts, OfferAnswers } from './lifecycle/answer-offer.js';
export { currentVerificationMethod } from './lifecycle/current-key.js';
export { signRegistryCall } from './lifecycle/registry-call.js';
export type { CallTarget, RegistryChange } from './lifecycle/registry-call.js';
export { createRegistryReader } from './lifecycle/registry-reader.js';
export type { RegistryReader } from './lifecycle/registry-reader.js';
