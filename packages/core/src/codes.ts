/**
 * The one closed catalogue of refusal and fault codes. A code is set where the failure is found and is never
 * derived from a message. Each entry: HTTP status of the response and one line for people.
 * Adding a refusal code needs a case in test/refusals (a test fails otherwise).
 */
export interface CodeEntry {
  readonly status: number;
  readonly says: string;
}

export const REFUSALS = {
  // transport and parse
  BODY_TOO_LARGE: { status: 413, says: 'the body is larger than this endpoint accepts' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, says: 'the media type is not one this endpoint reads' },
  REQUEST_MALFORMED: { status: 400, says: 'the request does not have the form this endpoint documents' },
  PRESENTATION_MALFORMED: { status: 400, says: 'the presentation is not well-formed' },
  SUITE_UNKNOWN: { status: 400, says: 'the proof format is not one this verifier accepts' },
  // resolve
  DID_MALFORMED: { status: 400, says: 'the text is not a DID' },
  DID_METHOD_UNSUPPORTED: { status: 401, says: 'the DID method is not one this verifier accepts' },
  DID_NOT_FOUND: { status: 401, says: 'the DID does not resolve' },
  DID_DEACTIVATED: { status: 401, says: 'the DID has been deactivated' },
  DID_VERSION_UNAVAILABLE: { status: 401, says: 'the document of the DID cannot be had as it was at that time' },
  KEY_NOT_AUTHORIZED: { status: 401, says: 'the key is not authorized by the DID for this use' },
  // prove
  ALGORITHM_NOT_ALLOWED: { status: 401, says: 'the algorithm does not belong to the key or is not allowed' },
  PROOF_INVALID: { status: 401, says: 'a signature or proof does not verify' },
  CHALLENGE_UNKNOWN: { status: 401, says: 'the nonce was not issued here, has expired or was used already' },
  AUDIENCE_MISMATCH: { status: 401, says: 'the presentation was made for somebody else' },
  EXPIRED: { status: 401, says: 'a credential or proof has expired' },
  NOT_YET_VALID: { status: 401, says: 'a credential or proof is not valid yet' },
  HOLDER_MISMATCH: { status: 401, says: 'the presenter is not the holder the credential is bound to' },
  SCHEMA_VIOLATION: { status: 400, says: 'the claims do not fit the schema of the credential type' },
  QUERY_NOT_MET: { status: 401, says: 'the presentation does not hold what was requested' },
  // status
  STATUS_MISSING: { status: 401, says: 'a credential carries no usable status reference' },
  REVOKED: { status: 401, says: 'a credential has been revoked' },
  SUSPENDED: { status: 401, says: 'a credential is suspended' },
  STATUS_LIST_INVALID: { status: 401, says: 'the status list is not an authentic list for this credential' },
  // trust
  ISSUER_NOT_ACCREDITED: { status: 401, says: 'the issuer is not accredited for this type, role, area or time' },
  CHAIN_TOO_LONG: { status: 401, says: 'the accreditation chain is longer than allowed' },
  CHAIN_CYCLE: { status: 401, says: 'the accreditation chain runs in a circle' },
  // session
  GRANT_REQUIRED: { status: 401, says: 'present your credentials first; the challenge says where the request is' },
  TOKEN_INVALID: { status: 401, says: 'the access token is not one of ours or not for this resource' },
  TOKEN_EXPIRED: { status: 401, says: 'the access token has expired' },
  GRANT_ENDED: { status: 401, says: 'the grant behind the access token has ended' },
  DPOP_INVALID: { status: 401, says: 'the proof of possession does not fit the token and the request' },
  DPOP_NONCE_REQUIRED: { status: 401, says: 'repeat the request with the nonce given in the DPoP-Nonce header' },
  RATE_LIMITED: { status: 429, says: 'too many requests; try again later' },
  POLICY_DENIED: { status: 403, says: 'the policy does not permit this' },
  NOT_FOUND: { status: 404, says: 'there is nothing at this address' },
  CONFLICT: { status: 409, says: 'the thing is not in a state that allows this' },
  // identifiers
  IDENTIFIER_SCHEME_UNKNOWN: { status: 400, says: 'the identifier scheme is not known' },
  IDENTIFIER_SYNTAX: { status: 400, says: 'the identifier does not have the form of its scheme' },
  IDENTIFIER_CHECKSUM: { status: 400, says: 'the check character of the identifier is wrong' },
  IDENTIFIER_TYPE: { status: 400, says: 'the identifier is of another type than asked for' },
  // issuance
  NOT_ENTITLED: { status: 403, says: 'the issuer may not issue this credential' },
  PREREQUISITE_MISSING: { status: 403, says: 'a credential that this type requires is missing' },
  PARTY_UNKNOWN: { status: 404, says: 'the party is not in the register' },
  PARTY_INACTIVE: { status: 403, says: 'the register lists the party as inactive' },
  PARTY_FUNCTION_MISSING: { status: 403, says: 'the register lists the party without a function for this role' },
  PARTY_TAKEN: { status: 409, says: 'another DID holds a role of this party' },
  AREA_UNKNOWN: { status: 403, says: 'the register does not tell that the area is in force and in which country it lies' },
  AREA_OUTSIDE_JURISDICTION: { status: 403, says: 'the area lies outside the jurisdiction' },
  SHARE_EXCEEDED: { status: 409, says: 'the shares of all holders would be more than the whole' },
  METERING_POINT_OCCUPIED: { status: 409, says: 'another meter measures this metering point' },
  OFFER_UNKNOWN: { status: 400, says: 'the offer or code is unknown, expired or used already' },
  TX_CODE_WRONG: { status: 400, says: 'the transaction code is wrong' },
  KEY_PROOF_INVALID: { status: 400, says: 'the proof of the holder key is not acceptable' },
  NONCE_INVALID: { status: 400, says: 'the credential nonce is unknown, expired or used already' },
  CREDENTIAL_CONFIGURATION_UNKNOWN: { status: 400, says: 'the issuer offers no such credential configuration' },
  CREDENTIAL_IDENTIFIER_UNKNOWN: { status: 400, says: 'the access token was given no such credential identifier' },
  GRANT_TYPE_UNSUPPORTED: { status: 400, says: 'the token endpoint gives no token for this grant type' },
  AUTHORIZATION_DETAILS_INVALID: { status: 400, says: 'the authorization details ask for something else than the offer holds' },
  STATUS_FINAL: { status: 409, says: 'a revoked credential stays revoked' },
  ADMIN_TOKEN_INVALID: { status: 401, says: 'the token of the operator, auditor or owner is missing or wrong' },
  // devices that change hands
  DEVICE_NOT_OWNED: { status: 403, says: 'the device is not the property of who offers it' },
  DEVICE_REVOKED: { status: 409, says: 'the birth identity of the device was revoked; it changes hands no more' },
  DEVICE_NOT_TRANSFERABLE: { status: 409, says: 'the device may not go to another owner, or not as a whole' },
  DEVICE_UNCONFIRMED: { status: 409, says: 'the device is not confirmed for its owner yet' },
  ALREADY_OFFERED: { status: 409, says: 'another transfer of the device is open' },
  NOT_OFFEREE: { status: 403, says: 'the device was offered to somebody else' },
  OFFER_EXPIRED: { status: 409, says: 'the offer of the device has expired' },
  OFFER_OUTDATED: { status: 409, says: 'the DID of the device was changed after it was offered; it has to be offered anew' },
  TRANSFER_STATE: { status: 409, says: 'the transfer is not in a state that allows this' },
  // registers
  REGISTER_UNREADABLE: { status: 400, says: 'the file is not a register in the expected form' },
  ROW_MALFORMED: { status: 400, says: 'a row does not have the expected columns' },
  CODE_DUPLICATE: { status: 409, says: 'the code occurs more than once' },
  // holder
  QUERY_UNSATISFIABLE: { status: 409, says: 'the wallet holds nothing that satisfies the request' },
  REQUEST_NOT_TRUSTED: { status: 403, says: 'the verifier may not ask for this' },
  // ledger
  METHOD_NOT_ALLOWED: { status: 403, says: 'the RPC method is not open to this client' },
  SENDER_NOT_ADMITTED: { status: 403, says: 'the sending account is not admitted to this channel' },
  TRANSACTION_MALFORMED: { status: 400, says: 'the transaction cannot be decoded' },
  CHAIN_MISMATCH: { status: 400, says: 'the transaction is for another chain' },
  BLOCK_RANGE_TOO_WIDE: { status: 400, says: 'the logs of so many blocks are not given at once; ask for fewer' },
  CALL_TOO_LARGE: { status: 400, says: 'the call brings more data, or asks about more, than one call may' },
  // market and metering
  ORDER_INVALID: { status: 400, says: 'the order does not fit the market' },
  READING_INVALID: { status: 400, says: 'the reading does not have the expected form' },
  READING_NOT_COMMISSIONED: { status: 403, says: 'the device was not commissioned for this register or at that time' },
  READING_IMPLAUSIBLE: { status: 403, says: 'the device cannot have measured so much in this time' },
  // configuration and start
  CONFIG_INVALID: { status: 400, says: 'the configuration does not have the expected form' },
  CONFIG_UNKNOWN_KEY: { status: 400, says: 'the configuration has a key that nothing reads' },
  URL_NOT_ALLOWED: { status: 400, says: 'the address is not one this program may fetch' },
  ARCHIVE_INVALID: { status: 400, says: 'the archive cannot be opened with this passphrase or is damaged' },
  LOG_INCONSISTENT: { status: 409, says: 'the audit log does not agree with its checkpoints' },
} as const satisfies Record<string, CodeEntry>;

