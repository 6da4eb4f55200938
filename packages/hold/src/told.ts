import type { FaultCode, RefusalCode } from '@gridpass/core';
import { toKeptText } from '@gridpass/codec';

const MAX_DETAIL = 500;

/** What whoever owns a wallet can do about a code that receiving or applying ended with. */
const TO_DO: Partial<Record<RefusalCode | FaultCode, string>> = {
  OFFER_UNKNOWN: 'ask the issuer for another offer: this one was used, withdrawn or is too old',
  TX_CODE_WRONG: 'give the transaction code that the issuer sent by another way',
  CREDENTIAL_CONFIGURATION_UNKNOWN: 'ask the issuer for a credential that this wallet reads',
  NOT_ENTITLED: 'ask the issuer why it does not issue this now',
  NOT_FOUND: 'apply again: the issuer does not know this application any more',
  HOLDER_MISMATCH: 'apply with the key that the credential is for',
  SCHEMA_VIOLATION: 'correct the claims and apply again, or ask the issuer to correct what it issued',
  PRESENTATION_MALFORMED: 'ask the issuer to correct what it issued',
  PROOF_INVALID: 'do not rely on this issuer: what it gave is not signed by it',
  EXPIRED: 'ask the issuer for one that has not ended',
  KEY_NOT_AUTHORIZED: "wait until the issuer's DID lists the key that signed, or ask the issuer",
  DID_NOT_FOUND: "wait until the issuer's DID can be found, or ask the issuer",
  SUSPENDED: 'wait until the suspension is lifted, or ask the issuer',
  CONFLICT: 'ask the issuer: an operator of it has to act first',
  RATE_LIMITED: 'wait: too much was asked of the issuer',
  URL_NOT_ALLOWED: 'use an address that fetch.allow of this program names',
  REMOTE_UNAVAILABLE: 'wait: the issuer does not answer, and is asked again',
  RESOLVER_UNAVAILABLE: "wait: the issuer's DID cannot be looked up now, and is again",
  KEY_UNAVAILABLE: 'import the copy of the wallet that has this key',
};

/**
 * Why something was not received, for its owner alone: which field or rule, then what to do; parts are held apart by `; `. At most 500
 * characters of the detail, which names things and never holds a claim's value.
 */
export function tellOwner(code: RefusalCode | FaultCode, detail: string): string {
  return [toKeptText(detail, MAX_DETAIL), TO_DO[code] ?? ''].filter((part) => part !== '').join('; ');
}
