import {
  nameNeeds,
  ok,
  refuse,
  type CredentialContent,
  type DisclosureNeeds,
  type NamedNeed,
  type Need,
  type Outcome,
} from '@gridpass/core';

/** Paths that every credential yields as facts beside its claims. */
const ALWAYS_THERE: ReadonlySet<string> = new Set(['issuer', 'subject']);

/**
 * Checks that what is shown is one alternative of what the channel needs: all of it and nothing beside it (OpenID4VP 1.0 6.4.2). A credential
 * that was not asked for would have a say in who the holder is. No type occurs twice: of two credentials of one type, policy
 * could not tell whose claims it reads. Answers what was asked for and is there: of this alone facts are made. Where the
 * presentation names the query that each credential answers (`ids`, 8.1), it has to be one of these, and each credential what its query
 * asks for. Refuses QUERY_NOT_MET; empty needs are met by nothing.
 */
export function checkNeeds(
  contents: readonly CredentialContent[],
  needs: DisclosureNeeds,
  ids: readonly string[] | 'named-by-type',
): Outcome<readonly Need[]> {
  const byType = new Map(contents.map((content) => [content.type, content]));
  if (byType.size !== contents.length) return refuse('QUERY_NOT_MET', 'prove', 'two credentials of one type');
  return ids === 'named-by-type' ? checkByType(byType, needs) : checkById(contents, needs, ids);
}

function checkByType(contents: ReadonlyMap<string, CredentialContent>, needs: DisclosureNeeds): Outcome<readonly Need[]> {
  const met = needs.filter((alternative) => alternative.length > 0 && alternative.every((need) => isMetBy(need, contents.get(need.type))));
  if (met.length === 0) return refuse('QUERY_NOT_MET', 'prove', 'a credential or claim that was asked for is missing');
  const exact = met.filter((alternative) => [...contents.keys()].every((type) => alternative.some((need) => need.type === type)));
  return exact.length > 0 ? ok(exact.flat()) : refuse('QUERY_NOT_MET', 'prove', 'a credential that was not asked for');
}

function checkById(contents: readonly CredentialContent[], needs: DisclosureNeeds, ids: readonly string[]): Outcome<readonly Need[]> {
  const { credentials, alternatives } = nameNeeds(needs);
  const asked = new Map(credentials.map((need) => [need.id, need]));
  const answered: NamedNeed[] = [];
  for (const [position, content] of contents.entries()) {
    const need = asked.get(ids[position] ?? '');
    if (need === undefined) return refuse('QUERY_NOT_MET', 'prove', 'vp_token: an id that is none of the query');
    if (!isMetBy(need, content)) return refuse('QUERY_NOT_MET', 'prove', `vp_token: ${need.id} is not answered by what stands under it`);
    answered.push(need);
  }
  const shown = new Set(answered.map(({ id }) => id));
  const complete = alternatives.filter((alternative) => alternative.length > 0 && alternative.every((id) => shown.has(id)));
  if (complete.length === 0) return refuse('QUERY_NOT_MET', 'prove', 'a credential or claim that was asked for is missing');
  return complete.some((alternative) => [...shown].every((id) => alternative.includes(id)))
    ? ok(answered)
    : refuse('QUERY_NOT_MET', 'prove', 'a credential that was not asked for');
}

function isMetBy({ type, claims }: Need, content: CredentialContent | undefined): boolean {
  return (
    content?.type === type && claims.every((claim) => ALWAYS_THERE.has(claim) || Object.hasOwn(content.claims, claim.split('.')[0] ?? ''))
  );
}
