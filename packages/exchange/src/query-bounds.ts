import { ok, refuse } from '@gridpass/core';
import type { JsonObject, JsonValue, Outcome } from '@gridpass/core';
import { isJsonObject, memberOf } from '@gridpass/codec';

/**
 * How large a DCQL query may be, counted before anything solves it: its members refer to each other, so that the work grows faster
 * than the text. Far above what a channel needs: the largest credential type has fewer than 64 claims.
 */
export const QUERY_BOUNDS = {
  credentials: 64,
  vctValues: 16,
  claims: 128,
  claimSets: 64,
  pathSteps: 16,
  values: 128,
  credentialSets: 64,
  options: 64,
  trustedAuthorities: 32,
  /** Ids in one claim set or one option. */
  ids: 128,
  /** Over the whole query, for each: claims, ids in claim sets, values, ids in options. */
  total: 1_024,
  /** Characters of one text. */
  text: 1_024,
  /** Values of any kind, wherever they stand, also in members that are not read. */
  nodes: 16_384,
  /** Objects and lists inside each other. The deepest that the specification has is a claim's path: 6. */
  depth: 8,
} as const;

const MALFORMED = (field: string, count: number, most: number): Outcome<never> =>
  refuse('REQUEST_MALFORMED', 'dcql', `dcql_query${field}: ${String(count)}, at most ${String(most)}`);

type Totals = Record<'claims' | 'claim_sets' | 'values' | 'options', number>;

/** One list of a query: where it stands, how many entries it may have, and what of it counts towards the whole. */
interface Counted {
  readonly name: string;
  readonly most: number;
  readonly total?: keyof Totals;
}

/** Refuses REQUEST_MALFORMED with the field that is too large. What has another form than the specification's is somebody else's to refuse. */
export function checkQueryBounds(query: JsonObject): Outcome<true> {
  const size = checkSize(query);
  if (!size.ok) return size;
  const totals: Totals = { claims: 0, claim_sets: 0, values: 0, options: 0 };
  const credentials = checkList(query, '', { name: 'credentials', most: QUERY_BOUNDS.credentials }, totals);
  if (!credentials.ok) return credentials;
  for (const [index, credential] of credentials.value.entries()) {
    const checked = isJsonObject(credential) ? checkCredential(credential, `.credentials[${String(index)}]`, totals) : ok(true as const);
    if (!checked.ok) return checked;
  }
  const sets = checkList(query, '', { name: 'credential_sets', most: QUERY_BOUNDS.credentialSets }, totals);
  if (!sets.ok) return sets;
  for (const [index, set] of sets.value.entries()) {
    if (!isJsonObject(set)) continue;
    const at = `.credential_sets[${String(index)}]`;
    const options = checkList(set, at, { name: 'options', most: QUERY_BOUNDS.options }, totals);
    const ids = options.ok ? checkIds(options.value, `${at}.options`, 'options', totals) : options;
    if (!ids.ok) return ids;
  }
  return ok(true);
}

function checkCredential(credential: JsonObject, at: string, totals: Totals): Outcome<true> {
  const meta = memberOf(credential, 'meta');
  const types =
    meta !== undefined && isJsonObject(meta)
      ? checkList(meta, `${at}.meta`, { name: 'vct_values', most: QUERY_BOUNDS.vctValues }, totals)
      : ok([]);
  if (!types.ok) return types;
  const authorities = checkList(credential, at, { name: 'trusted_authorities', most: QUERY_BOUNDS.trustedAuthorities }, totals);
  if (!authorities.ok) return authorities;
  const claims = checkList(credential, at, { name: 'claims', most: QUERY_BOUNDS.claims, total: 'claims' }, totals);
  if (!claims.ok) return claims;
  for (const [index, holder] of [...claims.value, ...authorities.value].entries()) {
    if (!isJsonObject(holder)) continue;
    const where = index < claims.value.length ? `${at}.claims[${String(index)}]` : `${at}.trusted_authorities`;
    for (const counted of [
      { name: 'path', most: QUERY_BOUNDS.pathSteps },
      { name: 'values', most: QUERY_BOUNDS.values, total: 'values' },
    ] as const) {
      const listed = checkList(holder, where, counted, totals);
      if (!listed.ok) return listed;
    }
  }
  const sets = checkList(credential, at, { name: 'claim_sets', most: QUERY_BOUNDS.claimSets }, totals);
  return sets.ok ? checkIds(sets.value, `${at}.claim_sets`, 'claim_sets', totals) : sets;
}

function checkIds(lists: readonly JsonValue[], at: string, total: keyof Totals, totals: Totals): Outcome<true> {
  for (const [index, list] of lists.entries()) {
    const checked = checkCount(list, `${at}[${String(index)}]`, { most: QUERY_BOUNDS.ids, total }, totals);
    if (!checked.ok) return checked;
  }
  return ok(true);
}

function checkList(parent: JsonObject, at: string, counted: Counted, totals: Totals): Outcome<readonly JsonValue[]> {
  return checkCount(memberOf(parent, counted.name), `${at}.${counted.name}`, counted, totals);
}

function checkCount(
  value: JsonValue | undefined,
  field: string,
  { most, total }: Omit<Counted, 'name'>,
  totals: Totals,
): Outcome<readonly JsonValue[]> {
  const list: readonly JsonValue[] = Array.isArray(value) ? value : [];
  if (list.length > most) return MALFORMED(field, list.length, most);
  if (total === undefined) return ok(list);
  totals[total] += list.length;
  return totals[total] > QUERY_BOUNDS.total ? MALFORMED(`${field}, with all before it`, totals[total], QUERY_BOUNDS.total) : ok(list);
}

/** Walks once over everything, without recursion, and stops at the first value beyond a bound. */
function checkSize(query: JsonObject): Outcome<true> {
  const open: { readonly value: JsonValue; readonly depth: number }[] = [{ value: query, depth: 1 }];
  let nodes = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    nodes += 1;
    if (nodes > QUERY_BOUNDS.nodes) return MALFORMED(', all values', nodes, QUERY_BOUNDS.nodes);
    if (typeof value === 'string' && value.length > QUERY_BOUNDS.text) return MALFORMED(', a text', value.length, QUERY_BOUNDS.text);
    if (typeof value !== 'object' || value === null) continue;
    if (depth > QUERY_BOUNDS.depth) return MALFORMED(', nesting', depth, QUERY_BOUNDS.depth);
    const names = Array.isArray(value) ? [] : Object.keys(value);
    const long = names.find((name) => name.length > QUERY_BOUNDS.text);
    if (long !== undefined) return MALFORMED(', a name', long.length, QUERY_BOUNDS.text);
    for (const inner of Object.values(value) as readonly JsonValue[]) open.push({ value: inner, depth: depth + 1 });
  }
  return ok(true);
}
