import type { Did, DidResolverPort, DidUrl, Outcome, ResolvedKey, VerificationRelationship } from '@gridpass/core';
/** A key that a DID authorizes for one of the wanted uses. */
export interface AuthorizedKey {
    readonly did: Did;
    readonly kid: DidUrl;
    readonly key: ResolvedKey;
}
/**
 * Resolves the key that a `kid` names. The kid must be an absolute DID URL without path or query (attack 3), its method listed
 * once in the DID's own document, and authorized for one of `relationships`.
 */
export declare function resolveKid(kid: string, options: {
    readonly resolver: DidResolverPort;
    readonly relationships: readonly VerificationRelationship[];
}): Promise<Outcome<AuthorizedKey>>;
//# sourceMappingURL=resolve-kid.d.ts.map