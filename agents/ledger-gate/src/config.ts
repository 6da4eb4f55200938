import { z } from 'zod';
import { RPC_ROLES } from './rpc/methods.js';

const origin = z.string().regex(/^https?:\/\/[^/?#]+$/, 'an origin such as https://ledger.example');
const rate = (burst: number, perMinute: number) => z.strictObject({ burst: z.int().positive(), perMinute: z.int().positive() }).default({ burst, perMinute });

/** Everything a ledger gate reads at start. */
export const ledgerGateConfig = z.strictObject({
  tenant: z.string().describe('whose rows these are'),
  http: z.strictObject({ host: z.string().default('127.0.0.1'), port: z.int().min(0).max(65_535) }),
  publicOrigin: origin.describe('where clients reach this program'),
  chain: z.strictObject({ rpcUrl: z.url(), chainId: z.int().positive(), timeoutMs: z.int().positive().default(10_000) }).describe('the node behind this gate; only this program should reach it'),
  did: z.string().describe('the DID this program speaks for; its key is in the vault'),
  accountKeyFile: z.string().describe('file with the private key of the account that admits, 0x and 64 hexadecimal digits'),
  database: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('postgres'), url: z.string() }),
    z.strictObject({ kind: z.literal('pglite'), directory: z.string() }),
  ]),
  keyEncryptionKeys: z.array(z.strictObject({ id: z.string(), file: z.string() })).min(1).describe('files of 32 bytes in hex; the first is current'),
  anchors: z.array(z.strictObject({ did: z.string(), mayIssue: z.array(z.string()).min(1) })).min(1).describe('the roots of trust'),
  chains: z.array(z.strictObject({ chainId: z.int().positive(), rpcUrl: z.url(), registry: z.string() })).default([]).describe('where did:ethr is resolved'),
  fetch: z.strictObject({ allow: z.array(origin), allowPrivate: z.boolean().default(false) }),
  channels: z.record(z.string(), z.enum(RPC_ROLES)).default({ behind_the_meter: 'trade', multi_class: 'trade', ledger_node: 'operate' }).describe('channels an account or node can be admitted to, and the methods a session of each may call'),
  withoutSession: z.enum(RPC_ROLES).default('trade').describe('methods open without a session; a transaction still needs an admitted sender'),
  stalenessBoundSeconds: z.int().positive().default(60).describe('how old a status list may be'),
  recheckSeconds: z.int().positive().default(15).describe('how often the credentials behind the admissions are looked at; with the staleness bound this is how fast a revocation bites'),
  reconcileEvery: z.int().positive().default(20).describe('rounds between two comparisons of the whole chain with the store'),
  leaseSeconds: z.int().min(60).max(86_400).default(3_600).describe('how far ahead an admission is written; if this program dies, all end within it'),
  statusGraceSeconds: z.int().positive().default(600).describe('how long a status may be unknown before the admission is withdrawn'),
  accountsPerHolder: z.int().positive().default(4),
  tokenLifeSeconds: z.int().positive().default(300),
  bindTo: z.enum(['holder', 'session']).default('holder'),
  limits: z.strictObject({
    bodyBytes: z.int().positive().default(262_144),
    batch: z.int().positive().default(50),
    transactionBytes: z.int().positive().default(131_072),
    answerBytes: z.int().positive().default(16_777_216),
    address: rate(2_000, 60_000),
    sender: rate(100, 600),
    recordedRefusals: rate(60, 60),
  }).prefault({}),
});
export type LedgerGateConfig = z.infer<typeof ledgerGateConfig>;
