import { ok, refuse, type CredentialContent, type DisclosureNeeds, type Need, type Outcome } from '@gridpass/core';

/** Paths that every credential yields as facts beside its claims. */
const ALWAYS_THERE: ReadonlySet<string> = new Set(['issuer', 'subject']);

/**
 * Checks that what is shown is one alternative of what the channel needs: all of it and nothing beside it (OpenID4VP 1.0 6.4.2). A credential
 * that was not asked for would have a say in who the holder is. No type occurs twice: of two credentials of one type, policy
 * could not tell whose claims it reads. Refuses QUERY_NOT_MET; empty needs are met by nothing.
 */
export function checkNeeds(contents: readonly CredentialContent[], needs: DisclosureNeeds): Outcome<true> {
  const byType = new Map(contents.map((content) => [content.type, content]));
  if (byType.size !== contents.length) return refuse('QUERY_NOT_MET', 'prove', 'two credentials of one type');
  const isMet = ({ type, claims }: Need): boolean => {
    const content = byType.get(type);
    return (
      content !== undefined && claims.every((claim) => ALWAYS_THERE.has(claim) || Object.hasOwn(content.claims, claim.split('.')[0] ?? ''))
    );
  };
  const met = needs.filter((alternative) => alternative.length > 0 && alternative.every(isMet));
  if (met.length === 0) return refuse('QUERY_NOT_MET', 'prove', 'a credential or claim that was asked for is missing');
  return met.some((alternative) => contents.every(({ type }) => alternative.some((need) => need.type === type)))
    ? ok(true)
    : refuse('QUERY_NOT_MET', 'prove', 'a credential that was not asked for');
}
