import type { Fault, Refusal } from '@gridpass/core';
/** What a token, nonce or credential endpoint answers: the protocol's error code beside our own. */
export interface ProtocolError {
    readonly status: number;
    readonly body: {
        readonly error: string;
        readonly code: string;
        readonly error_description: string;
    };
    /** Set where RFC 6750 or RFC 9449 want one. */
    readonly wwwAuthenticate?: string;
}
/** Puts a refusal into the words of OAuth 2.0 and OpenID4VCI. The detail stays in the house. */
export declare function toProtocolError(refusal: Refusal, endpoint: 'token' | 'credential'): ProtocolError;
/** Puts a fault into the words of OAuth 2.0: the client may try again. */
export declare function toProtocolFault(fault: Fault): ProtocolError;
//# sourceMappingURL=protocol-error.d.ts.map