import { ok, refuse } from '@gridpass/core';
import type { JsonObject, Outcome } from '@gridpass/core';
import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';

/** What a wallet posted to the `response_uri`. Nothing in it is proven. */
export interface AuthorizationResponse {
  readonly state: string;
  /** Presentations by the id of the credential query they answer. */
  readonly vpToken: JsonObject;
}

const STAGE = 'authorization-response';

/**
 * Reads a direct_post response (OpenID4VP 1.0 8.2): one `state`, one `vp_token` whose members are non-empty arrays of texts.
 * Refuses REQUEST_MALFORMED; an error response of the wallet is QUERY_NOT_MET with the wallet's error code as detail.
 */
export function parseAuthorizationResponse(form: Readonly<Record<string, string>>): Outcome<AuthorizationResponse> {
  const state = ownText(form, 'state');
  if (state === undefined) return refuse('REQUEST_MALFORMED', STAGE, 'state: missing');
  const error = ownText(form, 'error');
  if (error !== undefined)
    return refuse('QUERY_NOT_MET', STAGE, `the wallet answered ${/^[a-z_]{1,60}$/.test(error) ? error : 'an error'}`);
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
  return ok({ state, vpToken: json.value });
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
