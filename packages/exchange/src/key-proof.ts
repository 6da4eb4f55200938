import { ok, refuse } from '@gridpass/core';
import type { Did, DidResolverPort, DidUrl, Instant, JsonObject, Outcome, PublicJwk, Signer, Thumbprint } from '@gridpass/core';
import { memberOf } from '@gridpass/codec';
import { checkJws, checkTimeClaims, parseCompactJws, parsePublicJwk, parseTimeClaims, signCompactJws, thumbprintOf } from '@gridpass/keys';
import type { CompactJws } from '@gridpass/keys';
import { textOf } from './read.js';
import { resolveKid } from './resolve-kid.js';

const TYP = 'openid4vci-proof+jwt';
const STAGE = 'key-proof';

/** A key a wallet has proven to hold. `did` and `kid` are there when the proof named the key by its DID. */
export interface ProvenHolderKey {
  readonly publicJwk: PublicJwk;
  readonly thumbprint: Thumbprint;
  readonly did?: Did;
  readonly kid?: DidUrl;
}

/** Makes a key proof of the `jwt` type (OpenID4VCI 1.0 Appendix F.1); with `kid` the key is named by its DID, else it is carried along. */
export async function buildKeyProof(options: {
  readonly signer: Signer;
  readonly kid?: DidUrl;
  readonly credentialIssuer: string;
  /** Left out for an issuer that gives out none. */
  readonly nonce?: string;
  readonly at: Instant;
}): Promise<string> {
  const header: JsonObject =
    options.kid === undefined ? { typ: TYP, jwk: { ...options.signer.publicJwk } } : { typ: TYP, kid: options.kid };
  const claims: JsonObject = { aud: options.credentialIssuer, iat: options.at };
  return signCompactJws(header, options.nonce === undefined ? claims : { ...claims, nonce: options.nonce }, options.signer);
}

/**
 * Checks one key proof: exact `typ`, this issuer alone as `aud`, age, one way of naming the key, signature. Returns the key and the
 * nonce it was made for, which the caller consumes once every proof of the request has passed. Refuses KEY_PROOF_INVALID.
 */
export async function parseKeyProof(
  compact: string,
  expected: {
    readonly credentialIssuer: string;
    readonly resolver: DidResolverPort;
    readonly at: Instant;
    readonly maxAgeSeconds: number;
    readonly clockSkewSeconds: number;
  },
): Promise<Outcome<{ readonly key: ProvenHolderKey; readonly nonce: string }>> {
  const invalid = (detail: string): Outcome<never> => refuse('KEY_PROOF_INVALID', STAGE, detail);
  const jws = parseCompactJws(compact, { maxBytes: 16_384, maxDepth: 6, allowHeaders: ['jwk'] });
  if (!jws.ok) return invalid(jws.refusal.detail);
  const { header, payload } = jws.value;
  if (memberOf(header, 'key_attestation') !== undefined) return invalid('header.key_attestation: not read here');
  const key = await readKey(jws.value, expected);
  if (!key.ok) return invalid(`${key.refusal.code} ${key.refusal.detail}`);
  const proven = checkJws(jws.value, key.value.publicJwk, { typ: TYP });
  if (!proven.ok) return invalid(proven.refusal.detail);
  // An array, a prefix or another spelling is another audience (attack 10).
  if (memberOf(payload, 'aud') !== expected.credentialIssuer) return invalid('aud: made for another issuer');
  const times = parseTimeClaims(payload);
  if (!times.ok) return invalid(times.refusal.detail);
  const { at, clockSkewSeconds: skewSeconds, maxAgeSeconds } = expected;
  const timely = checkTimeClaims(times.value, { at, skewSeconds, maxAgeSeconds });
  if (!timely.ok) return invalid(timely.refusal.detail);
  const nonce = textOf(payload, 'nonce');
  if (nonce === undefined) return refuse('NONCE_INVALID', STAGE, 'nonce: missing');
  return ok({ key: key.value, nonce });
}

async function readKey(
  jws: CompactJws,
  { resolver, at }: { readonly resolver: DidResolverPort; readonly at: Instant },
): Promise<Outcome<ProvenHolderKey>> {
  const kid = textOf(jws.header, 'kid');
  const jwk = memberOf(jws.header, 'jwk');
  // Appendix F.1: exactly one of kid, jwk, x5c. Two answers to "which key" are an attack (attack 2).
  if ((kid === undefined) === (jwk === undefined)) return refuse('KEY_PROOF_INVALID', STAGE, 'header: exactly one of kid and jwk');
  if (jwk !== undefined) {
    const publicJwk = parsePublicJwk(jwk);
    return publicJwk.ok ? ok({ publicJwk: publicJwk.value, thumbprint: thumbprintOf(publicJwk.value) }) : publicJwk;
  }
  const resolved = await resolveKid(kid ?? '', { resolver, relationships: ['authentication', 'assertionMethod'], at });
  if (!resolved.ok) return resolved;
  const { did, key } = resolved.value;
  return ok({ publicJwk: key.publicJwk, thumbprint: thumbprintOf(key.publicJwk), did, kid: key.id });
}