/** A reason why something was turned down. */
export type RefusalCode = keyof typeof REFUSALS;

export const FAULTS = {
  RESOLVER_UNAVAILABLE: { status: 503, says: 'a DID could not be resolved now' },
  STATUS_UNAVAILABLE: { status: 503, says: 'a status list could not be fetched now' },
  STATUS_STALE: { status: 503, says: 'the newest status list at hand is older than the bound' },
  TRUST_UNAVAILABLE: { status: 503, says: 'an accreditation could not be fetched now' },
  STORE_UNAVAILABLE: { status: 503, says: 'the store does not answer' },
  AUDIT_UNAVAILABLE: { status: 503, says: 'the decision could not be recorded' },
  CHAIN_UNAVAILABLE: { status: 503, says: 'the chain does not answer' },
  CHAIN_INCONSISTENT: { status: 503, says: 'the chain contradicts what it said before' },
  KEY_UNAVAILABLE: { status: 503, says: 'a signing key could not be used' },
  POLICY_UNUSABLE: { status: 503, says: 'the policy could not be evaluated' },
  REMOTE_UNAVAILABLE: { status: 503, says: 'another party did not answer' },
  PORT_BUSY: { status: 503, says: 'the port is taken by another program' },
  INTERNAL: { status: 500, says: 'something failed that should not' },
} as const satisfies Record<string, CodeEntry>;

/** A reason why something could not be found out or done now. */
export type FaultCode = keyof typeof FAULTS;
