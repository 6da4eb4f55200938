import { refuse } from '@gridpass/core';
import type { JsonObject, JsonValue, Outcome, PublicJwk } from '@gridpass/core';
import { decodeMultibase, memberOf } from '@gridpass/codec';
import { parsePublicJwk, parseRawPublicKey } from '@gridpass/keys';
import { parseMultikey } from './multikey.js';

/** Which curve a type of verification method names; 'any' where the key says it itself. Other types have no key for us. */
const CURVE_OF_TYPE: Readonly<Record<string, PublicJwk['crv'] | 'any'>> = {
  JsonWebKey: 'any',
  JsonWebKey2020: 'any',
  Multikey: 'any',
  EcdsaSecp256k1VerificationKey2019: 'secp256k1',
  Secp256k1VerificationKey2018: 'secp256k1',
  Ed25519VerificationKey2018: 'Ed25519',
  Ed25519VerificationKey2020: 'Ed25519',
  EcdsaSecp256r1VerificationKey2019: 'P-256',
  P256Key2021: 'P-256',
  Secp256r1: 'P-256', // how ethr-did-resolver spells an attribute `did/pub/Secp256r1/veriKey`
};
const MATERIAL = ['publicKeyJwk', 'publicKeyMultibase', 'publicKeyHex', 'publicKeyBase58'] as const;
const HEX = /^(?:[0-9a-fA-F]{2})+$/;

const none = (detail: string): Outcome<never> => refuse('KEY_NOT_AUTHORIZED', 'resolve', `verificationMethod: ${detail}`);

/**
 * The key of a verification method. Exactly one form of the key may be given (DID Core 5.2.1), and it must be of the kind
 * its type names. `EcdsaSecp256k1RecoveryMethod2020` names an account and holds no key.
 */
export function readMethodKey(method: JsonObject): Outcome<PublicJwk> {
  const type = memberOf(method, 'type');
  const curve = typeof type === 'string' && Object.hasOwn(CURVE_OF_TYPE, type) ? CURVE_OF_TYPE[type] : undefined;
  if (curve === undefined) return none('a type without a key for us');
  const given = MATERIAL.filter((name) => Object.hasOwn(method, name));
  const [form] = given;
  if (form === undefined || given.length > 1) return none('not exactly one form of the key');
  const jwk = decode(form, memberOf(method, form), curve);
  if (jwk.ok && curve !== 'any' && jwk.value.crv !== curve) return none('a key of another kind than its type');
  return jwk;
}

function decode(form: (typeof MATERIAL)[number], value: JsonValue | undefined, curve: PublicJwk['crv'] | 'any'): Outcome<PublicJwk> {
  if (value === undefined) return none('no key');
  if (form === 'publicKeyJwk') return parsePublicJwk(value);
  if (typeof value !== 'string' || value.length > 1024) return none('a key that is no text');
  if (form === 'publicKeyMultibase') return parseMultikey(value);
  if (curve === 'any') return none('a raw key under a type that does not name its kind');
  if (form === 'publicKeyHex')
    return HEX.test(value) ? parseRawPublicKey(curve, Uint8Array.from(Buffer.from(value, 'hex'))) : none('not hex');
  const bytes = decodeMultibase(`z${value}`);
  return bytes.ok ? parseRawPublicKey(curve, bytes.value) : none('not base58');
}
