import { CREDENTIAL_TYPES, SD_JWT_VC_MEMBERS, endsAfter } from '@gridpass/core';
import type { HeldCredential, Instant, JsonObject, JsonValue } from '@gridpass/core';
import { isJsonObject, memberOf } from '@gridpass/codec';
import { vctOf } from '@gridpass/exchange';
import type { ClaimQuery, CredentialQuery, CredentialsQuery } from '@gridpass/exchange';

/** A credential this wallet may show, with its payload opened: its claims, and the members that it always shows. */
export interface Candidate {
  readonly held: HeldCredential;
  readonly payload: JsonObject;
}

/** What to show for one credential query: which credential, and which of its claims to open beyond those it always shows. */
export interface Choice {
  readonly queryId: string;
  readonly held: HeldCredential;
  readonly disclose: readonly string[];
}

/** Why one credential did not do. Claim paths are names, never values. */
export interface Shortfall {
  readonly credentialId: string;
  readonly reason: 'EXPIRED' | 'NOT_YET_VALID' | 'REVOKED' | 'SUSPENDED' | 'CLAIM_MISSING' | 'VALUE_DIFFERS' | 'SHOWN_ELSEWHERE';
  readonly claims: readonly string[];
}

/** A credential query that nothing held satisfies. */
export interface Gap {
  readonly queryId: string;
  readonly wanted: readonly string[];
  readonly reason: 'NONE_HELD' | 'NONE_SUITABLE' | 'NOT_ANSWERABLE';
  readonly shortfalls: readonly Shortfall[];
}

export type Plan =
  { readonly kind: 'plan'; readonly choices: readonly Choice[] } | { readonly kind: 'gaps'; readonly gaps: readonly Gap[] };

/**
 * Chooses what satisfies a query with the least disclosure: only claims that are asked for, only sets that are required, the option
 * that opens fewest claims; among equal credentials the one known to stand, then the one valid longest. A credential that is expired,
 * revoked or suspended is never chosen; the gaps say so. `elsewhere` are credentials bound to other faces, named only to explain.
 */
export function chooseCredentials(
  query: CredentialsQuery,
  options: { readonly candidates: readonly Candidate[]; readonly elsewhere: readonly Candidate[]; readonly at: Instant },
): Plan {
  const answers = new Map(query.credentials.map((credential) => [credential.id, answer(credential, options)]));
  const choices = new Map<string, Choice>();
  const gaps: Gap[] = [];
  for (const set of query.sets) {
    if (!set.required) continue;
    const possible = set.options
      .map((option) => option.map((id) => answers.get(id)))
      .filter((option) => option.every((item) => item?.kind === 'choice'))
      .map((option) => option.flatMap((item) => (item?.kind === 'choice' ? [item.choice] : [])));
    const best = possible.sort((a, b) => cost(a) - cost(b))[0];
    for (const choice of best ?? []) choices.set(choice.queryId, choice);
    if (best === undefined) {
      for (const id of new Set(set.options.flat())) {
        const missing = answers.get(id);
        if (missing?.kind === 'gap') gaps.push(missing.gap);
      }
    }
  }
  return gaps.length > 0 ? { kind: 'gaps', gaps } : { kind: 'plan', choices: [...choices.values()] };
}

type Answer = { readonly kind: 'choice'; readonly choice: Choice } | { readonly kind: 'gap'; readonly gap: Gap };

// More credentials weigh more than more claims: each is a thing that can be linked.
const cost = (choices: readonly Choice[]): number => choices.reduce((sum, { disclose }) => sum + 100 + disclose.length, 0);

