import { ACCESS_TOKEN_FORM, isMadeAccessToken } from '@gridpass/codec';
import { z } from 'zod';

/** The digest of the token by which somebody is known; `whose` says of whom, `more` what else a reader needs to know. */
export const tokenDigestConfig = (whose: string, more?: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, {
      error: ({ input }) =>
        typeof input === 'string' && isMadeAccessToken(input)
          ? 'is the token itself, which now stands in a file: make a new one, and write the digest that `gridpass secret create token` prints'
          : 'the base64url SHA-256 of the token',
    })
    .describe(`base64url SHA-256 of the bearer token of ${whose}: ${ACCESS_TOKEN_FORM}${more === undefined ? '' : `; ${more}`}`);

/**
 * Holds that no two members of a list have one token: they could not be told apart, and the first or the last of them would be both. `name` is the
 * member that says who it is.
 */
export function ownTokens<K extends string>(
  name: K,
): (payload: z.core.ParsePayload<readonly (Readonly<Record<K, string>> & { readonly tokenDigest: string })[]>) => void {
  return ({ value, issues }) => {
    for (const [index, member] of value.entries()) {
      const first = value.findIndex(({ tokenDigest }) => tokenDigest === member.tokenDigest);
      if (first === index) continue;
      const message = `is that of ${value[first]?.[name]}; each needs a token of its own`;
      issues.push({ code: 'custom', path: [index, 'tokenDigest'], message, input: member });
    }
  };
}
