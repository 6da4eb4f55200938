import { canonicalDid } from '@gridpass/codec';
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
  const names = Object.keys(issuers).map(canonicalDid);
  if (names.includes(undefined) || new Set(names).size < names.length)
    throw new InputError('CONFIG_INVALID', 'signedAge.issuers: each by its DID, and once');
  for (const seconds of [defaultSeconds, ...Object.values(issuers)])
    if (!Number.isSafeInteger(seconds) || seconds < 1 || seconds > MAX_SIGNED_AGE_SECONDS)
      throw new InputError('CONFIG_INVALID', `signedAge: whole seconds from 1 to ${MAX_SIGNED_AGE_SECONDS}`);
}

/** How an issuer times its lists. */
export interface ListTimes {
  /** How long after its signature a list says that it counts. */
  readonly lifeSeconds: number;
  /** How long readers may keep a publication before asking again. */
  readonly ttlSeconds: number;
  /** How long after its signature a list is signed anew. */
  readonly resignSeconds: number;
}

/** What is wrong with times, and which of them is to be changed. */
export interface ListTimesProblem {
  readonly key: keyof ListTimes;
  readonly says: string;
}

/**
 * Why lists of these times would be too old for readers that keep to the default bound; undefined where they are not. The oldest
 * list that a reader meets was signed anew at the last moment and then lay in a cache for its ttl.
 */
export function problemOfListTimes({ lifeSeconds, ttlSeconds, resignSeconds }: ListTimes): ListTimesProblem | undefined {
  for (const [key, seconds] of Object.entries({ ttlSeconds, lifeSeconds, resignSeconds }) as [keyof ListTimes, number][])
    if (!Number.isSafeInteger(seconds) || seconds < 1) return { key, says: 'a whole number of seconds, at least 1' };
  if (lifeSeconds < 4 * ttlSeconds)
    return { key: 'lifeSeconds', says: `at least four times the ttl: ${lifeSeconds} is less than 4 × ${ttlSeconds} = ${4 * ttlSeconds}` };
  const oldest = resignSeconds + ttlSeconds;
  const sum = `signed anew after ${resignSeconds} s and kept for a ttl of ${ttlSeconds} s, a list is up to ${oldest} s old`;
  // A copy that a cache may hold is never past its end.
  if (oldest > lifeSeconds) return { key: 'resignSeconds', says: `${sum}, and it says of itself that it counts for ${lifeSeconds} s` };
  const { defaultSeconds } = SIGNED_AGE_BOUNDS;
  if (oldest >= defaultSeconds)
    return {
      key: 'resignSeconds',
      says: `${sum}, and readers take none that is ${defaultSeconds} s old (their signedAge): lower one of the two`,
    };
  return undefined;
}

/** The bound for one issuer. */
export function signedAgeOf({ defaultSeconds, issuers = {} }: SignedAgeBounds, issuer: Did): number {
  return Object.entries(issuers).find(([name]) => canonicalDid(name) === issuer)?.[1] ?? defaultSeconds;
}
