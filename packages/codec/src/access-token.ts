import { constantTimeEqual, digestOf, randomToken } from './digest.js';

/** The form of each token whose digest is configured, in words: for schemas and texts. {@link isTokenOf} holds it. */
export const ACCESS_TOKEN_FORM = '16 to 512 visible ASCII characters without a space';

const ACCESS_TOKEN = /^[\x21-\x7e]{16,512}$/;

/** Tokens that are made here begin with this. A digest has 43 characters, and such a token is longer: neither can be taken for the other. */
const MADE_HERE = 'gp_';

/** A new token of 256 bits for an operator, an owner or an auditor. One in another form counts as well, as {@link ACCESS_TOKEN_FORM} says. */
export const createAccessToken = (): string => `${MADE_HERE}${randomToken(32)}`;

/** Whether a text is a token that {@link createAccessToken} made, which stands where its digest should. */
export const isMadeAccessToken = (text: string): boolean => /^gp_[A-Za-z0-9_-]{43}$/.test(text);

/**
 * The token in a header `Authorization: Bearer TOKEN` (RFC 6750 2.1; the name of the scheme in any case, RFC 9110 11.1). Undefined for
 * any other header, and for a token of another form.
 *
 * @example bearerTokenOf('Bearer the-token-of-the-owner') // 'the-token-of-the-owner'
 */
export function bearerTokenOf(authorization: string): string | undefined {
  const token = /^Bearer ([^ ]+)$/i.exec(authorization)?.[1];
  return token !== undefined && ACCESS_TOKEN.test(token) ? token : undefined;
}

/**
 * Whether the digest is of this token; compared in the same time for each. Who sends no token, or one of another form than
 * {@link ACCESS_TOKEN_FORM}, is nobody, also where the digest is that of what was sent.
 */
export function isTokenOf(token: string | undefined, digest: string): boolean {
  const isSame = constantTimeEqual(digestOf(token ?? ''), digest);
  return token !== undefined && ACCESS_TOKEN.test(token) && isSame;
}
