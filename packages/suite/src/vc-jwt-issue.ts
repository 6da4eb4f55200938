import { randomUUID } from 'node:crypto';
import type { IVcdm2Credential } from '@sphereon/ssi-types';
import { handleOf } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import { toIsoInstant } from './claimed.js';
import { buildAuthority } from './envelope.js';
import { assertIssuable } from './issuable.js';
import { signJose } from './sign.js';
import { buildBitstringStatus } from './status-references.js';
import type { CredentialInput, IssuedCredential } from './types.js';

/**
 * VCDM 2.0 for every JSON-LD reader; the second context, also by W3C, declares all further terms as issuer-defined, so
 * that none is dropped silently.
 */
export const VC_CONTEXTS = ['https://www.w3.org/ns/credentials/v2', 'https://www.w3.org/ns/credentials/undefined-terms/v2'] as const;

/**
 * Issues a `vc+jwt` (W3C Securing VCs with JOSE and COSE §3.1.1): the payload is the VCDM 2.0 document itself, and the
 * JWT claims beside it say the same once more. The caller guarantees that the claims fit the type's schema.
 */
export async function issueVcJwt(input: CredentialInput): Promise<IssuedCredential> {
  assertIssuable('vc+jwt', input);
  const id = `urn:uuid:${randomUUID()}`;
  const document = {
    '@context': [...VC_CONTEXTS],
    id,
    type: ['VerifiableCredential', input.type],
    issuer: input.issuer.did,
    validFrom: toIsoInstant(input.validFrom),
    validUntil: toIsoInstant(input.validUntil),
    credentialSubject: { ...input.claims, id: input.subject },
  } satisfies Pick<IVcdm2Credential, '@context' | 'id' | 'type' | 'issuer' | 'validFrom' | 'validUntil' | 'credentialSubject'>;
  const payload: JsonObject = {
    ...document,
    credentialStatus: buildBitstringStatus(input.status),
    ...(input.authority === undefined ? {} : { authority: buildAuthority(input.authority) }),
    iss: input.issuer.did,
    sub: input.subject,
    iat: input.issuedAt,
    nbf: input.validFrom,
    exp: input.validUntil,
    jti: id,
  };
  const compact = await signJose('vc+jwt', payload, input.issuer, input.issuer.kid);
  return { format: 'vc+jwt', compact, digest: handleOf(compact) };
}
