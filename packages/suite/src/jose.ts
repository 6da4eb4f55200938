import { memberOf } from '@gridpass/codec';
import { refuse, type Outcome } from '@gridpass/core';
import { parseCompactJws, type CompactJws } from '@gridpass/keys';
import { namesBeyond } from './claimed.js';
import type { JoseType } from './sign.js';

const HEADER_NAMES: ReadonlySet<string> = new Set(['alg', 'typ', 'kid']);

/**
 * Parses one compact JWS of exactly this `typ`, byte for byte (RFC 8725 §3.11: a token of one kind is none of another).
 * The header may hold `alg`, `typ` and `kid` and nothing else.
 */
export function parseJose(compact: string, typ: JoseType): Outcome<CompactJws> {
  const jws = parseCompactJws(compact);
  if (!jws.ok) return jws;
  if (memberOf(jws.value.header, 'typ') !== typ) return refuse('PRESENTATION_MALFORMED', 'parse', `${typ}: header.typ`);
  if (namesBeyond(jws.value.header, HEADER_NAMES).length > 0)
    return refuse('PRESENTATION_MALFORMED', 'parse', `${typ}: header (unknown member)`);
  return jws;
}
