import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import { z } from 'zod';
import { InputError, isError } from '@gridpass/core';
import { readConfig } from '@gridpass/config';

/** Everything a society reads at start. */
export const societyConfig = z.strictObject({
  directory: z.string().default('.gridpass').describe('where the society keeps its keys, store, chain and society.json'),
  portBase: z
    .int()
    .min(1024)
    .max(65_500)
    .default(4100)
    .describe('first of the ports; a society keeps the ports of its first start, its credentials name them'),
  register: z.string().optional().describe('a party register in ENTSO-E CSV form; a small built-in sample without it'),
  stalenessBoundSeconds: z.int().min(2).max(60).default(4).describe('how long a revocation may take to be seen'),
  allow: z
    .array(z.string().regex(/^https?:\/\/[^/?#]+$/, 'an origin'))
    .default(['http://127.0.0.1:8080'])
    .describe("origins beside its own that the society's wallets may visit, e.g. a gate of yours"),
  once: z.boolean().default(false).describe('play the acts, print a summary as JSON, end with 0 or 1'),
});
export type SocietyConfig = z.infer<typeof societyConfig>;

/** What `npm start -- --help` prints, before anything is installed. */
const usage = (): string => readFileSync(new URL('../usage.txt', import.meta.url), 'utf8').trimEnd();

const OPTIONS = {
  directory: { type: 'string' },
  'port-base': { type: 'string' },
  register: { type: 'string' },
  allow: { type: 'string', multiple: true },
  once: { type: 'boolean' },
} as const;

/** Reads command line and environment (`GRIDPASS_…`); throws InputError with what to do. */
export function readSocietyConfig(args: readonly string[], env: Readonly<Record<string, string | undefined>>): SocietyConfig {
  let values;
  try {
    ({ values } = parseArgs({ args: [...args], options: OPTIONS, strict: true }));
  } catch (cause) {
    throw new InputError('CONFIG_INVALID', `${isError(cause) ? cause.message : 'unknown option'}\n${usage()}`, { cause });
  }
  const register = values.register ?? env['GRIDPASS_EIC_REGISTER'];
  const config = readConfig({
    schema: societyConfig,
    env,
    envPrefix: 'GRIDPASS_',
    otherEnv: ['GRIDPASS_EIC_REGISTER'],
    overrides: {
      ...(values.directory === undefined ? {} : { directory: values.directory }),
      ...(values['port-base'] === undefined ? {} : { portBase: Number(values['port-base']) }),
      ...(register === undefined || register === '' ? {} : { register }),
      ...(values.allow === undefined ? {} : { allow: values.allow }),
      ...(values.once === undefined ? {} : { once: values.once }),
    },
  });
  return { ...config, directory: resolve(config.directory) };
}
