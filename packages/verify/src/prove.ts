import {
  Fault,
  endsAfter,
  ok,
  refuse,
  type Challenge,
  type ChallengePort,
  type CredentialContent,
  type Need,
  type Outcome,
  type Received,
} from '@gridpass/core';
import { checkJws, thumbprintOf } from '@gridpass/keys';
import { checkFreshness, checkKeyBinding, type ExpectedBinding } from '@gridpass/suite';
import { checkIssuerProof, checkSchema, checkTimes, type ProofContext } from './credential-proof.js';
import { bindByDid, bindByKey, type Holder } from './holder.js';
import { checkPresenter } from './holder-standing.js';
import type { KeyRing } from './key-ring.js';
import { checkNeeds } from './needs.js';
import type { Expected, VerifierLimits } from './options.js';
import { Resolved } from './resolve.js';

/** What the prove stage asks of the outside. */
export interface ProveContext extends ProofContext {
  readonly ring: KeyRing;
  readonly challenges: ChallengePort;
  readonly limits: VerifierLimits;
}

/** Stage 3: signatures, holder binding, audience, nonce and times hold, and the challenge is used up. */
export class Proven {
  readonly #seal = true;
  readonly received: Received;
  readonly credentials: readonly CredentialContent[];
  /** What was asked for and is there: only this yields facts, whatever else is disclosed. */
  readonly asked: readonly Need[];
  readonly holder: Holder;
  readonly challenge: Challenge;

  private constructor(parts: Pick<Proven, 'received' | 'credentials' | 'asked' | 'holder' | 'challenge'>) {
    this.received = parts.received;
    this.credentials = Object.freeze(parts.credentials);
    this.asked = Object.freeze(parts.asked);
    this.holder = Object.freeze(parts.holder);
    this.challenge = Object.freeze(parts.challenge);
    Object.freeze(this);
  }

  static is(value: unknown): value is Proven {
    return typeof value === 'object' && value !== null && #seal in value;
  }

  /**
   * Refuses PROOF_INVALID, ALGORITHM_NOT_ALLOWED, CHALLENGE_UNKNOWN, AUDIENCE_MISMATCH, EXPIRED, NOT_YET_VALID,
   * HOLDER_MISMATCH, SCHEMA_VIOLATION, QUERY_NOT_MET, and what `checkPresenter` refuses. The challenge is consumed last: a presentation that fails leaves it.
   */
  static async prove(resolved: Resolved, expected: Expected, context: ProveContext): Promise<Outcome<Proven>> {
    if (!Resolved.is(resolved)) throw new TypeError('prove takes what resolve returned');
    const { received, presentation } = resolved.parsed;
    const challenge = await readChallenge(expected, context);
    if (!challenge.ok) return challenge;
    const holderProof = checkHolderProof(resolved, challenge.value, context);
    if (!holderProof.ok) return holderProof;
    for (const credential of presentation.credentials) {
      const proof = await checkCredential(resolved, credential, context);
      if (!proof.ok) return proof;
    }
    const contents = presentation.credentials.map(({ content }) => content);
    const holder = bindHolder(resolved, contents);
    if (!holder.ok) return holder;
    const needs = checkNeeds(contents, expected.needs, presentation.kind === 'openid4vp' ? presentation.ids : 'named-by-type');
    if (!needs.ok) return needs;
    const { did, boundBy, publicJwk } = holder.value;
    const stands = await checkPresenter(context.ring, { did, boundBy, thumbprint: thumbprintOf(publicJwk) }, context.at);
    if (!stands.ok) return stands;
    const consumed = await context.challenges.consumeChallenge({
      tenant: expected.tenant,
      state: expected.state,
      nonce: challenge.value.nonce,
      at: context.at,
    });
    if (consumed.ok !== true) return consumed;
    // A store that says yes to anything has consumed nothing as far as we know.
    if (consumed.value.state !== expected.state || consumed.value.nonce !== challenge.value.nonce)
      throw new Fault('STORE_UNAVAILABLE', 'the challenge store answered with another challenge');
    return ok(new Proven({ received, credentials: contents, asked: needs.value, holder: holder.value, challenge: challenge.value }));
  }
}

/** The challenge of this very session and route; what the store returns is held against what was asked. */
async function readChallenge({ tenant, state, channel }: Expected, { challenges, at }: ProveContext): Promise<Outcome<Challenge>> {
  const challenge = await challenges.readChallenge({ tenant, state, at });
  if (!challenge.ok) return challenge;
  const { value } = challenge;
  const same = value.tenant === tenant && value.state === state && value.channel === channel && endsAfter(value.expiresAt, at);
  return same ? ok({ ...value }) : refuse('CHALLENGE_UNKNOWN', 'prove', 'a challenge for another route or session');
}

/** The holder's signature: over the whole `vp+jwt`, or over each SD-JWT. */
function checkHolderProof(
  { parsed: { presentation }, holderKey }: Resolved,
  challenge: Challenge,
  { limits, at }: ProveContext,
): Outcome<true> {
  const expected: ExpectedBinding = {
    audience: challenge.audience,
    nonce: challenge.nonce,
    at,
    maxAgeSeconds: limits.presentationMaxAgeSeconds,
    skewSeconds: limits.clockSkewSeconds,
  };
  if (presentation.kind === 'openid4vp') {
    for (const credential of presentation.credentials) {
      const bound = checkKeyBinding(credential, expected);
      if (!bound.ok) return bound;
    }
    return ok(true);
  }
  const { vp } = presentation;
  const fresh = checkFreshness(vp, expected);
  if (!fresh.ok) return fresh;
  if (holderKey === undefined) throw new TypeError('resolve left the holder key out');
  return checkJws(vp.jws, holderKey.publicJwk, { typ: 'vp+jwt' });
}

async function checkCredential(
  { issuerKeys }: Resolved,
  credential: Resolved['parsed']['presentation']['credentials'][number],
  context: ProveContext,
): Promise<Outcome<true>> {
  const key = issuerKeys.get(credential.content.kid);
  if (key === undefined) throw new TypeError('resolve left an issuer key out');
  const proof = await checkIssuerProof(credential, key, context);
  if (!proof.ok) return proof;
  const times = checkTimes(credential.content, context.at);
  return times.ok ? checkSchema(credential.content, context.schemas) : times;
}

function bindHolder({ parsed: { presentation }, holderKey }: Resolved, contents: readonly CredentialContent[]): Outcome<Holder> {
  if (presentation.kind === 'openid4vp') return bindByKey(contents);
  if (holderKey === undefined) throw new TypeError('resolve left the holder key out');
  return bindByDid(contents, { did: presentation.vp.claimedHolder, publicJwk: holderKey.publicJwk });
}
