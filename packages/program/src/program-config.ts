import { z } from 'zod';
import { CREDENTIAL_TYPES, InputError, marketCalendar } from '@gridpass/core';
import { MAX_SIGNED_AGE_SECONDS, SIGNED_AGE_BOUNDS } from '@gridpass/status';
import { chainConfig } from './chain-config.js';

const signedAgeSeconds = z.int().min(1).max(MAX_SIGNED_AGE_SECONDS);

const origin = z.string().regex(/^https?:\/\/[^/?#]+$/, 'an origin such as https://dso.example');

/** The keys every program's configuration has; spread them into its own strict object. */
export const programConfig = {
  database: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('postgres'), url: z.string(), maxConnections: z.int().positive().default(10) }),
      z.strictObject({ kind: z.literal('pglite'), directory: z.string() }),
    ])
    .describe('a PostgreSQL server, or a directory for the embedded PGlite'),
  keyEncryptionKeys: z
    .array(z.strictObject({ id: z.string().min(1), file: z.string() }))
    .min(1)
    .describe('files of 64 hexadecimal digits; the first is current'),
  checkpointDirectory: z
    .string()
    .min(1)
    .optional()
    .describe(
      'where the last checkpoint of each log is kept, outside the database; the directory `checkpoints` beside the first key file unless given',
    ),
  chains: z
    .array(chainConfig)
    .default([])
    .describe('where did:ethr is resolved and issuers anchor their logs; the first is where this program writes'),
  anchors: z
    .array(z.strictObject({ did: z.string().startsWith('did:'), mayIssue: z.array(z.enum(CREDENTIAL_TYPES)).min(1) }))
    .min(1)
    .describe('the roots of trust and what each may issue'),
  fetch: z
    .strictObject({ allow: z.array(origin).default([]), allowPrivate: z.boolean().default(false) })
    .prefault({})
    .describe('where this program may fetch from'),
  stalenessBoundSeconds: z
    .int()
    .positive()
    .default(60)
    .describe('how long a status list counts after it was fetched: the bound within which a revocation bites'),
  signedAge: z
    .strictObject({
      defaultSeconds: signedAgeSeconds.default(SIGNED_AGE_BOUNDS.defaultSeconds),
      issuers: z.record(z.string().startsWith('did:'), signedAgeSeconds).default({}),
    })
    .prefault({})
    .describe(
      'how long a status list counts after it was signed, and for issuers that sign more or less often: the bound where somebody replays old lists',
    ),
} as const;

/** Where a market keeps its days. */
export const timeZoneConfig = z
  .string()
  .refine(isTimeZone, 'an IANA time zone such as Europe/Oslo; Etc/UTC for UTC')
  .describe('the IANA time zone whose days the dates in credentials are');

function isTimeZone(name: string): boolean {
  try {
    return marketCalendar(name).timeZone === name;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

/** Where a program listens. */
export const addressConfig = (port: number) =>
  z.strictObject({ host: z.string().default('127.0.0.1'), port: z.int().min(0).max(65_535).default(port) }).prefault({});

/** Where clients reach a program. */
export const publicOrigin = origin.describe('where clients reach this program; no URL is ever built from a Host header');
