import { deepFreeze, isJsonObject, memberOf } from '@gridpass/codec';
import {
  instant,
  ok,
  refuse,
  type DidSigner,
  type Instant,
  type JsonObject,
  type JsonValue,
  type Nonce,
  type Outcome,
} from '@gridpass/core';
import { complete, createClaimedReader, namesBeyond, readTimes, toDid } from './claimed.js';
import { readKid, toAlgorithm } from './envelope.js';
import { parseJose } from './jose.js';
import { signJose } from './sign.js';
import type { ParsedCredential, ParsedVpJwt } from './types.js';
import { parseVcJwt } from './vc-jwt-parse.js';

const V2 = 'https://www.w3.org/ns/credentials/v2';
const DATA_URL = 'data:application/vc+jwt,';
const MEMBERS: ReadonlySet<string> = new Set([
  '@context',
  'type',
  'holder',
  'verifiableCredential',
  'iss',
  'aud',
  'nonce',
  'iat',
  'nbf',
  'exp',
]);
const MAX_CREDENTIALS = 16;

/** What an organisation presents. The credentials are compact `vc+jwt`. */
export interface VpJwtInput {
  readonly holder: DidSigner;
  readonly credentials: readonly string[];
  readonly audience: string;
  readonly nonce: Nonce;
  readonly at: Instant;
  readonly lifeSeconds: number;
}

/** Builds a `vp+jwt` whose credentials travel enveloped (VCDM 2.0 §4.13, EnvelopedVerifiableCredential). */
export async function buildVpJwt(input: VpJwtInput): Promise<string> {
  const payload: JsonObject = {
    '@context': [V2],
    type: ['VerifiablePresentation'],
    holder: input.holder.did,
    verifiableCredential: input.credentials.map((compact) => ({
      '@context': V2,
      id: `${DATA_URL}${compact}`,
      type: 'EnvelopedVerifiableCredential',
    })),
    iss: input.holder.did,
    aud: input.audience,
    nonce: input.nonce,
    iat: input.at,
    exp: instant(input.at + input.lifeSeconds),
  };
  return signJose('vp+jwt', payload, input.holder, input.holder.kid);
}

/**
 * Parses a `vp+jwt` and every credential in it. Refuses PRESENTATION_MALFORMED, also for an empty presentation, a nested
 * presentation and a bad credential beside good ones; SUITE_UNKNOWN for a credential secured in another way.
 */
export function parseVpJwt(compact: string): Outcome<ParsedVpJwt> {
  const jose = parseJose(compact, 'vp+jwt');
  if (!jose.ok) return jose;
  const { header, payload } = jose.value;
  const reader = createClaimedReader(payload);
  for (const name of namesBeyond(payload, MEMBERS)) reader.note(`${name.slice(0, 64)} (unknown)`);
  if (!isListOf(memberOf(payload, '@context'), V2)) reader.note('@context');
  if (!isListOf(memberOf(payload, 'type'), 'VerifiablePresentation')) reader.note('type');
  const claimedHolder = reader.did('iss');
  if (toDid(memberOf(payload, 'holder')) !== claimedHolder) reader.note('holder');
  const parts = complete({
    claimedHolder,
    kid: readKid(reader, header, claimedHolder),
    alg: toAlgorithm(memberOf(header, 'alg')) ?? reader.note('header.alg'),
    // One audience, as a string: in a list of several, somebody else could replay it.
    audience: reader.text('aud'),
    nonce: reader.text('nonce') as Nonce | undefined,
    times: readTimes(reader, payload, ['iat', 'exp']),
    enveloped: reader.list('verifiableCredential'),
  });
  if (reader.bad.length > 0 || parts === undefined) return refuse('PRESENTATION_MALFORMED', 'parse', `vp+jwt: ${reader.bad.join(', ')}`);
  const { enveloped, ...fields } = parts;
  const credentials = parseEnveloped(enveloped);
  return credentials.ok ? ok(deepFreeze({ ...fields, credentials: credentials.value, jws: jose.value })) : credentials;
}

function parseEnveloped(enveloped: readonly JsonValue[]): Outcome<readonly ParsedCredential[]> {
  if (enveloped.length === 0 || enveloped.length > MAX_CREDENTIALS) {
    return refuse('PRESENTATION_MALFORMED', 'parse', 'vp+jwt: verifiableCredential (none or too many)');
  }
  const credentials: ParsedCredential[] = [];
  for (const [i, entry] of enveloped.entries()) {
    const malformed = refuse('PRESENTATION_MALFORMED', 'parse', `vp+jwt: verifiableCredential[${String(i)}]`);
    if (!isJsonObject(entry) || Object.keys(entry).length !== 3) return malformed;
    const id = memberOf(entry, 'id');
    if (memberOf(entry, '@context') !== V2 || memberOf(entry, 'type') !== 'EnvelopedVerifiableCredential' || typeof id !== 'string')
      return malformed;
    if (!id.startsWith(DATA_URL)) return refuse('SUITE_UNKNOWN', 'parse', `vp+jwt: verifiableCredential[${String(i)}].id`);
    const parsed = parseVcJwt(id.slice(DATA_URL.length));
    if (!parsed.ok) return parsed;
    credentials.push(parsed.value);
  }
  return ok(credentials);
}

function isListOf(value: JsonValue | undefined, only: string): boolean {
  return Array.isArray(value) && value.length === 1 && value[0] === only;
}
