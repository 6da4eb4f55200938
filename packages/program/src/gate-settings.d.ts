import { type CredentialType, type DidSigner } from '@gridpass/core';
import type { GateSettings } from '@gridpass/gate';
import type { Program } from './open-program.js';
/** What a gate of one's own needs to be told; everything else has a default here that errs on the strict side. */
export interface GateRequest {
    /** Whose rows and whose DID these are. */
    readonly tenant: string;
    /** Where clients reach this program, e.g. `https://market.example`. */
    readonly publicOrigin: string;
    /** The roots of trust and what each may issue. */
    readonly anchors: readonly {
        readonly did: string;
        readonly mayIssue: readonly CredentialType[];
    }[];
    /** Cedar text by channel name. */
    readonly policies: Readonly<Record<string, string>>;
    /** How old a status list may be: the bound within which a revocation ends live tokens. */
    readonly stalenessBoundSeconds?: number;
    readonly tokenLifeSeconds?: number;
    /** The verifier's own DID and key; made in the vault, as did:jwk, unless given. */
    readonly signer?: DidSigner;
    readonly log?: GateSettings['log'];
}
/** The settings of a gate over an open program; hand them to `createGate`. Throws InputError CONFIG_INVALID for a policy that is none. */
export declare function gateSettings(program: Program, request: GateRequest): Promise<GateSettings>;
//# sourceMappingURL=gate-settings.d.ts.map