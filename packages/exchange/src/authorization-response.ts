import { ok, refuse } from '@gridpass/core';
import type { JsonObject, Outcome } from '@gridpass/core';
import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';

/** What a wallet posted to the `response_uri`. Nothing in it is proven. */
export type AuthorizationResponse =
  | {
      readonly kind: 'presentation';
      readonly state: string;
      /** Presentations by the id of the credential query they answer. */
      readonly vpToken: JsonObject;
    }
  | {
      /** The wallet presents nothing (OpenID4VP 1.0 8.5). */
      readonly kind: 'declined';
      readonly state: string;
    };

const STAGE = 'authorization-response';
/** An error code (RFC 6749 4.1.2.1 and A.7), of a length that says something. */
const ERROR_CODE = /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,256}$/;

/**
 * Reads a direct_post response (OpenID4VP 1.0 8.2): one `state`, and either one `vp_token` whose members are non-empty arrays of texts or
 * an `error`, whose words go no further. Refuses REQUEST_MALFORMED and PRESENTATION_MALFORMED.
 */
export function parseAuthorizationResponse(form: Readonly<Record<string, string>>): Outcome<AuthorizationResponse> {
  const state = ownText(form, 'state');
  if (state === undefined) return refuse('REQUEST_MALFORMED', STAGE, 'state: missing');
  if (Object.hasOwn(form, 'error')) {
    if (!ERROR_CODE.test(form['error'] ?? '')) return refuse('REQUEST_MALFORMED', STAGE, 'error: not an error code');
    // Two answers at once: which one counts would depend on the reader.
    if (Object.hasOwn(form, 'vp_token')) return refuse('REQUEST_MALFORMED', STAGE, 'error: not beside vp_token');
    return ok({ kind: 'declined', state });
  }
  const text = ownText(form, 'vp_token');
  if (text === undefined) return refuse('REQUEST_MALFORMED', STAGE, 'vp_token: missing');
  const json = parseJson(text);
  if (!json.ok || !isJsonObject(json.value)) return refuse('PRESENTATION_MALFORMED', STAGE, 'vp_token: not a JSON object');
  for (const id of Object.keys(json.value)) {
    const presentations = memberOf(json.value, id);
    if (!Array.isArray(presentations) || presentations.length === 0 || !presentations.every((item) => typeof item === 'string')) {
      return refuse('PRESENTATION_MALFORMED', STAGE, 'vp_token: a member is not a list of presentations');
    }
  }
  return ok({ kind: 'presentation', state, vpToken: json.value });
}

/** The form body of a direct_post response. */
export function buildAuthorizationResponse(options: { readonly state: string | undefined; readonly vpToken: JsonObject }): string {
  const form = new URLSearchParams({ vp_token: JSON.stringify(options.vpToken) });
  if (options.state !== undefined) form.set('state', options.state);
  return form.toString();
}

/** The form body with which a wallet declines (OpenID4VP 1.0 8.5). */
export function buildErrorResponse(options: {
  readonly state: string | undefined;
  readonly error: 'access_denied' | 'invalid_request' | 'vp_formats_not_supported';
}): string {
  const form = new URLSearchParams({ error: options.error });
  if (options.state !== undefined) form.set('state', options.state);
  return form.toString();
}

function ownText(form: Readonly<Record<string, string>>, name: string): string | undefined {
  const value = Object.hasOwn(form, name) ? form[name] : undefined;
  return value === undefined || value === '' ? undefined : value;
}
