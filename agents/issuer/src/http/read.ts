import { decodeUtf8, isJsonObject, memberOf, parseHandle, parseJson, toPlainText, toShownText } from '@gridpass/codec';
import { instant, ok, refuse } from '@gridpass/core';
import type { CredentialHandle, Did, Digest, Instant, JsonObject, JsonValue, Outcome } from '@gridpass/core';
import { parseDid } from '@gridpass/did';
import { readBody } from '@gridpass/gate';
import { parseIdentifier } from '@gridpass/identifiers';
import type { Context } from 'koa';
import { unwrap } from './answer.js';

const BODY_TIMEOUT_MS = 10_000;

/** The JSON object of a body, within bounds; anything else ends the request. */
export async function readJson(ctx: Context, maxBytes: number): Promise<JsonObject> {
  assertMediaType(ctx, 'application/json');
  const bytes = unwrap(await readBody(ctx, maxBytes, BODY_TIMEOUT_MS));
  const json = unwrap(parseJson(bytes, { maxBytes }));
  if (!isJsonObject(json)) return unwrap(refuse('REQUEST_MALFORMED', 'body', 'not an object'));
  return json;
}

/** The fields of a form body; a name sent twice ends the request, for two readers could take different ones. */
export async function readForm(ctx: Context, maxBytes: number): Promise<Readonly<Record<string, string>>> {
  assertMediaType(ctx, 'application/x-www-form-urlencoded');
  const text = unwrap(decodeUtf8(unwrap(await readBody(ctx, maxBytes, BODY_TIMEOUT_MS))));
  const form: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of new URLSearchParams(text)) {
    if (name in form) unwrap(refuse('REQUEST_MALFORMED', 'body', 'form: a name is there twice'));
    form[name] = value;
  }
  return { ...form };
}

/** Ends the request unless the body is of this type. */
export function assertMediaType(ctx: Context, ...types: readonly string[]): void {
  const type = (ctx.req.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (!types.includes(type)) unwrap(refuse('MEDIA_TYPE_UNSUPPORTED', 'body', `expected ${types.join(' or ')}`));
}

/** Ends the request for a member that nobody reads: it would be a wish that is not granted. */
export function assertMembers(body: JsonObject, known: readonly string[]): void {
  const stranger = Object.keys(body).find((name) => !known.includes(name));
  if (stranger !== undefined) unwrap(refuse('REQUEST_MALFORMED', 'body', `${toShownText(stranger)}: none of ${known.join(', ')}`));
}

/** A text member; '' where it may be missing and is. */
export function textOf(body: JsonObject, name: string, presence: 'required' | 'optional'): string {
  const value = memberOf(body, name);
  if (value === undefined && presence === 'optional') return '';
  if (typeof value !== 'string' || value === '' || value.length > 2_048)
    return unwrap(refuse('REQUEST_MALFORMED', 'body', `${name}: not a text of 1 to 2048 characters`));
  return toPlainText(value) ?? unwrap(refuse('REQUEST_MALFORMED', 'body', `${name}: not one line of characters that can be seen`));
}

/** A list of texts, empty where it is missing. */
export function textsOf(body: JsonObject, name: string, most: number): readonly string[] {
  const value: JsonValue | undefined = memberOf(body, name);
  if (value === undefined) return [];
  if (!Array.isArray(value)) return unwrap(refuse('REQUEST_MALFORMED', 'body', `${name}: not a list`));
  const texts: readonly JsonValue[] = value;
  if (texts.length > most) return unwrap(refuse('REQUEST_MALFORMED', 'body', `${name}: more than ${most}`));
  return texts.map((text) => (typeof text === 'string' ? text : unwrap(refuse('REQUEST_MALFORMED', 'body', `${name}: not texts`))));
}

/** An instant member, if it is there. */
export function instantOf(body: JsonObject, name: string): Instant | undefined {
  const value = memberOf(body, name);
  if (value === undefined) return undefined;
  if (typeof value !== 'number') return unwrap(refuse('REQUEST_MALFORMED', 'body', `${name}: not whole seconds since 1970`));
  return instant(value);
}

/** A boolean member, false where it is missing. */
export function flagOf(body: JsonObject, name: string): boolean {
  const value = memberOf(body, name) ?? false;
  return typeof value === 'boolean' ? value : unwrap(refuse('REQUEST_MALFORMED', 'body', `${name}: not true or false`));
}

/** A DID member, if it is there. */
export function didOf(body: JsonObject, name: string): Did | undefined {
  const text = textOf(body, name, 'optional');
  return text === '' ? undefined : unwrap(parseDid(text));
}

/** The handle of a credential, of either version, as it stands in paths and bodies. */
export function parseDigest(text: string): Outcome<Digest> {
  const handle = parseHandle(text);
  return handle === undefined ? refuse('REQUEST_MALFORMED', 'digest', 'no handle of a credential') : ok(handle);
}

/** Exactly one of `digest`, `subject`, `party` and `applicationId`. */
export function handleOf(body: JsonObject): CredentialHandle {
  const given = ['digest', 'subject', 'party', 'applicationId'].filter((name) => memberOf(body, name) !== undefined);
  if (given.length !== 1) return unwrap(refuse('REQUEST_MALFORMED', 'handle', 'exactly one of digest, subject, party and applicationId'));
  const party = memberOf(body, 'party');
  if (party !== undefined) {
    if (!isJsonObject(party)) return unwrap(refuse('REQUEST_MALFORMED', 'handle', 'party: not {scheme, value}'));
    return { kind: 'party', party: unwrap(parseIdentifier(textOf(party, 'scheme', 'required'), textOf(party, 'value', 'required'))) };
  }
  const subject = didOf(body, 'subject');
  if (subject !== undefined) return { kind: 'subject', subject };
  if (given[0] === 'digest') return { kind: 'digest', digest: unwrap(parseDigest(textOf(body, 'digest', 'required'))) };
  return { kind: 'application', applicationId: textOf(body, 'applicationId', 'required') };
}

/** `limit` and `after` of a query that the table of queries has let through. */
export function pageOf(ctx: Context): { readonly limit: number; readonly after?: string } {
  const limit = queryOf(ctx, 'limit') ?? '50';
  const after = queryOf(ctx, 'after');
  return { limit: Number(limit), ...(after === undefined ? {} : { after }) };
}

/** One value of the query; a name given twice ends the request. */
export function queryOf(ctx: Context, name: string): string | undefined {
  const value = ctx.query[name];
  return Array.isArray(value) ? unwrap(refuse('REQUEST_MALFORMED', 'query', `${name}: given twice`)) : value;
}
