import { refuse, type Outcome } from '@gridpass/core';
import { isTyped, parseCompactJws, type CompactJws } from '@gridpass/keys';
import type { JoseType } from './sign.js';

/** Parses one compact JWS of this `typ` (RFC 8725 §3.11: a token of one kind is none of another). */
export function parseJose(compact: string, typ: JoseType): Outcome<CompactJws> {
  const jws = parseCompactJws(compact);
  if (!jws.ok) return jws;
  return isTyped(jws.value.header, typ) ? jws : refuse('PRESENTATION_MALFORMED', 'parse', `${typ}: header.typ`);
}
