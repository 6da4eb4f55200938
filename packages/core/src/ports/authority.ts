import type { Outcome } from '../outcome.js';
import type { AuthorityReference } from '../credential.js';

/**
 * Fetches the credential that entitles an issuer, as a compact `vc+jwt`, and guarantees that the pinned handle names it.
 * Refuses with ISSUER_NOT_ACCREDITED when there is none or another one; throws Fault TRUST_UNAVAILABLE. A handle does not
 * cover the signature, so the caller still proves it.
 */
export interface AuthorityPort {
  fetchAuthority(reference: AuthorityReference): Promise<Outcome<string>>;
  /** Where texts are kept: that the one kept did not prove, so that it is fetched anew next time. */
  forgetAuthority?(reference: AuthorityReference): void;
}
