import { FORWARDING_HEADERS } from '@gridpass/gate';
import { z } from 'zod';

/** How much may be asked at once, and how much in the long run; `what` says of what and of whom. */
export const rateConfig = (what: string, { burst, perMinute }: { readonly burst: number; readonly perMinute: number }) =>
  z
    .strictObject({
      burst: z.int().positive().default(burst).describe(`${what}: how many at once`),
      perMinute: z.int().positive().default(perMinute).describe(`${what}: how many a minute in the long run`),
    })
    .prefault({});

/** What strangers may ask of a program that listens to the world; spread it into the program's own strict object. */
export const limitConfig = {
  rateLimit: rateConfig('requests of one client address (an IPv6 /64 is one)', { burst: 600, perMinute: 1_200 }),
  rateLimitTogether: rateConfig('requests of everybody together', { burst: 6_000, perMinute: 60_000 }),
  trustedProxies: z
    .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
    .default([])
    .describe('addresses or networks of proxies in front of this program; only their forwarding header is believed'),
  forwardingHeader: z
    .enum(FORWARDING_HEADERS)
    .default('x-forwarded-for')
    .describe('the one header in which these proxies say whom they speak for; the other is never read'),
} as const;
