import { CREDENTIAL_TYPES } from '@gridpass/core';
import { z } from 'zod';
import { checkChains, programConfig, tenantName } from '@gridpass/program';

/** Everything a device reads at start. */
export const deviceConfig = z
  .strictObject({
    ...programConfig,
    tenant: tenantName.describe('the name of the device in its own store'),
    keyType: z.enum(['Secp256r1', 'Ed25519']).default('Secp256r1').describe('the key of its did:key, which is made at the first start'),
    market: z
      .strictObject({
        url: z.url().describe('the marketplace over HTTP'),
        mqttUrl: z
          .string()
          .regex(/^mqtts?:\/\//, 'mqtt:// or mqtts://')
          .describe('the same over MQTT, mqtt:// or mqtts://'),
        caFile: z
          .string()
          .min(1)
          .optional()
          .describe('file with the certificates in PEM that vouch for the broker over mqtts://; the well-known ones do unless given'),
      })
      .refine(({ mqttUrl, caFile }) => caFile === undefined || mqttUrl.startsWith('mqtts:'), {
        path: ['caFile'],
        error: 'for mqtts:// alone: over mqtt:// nobody vouches for the broker',
      })
      .describe('where readings go'),
    transport: z.enum(['mqtt', 'http']).default('mqtt').describe('which way readings go'),
    enrol: z
      .array(
        z.strictObject({
          issuer: z.url().describe('the credential issuer'),
          type: z.enum(CREDENTIAL_TYPES).describe('what to apply for'),
          claims: z
            .record(z.string(), z.json())
            .describe('what it shall say; of a commissioning `deviceDid` is the device itself unless given'),
          evidence: z.array(z.enum(CREDENTIAL_TYPES)).max(8).default([]).describe('types of own credentials that are shown with it'),
        }),
      )
      .default([])
      .refine((list) => new Set(list.map(({ type }) => type)).size === list.length, 'each type once')
      .describe('credentials that the device applies for by itself, receives, and applies for again before they end'),
    enrolSeconds: z.int().positive().default(60).describe('how often the device looks how its applications and credentials stand'),
    renewBeforeSeconds: z
      .int()
      .positive()
      .default(604_800)
      .describe('how long before its end a credential is applied for again, in the last third of its life at the earliest'),
    renewalSeconds: z
      .int()
      .positive()
      .default(3_600)
      .describe('how often an issuer is asked whether an operator renewed what was received'),
    retrySeconds: z.int().positive().default(86_400).describe('how long after it was turned down something is applied for again'),
    offers: z.array(z.string()).default([]).describe('credential offers to redeem at start; one that was redeemed is left alone'),
  })
  .check(checkChains);
export type DeviceConfig = z.infer<typeof deviceConfig>;
