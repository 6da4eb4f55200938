import { InputError, isError, nameNeeds, ok, refuse } from '@gridpass/core';
import type { DisclosureNeeds, JsonObject, JsonValue, Outcome } from '@gridpass/core';
import { isJsonObject, memberOf, textsOf } from '@gridpass/codec';
import { DcqlError, DcqlQuery } from 'dcql';
import { toLibraryInput } from './library-outcome.js';
import { checkQueryBounds } from './query-bounds.js';
import { textOf } from './read.js';
import { vctOf } from './configurations.js';

/** One credential a query asks for, reduced to what this house answers: SD-JWT VCs with top-level or nested members. */
export interface CredentialQuery {
  readonly id: string;
  readonly format: string;
  readonly vctValues: readonly string[];
  readonly claims: readonly ClaimQuery[];
  /** Alternatives among the claims, best first; empty means all of them. */
  readonly claimSets: readonly (readonly string[])[];
  /** False where the verifier wants only credentials of certain authorities, which this wallet cannot judge. */
  readonly answerable: boolean;
}

export interface ClaimQuery {
  readonly id?: string;
  readonly path: readonly (string | number | null)[];
  /** When present, only these values satisfy the query. */
  readonly values?: readonly (string | number | boolean)[];
}

/** A query, and which combinations of credentials satisfy it. */
export interface CredentialsQuery {
  readonly credentials: readonly CredentialQuery[];
  /** Every required set must be met by one of its options; without credential_sets each credential is a set of its own. */
  readonly sets: readonly { readonly options: readonly (readonly string[])[]; readonly required: boolean }[];
  /** The query as it was asked. */
  readonly json: JsonObject;
}

/**
 * Builds the DCQL query that asks for exactly what a channel's policy reads and nothing else (OpenID4VP 1.0 6): one credential
 * query for each (type, claims), alternatives as one credential set. Throws InputError CONFIG_INVALID on empty needs.
 */
export function buildDcqlQuery(needs: DisclosureNeeds): JsonObject {
  if (needs.length === 0 || needs.some((alternative) => alternative.length === 0))
    throw new InputError('CONFIG_INVALID', 'a channel that needs nothing cannot be asked for');
  const named = nameNeeds(needs);
  const credentials = named.credentials.map(({ id, type, claims }): JsonObject => ({
    id,
    format: 'dc+sd-jwt',
    meta: { vct_values: [vctOf(type)] },
    ...(claims.length === 0 ? {} : { claims: claims.map((name) => ({ path: [name] })) }),
  }));
  const options = named.alternatives.map((alternative) => [...alternative]);
  const query: JsonObject = options.length === 1 ? { credentials } : { credentials, credential_sets: [{ options }] };
  const judged = parseDcqlQuery(query);
  if (!judged.ok) throw new InputError('CONFIG_INVALID', `needs that make no DCQL query: ${judged.refusal.detail}`);
  return query;
}

/** Reads a DCQL query out of a request (OpenID4VP 1.0 6): its size first, then the library judges its form. Refuses REQUEST_MALFORMED. */
export function parseDcqlQuery(json: JsonValue | undefined): Outcome<CredentialsQuery> {
  const malformed = (detail: string): Outcome<never> => refuse('REQUEST_MALFORMED', 'dcql', detail);
  if (json === undefined || !isJsonObject(json)) return malformed('dcql_query: missing');
  const bounded = checkQueryBounds(json);
  if (!bounded.ok) return bounded;
  const judged = judge(json);
  if (!judged) return malformed('dcql_query: not of the form of the specification');
  const listed = memberOf(json, 'credentials');
  if (!Array.isArray(listed)) return malformed('dcql_query.credentials');
  const credentials: CredentialQuery[] = [];
  for (const item of listed) {
    const parsed = isJsonObject(item) ? toCredentialQuery(item) : undefined;
    if (parsed === undefined) return malformed('dcql_query.credentials: an entry cannot be read');
    credentials.push(parsed);
  }
  const sets = toSets(memberOf(json, 'credential_sets'), credentials);
  return sets === undefined ? malformed('dcql_query.credential_sets') : ok({ credentials, sets, json });
}

function toSets(sets: JsonValue | undefined, credentials: readonly CredentialQuery[]): CredentialsQuery['sets'] | undefined {
  if (sets === undefined) return credentials.map(({ id }) => ({ options: [[id]], required: true }));
  if (!Array.isArray(sets)) return undefined;
  const read = sets.map((set: JsonValue) => (isJsonObject(set) ? toSet(set) : undefined)).filter((set) => set !== undefined);
  return read.length === sets.length ? read : undefined;
}

function toSet(set: JsonObject): CredentialsQuery['sets'][number] | undefined {
  const options = memberOf(set, 'options');
  if (!Array.isArray(options)) return undefined;
  const read = options.map(textsOf).filter((option) => option !== undefined);
  return read.length === options.length ? { options: read, required: memberOf(set, 'required') !== false } : undefined;
}

function judge(json: JsonObject): boolean {
  try {
    DcqlQuery.validate(DcqlQuery.parse(toLibraryInput<Parameters<typeof DcqlQuery.parse>[0]>(json)));
    return true;
  } catch (error) {
    // dcql throws its own errors, and those of its schema library (valibot) by name.
    if (error instanceof DcqlError || (isError(error) && error.name === 'ValiError')) return false;
    throw error;
  }
}

function toCredentialQuery(item: JsonObject): CredentialQuery | undefined {
  const id = textOf(item, 'id');
  const format = textOf(item, 'format');
  const meta = memberOf(item, 'meta');
  const claims = memberOf(item, 'claims') ?? [];
  const sets = memberOf(item, 'claim_sets') ?? [];
  if (id === undefined || format === undefined || !Array.isArray(claims) || !Array.isArray(sets)) return undefined;
  const read = claims
    .map((claim: JsonValue) => (isJsonObject(claim) ? toClaimQuery(claim) : undefined))
    .filter((claim) => claim !== undefined);
  const claimSets = sets.map(textsOf).filter((set) => set !== undefined);
  if (read.length !== claims.length || claimSets.length !== sets.length) return undefined;
  const vctValues = (meta !== undefined && isJsonObject(meta) ? textsOf(memberOf(meta, 'vct_values')) : undefined) ?? [];
  return { id, format, vctValues, claims: read, claimSets, answerable: memberOf(item, 'trusted_authorities') === undefined };
}

function toClaimQuery(claim: JsonObject): ClaimQuery | undefined {
  const path = memberOf(claim, 'path');
  const values = memberOf(claim, 'values');
  const id = textOf(claim, 'id');
  if (!Array.isArray(path) || path.length === 0 || !path.every(isPathStep)) return undefined;
  if (values !== undefined && !(Array.isArray(values) && values.every(isScalar))) return undefined;
  return { path, ...(id === undefined ? {} : { id }), ...(values === undefined ? {} : { values }) };
}

const isPathStep = (step: JsonValue): step is string | number | null =>
  step === null || typeof step === 'string' || (typeof step === 'number' && Number.isSafeInteger(step) && step >= 0);
const isScalar = (value: JsonValue): value is string | number | boolean => ['string', 'number', 'boolean'].includes(typeof value);
