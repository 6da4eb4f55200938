import { ok, refuse } from '@gridpass/core';
import type { CredentialContent, Did, Instant, JsonObject, JsonValue, Outcome, Refusal } from '@gridpass/core';
import { isJsonObject, memberOf } from '@gridpass/codec';
import { checkRequestable } from '@gridpass/exchange';
import type { PresentationRequest } from '@gridpass/exchange';
import type { HolderParts } from './parts.js';
import { proofParts, proveCredential } from './prove-received.js';

const STAGE = 'entitlement';

/** How a verifier stands to this wallet: registered for what it asks, or unknown to the register. */
export type VerifierStanding = 'registered' | 'unregistered';

/** Who asks, as far as that is proven. */
export interface ProvenVerifier {
  readonly standing: VerifierStanding;
  /** The party of its registration (`{scheme, value}`), which an accredited issuer vouches for; none when it is unregistered. */
  readonly party?: JsonObject;
  /** Who registered it. */
  readonly registeredBy?: Did;
}

/**
 * Whether a verifier may ask what it asks. When its request carries a MarketOperatorRole, that credential must be proven, about this
 * verifier, accredited, standing, and cover the query; a registration that does not hold is worse than none. Refuses REQUEST_NOT_TRUSTED.
 */
export async function checkEntitledToAsk(
  request: PresentationRequest,
  parts: Pick<HolderParts, 'resolver' | 'schemas' | 'issuerTrust' | 'findIssuerKey' | 'unregisteredVerifiers'>,
  at: Instant,
): Promise<Outcome<ProvenVerifier>> {
  const attached = request.verifierInfo.flatMap(({ format, data }) =>
    (format === 'vc+jwt' || format === 'dc+sd-jwt') && typeof data === 'string' ? [{ format, compact: data } as const] : [],
  );
  const registrations: CredentialContent[] = [];
  for (const { format, compact } of attached) {
    const proven = await proveCredential(compact, format, { ...proofParts(parts), at });
    if (!proven.ok) return refuse('REQUEST_NOT_TRUSTED', STAGE, because(proven.refusal));
    const { content } = proven.value;
    if (content.type !== 'MarketOperatorRole') continue;
    if (content.subject !== request.verifierDid) return refuse('REQUEST_NOT_TRUSTED', STAGE, 'verifier_info: about another party');
    if (content.validFrom > at) return refuse('REQUEST_NOT_TRUSTED', STAGE, 'verifier_info: not valid yet');
    const trusted = await parts.issuerTrust(content, at);
    if (!trusted.ok) return refuse('REQUEST_NOT_TRUSTED', STAGE, because(trusted.refusal));
    registrations.push(content);
  }
  const [first] = registrations;
  if (first === undefined) {
    return parts.unregisteredVerifiers === 'answerUnregistered'
      ? ok({ standing: 'unregistered' })
      : refuse('REQUEST_NOT_TRUSTED', STAGE, 'verifier_info: no registration; unregisteredVerifiers says whether that is answered');
  }
  const claims = registrations.flatMap((content): readonly JsonValue[] => {
    const requestable: JsonValue = memberOf(content.claims, 'requestableClaims') ?? [];
    const entries: readonly JsonValue[] = Array.isArray(requestable) ? requestable : [];
    return entries;
  });
  const covered = checkRequestable(request.query, claims);
  if (!covered.ok) return covered;
  const party = memberOf(first.claims, 'party');
  return ok({ standing: 'registered', registeredBy: first.issuer, ...(isJsonObject(party) ? { party } : {}) });
}

/** Why a registration does not hold, and the setting that could be otherwise: for the holder, whose wallet it is. */
const because = ({ code, detail }: Refusal): string => `verifier_info: ${code}; ${detail}`;
