import { isError } from '@gridpass/core';
import { CommandError } from '../io.js';

const NO_AUTHORITY = 'for an authority of your own name its certificate with NODE_EXTRA_CA_CERTS=FILE';

/** What OpenSSL and Node call a certificate that they do not believe, and what whoever asked can do. */
const CERTIFICATES: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: `it vouches for itself; ${NO_AUTHORITY}`,
  SELF_SIGNED_CERT_IN_CHAIN: `its authority is not known here; ${NO_AUTHORITY}`,
  UNABLE_TO_GET_ISSUER_CERT: `its authority is not known here; ${NO_AUTHORITY}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `its authority is not known here; ${NO_AUTHORITY}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `its authority is not known here; ${NO_AUTHORITY}`,
  CERT_HAS_EXPIRED: 'it has ended; whoever runs the program there renews it',
  CERT_NOT_YET_VALID: 'it does not count yet; compare the clocks of both machines',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another name; ask under a name that stands in it',
};

/** The error of a call that got no answer: nobody is there, or who is there is not believed. */
export function unreachable(url: string, cause: unknown): CommandError {
  const code = isError(cause) && 'code' in cause ? String(cause.code) : 'unknown';
  const { origin } = new URL(url);
  const certificate = Object.hasOwn(CERTIFICATES, code) ? CERTIFICATES[code] : undefined;
  const message =
    certificate === undefined
      ? `${origin} cannot be reached (${code}); does a program listen there?`
      : `the certificate of ${origin} is not trusted (${code}): ${certificate}`;
  return new CommandError('REMOTE_UNAVAILABLE', message, { cause });
}
