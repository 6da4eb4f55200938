// OpenID4VCI 1.0 and OpenID4VP 1.0 as messages in and out, on the OpenID4VC libraries and dcql; no transport, no trust.
// Issuer: offer → token → nonce → proven holder keys; every session is a row that one SQL statement uses up.
// Verifier: needs of a policy → DCQL → signed request object; a posted response is parsed, never believed.
// Wallet: an offer is redeemed for unproven credentials; a request object is proven to come from the DID that asks.
// Signatures, DPoP and key proofs are judged by our own strict code; the libraries shape and read the messages.
export { mayUsePlainHttp, parseServiceUrl, wellKnownUrl } from './service-url.js';
export type { UrlRules } from './service-url.js';
export { buildConfigurations, configurationId, vctOf } from './configurations.js';
export type { CredentialConfiguration } from './configurations.js';
export { buildAuthorizationServerMetadata, buildIssuerMetadata, endpointsOf } from './issuer-metadata.js';
export type { IssuerEndpoints } from './issuer-metadata.js';
export { ISSUANCE_SETTINGS, createIssuanceExchange } from './issuance-exchange.js';
export type { IssuanceExchange, IssuanceSettings, MadeOffer, ProvenCredentialRequest } from './issuance-exchange.js';
export { buildKeyProof, parseKeyProof } from './key-proof.js';
export type { ProvenHolderKey } from './key-proof.js';
export { buildDpopProof, parseDpopProof } from './dpop.js';
export type { DpopProof } from './dpop.js';
export { toProtocolError, toProtocolFault } from './protocol-error.js';
export type { ProtocolError } from './protocol-error.js';
export { acceptOffer } from './accept-offer.js';
export type { AcceptedOffer, OfferedConfiguration, ProofKey, ReceivedCredential } from './accept-offer.js';
export { buildDcqlQuery, parseDcqlQuery } from './dcql.js';
export type { ClaimQuery, CredentialQuery, CredentialsQuery } from './dcql.js';
export {
  REQUEST_OBJECT_TYP,
  VP_FORMATS_SUPPORTED,
  authorizationRequestUri,
  clientIdOf,
  createPresentationRequest,
  didOfClientId,
} from './presentation-request.js';
export type { PresentationRequestInput } from './presentation-request.js';
export { fetchRequestObject, parseAuthorizationRequestUri, parsePresentationRequest } from './parse-presentation-request.js';
export type { PresentationRequest, RequestReference, VerifierInfo } from './parse-presentation-request.js';
export { buildAuthorizationResponse, buildErrorResponse, parseAuthorizationResponse } from './authorization-response.js';
export type { AuthorizationResponse } from './authorization-response.js';
export { checkRequestable } from './requestable-claims.js';
export { resolveKid } from './resolve-kid.js';
export type { AuthorizedKey } from './resolve-kid.js';
