import { ok, refuse } from '@gridpass/core';
import type { Instant, JsonValue, Outcome } from '@gridpass/core';
import { memberOf } from '@gridpass/codec';
import { checkRequestable } from '@gridpass/exchange';
import type { PresentationRequest } from '@gridpass/exchange';
import type { HolderParts } from './parts.js';
import { proveCredential } from './prove-received.js';

const STAGE = 'entitlement';

/** How a verifier stands to this wallet: registered for what it asks, or unknown to the register. */
export type VerifierStanding = 'registered' | 'unregistered';

/**
 * Whether a verifier may ask what it asks. When its request carries a MarketOperatorRole, that credential must be proven, about this
 * verifier, accredited, standing, and cover the query; a registration that does not hold is worse than none. Refuses REQUEST_NOT_TRUSTED.
 */
export async function checkEntitledToAsk(
  request: PresentationRequest,
  parts: Pick<HolderParts, 'resolver' | 'schemas' | 'issuerTrust' | 'unregisteredVerifiers'>,
  at: Instant,
): Promise<Outcome<VerifierStanding>> {
  const attached = request.verifierInfo.flatMap(({ format, data }) =>
    (format === 'vc+jwt' || format === 'dc+sd-jwt') && typeof data === 'string' ? [{ format, compact: data } as const] : [],
  );
  const registrations = [];
  for (const { format, compact } of attached) {
    const proven = await proveCredential(compact, format, { resolver: parts.resolver, schemas: parts.schemas, at });
    if (!proven.ok) return refuse('REQUEST_NOT_TRUSTED', STAGE, `verifier_info: ${proven.refusal.code}`);
    const { content } = proven.value;
    if (content.type !== 'MarketOperatorRole') continue;
    if (content.subject !== request.verifierDid) return refuse('REQUEST_NOT_TRUSTED', STAGE, 'verifier_info: about another party');
    if (content.validFrom > at) return refuse('REQUEST_NOT_TRUSTED', STAGE, 'verifier_info: not valid yet');
    const trusted = await parts.issuerTrust(content, at);
    if (!trusted.ok) return refuse('REQUEST_NOT_TRUSTED', STAGE, `verifier_info: ${trusted.refusal.code}`);
    registrations.push(content);
  }
  if (registrations.length === 0) {
    return parts.unregisteredVerifiers === 'answerUnregistered'
      ? ok('unregistered')
      : refuse('REQUEST_NOT_TRUSTED', STAGE, 'verifier_info: no registration');
  }
  const claims = registrations.flatMap((content): readonly JsonValue[] => {
    const requestable: JsonValue = memberOf(content.claims, 'requestableClaims') ?? [];
    const entries: readonly JsonValue[] = Array.isArray(requestable) ? requestable : [];
    return entries;
  });
  const covered = checkRequestable(request.query, claims);
  return covered.ok ? ok('registered') : covered;
}
