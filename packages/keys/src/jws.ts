import { InputError, ok, refuse } from '@gridpass/core';
import type { JsonObject, Outcome, PublicJwk, Signer } from '@gridpass/core';
import { decodeBase64url, encodeBase64url, isJsonObject, memberOf, parseJson, utf8 } from '@gridpass/codec';
import { algorithmOf } from './jwk.js';
import { checkHeader, checkReplicated, isTyped } from './jws-header.js';
import type { KeyHeader } from './jws-header.js';
import { verifySignature } from './verify-signature.js';

/** A JSON Web Signature in compact form, taken apart. Nothing in it is proven until {@link checkJws} passed. */
export interface CompactJws {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  readonly signingInput: Uint8Array;
  readonly signature: Uint8Array;
  readonly compact: string;
}

export interface JwsLimits {
  /** Longest compact text; 262 144 unless told. */
  readonly maxBytes?: number;
  readonly maxDepth?: number;
  /** Which key-carrying header members this caller reads itself, e.g. `jwk` in a DPoP proof. */
  readonly allowHeaders?: readonly KeyHeader[];
}

const DEFAULT_MAX_BYTES = 262_144;
const SIGNATURE_BYTES = 64;

const malformed = (detail: string): Outcome<never> => refuse('PRESENTATION_MALFORMED', 'parse', detail);

/**
 * Takes a compact JWS apart strictly: three canonical base64url parts, JSON objects without duplicate members, an algorithm
 * we sign with, no critical extension, no key smuggled in the header, no nested token, no claim that the header says
 * differently (RFC 7515 5.2, RFC 7519 5.3, RFC 8725 3). Header members that nobody knows are ignored (RFC 7515 4).
 */
export function parseCompactJws(text: string, limits: JwsLimits = {}): Outcome<CompactJws> {
  if (text.length > (limits.maxBytes ?? DEFAULT_MAX_BYTES)) return malformed('jws: too long');
  const firstDot = text.indexOf('.');
  const lastDot = text.lastIndexOf('.');
  if (firstDot <= 0 || lastDot <= firstDot + 1 || text.indexOf('.', firstDot + 1) !== lastDot) return malformed('jws: not three parts');
  const header = readObject(text.slice(0, firstDot), 'jws.header', limits);
  if (!header.ok) return header;
  const checked = checkHeader(header.value, limits.allowHeaders ?? []);
  if (!checked.ok) return checked;
  const payload = readObject(text.slice(firstDot + 1, lastDot), 'jws.payload', limits);
  if (!payload.ok) return payload;
  const replicated = checkReplicated(header.value, payload.value);
  if (!replicated.ok) return replicated;
  const signature = decodeBase64url(text.slice(lastDot + 1));
  if (!signature.ok || signature.value.length !== SIGNATURE_BYTES) return malformed('jws.signature: not 64 bytes in base64url');
  return ok(
    Object.freeze({
      header: header.value,
      payload: payload.value,
      signingInput: utf8(text.slice(0, lastDot)),
      signature: signature.value,
      compact: text,
    }),
  );
}

function readObject(part: string, path: string, limits: JwsLimits): Outcome<JsonObject> {
  const bytes = decodeBase64url(part);
  if (!bytes.ok) return malformed(`${path}: not canonical base64url`);
  const json = parseJson(bytes.value, {
    maxBytes: limits.maxBytes ?? DEFAULT_MAX_BYTES,
    ...(limits.maxDepth === undefined ? {} : { maxDepth: limits.maxDepth }),
  });
  if (!json.ok) return malformed(`${path}: ${json.refusal.detail}`);
  return isJsonObject(json.value) ? ok(json.value) : malformed(`${path}: not an object`);
}

/**
 * Proves a parsed JWS with one key. The key must be the one the issuer's DID authorizes for this use; `expected.typ` is the
 * media type this kind of token has, so that one kind never passes for another (RFC 8725 3.11); see {@link isTyped}.
 */
export function checkJws(jws: CompactJws, jwk: PublicJwk, expected: { readonly typ: string }): Outcome<true> {
  const alg = algorithmOf(jwk);
  if (memberOf(jws.header, 'alg') !== alg) return refuse('ALGORITHM_NOT_ALLOWED', 'prove', 'jws.header.alg: not the algorithm of the key');
  if (!isTyped(jws.header, expected.typ)) return refuse('PROOF_INVALID', 'prove', 'jws.header.typ: another kind of token');
  if (!verifySignature(jwk, alg, jws.signingInput, jws.signature)) return refuse('PROOF_INVALID', 'prove', 'jws.signature');
  return ok(true);
}

/** Signs a payload; `alg` is taken from the signer, and a header that says otherwise is a programmer's mistake (InputError). */
export async function signCompactJws(header: JsonObject, payload: JsonObject, signer: Signer): Promise<string> {
  const claimed = memberOf(header, 'alg');
  if (claimed !== undefined && claimed !== signer.alg) throw new InputError('ALGORITHM_NOT_ALLOWED', 'jws.header.alg is set by the signer');
  const input = `${encodePart({ ...header, alg: signer.alg })}.${encodePart(payload)}`;
  return `${input}.${encodeBase64url(await signer.sign(utf8(input)))}`;
}

function encodePart(part: JsonObject): string {
  return encodeBase64url(utf8(JSON.stringify(part)));
}
