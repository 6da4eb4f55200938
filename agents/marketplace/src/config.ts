import { z } from 'zod';
import { parseHandle } from '@gridpass/codec';
import { EUROPEAN_MARKET_TIME_ZONE } from '@gridpass/core';
import {
  addressConfig,
  evidenceConfig,
  limitConfig,
  metricsConfig,
  programConfig,
  publicOrigin,
  relayerConfig,
  stopConfig,
  tenantName,
  timeZoneConfig,
  tlsConfig,
  tokenDigestConfig,
} from '@gridpass/program';
import { EIC_ZONE } from './market/order.js';

const policyFile = (whom: string) =>
  z.string().min(1).optional().describe(`file with the Cedar policies for ${whom}; those of this program unless given`);

/** Everything a marketplace reads at start. */
export const marketplaceConfig = z.strictObject({
  ...programConfig,
  ...stopConfig,
  ...metricsConfig,
  relayer: relayerConfig,
  tenant: tenantName.describe('whose rows these are'),
  http: addressConfig(4300),
  mqtt: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('the address of this machine that devices connect to'),
      port: z.int().min(0).max(65_535).default(1883).describe('the TCP port of MQTT; 0 for one that is free'),
      tls: tlsConfig('MQTT'),
      maxClients: z.int().positive().default(1000).describe('connections at the same time'),
      maxPacketBytes: z.int().positive().default(65_536).describe('longest MQTT packet'),
      maxUnproven: z
        .int()
        .positive()
        .default(250)
        .describe('connections on which no key was proven yet; the rest of maxClients is kept for those that proved one'),
      connectSeconds: z.int().positive().default(5).describe('how long a connection may stay without a CONNECT'),
      proveSeconds: z
        .int()
        .positive()
        .default(30)
        .describe('how long it may stay after that without a proof, and after its grant has ended'),
      connectionsPerAddress: z
        .int()
        .positive()
        .default(64)
        .describe('connections of one client address (an IPv6 /64 is one); beyond it its oldest without proof ends'),
      connectionsPerKey: z.int().positive().default(4).describe('connections on which one key was proven; beyond it the oldest ends'),
    })
    .prefault({}),
  publicOrigin,
  ...limitConfig,
  ...evidenceConfig,
  operatorTokenDigest: tokenDigestConfig('the operator'),
  registration: z
    .strictObject({
      uri: z.url().describe("where the market's own MarketOperatorRole is; it is shown to wallets with each request"),
      digest: z
        .string()
        .refine((text) => parseHandle(text) !== undefined, 'the handle of the credential')
        .describe('the handle of that credential, as `gridpass credential list` shows it'),
    })
    .optional()
    .describe(
      "where the market's own MarketOperatorRole is, shown to wallets with each request; without it they see somebody unregistered",
    ),
  tokenLifeSeconds: z.int().positive().default(900).describe('how long a token is good before the wallet is asked again'),
  bindTo: z.enum(['holder', 'session']).default('holder').describe('whose key a token is bound to; session only for third-party wallets'),
  zones: z
    .record(
      z.string().regex(EIC_ZONE, 'an EIC of type Y'),
      z.strictObject({
        jurisdiction: z
          .string()
          .regex(/^[A-Z]{2}$/, 'two capital letters')
          .describe('the country it lies in, ISO 3166 alpha-2'),
        timeZone: timeZoneConfig.optional().describe('where this zone keeps its days, if not where the market does'),
      }),
    )
    .refine((zones) => Object.keys(zones).length > 0, 'at least one zone')
    .describe(
      'bidding zones traded here, by EIC, each with the country it lies in and, where its days begin at another time, its time zone',
    ),
  timeZone: timeZoneConfig.default(EUROPEAN_MARKET_TIME_ZONE),
  policies: z
    .strictObject({
      behind_the_meter: policyFile('orders behind the meter'),
      multi_class: policyFile('orders of all classes'),
      telemetry: policyFile('devices and their readings'),
    })
    .prefault({})
    .describe('policies read from files instead of those of this program; SIGHUP reads them again, all or none'),
  maxOpenOrders: z.int().positive().default(20).describe('open orders of one holder in one channel; an admission may allow fewer'),
});
export type MarketplaceConfig = z.infer<typeof marketplaceConfig>;
