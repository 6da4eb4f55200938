import { FAULTS, REFUSALS } from '@gridpass/core';
import type { Fault, Refusal, RefusalCode } from '@gridpass/core';

/** What a token, nonce or credential endpoint answers: the protocol's error code beside our own. */
export interface ProtocolError {
  readonly status: number;
  readonly body: { readonly error: string; readonly code: string; readonly error_description: string };
  /** Set where RFC 6750 or RFC 9449 want one. */
  readonly wwwAuthenticate?: string;
}

// RFC 6749 5.2, RFC 9396 5, RFC 9449 5 and 7, OpenID4VCI 1.0 6.3 and 8.3.1.
const ERRORS: Partial<Record<RefusalCode, readonly [string, number]>> = {
  OFFER_UNKNOWN: ['invalid_grant', 400],
  TX_CODE_WRONG: ['invalid_grant', 400],
  DPOP_INVALID: ['invalid_dpop_proof', 400],
  DPOP_NONCE_REQUIRED: ['use_dpop_nonce', 400],
  TOKEN_INVALID: ['invalid_token', 401],
  TOKEN_EXPIRED: ['invalid_token', 401],
  KEY_PROOF_INVALID: ['invalid_proof', 400],
  NONCE_INVALID: ['invalid_nonce', 400],
  CREDENTIAL_CONFIGURATION_UNKNOWN: ['unknown_credential_configuration', 400],
  CREDENTIAL_IDENTIFIER_UNKNOWN: ['unknown_credential_identifier', 400],
  GRANT_TYPE_UNSUPPORTED: ['unsupported_grant_type', 400],
  AUTHORIZATION_DETAILS_INVALID: ['invalid_authorization_details', 400],
  CONFLICT: ['credential_request_denied', 400],
  NOT_ENTITLED: ['credential_request_denied', 400],
  PREREQUISITE_MISSING: ['credential_request_denied', 400],
  STATUS_FINAL: ['credential_request_denied', 400],
  SUSPENDED: ['credential_request_denied', 400],
  PARTY_INACTIVE: ['credential_request_denied', 400],
  PARTY_FUNCTION_MISSING: ['credential_request_denied', 400],
  PARTY_TAKEN: ['credential_request_denied', 400],
  AREA_UNKNOWN: ['credential_request_denied', 400],
  AREA_OUTSIDE_JURISDICTION: ['credential_request_denied', 400],
  SHARE_EXCEEDED: ['credential_request_denied', 400],
  METERING_POINT_OCCUPIED: ['credential_request_denied', 400],
  // RFC 6585 4: no OAuth code says it; a client reads the status and Retry-After.
  RATE_LIMITED: ['temporarily_unavailable', 429],
};

/** Puts a refusal into the words of OAuth 2.0 and OpenID4VCI. The detail stays in the house. */
export function toProtocolError(refusal: Refusal, endpoint: 'token' | 'credential'): ProtocolError {
  const says = REFUSALS[refusal.code].says;
  const [error, status] = ERRORS[refusal.code] ?? [endpoint === 'token' ? 'invalid_request' : 'invalid_credential_request', 400];
  const body = { error, code: refusal.code, error_description: says };
  return status === 401 ? { status, body, wwwAuthenticate: `Bearer error="${error}", DPoP error="${error}"` } : { status, body };
}

/** Puts a fault into the words of OAuth 2.0: the client may try again. */
export function toProtocolFault(fault: Fault): ProtocolError {
  const { status, says } = FAULTS[fault.code];
  return {
    status,
    body: { error: status === 503 ? 'temporarily_unavailable' : 'server_error', code: fault.code, error_description: says },
  };
}
