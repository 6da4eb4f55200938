import { z } from 'zod';
import { programConfig } from '@gridpass/program';

/** Everything a device reads at start. */
export const deviceConfig = z.strictObject({
  ...programConfig,
  tenant: z.string().describe('the name of the device in its own store'),
  keyType: z.enum(['Secp256r1', 'Ed25519']).default('Secp256r1'),
  market: z.strictObject({ url: z.url(), mqttUrl: z.string().startsWith('mqtt') }).describe('where readings go'),
  transport: z.enum(['mqtt', 'http']).default('mqtt'),
  offers: z.array(z.string()).default([]).describe('credential offers to redeem at start; one that was redeemed is left alone'),
});
export type DeviceConfig = z.infer<typeof deviceConfig>;
