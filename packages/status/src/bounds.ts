import { InputError } from '@gridpass/core';
import type { Did } from '@gridpass/core';

/** Smallest list that hides its holders in a crowd (W3C Bitstring Status List 1.0, section 6.1): 131 072 entries. */
export const MIN_LIST_SIZE = 131_072;

/**
 * Largest list that is made here. Its two-bit form does not fill `MAX_DOCUMENT_BYTES` even where it does not compress at all:
 * 524 288 bytes, twice in base64url. So every list that an issuer can make here can be read here.
 */
export const MAX_LIST_SIZE = 2_097_152;

/** Largest document that is fetched as a list. */
export const MAX_DOCUMENT_BYTES = 1_048_576;

/** Most that a list may inflate to, for every reader alike: lists of others may be larger than ours where they compress well. */
export const MAX_INFLATED_BYTES = 8_388_608;

/** Longest bound on the age of what an issuer signed. Nothing older counts for anybody, so that nothing older is remembered. */
export const MAX_SIGNED_AGE_SECONDS = 2_592_000;

/** How long after its signature a list counts at most, whatever its own end says. */
export interface SignedAgeBounds {
  readonly defaultSeconds: number;
  /** Bounds of issuers that sign more or less often, by DID. */
  readonly issuers?: Readonly<Record<string, number>>;
}

/** The strict side: what issuers here keep within by signing their lists anew every two minutes. */
export const SIGNED_AGE_BOUNDS: SignedAgeBounds = { defaultSeconds: 300 };

/** Throws InputError CONFIG_INVALID for a bound that bounds nothing. */
export function assertSignedAge({ defaultSeconds, issuers = {} }: SignedAgeBounds): void {
  for (const seconds of [defaultSeconds, ...Object.values(issuers)])
    if (!Number.isSafeInteger(seconds) || seconds < 1 || seconds > MAX_SIGNED_AGE_SECONDS)
      throw new InputError('CONFIG_INVALID', `signedAge: whole seconds from 1 to ${MAX_SIGNED_AGE_SECONDS}`);
}

/** The bound for one issuer. */
export function signedAgeOf({ defaultSeconds, issuers = {} }: SignedAgeBounds, issuer: Did): number {
  return (Object.hasOwn(issuers, issuer) ? issuers[issuer] : undefined) ?? defaultSeconds;
}
