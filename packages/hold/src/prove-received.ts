import { endsAfter, ok, refuse } from '@gridpass/core';
import type { CredentialFormat, DidResolverPort, HeldCredential, Instant, Outcome, WalletRelation } from '@gridpass/core';
import { resolveKid } from '@gridpass/exchange';
import { thumbprintOf } from '@gridpass/keys';
import type { Schemas } from '@gridpass/schema';
import { checkProof, parseIssuedSdJwtVc, parseVcJwt } from '@gridpass/suite';
import type { ParsedCredential } from '@gridpass/suite';
import type { FindIssuerKey } from './parts.js';

const STAGE = 'receive';

/** Parses a credential in either format; a presentation is none. */
export function parseCredential(compact: string, format: CredentialFormat): Outcome<ParsedCredential> {
  return format === 'dc+sd-jwt' ? parseIssuedSdJwtVc(compact) : parseVcJwt(compact);
}

/** What proving a credential takes. */
export interface ProveOptions {
  readonly resolver: DidResolverPort;
  readonly schemas: Schemas;
  readonly findIssuerKey?: FindIssuerKey | undefined;
  readonly at: Instant;
}

/** Of a wallet's parts those that prove credentials. */
export const proofParts = ({ resolver, schemas, findIssuerKey }: Omit<ProveOptions, 'at'>): Omit<ProveOptions, 'at'> => ({
  resolver,
  schemas,
  findIssuerKey,
});

/** Proves a credential against its issuer's DID: signature by an assertion key, times, schema. Trust and status are asked elsewhere. */
export async function proveCredential(
  compact: string,
  format: CredentialFormat,
  options: ProveOptions,
): Promise<Outcome<ParsedCredential>> {
  const parsed = parseCredential(compact, format);
  if (!parsed.ok) return parsed;
  const { content } = parsed.value;
  const key = await (options.findIssuerKey ?? findKeyOfToday(options.resolver))(parsed.value, options.at);
  if (!key.ok) return key;
  const proven = checkProof(parsed.value, key.value);
  if (!proven.ok) return proven;
  if (!endsAfter(content.validUntil, options.at)) return refuse('EXPIRED', STAGE, 'validUntil');
  const claims = options.schemas.parseClaims(content.type, content.claims);
  return claims.ok ? parsed : claims;
}

function findKeyOfToday(resolver: DidResolverPort): FindIssuerKey {
  return async ({ content }, at) => {
    const authorized = await resolveKid(content.kid, { resolver, relationships: ['assertionMethod'], at });
    if (!authorized.ok) return authorized;
    return authorized.value.did === content.issuer
      ? ok(authorized.value.key)
      : refuse('KEY_NOT_AUTHORIZED', STAGE, 'kid: a key of another DID than the issuer');
  };
}

/** Proves a credential that was just received and finds the face it is bound to. Refuses HOLDER_MISMATCH when it is bound to none of ours. */
export async function proveReceived(
  received: { readonly compact: string; readonly format: CredentialFormat },
  options: ProveOptions & { readonly faces: readonly WalletRelation[] },
): Promise<Outcome<HeldCredential>> {
  const proven = await proveCredential(received.compact, received.format, options);
  if (!proven.ok) return proven;
  const { content } = proven.value;
  const face =
    content.holderKey === undefined
      ? options.faces.find(({ did }) => did === content.subject)
      : options.faces.find(({ thumbprint }) => content.holderKey !== undefined && thumbprint === thumbprintOf(content.holderKey));
  if (face === undefined) return refuse('HOLDER_MISMATCH', STAGE, `${content.type}: bound to a key that is not ours`);
  return ok({
    credentialId: content.digest,
    relationId: face.relationId,
    type: content.type,
    format: content.format,
    issuer: content.issuer,
    digest: content.digest,
    compact: received.compact,
    validFrom: content.validFrom,
    validUntil: content.validUntil,
    receivedAt: options.at,
    state: 'unknown',
    stateAt: options.at,
  });
}
