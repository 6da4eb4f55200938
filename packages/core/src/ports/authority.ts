import type { Outcome } from '../outcome.js';
import type { AuthorityReference } from '../credential.js';

/**
 * Fetches the credential that entitles an issuer, as a compact `vc+jwt`, and guarantees that its SHA-256 is the pinned
 * digest. Refuses with ISSUER_NOT_ACCREDITED when there is none or the digest differs; throws Fault TRUST_UNAVAILABLE.
 */
export interface AuthorityPort {
  fetchAuthority(reference: AuthorityReference): Promise<Outcome<string>>;
}
