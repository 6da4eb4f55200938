import { REFUSALS, ok, refuse } from '@gridpass/core';
import type { Did, DidResolverPort, DidTransfer, Digest, DidSigner, Instant, JsonObject, Outcome, PublicJwk, Signer } from '@gridpass/core';
import { canonicalDid, canonicalJson, digestOf, memberOf } from '@gridpass/codec';
import {
  checkAudience,
  checkJws,
  checkTimeClaims,
  parseCompactJws,
  parsePublicJwk,
  parseTimeClaims,
  pickKey,
  signCompactJws,
} from '@gridpass/keys';
import { parseDid } from '../parse.js';

/** An offer as the new owner is shown it, wherever that is. Everything in it is under the signature of the answer. */
export interface TransferOffer {
  readonly transferId: string;
  readonly did: Did;
  readonly to: Did;
  readonly chainId: number;
  /** Lower case. */
  readonly registry: string;
  /** The account that owned the DID when it was offered, and the registry's nonce of it. */
  readonly owner: string;
  readonly nonce: number;
  readonly expiresAt: Instant;
}

export type TransferDecision = 'accept' | 'reject';

/** The new owner's answer. With an acceptance comes the key that shall own the DID, and that key's own signature over the answer. */
export interface TransferAnswer {
  readonly statement: string;
  readonly possession?: string;
}

/** What a proven answer says. */
export interface ProvenAnswer {
  readonly decision: TransferDecision;
  /** A secp256k1 key, there with an acceptance. */
  readonly ownerKey?: PublicJwk;
  readonly digest: Digest;
}

const STATEMENT = 'gridpass-transfer-answer+jwt';
const POSSESSION = 'gridpass-transfer-owner+jwt';
const STAGE = 'transfer';
const MAX_BYTES = 8_192;
const SKEW_SECONDS = 60;
/** An answer is made to be delivered at once; asked again, it is signed again. */
const LIFE_SECONDS = 600;

/** The offer that a transfer makes. */
export function toTransferOffer(
  { transferId, did, toDid, owner, nonce, expiresAt }: DidTransfer,
  chain: { readonly chainId: number; readonly registry: string },
): TransferOffer {
  return { transferId, did, to: toDid, chainId: chain.chainId, registry: chain.registry.toLowerCase(), owner, nonce, expiresAt };
}

/** An offer that somebody else sent; refuses REQUEST_MALFORMED. */
export function parseTransferOffer(json: JsonObject): Outcome<TransferOffer> {
  const text = (name: string, form: RegExp): string | undefined => {
    const value = memberOf(json, name);
    return typeof value === 'string' && form.test(value) ? value : undefined;
  };
  const whole = (name: string): number | undefined => {
    const value = memberOf(json, name);
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  };
  const transferId = text('transferId', /^[A-Za-z0-9_-]{16,64}$/u);
  const [registry, owner] = [text('registry', /^0x[0-9a-f]{40}$/u), text('owner', /^0x[0-9a-f]{40}$/u)];
  const [chainId, nonce, expiresAt] = [whole('chainId'), whole('nonce'), whole('expiresAt')];
  const did = parseDid(text('did', /^did:/u) ?? '');
  const to = parseDid(text('to', /^did:/u) ?? '');
  if (!did.ok) return did;
  if (!to.ok) return to;
  const parts = { transferId, registry, owner, chainId, nonce, expiresAt };
  const missing = Object.entries(parts).flatMap(([name, value]) => (value === undefined ? [name] : []));
  if (missing.length > 0) return refuse('REQUEST_MALFORMED', STAGE, `offer: ${missing.join(', ')}`);
  return ok({ ...parts, did: did.value, to: to.value } as TransferOffer);
}

/** What an answer signs: every member of the offer, so that it fits no other offer, registry, owner or state of the DID. */
export function digestOfOffer(offer: TransferOffer): Digest {
  return digestOf(canonicalJson({ kind: 'gridpass device transfer', ...offer }));
}

/** Signs an answer. `ownerKey` is needed to accept: whoever names a key that nobody has would lose the device. */
export async function signTransferAnswer(
  offer: TransferOffer,
  answer: { readonly decision: TransferDecision; readonly signer: DidSigner; readonly ownerKey?: Signer; readonly at: Instant },
): Promise<TransferAnswer> {
  const { decision, signer, ownerKey, at } = answer;
  const statement = await signCompactJws(
    { typ: STATEMENT, kid: signer.kid },
    {
      iss: signer.did,
      offer: digestOfOffer(offer),
      decision,
      ...(ownerKey === undefined ? {} : { owner_jwk: { ...ownerKey.publicJwk } }),
      iat: at,
      exp: at + LIFE_SECONDS,
    },
    signer,
  );
  if (ownerKey === undefined) return { statement };
  return { statement, possession: await signCompactJws({ typ: POSSESSION }, { statement: digestOf(statement) }, ownerKey) };
}

