import { InputError } from '@gridpass/core';
import type { Signer } from '@gridpass/core';
import { decodeBase64url, decodeUtf8, isJsonObject, memberOf, parseJson } from '@gridpass/codec';

/** What a holder signs: that a key is its own (OpenID4VCI 1.0 appendix F.1, RFC 9449 4.2) and what it shows (RFC 9901 4.3). */
const TYPES: ReadonlySet<unknown> = new Set(['openid4vci-proof+jwt', 'dpop+jwt', 'kb+jwt']);

/**
 * The signer of a key that a wallet is lent: it signs what holders sign and nothing else, so that a key that issues makes no
 * credential, list or statement by way of a wallet. Anything but the signing input of such a token is an InputError KEY_NOT_AUTHORIZED.
 */
export function createHoldingSigner(signer: Signer): Signer {
  return Object.freeze({
    alg: signer.alg,
    publicJwk: signer.publicJwk,
    sign: async (bytes: Uint8Array): Promise<Uint8Array> => {
      if (!TYPES.has(typeOf(bytes)))
        throw new InputError('KEY_NOT_AUTHORIZED', 'a key that is lent to a wallet signs for its holder alone');
      return signer.sign(bytes);
    },
  });
}

/** The `typ` of a signing input (RFC 7515 5.1); undefined for other bytes. */
function typeOf(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  const parts = text.ok ? text.value.split('.') : [];
  const header = parts.length === 2 && parts[0] !== undefined ? decodeBase64url(parts[0]) : undefined;
  const json = header?.ok === true ? parseJson(header.value) : undefined;
  return json?.ok === true && isJsonObject(json.value) ? memberOf(json.value, 'typ') : undefined;
}
