import { z } from 'zod';
import { addressConfig, programConfig, publicOrigin } from '@gridpass/program';
/** Everything a marketplace reads at start. */
export const marketplaceConfig = z.strictObject({
    ...programConfig,
    tenant: z.string().describe('whose rows these are'),
    http: addressConfig(4300),
    mqtt: z
        .strictObject({
        host: z.string().default('127.0.0.1'),
        port: z.int().min(0).max(65_535).default(1883),
        maxClients: z.int().positive().default(1000),
        maxPacketBytes: z.int().positive().default(65_536),
    })
        .prefault({}),
    publicOrigin,
    operatorTokenDigest: z.string().length(43).describe('base64url SHA-256 of the operator token'),
    tokenLifeSeconds: z.int().positive().default(900),
    bindTo: z.enum(['holder', 'session']).default('holder').describe('whose key a token is bound to; session only for third-party wallets'),
    zones: z.record(z.string(), z.strictObject({ jurisdiction: z.string().length(2) })).describe('bidding zones traded here, by EIC'),
    maxOpenOrders: z.int().positive().default(20).describe('open orders of one holder in one channel'),
});
//# sourceMappingURL=config.js.map