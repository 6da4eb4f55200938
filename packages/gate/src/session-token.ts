import { digestOf, isJsonObject, memberOf } from '@gridpass/codec';
import { ok, refuse } from '@gridpass/core';
import type { DidSigner, Instant, Outcome, StoredGrant, Thumbprint } from '@gridpass/core';
import { checkJws, checkTimeClaims, parseCompactJws, parseTimeClaims, signCompactJws, type TimeClaims } from '@gridpass/keys';
import { createBoundedMap } from './bounded-map.js';

/** RFC 9068: the exact media type of an access token, so that no other token of this key passes for one. */
const TYP = 'at+jwt';
const STAGE = 'session';
/** How far the clocks of two replicas of one gate may lie apart. */
const REPLICAS_APART_SECONDS = 60;

/** What an access token says once it is proven to be ours. */
export interface SessionToken {
  readonly grantId: string;
  readonly channel: string;
  readonly thumbprint: Thumbprint;
  readonly expiresAt: Instant;
}

interface ProvenToken extends SessionToken {
  readonly audience: string;
  readonly times: TimeClaims;
}

/** Signs and reads the access tokens of one gate. */
export interface SessionTokens {
  signToken(grant: StoredGrant, at: Instant): Promise<string>;
  /** TOKEN_INVALID when the token is not ours or not for this channel, TOKEN_EXPIRED at and after its end. */
  checkToken(compact: string, expected: { readonly channel: string; readonly at: Instant }): Outcome<SessionToken>;
}

/**
 * Makes the token side of a gate. `audienceOf` must be built from configuration. A token names the grant and the receipt and
 * carries no fact; a proven signature is remembered by the hash of the token, in bounded memory.
 */
export function createSessionTokens(
  signer: DidSigner,
  issuer: string,
  audienceOf: (channel: string) => string,
  capacity: number,
): SessionTokens {
  const proven = createBoundedMap<ProvenToken>(capacity);
  const invalid = (detail: string): Outcome<never> => refuse('TOKEN_INVALID', STAGE, detail);

  function prove(compact: string): Outcome<ProvenToken> {
    const key = digestOf(compact);
    const known = proven.read(key);
    if (known !== undefined) return ok(known);
    const jws = parseCompactJws(compact, { maxBytes: 4_096, maxDepth: 4 });
    if (!jws.ok) return invalid(jws.refusal.detail);
    if (memberOf(jws.value.header, 'kid') !== signer.kid) return invalid('header.kid');
    const signed = checkJws(jws.value, signer.publicJwk, { typ: TYP });
    if (!signed.ok) return invalid(signed.refusal.detail);
    const { payload } = jws.value;
    const [grantId, channel, audience] = ['jti', 'channel', 'aud'].map((name) => memberOf(payload, name));
    const cnf = memberOf(payload, 'cnf');
    const jkt = cnf !== undefined && isJsonObject(cnf) ? memberOf(cnf, 'jkt') : undefined;
    const times = parseTimeClaims(payload);
    if (memberOf(payload, 'iss') !== issuer) return invalid('iss');
    if (
      typeof grantId !== 'string' ||
      typeof channel !== 'string' ||
      typeof audience !== 'string' ||
      typeof jkt !== 'string' ||
      times.value?.expiresAt === undefined
    )
      return invalid('claims');
    // Our own signature stands over it, and we sign thumbprints and instants only.
    const token = Object.freeze({
      grantId,
      channel,
      audience,
      thumbprint: jkt as Thumbprint,
      times: times.value,
      expiresAt: times.value.expiresAt.down,
    });
    proven.keep(key, token);
    return ok(token);
  }

  return {
    signToken: (grant, at) =>
      signCompactJws(
        { typ: TYP, kid: signer.kid },
        {
          iss: issuer,
          sub: grant.holderDid,
          aud: audienceOf(grant.channel),
          client_id: grant.sessionThumbprint,
          iat: at,
          exp: grant.expiresAt,
          jti: grant.id,
          channel: grant.channel,
          cnf: { jkt: grant.sessionThumbprint },
          receipt: { origin: grant.receipt.origin, index: grant.receipt.index },
        },
        signer,
      ),
    checkToken(compact, { channel, at }) {
      const token = prove(compact);
      if (!token.ok) return token;
      if (token.value.channel !== channel || token.value.audience !== audienceOf(channel)) return invalid('aud');
      const timely = checkTimeClaims(token.value.times, { at, skewSeconds: REPLICAS_APART_SECONDS, maxAgeSeconds: 'unbounded' });
      if (timely.ok) return token;
      return timely.refusal.code === 'EXPIRED' ? refuse('TOKEN_EXPIRED', STAGE, 'exp') : invalid(timely.refusal.detail);
    },
  };
}
