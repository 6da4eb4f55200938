import { encodeBase64url, utf8 } from '@gridpass/codec';
import {
  instant,
  type Did,
  type DidSigner,
  type DidUrl,
  type Digest,
  type JsonObject,
  type Nonce,
  type Signer,
  type StatusReference,
} from '@gridpass/core';
import { createSigner, generatePrivateJwk, parseCompactJws, signCompactJws } from '@gridpass/keys';
import type { CredentialInput } from '../index.js';

export const AT = instant(1_780_272_000);
export const DAY = 86_400;
export const nonce = (text: string): Nonce => text as Nonce;

export function party(name: string, alg: 'ES256' | 'EdDSA' | 'ES256K' = 'ES256'): DidSigner {
  const did = `did:web:${name}.example` as Did;
  return { ...createSigner(generatePrivateJwk(alg)), did, kid: `${did}#key-1` as DidUrl };
}

export const issuer = party('dso');
export const holder = party('house');
export const BITSTRING: readonly StatusReference[] = [
  { kind: 'bitstring', purpose: 'revocation', uri: 'https://dso.example/status/1', index: 7 },
  { kind: 'bitstring', purpose: 'suspension', uri: 'https://dso.example/status/2', index: 8 },
];
export const TOKEN: readonly StatusReference[] = [{ kind: 'token', uri: 'https://dso.example/status/3', index: 9 }];
export const AUTHORITY = { uri: 'https://dso.example/authority', digest: 'jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4' as Digest };

export function vcInput(more: Partial<CredentialInput> = {}): CredentialInput {
  return {
    type: 'SystemOperatorRole',
    issuer,
    subject: holder.did,
    claims: { roleCode: 'A50', unbundled: true },
    issuedAt: AT,
    validFrom: AT,
    validUntil: instant(AT + 30 * DAY),
    status: BITSTRING,
    authority: AUTHORITY,
    ...more,
  };
}

export function sdInput(more: Partial<CredentialInput> = {}): CredentialInput {
  return {
    type: 'MeteringPointEntitlement',
    issuer,
    subject: holder.did,
    holderKey: holder.publicJwk,
    claims: { gridAreaEic: '10YNO-0--------C', direction: 'combined', exportLimitW: 10_000, smartMeter: true },
    issuedAt: AT,
    validFrom: AT,
    validUntil: instant(AT + 30 * DAY),
    status: TOKEN,
    authority: AUTHORITY,
    ...more,
  };
}

/** Signs a compact JWT anew after editing what it says: a well-signed token with contents no honest issuer makes. */
export async function resign(
  compact: string,
  edit: (payload: Record<string, unknown>, header: Record<string, unknown>) => void,
  signer: Signer = issuer,
): Promise<string> {
  const parsed = parseCompactJws(compact);
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  const payload = structuredClone(parsed.value.payload) as Record<string, unknown>;
  const header = structuredClone(parsed.value.header) as Record<string, unknown>;
  edit(payload, header);
  return signCompactJws(header as JsonObject, payload as JsonObject, signer);
}

/** Signs raw JSON texts, for payloads that no serializer would write (duplicate members). */
export async function signRaw(headerText: string, payloadText: string, signer: Signer = issuer): Promise<string> {
  const input = `${encodeBase64url(utf8(headerText))}.${encodeBase64url(utf8(payloadText))}`;
  return `${input}.${encodeBase64url(await signer.sign(utf8(input)))}`;
}

export const disclosure = (...parts: readonly unknown[]): string => encodeBase64url(utf8(JSON.stringify(parts)));
