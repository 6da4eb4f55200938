import {
  instant,
  ok,
  type CredentialContent,
  type Did,
  type Digest,
  type GrantedStatus,
  type Instant,
  type JsonObject,
  type Outcome,
} from '@gridpass/core';
import { parseIssuedSdJwtVc, parseVcJwt, type ParsedCredential } from '@gridpass/suite';
import { checkAccreditation } from '@gridpass/trust';
import { proveCredential } from './credential-proof.js';
import { toEvidence } from './evidence.js';
import { createLinkProver } from './links.js';
import { checkStanding } from './standing.js';
import type { TrustContext } from './trusted.js';

/**
 * A credential that is proven, stands and is trusted at one instant. It says nothing about who shows it: without a
 * presentation there is no holder, so this is no stage type and opens no gate.
 */
export interface VerifiedCredential {
  readonly content: CredentialContent;
  readonly anchor: Did;
  readonly path: readonly Digest[];
  readonly goodUntil: Instant;
  readonly statusReferences: readonly GrantedStatus[];
  readonly evidence: JsonObject;
}

/** Checks one credential as an issuer or a wallet holds it (all disclosures, no key binding), with the codes of stages 1 to 5. */
export async function checkCredentialAlone(compact: string, context: TrustContext): Promise<Outcome<VerifiedCredential>> {
  const parsed = parseAlone(compact);
  if (!parsed.ok) return parsed;
  const proven = await proveCredential(parsed.value, context);
  if (!proven.ok) return proven;
  const credential = proven.value;
  const status = await checkStanding(credential, context.status, context.at);
  if (!status.ok) return status;
  const { anchors, maxDepth } = context;
  const path = await checkAccreditation({ credential, anchors, proveAuthority: createLinkProver(context), maxDepth });
  if (!path.ok) return path;
  const { links, digests, anchor } = path.value;
  const all = [credential, ...links.map(({ content }) => content)];
  return ok(
    Object.freeze({
      content: credential,
      anchor,
      path: digests,
      goodUntil: instant(Math.min(...all.map(({ validUntil }) => validUntil))),
      statusReferences: all.map((content) => ({ issuer: content.issuer, references: content.status })),
      evidence: toEvidence({
        documents: [...context.ring.documents(), ...context.ring.pastDocuments()],
        pastUses: context.ring.pastUses(),
        status: [...status.value, ...links.flatMap((link) => link.status)],
        credentials: [credential],
        paths: [path.value],
      }),
    }),
  );
}

function parseAlone(compact: string): Outcome<ParsedCredential> {
  return compact.includes('~') ? parseIssuedSdJwtVc(compact) : parseVcJwt(compact);
}
