import { type AuditPort, type Clock, type DidResolverPort, type DidSigner, type FetchPort } from '@gridpass/core';
import { type GateEvent } from '@gridpass/gate';
import { type Store } from '@gridpass/store';
import { type TrustAnchor } from '@gridpass/trust';
import type { MarketplaceConfig } from './config.js';
/** What a marketplace is wired to. */
export interface MarketplaceParts {
    readonly store: Store;
    readonly signer: DidSigner;
    readonly audit: AuditPort;
    readonly resolver: DidResolverPort;
    readonly fetch: FetchPort;
    readonly clock: Clock;
    readonly anchors: readonly TrustAnchor[];
    readonly log: (event: GateEvent) => void;
}
/** A marketplace that listens. */
export interface Marketplace {
    readonly url: string;
    readonly mqttUrl: string;
    close(): Promise<void>;
}
/** Wires a marketplace and listens on both of its ports; throws Fault PORT_BUSY when one is taken. */
export declare function composeMarketplace(config: Omit<MarketplaceConfig, 'database' | 'keyEncryptionKeys' | 'anchors' | 'chains' | 'fetch'>, parts: MarketplaceParts): Promise<Marketplace>;
//# sourceMappingURL=compose.d.ts.map