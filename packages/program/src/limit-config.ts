import { z } from 'zod';

const rateConfig = (burst: number, perMinute: number) =>
  z.strictObject({ burst: z.int().positive().default(burst), perMinute: z.int().positive().default(perMinute) }).prefault({});

/** What strangers may ask of a program that listens to the world; spread it into the program's own strict object. */
export const limitConfig = {
  rateLimit: rateConfig(600, 1_200).describe('requests of one client address (an IPv6 /64 is one): at once, and a minute in the long run'),
  rateLimitTogether: rateConfig(6_000, 60_000).describe('the same for everybody together'),
  trustedProxies: z
    .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
    .default([])
    .describe('addresses or networks of proxies in front of this program; only their X-Forwarded-For is believed'),
} as const;
