import type { Disclosure } from './types.js';

/** A disclosure whose salt does not keep its value hidden from those it is not shown to. */
export interface WeakSalt {
  /** The name of the claim; absent for an array element. */
  readonly claim?: string;
  readonly weakness: 'short' | 'repeated';
}

// RFC 9901 §9.3 recommends 128 bits, which are 22 characters of base64url. A longer text may have less, but a shorter one cannot have more.
const STRONG_SALT_LENGTH = 22;

/**
 * The disclosures with weak salts. Whoever sees the digest of one tries the values it may have, where the salt is short; where it
 * stands in another disclosure too, whoever was shown that one knows it. A matter between issuer and holder (RFC 9901 §9.3, §9.4).
 */
export function findWeakSalts(disclosures: readonly Disclosure[]): readonly WeakSalt[] {
  const uses = new Map<string, number>();
  for (const { salt } of disclosures) uses.set(salt, (uses.get(salt) ?? 0) + 1);
  return disclosures.flatMap(({ name, salt }): readonly WeakSalt[] => {
    const claim = name === undefined ? {} : { claim: name };
    const short = salt.length < STRONG_SALT_LENGTH ? [{ ...claim, weakness: 'short' } as const] : [];
    return (uses.get(salt) ?? 0) > 1 ? [...short, { ...claim, weakness: 'repeated' }] : short;
  });
}
