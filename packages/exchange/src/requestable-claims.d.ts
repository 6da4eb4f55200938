import type { JsonValue, Outcome } from '@gridpass/core';
import type { CredentialsQuery } from './dcql.js';
/**
 * Whether a query stays within what its verifier is registered to ask for: `requestableClaims` of its MarketOperatorRole, a list of
 * `{type, claims}` (Regulation (EU) No 910/2014 Art. 5b(3)). The caller has proven that credential. Refuses REQUEST_NOT_TRUSTED.
 */
export declare function checkRequestable(query: CredentialsQuery, requestableClaims: JsonValue | undefined): Outcome<true>;
//# sourceMappingURL=requestable-claims.d.ts.map