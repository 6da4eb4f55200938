import { CATALOGUE, instant, ok, refuse } from '@gridpass/core';
import type {
  AuthorityReference,
  CredentialContent,
  CredentialFormat,
  CredentialType,
  Did,
  DidUrl,
  Digest,
  Instant,
  JsonObject,
  Outcome,
  SignatureAlgorithm,
  StatusReference,
  TenantAuthority,
} from '@gridpass/core';
import { digestOf } from '@gridpass/codec';
import { checkAccreditation } from '@gridpass/trust';
import type { ProvenLink, TrustAnchor } from '@gridpass/trust';

/** What the issuer would certify. */
export interface Candidate {
  readonly type: CredentialType;
  readonly format: CredentialFormat;
  readonly issuer: { readonly did: Did; readonly kid: DidUrl; readonly alg: SignatureAlgorithm };
  readonly subject: Did;
  readonly claims: JsonObject;
  readonly at: Instant;
  readonly validUntil: Instant;
}

/** Under which authority the issuer may certify it, and until when at the latest. A root needs none. */
export interface Entitlement {
  readonly authority?: AuthorityReference;
  /** The status entry of that authority, by which its record is found whatever handle it was stored under. */
  readonly authorityStatus?: readonly StatusReference[];
  readonly validUntil: Instant;
  /** Digests of the links up to the root, for the audit log. */
  readonly chain: readonly Digest[];
}

export interface EntitlementPorts {
  readonly anchors: readonly TrustAnchor[];
  readonly maxDepth: number;
  /** Fetches an authority and proves it like any credential: signature, times, schema, status (package verify). */
  readonly proveAuthority: (reference: AuthorityReference) => Promise<Outcome<ProvenLink>>;
}

/**
 * Asks the verifier's own evaluator whether a credential like this would be trusted, for each authority the issuer holds:
 * what is issued here is accepted there. Refuses NOT_ENTITLED with the reason of the last authority. Faults of the
 * authority source are thrown: an issuer that cannot be told entitled issues nothing.
 */
export async function checkEntitlement(
  ports: EntitlementPorts,
  candidate: Candidate,
  authorities: readonly TenantAuthority[],
): Promise<Outcome<Entitlement>> {
  const longest = Math.min(candidate.validUntil, candidate.at + CATALOGUE[candidate.type].maxLifeSeconds);
  let reason = 'no authority';
  for (const authority of [undefined, ...authorities]) {
    const life = await lifeUnder(ports, authority, longest, candidate.at);
    if (!life.ok) {
      reason = `${life.refusal.code} ${life.refusal.detail}`;
      continue;
    }
    const path = await checkAccreditation({ ...ports, credential: toContent(candidate, life.value.authority, life.value.validUntil) });
    if (path.ok) return ok({ ...life.value, chain: path.value.digests });
    reason = `${path.refusal.code} ${path.refusal.detail}`;
  }
  return refuse('NOT_ENTITLED', 'entitlement', reason);
}

/** A credential ends with its issuer's authority at the latest. */
async function lifeUnder(
  ports: EntitlementPorts,
  authority: AuthorityReference | undefined,
  longest: number,
  at: Instant,
): Promise<Outcome<Omit<Entitlement, 'chain'>>> {
  if (authority === undefined)
    return longest > at ? ok({ validUntil: instant(longest) }) : refuse('EXPIRED', 'entitlement', 'validUntil: in the past');
  const link = await ports.proveAuthority(authority);
  if (!link.ok) return link;
  const { digest, status, validUntil } = link.value.content;
  const end = Math.min(longest, validUntil);
  // Pinned by the handle of today, also where it was adopted by the one of before.
  const pin = { authority: { uri: authority.uri, digest }, authorityStatus: status };
  return end > at ? ok({ ...pin, validUntil: instant(end) }) : refuse('EXPIRED', 'entitlement', 'the authority has ended');
}

function toContent(candidate: Candidate, authority: AuthorityReference | undefined, validUntil: Instant): CredentialContent {
  const unsigned = digestOf(`unsigned ${candidate.type} ${candidate.issuer.did} ${candidate.subject}`);
  return {
    format: candidate.format,
    type: candidate.type,
    issuer: candidate.issuer.did,
    kid: candidate.issuer.kid,
    alg: candidate.issuer.alg,
    subject: candidate.subject,
    issuedAt: candidate.at,
    validFrom: candidate.at,
    validUntil,
    status: [],
    ...(authority === undefined ? {} : { authority }),
    claims: candidate.claims,
    // Not signed yet, so it has no handle of its own; the chain needs one that no link has.
    digest: unsigned,
    textDigest: unsigned,
  };
}
