import { z } from 'zod';
import { tlsConfig } from './tls-config.js';

/** Where a program shows its numbers; spread it into the program's own strict object. */
export const metricsConfig = {
  metrics: z
    .strictObject({
      host: z
        .string()
        .default('127.0.0.1')
        .describe('the address of this machine on which the numbers are shown; whoever reaches it reads them'),
      port: z.int().min(0).max(65_535).describe('the TCP port of `/metrics`; 0 for one that is free'),
      tls: tlsConfig('what `/metrics` says'),
    })
    .optional()
    .describe('where `/metrics` is shown in the text format of Prometheus; nowhere unless given'),
} as const;