function answer(
  query: CredentialQuery,
  options: { readonly candidates: readonly Candidate[]; readonly elsewhere: readonly Candidate[]; readonly at: Instant },
): Answer {
  const gap = (reason: Gap['reason'], shortfalls: readonly Shortfall[]): Answer => ({
    kind: 'gap',
    gap: { queryId: query.id, wanted: wantedTypes(query), reason, shortfalls },
  });
  if (!query.answerable || query.format !== 'dc+sd-jwt') return gap('NOT_ANSWERABLE', []);
  const ofType = options.candidates.filter(({ held }) => fitsType(query, held));
  const shortfalls: Shortfall[] = options.elsewhere
    .filter(({ held }) => fitsType(query, held))
    .map(({ held }) => ({ credentialId: held.credentialId, reason: 'SHOWN_ELSEWHERE', claims: [] }));
  const fitting: Choice[] = [];
  for (const { held, payload } of ofType) {
    const late = lateness(held, options.at);
    const disclosed = late === undefined ? discloseFor(query, payload) : undefined;
    if (late !== undefined) shortfalls.push({ credentialId: held.credentialId, reason: late, claims: [] });
    else if (disclosed?.kind === 'shortfall')
      shortfalls.push({ credentialId: held.credentialId, reason: disclosed.reason, claims: disclosed.claims });
    else if (disclosed !== undefined) fitting.push({ queryId: query.id, held, disclose: disclosed.names });
  }
  const best = fitting.sort(
    (a, b) =>
      Number(b.held.state === 'valid') - Number(a.held.state === 'valid') ||
      a.disclose.length - b.disclose.length ||
      b.held.validUntil - a.held.validUntil,
  )[0];
  if (best !== undefined) return { kind: 'choice', choice: best };
  return ofType.length === 0 ? gap('NONE_HELD', shortfalls) : gap('NONE_SUITABLE', shortfalls);
}

function fitsType(query: CredentialQuery, held: HeldCredential): boolean {
  return held.format === 'dc+sd-jwt' && (query.vctValues.length === 0 || query.vctValues.includes(vctOf(held.type)));
}

function wantedTypes(query: CredentialQuery): readonly string[] {
  return query.vctValues.map((vct) => CREDENTIAL_TYPES.find((type) => vctOf(type) === vct) ?? vct);
}

function lateness(held: HeldCredential, at: Instant): Shortfall['reason'] | undefined {
  if (!endsAfter(held.validUntil, at)) return 'EXPIRED';
  if (held.validFrom > at) return 'NOT_YET_VALID';
  if (held.state === 'revoked') return 'REVOKED';
  return held.state === 'suspended' ? 'SUSPENDED' : undefined;
}

type Disclosed =
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'shortfall'; readonly reason: 'CLAIM_MISSING' | 'VALUE_DIFFERS'; readonly claims: readonly string[] };

// OpenID4VP 1.0 6.4.1: with claim_sets the first set that can be met, else every claim; without claims, nothing selective.
function discloseFor(query: CredentialQuery, payload: JsonObject): Disclosed {
  const sets =
    query.claimSets.length === 0
      ? [query.claims]
      : query.claimSets.map((listed) => {
          const ids = new Set(listed);
          return query.claims.filter((claim) => claim.id !== undefined && ids.has(claim.id));
        });
  let first: Disclosed | undefined;
  for (const set of sets) {
    const disclosed = discloseSet(set, payload);
    if (disclosed.kind === 'names') return disclosed;
    first ??= disclosed;
  }
  return first ?? { kind: 'names', names: [] };
}

function discloseSet(set: readonly ClaimQuery[], payload: JsonObject): Disclosed {
  const missing = set.filter((claim) => valuesAt(payload, claim.path).length === 0);
  if (missing.length > 0) return { kind: 'shortfall', reason: 'CLAIM_MISSING', claims: missing.map(pathText) };
  const differing = set.filter(
    (claim) =>
      claim.values !== undefined && !valuesAt(payload, claim.path).some((value) => claim.values?.some((wanted) => wanted === value)),
  );
  if (differing.length > 0) return { kind: 'shortfall', reason: 'VALUE_DIFFERS', claims: differing.map(pathText) };
  // What is always shown is not opened, and costs nothing.
  const heads = set.flatMap(({ path: [head] }) => (typeof head === 'string' && !SD_JWT_VC_MEMBERS.has(head) ? [head] : []));
  return { kind: 'names', names: [...new Set(heads)].sort() };
}

const pathText = ({ path }: ClaimQuery): string => path.map((step) => (step === null ? '*' : String(step))).join('.');

// OpenID4VP 1.0 7.1: text steps into an object, a number into an array, null into every element.
function valuesAt(payload: JsonObject, path: ClaimQuery['path']): readonly JsonValue[] {
  let current: readonly JsonValue[] = [payload];
  for (const step of path) {
    current = current.flatMap((value): readonly JsonValue[] => {
      if (typeof step === 'string') {
        const member = isJsonObject(value) ? memberOf(value, step) : undefined;
        return member === undefined ? [] : [member];
      }
      if (!Array.isArray(value)) return [];
      const items: readonly JsonValue[] = value;
      const item = step === null ? undefined : items[step];
      return step === null ? items : item === undefined ? [] : [item];
    });
  }
  return current;
}
