import type { HeldCredential } from '@gridpass/core';
import { findWeakSalts, parseIssuedSdJwtVc } from '@gridpass/suite';

/** What a holder should know of a credential before it shows any of it. */
export interface HolderWarning {
  /** `weak-salts`: verifiers can find out these claims although they are withheld. */
  readonly kind: 'weak-salts';
  readonly claims: readonly string[];
}

/**
 * The warnings about a credential that is good all the same, on receipt and as long as it is held. They follow from its text, so
 * that nothing is stored and an archive brings them along.
 */
export function warningsOf({ compact, format }: Pick<HeldCredential, 'compact' | 'format'>): readonly HolderWarning[] {
  const parsed = format === 'dc+sd-jwt' ? parseIssuedSdJwtVc(compact) : undefined;
  if (parsed?.ok !== true) return [];
  const claims = findWeakSalts(parsed.value.disclosures).flatMap(({ claim }) => (claim === undefined ? [] : [claim]));
  return claims.length === 0 ? [] : [{ kind: 'weak-salts', claims: [...new Set(claims)].sort() }];
}
