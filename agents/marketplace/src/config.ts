import { z } from 'zod';

const origin = z.string().regex(/^https?:\/\/[^/?#]+$/, 'an origin such as https://market.example');

/** Everything a marketplace reads at start. */
export const marketplaceConfig = z.strictObject({
  tenant: z.string().describe('whose rows these are'),
  http: z.strictObject({ host: z.string().default('127.0.0.1'), port: z.int().min(0).max(65_535) }),
  mqtt: z.strictObject({ host: z.string().default('127.0.0.1'), port: z.int().min(0).max(65_535), maxClients: z.int().positive().default(1000), maxPacketBytes: z.int().positive().default(65_536) }),
  publicOrigin: origin.describe('where clients reach this program'),
  database: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('postgres'), url: z.string() }),
    z.strictObject({ kind: z.literal('pglite'), directory: z.string() }),
  ]),
  keyEncryptionKeys: z.array(z.strictObject({ id: z.string(), file: z.string() })).min(1).describe('files of 32 bytes in hex; the first is current'),
  anchors: z.array(z.strictObject({ did: z.string(), mayIssue: z.array(z.string()).min(1) })).min(1).describe('the roots of trust'),
  chains: z.array(z.strictObject({ chainId: z.int().positive(), rpcUrl: z.url(), registry: z.string() })).describe('where did:ethr is resolved'),
  fetch: z.strictObject({ allow: z.array(origin), allowPrivate: z.boolean().default(false) }),
  operatorTokenDigest: z.string().length(43).describe('base64url SHA-256 of the operator token'),
  stalenessBoundSeconds: z.int().positive().default(60).describe('how old a status list may be; the bound within which a revocation bites'),
  tokenLifeSeconds: z.int().positive().default(900),
  bindTo: z.enum(['holder', 'session']).default('holder'),
  zones: z.record(z.string(), z.strictObject({ jurisdiction: z.string().length(2) })).describe('bidding zones traded here, by EIC'),
  maxOpenOrders: z.int().positive().default(20),
});
export type MarketplaceConfig = z.infer<typeof marketplaceConfig>;
