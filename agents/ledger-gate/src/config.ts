import { z } from 'zod';
import { EUROPEAN_MARKET_TIME_ZONE } from '@gridpass/core';
import {
  addressConfig,
  evidenceConfig,
  limitConfig,
  metricsConfig,
  programConfig,
  publicOrigin,
  rateConfig,
  relayerConfig,
  stopConfig,
  tenantName,
  webOrigin,
  timeZoneConfig,
  tokenDigestConfig,
} from '@gridpass/program';
import { RPC_ROLES } from './rpc/methods.js';

/** Everything a ledger gate reads at start. */
export const ledgerGateConfig = z.strictObject({
  ...programConfig,
  ...stopConfig,
  ...metricsConfig,
  tenant: tenantName.describe('whose rows these are'),
  http: addressConfig(4400),
  publicOrigin,
  ...limitConfig,
  ...evidenceConfig,
  chain: z
    .strictObject({
      rpcUrl: z.url().describe('JSON-RPC of the node behind this gate; only this program should reach it'),
      chainId: z.int().positive().describe('the number of its chain (EIP-155)'),
      timeoutMs: z.int().positive().default(10_000).describe('how long the node may take for an answer'),
      stopsWhenLeft: z
        .boolean()
        .default(false)
        .describe('whether the node stops working on a call whose connection is closed; go-ethereum does, anvil does not'),
    })
    .describe('the node behind this gate; only this program should reach it'),
  did: z
    .enum(['did:ethr', 'did:jwk'])
    .default('did:jwk')
    .describe('the method of the DID this program speaks for; it is made at the first start'),
  relayer: relayerConfig,
  operatorTokenDigest: tokenDigestConfig('the operator', 'without it nobody changes the DID over HTTP').optional(),
  accountKeyFile: z.string().describe('file with the private key of the account that admits, 0x and 64 hexadecimal digits'),
  logWriters: z
    .array(
      z.strictObject({
        issuer: z.string().startsWith('did:ethr:').describe('whose log it is'),
        account: z
          .string()
          .regex(/^0x[0-9a-fA-F]{40}$/, 'an address: 0x and 40 hexadecimal digits')
          .describe('the account that anchors it, 0x and 40 hexadecimal digits'),
      }),
    )
    .default([])
    .describe('issuers whose logs may be anchored on this chain, each with the account that does it; named on the chain at start'),
  channels: z
    .record(z.string(), z.enum(RPC_ROLES))
    .default({ behind_the_meter: 'trade', multi_class: 'trade', ledger_node: 'operate' })
    .describe('channels an account or node can be admitted to, and the methods a session of each may call'),
  policies: z
    .record(z.string(), z.string().min(1))
    .default({})
    .describe('for channels a file with their Cedar policies, instead of those of this program; SIGHUP reads them again, all or none'),
  withoutSession: z
    .enum(RPC_ROLES)
    .default('trade')
    .describe('methods open without a session; a transaction still needs an admitted sender'),
  origins: z.array(webOrigin).default([]).describe('origins whose pages may open a WebSocket; programs, which send no Origin, always may'),
  pollMs: z.int().positive().default(1_000).describe('how often the chain is looked at while anybody has a subscription'),
  recheckSeconds: z
    .int()
    .positive()
    .default(15)
    .describe(
      'how often the credentials behind the admissions are looked at; with the staleness bound this is how fast a revocation bites',
    ),
  reconcileEvery: z.int().positive().default(20).describe('rounds between two comparisons of the whole chain with the store'),
  leaseSeconds: z
    .int()
    .min(60)
    .max(86_400)
    .default(3_600)
    .describe('how far ahead an admission is written; if this program dies, all end within it'),
  statusGraceSeconds: z.int().positive().default(600).describe('how long a status may be unknown before the admission is withdrawn'),
  timeZone: timeZoneConfig.default(EUROPEAN_MARKET_TIME_ZONE),
  accountsPerHolder: z.int().positive().default(4).describe('accounts that one holder may have admitted in one channel'),
  tokenLifeSeconds: z.int().positive().default(300).describe('how long a session is good before the wallet is asked again'),
  bindTo: z.enum(['holder', 'session']).default('holder').describe('whose key a token is bound to; session only for third-party wallets'),
  limits: z
    .strictObject({
      bodyBytes: z.int().positive().default(262_144).describe('longest request body, and longest message on a WebSocket'),
      batch: z.int().positive().default(50).describe('calls in one batch'),
      transactionBytes: z.int().positive().default(131_072).describe('longest signed transaction'),
      answerBytes: z.int().positive().default(16_777_216).describe('longest answer of the node that is passed on'),
      address: rateConfig(
        'requests of one client address (an IPv6 /64 is one), and its calls without a session, each entry of a batch counted',
        {
          burst: 2_000,
          perMinute: 60_000,
        },
      ),
      together: z
        .strictObject({
          burst: z.int().positive().describe('calls of all addresses together: how many at once; ten times `address` unless given'),
          perMinute: z.int().positive().describe('calls of all addresses together: how many a minute; ten times `address` unless given'),
        })
        .optional(),
      grant: rateConfig('calls of one grant on all its connections, each entry of a batch counted', { burst: 1_000, perMinute: 30_000 }),
      sender: rateConfig('transactions of one sending account', { burst: 100, perMinute: 600 }),
      logBlocks: z.int().positive().default(10_000).describe('blocks one eth_getLogs may span'),
      calls: z
        .strictObject({
          gas: z
            .int()
            .min(21_000)
            .default(50_000_000)
            .describe('gas of one eth_call or eth_estimateGas of a session; written in where it is left out'),
          strangerGas: z.int().min(21_000).default(10_000_000).describe('gas of one such call without a session'),
          dataBytes: z.int().positive().default(131_072).describe('calldata of one call of a session'),
          strangerDataBytes: z.int().positive().default(65_536).describe('calldata of one call without a session'),
        })
        .refine(({ gas, strangerGas }) => strangerGas <= gas, 'strangerGas: not more than gas')
        .prefault({}),
      inFlight: z
        .strictObject({
          address: z
            .int()
            .positive()
            .default(64_000_000)
            .describe('gas that calls of one client address without a session may cost the node at the same time'),
          holder: z
            .int()
            .positive()
            .default(128_000_000)
            .describe('gas of the calls of one holder at the same time, over all its sessions'),
          strangers: z.int().positive().default(128_000_000).describe('gas of the calls of all without a session at the same time'),
          together: z.int().positive().default(256_000_000).describe('gas of the calls of everybody at the same time'),
          waiting: z.int().positive().default(64).describe('calls of one client that wait for a place; more are answered RATE_LIMITED'),
        })
        .refine(
          ({ address, holder, strangers, together }) => address <= strangers && strangers < together && holder <= together,
          'address at most strangers, strangers less than together, holder at most together',
        )
        .prefault({}),
      sockets: z
        .strictObject({
          connections: z.int().positive().default(256).describe('WebSocket connections of everybody together'),
          connectionsPerAddress: z.int().positive().default(64).describe('WebSocket connections of one client address'),
          connectionsPerGrant: z.int().positive().default(8).describe('WebSocket connections of one grant'),
          inFlight: z.int().positive().default(8).describe('messages of one connection answered at the same time'),
          bufferedBytes: z
            .int()
            .positive()
            .default(4_194_304)
            .describe('bytes that wait for one slow reader before its connection is ended'),
          subscriptions: z.int().positive().default(8).describe('subscriptions of one connection'),
          subscriptionsPerGrant: z.int().positive().default(16).describe('subscriptions of one grant on all its connections'),
          pings: rateConfig('pings of one connection', { burst: 20, perMinute: 60 }),
        })
        .prefault({}),
    })
    .prefault({}),
});
export type LedgerGateConfig = z.infer<typeof ledgerGateConfig>;