/**
 * Proves an answer: by a key that the DID it was offered to lists for authentication today, over this very offer, in time, and
 * for an acceptance by the owning key too. Refuses PRESENTATION_MALFORMED, NOT_OFFEREE (another DID, or another offer), PROOF_INVALID, EXPIRED,
 * NOT_YET_VALID and what the resolver refuses with; the offer's own end and state are the caller's.
 */
export async function proveTransferAnswer(
  answer: TransferAnswer,
  expected: { readonly offer: TransferOffer; readonly resolver: DidResolverPort; readonly at: Instant },
): Promise<Outcome<ProvenAnswer>> {
  const { offer, resolver, at } = expected;
  const jws = parseCompactJws(answer.statement, { maxBytes: MAX_BYTES, maxDepth: 4 });
  if (!jws.ok) return jws;
  const { header, payload } = jws.value;
  // Whose word it must be is known before anything is resolved: a stranger makes nobody ask a registry or host.
  const iss = memberOf(payload, 'iss');
  if (typeof iss !== 'string' || canonicalDid(iss) !== offer.to) return refuse('NOT_OFFEREE', STAGE, 'iss: not the DID it was offered to');
  const document = await resolver.resolveDid(offer.to, { fresh: true });
  if (!document.ok) return document;
  const key = pickKey(document.value, { did: offer.to, kid: memberOf(header, 'kid'), uses: ['authentication'], at });
  if (!key.ok) return key;
  const proven = checkJws(jws.value, key.value.publicJwk, { typ: STATEMENT });
  if (!proven.ok) return proven;
  if (memberOf(payload, 'offer') !== digestOfOffer(offer)) return refuse('PROOF_INVALID', STAGE, 'offer: an answer to another offer');
  const timely = checkTimes(payload, at);
  if (!timely.ok) return timely;
  const decision = memberOf(payload, 'decision');
  const digest = digestOf(answer.statement);
  if (decision === 'reject') return ok({ decision, digest });
  if (decision !== 'accept') return refuse('PRESENTATION_MALFORMED', STAGE, 'decision: neither accept nor reject');
  const ownerKey = proveOwnerKey(payload, answer.possession, digest);
  return ownerKey.ok ? ok({ decision, ownerKey: ownerKey.value, digest }) : ownerKey;
}

function checkTimes(payload: JsonObject, at: Instant): Outcome<true> {
  // RFC 7519 4.1.3: nobody is named in an answer, so one that names somebody is no answer to us.
  if (!checkAudience(payload, []).ok) return refuse('AUDIENCE_MISMATCH', STAGE, 'aud');
  const times = parseTimeClaims(payload);
  const { issuedAt, expiresAt } = times.value ?? {};
  if (!times.ok || issuedAt === undefined || expiresAt === undefined)
    return refuse('PRESENTATION_MALFORMED', STAGE, 'iat, exp: seconds, and nbf where it is there');
  if (expiresAt.exact > issuedAt.exact + LIFE_SECONDS)
    return refuse('PRESENTATION_MALFORMED', STAGE, 'exp: more than 600 seconds after iat');
  const timely = checkTimeClaims(times.value, { at, skewSeconds: SKEW_SECONDS, maxAgeSeconds: 'unbounded' });
  return timely.ok ? timely : refuse(timely.refusal.code, STAGE, REFUSALS[timely.refusal.code].says);
}

function proveOwnerKey(payload: JsonObject, possession: string | undefined, statement: Digest): Outcome<PublicJwk> {
  const key = parsePublicJwk(memberOf(payload, 'owner_jwk') ?? null);
  if (!key.ok) return key;
  if (key.value.crv !== 'secp256k1')
    return refuse('ALGORITHM_NOT_ALLOWED', STAGE, 'owner_jwk: the registry knows accounts of secp256k1 keys');
  const jws = parseCompactJws(possession ?? '', { maxBytes: MAX_BYTES, maxDepth: 4 });
  if (!jws.ok) return jws;
  const proven = checkJws(jws.value, key.value, { typ: POSSESSION });
  if (!proven.ok) return proven;
  return memberOf(jws.value.payload, 'statement') === statement
    ? ok(key.value)
    : refuse('PROOF_INVALID', STAGE, 'possession: over another statement');
}
