import { ok, refuse } from '@gridpass/core';
import type { Outcome } from '@gridpass/core';
import { isJsonObject, parseJson } from '@gridpass/codec';
import { parseServiceUrl, type UrlRules } from './service-url.js';

const SCHEMES: ReadonlySet<string> = new Set(['openid-credential-offer:', 'haip:', 'haip-vci:', 'https:']);
const MAX_LENGTH = 16_384;
const malformed = (detail: string): Outcome<never> => refuse('REQUEST_MALFORMED', 'accept-offer', detail);

/**
 * Checks the address that an offer came as before a library reads it: a known scheme, and exactly one of `credential_offer`
 * (one JSON object) and `credential_offer_uri` (a service address), once (OpenID4VCI 1.0 4.1). Gives the address back.
 */
export function parseOfferUri(text: string, rules: UrlRules): Outcome<string> {
  if (text.length > MAX_LENGTH) return malformed('offer: too long');
  if (!URL.canParse(text)) return malformed('offer: not an address');
  const url = new URL(text);
  if (!SCHEMES.has(url.protocol)) return malformed('offer: another scheme');
  const values = url.searchParams.getAll('credential_offer');
  const addresses = url.searchParams.getAll('credential_offer_uri');
  if (values.length + addresses.length !== 1) return malformed('offer: credential_offer or credential_offer_uri, one of them once');
  const [address] = addresses;
  if (address !== undefined) {
    const service = parseServiceUrl(address, rules);
    return service.ok ? ok(text) : malformed(`credential_offer_uri: ${service.refusal.detail}`);
  }
  const json = parseJson(values[0] ?? '');
  return json.ok && isJsonObject(json.value) ? ok(text) : malformed('credential_offer: not one JSON object');
}
