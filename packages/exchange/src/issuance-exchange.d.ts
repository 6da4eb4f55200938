import type { Clock, DidResolverPort, ExchangeSessionRepository, Instant, JsonObject, JsonValue, Outcome, TenantId } from '@gridpass/core';
import type { CredentialConfiguration } from './configurations.js';
import type { ProvenHolderKey } from './key-proof.js';
/** Bounds of an issuer's exchanges; all in whole seconds or counts. */
export interface IssuanceSettings {
    readonly offerLifeSeconds: number;
    readonly tokenLifeSeconds: number;
    readonly nonceLifeSeconds: number;
    /** How old a key proof or DPoP proof may be. */
    readonly proofMaxAgeSeconds: number;
    readonly clockSkewSeconds: number;
    /** How often a code may be tried, right or wrong. */
    readonly codeAttempts: number;
    /** How many keys one credential request may bring. */
    readonly batchSize: number;
}
export declare const ISSUANCE_SETTINGS: IssuanceSettings;
/** An offer as the holder gets it; the transaction code goes another way than the offer. */
export interface MadeOffer {
    readonly offerId: string;
    readonly offer: JsonObject;
    readonly offerUri: string;
    readonly txCode?: string;
    readonly expiresAt: Instant;
}
/** A credential request whose token, nonce and keys are proven; the right to issue is taken. */
export interface ProvenCredentialRequest {
    readonly offerId: string;
    readonly reference: string;
    readonly configuration: CredentialConfiguration;
    readonly holderKeys: readonly [ProvenHolderKey, ...ProvenHolderKey[]];
}
export interface IssuanceExchange {
    issuerMetadata(): JsonObject;
    authorizationServerMetadata(): JsonObject;
    createOffer(options: {
        readonly configurationIds: readonly string[];
        readonly reference: string;
        readonly txCode: boolean;
        readonly lifeSeconds?: number;
    }): Promise<MadeOffer>;
    /** `form` is the decoded body, `dpop` the header of that name. */
    answerTokenRequest(request: {
        readonly form: Readonly<Record<string, string>>;
        readonly dpop?: string;
    }): Promise<Outcome<JsonObject>>;
    createNonce(): Promise<JsonObject>;
    parseCredentialRequest(request: {
        readonly authorization?: string;
        readonly dpop?: string;
        readonly body: JsonValue;
    }): Promise<Outcome<ProvenCredentialRequest>>;
    /** Gives the right to issue back after a fault; the wallet may ask again with a fresh nonce. */
    releaseIssuance(request: Pick<ProvenCredentialRequest, 'offerId' | 'configuration'>): Promise<void>;
    /** One credential for each key, in the order of the keys (OpenID4VCI 1.0 8.3), and a nonce for the next request. */
    buildCredentialResponse(credentials: readonly string[]): Promise<JsonObject>;
}
/**
 * The issuer's side of OpenID4VCI 1.0 for one tenant: offers with a pre-authorized code, tokens, nonces, key proofs. It knows no
 * transport: the program maps HTTP to these calls. `credentialIssuer` is the address published, without a trailing slash.
 */
export declare function createIssuanceExchange(parts: {
    readonly tenant: TenantId;
    readonly credentialIssuer: string;
    readonly displayName: string;
    readonly configurations: readonly CredentialConfiguration[];
    readonly sessions: ExchangeSessionRepository;
    readonly resolver: DidResolverPort;
    readonly clock: Clock;
    readonly settings: IssuanceSettings;
}): IssuanceExchange;
//# sourceMappingURL=issuance-exchange.d.ts.map