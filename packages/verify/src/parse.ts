import { decodeUtf8, isJsonObject, parseJson } from '@gridpass/codec';
import { ok, refuse, type JsonValue, type Outcome, type Received } from '@gridpass/core';
import { parseSdJwtVc, parseVpJwt, type ParsedCredential, type ParsedSdJwt, type ParsedVpJwt } from '@gridpass/suite';
import type { VerifierLimits } from './options.js';

/** What was presented. Every field is claimed. */
export type Presentation =
  | {
      readonly kind: 'openid4vp';
      readonly credentials: readonly ParsedSdJwt[];
      /** For each credential the id of the query that it is said to answer. */
      readonly ids: readonly string[];
    }
  | { readonly kind: 'vp+jwt'; readonly credentials: readonly ParsedCredential[]; readonly vp: ParsedVpJwt };

/** Stage 1: a well-formed presentation of which nothing is proven. */
export class Parsed {
  readonly #seal = true;
  readonly received: Received;
  readonly presentation: Presentation;

  private constructor(received: Received, presentation: Presentation) {
    this.received = received;
    this.presentation = presentation;
    Object.freeze(this);
  }

  static is(value: unknown): value is Parsed {
    return typeof value === 'object' && value !== null && #seal in value;
  }

  /** Refuses PRESENTATION_MALFORMED, SUITE_UNKNOWN, STATUS_MISSING. No I/O. */
  static parse(received: Received, limits: Pick<VerifierLimits, 'maxCredentials'>): Outcome<Parsed> {
    const presentation = parsePresentation(received, limits.maxCredentials);
    if (!presentation.ok) return presentation;
    const count = presentation.value.credentials.length;
    if (count === 0 || count > limits.maxCredentials) return malformed(count === 0 ? 'no credential' : 'too many credentials');
    return ok(new Parsed(received, Object.freeze(presentation.value)));
  }
}

function parsePresentation(received: Received, maxCredentials: number): Outcome<Presentation> {
  const text = decodeUtf8(received.bytes);
  if (!text.ok) return malformed('not UTF-8');
  if (received.mediaType === 'openid4vp') return parseVpToken(text.value, maxCredentials);
  if (received.mediaType !== 'vp+jwt') return refuse('SUITE_UNKNOWN', 'parse', 'media type');
  const vp = parseVpJwt(text.value);
  return vp.ok ? ok({ kind: 'vp+jwt', credentials: vp.value.credentials, vp: vp.value }) : vp;
}

/** OpenID4VP 1.0 §8.1: an object from DCQL credential id to a list of presentations; of one each, since no query here says `multiple`. */
function parseVpToken(text: string, maxCredentials: number): Outcome<Presentation> {
  const json = parseJson(text);
  if (!json.ok) return malformed(`vp_token: ${json.refusal.detail}`);
  if (!isJsonObject(json.value)) return malformed('vp_token: not an object');
  const lists = Object.values(json.value);
  if (!lists.every((list): list is readonly JsonValue[] => Array.isArray(list) && list.length > 0))
    return malformed('vp_token: not lists of presentations');
  if (lists.some((list) => list.length > 1)) return malformed('vp_token: several presentations for one query');
  const presented = lists.flat();
  if (presented.length > maxCredentials) return malformed('too many credentials');
  const credentials: ParsedSdJwt[] = [];
  for (const entry of presented) {
    if (typeof entry !== 'string') return malformed('vp_token: a presentation is not a text');
    // A bare JWT, an mdoc or a linked-data presentation: none of the suites asked for.
    if (!entry.includes('~')) return refuse('SUITE_UNKNOWN', 'parse', 'vp_token: not an SD-JWT');
    const parsed = parseSdJwtVc(entry);
    if (!parsed.ok) return parsed;
    credentials.push(parsed.value);
  }
  return ok({ kind: 'openid4vp', credentials, ids: Object.keys(json.value) });
}

function malformed(detail: string): Outcome<never> {
  return refuse('PRESENTATION_MALFORMED', 'parse', detail);
}
