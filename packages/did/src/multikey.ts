import { ok, refuse } from '@gridpass/core';
import type { Outcome, PublicJwk } from '@gridpass/core';
import { decodeMultibase, decodeVarint, encodeMultibase, encodeVarint } from '@gridpass/codec';
import { compressPoint, parseRawPublicKey, rawPublicKeyOf } from '@gridpass/keys';

// The multicodec table: public keys of the three kinds this house signs with.
const CODEC = { Ed25519: 0xed, secp256k1: 0xe7, 'P-256': 0x1200 } as const;
const CURVE = new Map<number, PublicJwk['crv']>([
  [0xed, 'Ed25519'],
  [0xe7, 'secp256k1'],
  [0x1200, 'P-256'],
]);

/** A public key as Multikey text in base58btc (Controlled Identifiers 2.2.2), as did:key carries it. */
export function toMultikey(jwk: PublicJwk): string {
  const raw = rawPublicKeyOf(jwk);
  const key = jwk.crv === 'Ed25519' ? raw : compressPoint(jwk.crv, raw);
  return encodeMultibase('z', Uint8Array.from([...encodeVarint(CODEC[jwk.crv]), ...key]));
}

/** Reads Multikey text; refuses what is not in the one spelling {@link toMultikey} writes, so that a key has one name. */
export function parseMultikey(text: string): Outcome<PublicJwk> {
  const bytes = decodeMultibase(text);
  if (!bytes.ok) return refuse('KEY_NOT_AUTHORIZED', 'resolve', 'multikey: not base58btc');
  const prefix = decodeVarint(bytes.value);
  const crv = prefix.ok ? CURVE.get(prefix.value.value) : undefined;
  if (!prefix.ok || crv === undefined) return refuse('KEY_NOT_AUTHORIZED', 'resolve', 'multikey: not a kind of key this house signs with');
  const jwk = parseRawPublicKey(crv, bytes.value.subarray(prefix.value.length));
  if (!jwk.ok) return jwk;
  return toMultikey(jwk.value) === text ? ok(jwk.value) : refuse('KEY_NOT_AUTHORIZED', 'resolve', 'multikey: not in canonical form');
}

const X25519_CODEC = 0xec;

/**
 * Checks a key for key agreement: X25519, or a key on one of the two curves that do both. This house agrees on no keys, so it
 * gives back the text; refuses other kinds, and spellings that are not canonical.
 */
export function parseAgreementMultikey(text: string): Outcome<string> {
  const bytes = decodeMultibase(text);
  const codec = bytes.ok ? decodeVarint(bytes.value) : bytes;
  if (bytes.ok && codec.ok && codec.value.value === X25519_CODEC) {
    const good = bytes.value.length - codec.value.length === 32 && encodeMultibase('z', bytes.value) === text;
    return good ? ok(text) : refuse('KEY_NOT_AUTHORIZED', 'resolve', 'multikey: not 32 bytes of X25519, or not in canonical form');
  }
  const key = parseMultikey(text);
  if (!key.ok) return key;
  return key.value.crv === 'Ed25519' ? refuse('KEY_NOT_AUTHORIZED', 'resolve', 'multikey: Ed25519 agrees on no keys') : ok(text);
}
