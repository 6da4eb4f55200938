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
        mqttUrl: z.string().startsWith('mqtt').describe('the same over MQTT, mqtt:// or mqtts://'),
      })
      .describe('where readings go'),
    transport: z.enum(['mqtt', 'http']).default('mqtt').describe('which way readings go'),
    offers: z.array(z.string()).default([]).describe('credential offers to redeem at start; one that was redeemed is left alone'),
  })
  .check(checkChains);
export type DeviceConfig = z.infer<typeof deviceConfig>;
