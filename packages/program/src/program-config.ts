import { z } from 'zod';
import { CREDENTIAL_TYPES, InputError, marketCalendar, tenantId } from '@gridpass/core';
import { assertPublicOrigin } from '@gridpass/gate';
import { assertAllowList } from '@gridpass/net';
import { MAX_SIGNED_AGE_SECONDS, SIGNED_AGE_BOUNDS } from '@gridpass/status';
import { parseAnchors } from './anchors.js';
import { chainConfig } from './chain-config.js';
import { heldBy, named } from './held-by.js';
import { tlsConfig } from './tls-config.js';

const signedAgeSeconds = z.int().min(1).max(MAX_SIGNED_AGE_SECONDS);

const origin = z.string().regex(/^https?:\/\/[^/?#]+$/, 'an origin such as https://dso.example');

/** The keys every program's configuration has; spread them into its own strict object. */
export const programConfig = {
  database: z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('postgres').describe('"postgres", a PostgreSQL server, or "pglite", the embedded database in a directory'),
        url: z.string().describe('of the server, postgres://user:password@host/name; with kind postgres alone'),
        maxConnections: z.int().min(2).default(10).describe('connections to the server at the same time; with kind postgres alone'),
      }),
      z.strictObject({
        kind: z.literal('pglite'),
        directory: z.string().describe('where the embedded database lies, for one process; with kind pglite alone'),
      }),
    ])
    .describe('a PostgreSQL server, or a directory for the embedded PGlite'),
  keyEncryptionKeys: z
    .array(
      z.strictObject({
        id: z.string().min(1).describe('a name for the key, which stands beside what it wraps: it stays with the key for ever'),
        file: z.string().describe('the file, 64 hexadecimal digits; readable by the program alone'),
      }),
    )
    .min(1)
    .check(named('id'))
    .describe('keys that private keys are stored under; the first is current, the others open what was wrapped before'),
  checkpointDirectory: z
    .string()
    .min(1)
    .optional()
    .describe(
      'where the last checkpoint of each log is kept, outside the database; the directory `checkpoints` beside the first key file unless given',
    ),
  chains: z
    .array(chainConfig)
    .check(named('chainId'))
    .default([])
    .describe('where did:ethr is resolved and issuers anchor their logs; the first is where this program writes'),
  anchors: z
    .array(
      z.strictObject({
        did: z.string().startsWith('did:').describe('whom this program trusts without being shown why'),
        mayIssue: z.array(z.enum(CREDENTIAL_TYPES)).min(1).describe('the types of credentials it is trusted to issue by itself'),
      }),
    )
    .min(1)
    .check(heldBy((anchors) => void parseAnchors(anchors)))
    .describe('the roots of trust and what each may issue'),
  fetch: z
    .strictObject({
      allow: z.array(origin).default([]).describe('origins that may be fetched from; nodes of `chains` need not be named'),
      allowPrivate: z
        .boolean()
        .default(false)
        .describe('whether names in `allow` may lead to private addresses; plain http stays for the loopback alone'),
      trace: z
        .array(origin)
        .default([])
        .describe('origins of programs of your own that are told the trace of a request (`traceparent`); nobody else is'),
    })
    .check(heldBy(({ allow, allowPrivate }) => assertAllowList(allow, allowPrivate)))
    .prefault({})
    .describe('where this program may fetch from'),
  stalenessBoundSeconds: z
    .int()
    .positive()
    .default(60)
    .describe('how long a status list counts after it was fetched: the bound within which a revocation bites'),
  signedAge: z
    .strictObject({
      defaultSeconds: signedAgeSeconds
        .default(SIGNED_AGE_BOUNDS.defaultSeconds)
        .describe('how long a status list counts after it was signed, whatever its own end says'),
      issuers: z
        .record(z.string().startsWith('did:'), signedAgeSeconds)
        .default({})
        .describe('the same in seconds for issuers that sign more or less often, by their DID'),
    })
    .prefault({})
    .describe(
      'how long a status list counts after it was signed, and for issuers that sign more or less often: the bound where somebody replays old lists',
    ),
} as const;

/** The name of a tenant, as `tenantId` takes it. */
export const tenantName = z.string().check(heldBy((text) => void tenantId(text)));

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
  z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('the address of this machine to listen on; 0.0.0.0 for all of them'),
      port: z.int().min(0).max(65_535).default(port).describe('the TCP port to listen on; 0 for one that is free'),
      tls: tlsConfig('HTTP'),
    })
    .prefault({});

/** Where clients reach a program. */
export const publicOrigin = z
  .string()
  .check(heldBy(assertPublicOrigin))
  .describe('where clients reach this program, with a path where it is below one; no URL is ever built from a Host header');

/** The origin of pages or programs, which has no path. */
export const webOrigin = origin.check(heldBy(assertPublicOrigin));
