import { checkIssuanceEvidence } from '@gridpass/audit';
import {
  Fault,
  instant,
  isInstant,
  refuse,
  type AnchoredHead,
  type Digest,
  type Instant,
  type IssuanceAnchorPort,
  type IssuanceEvidence,
  type IssuanceEvidencePort,
  type Outcome,
  type ResolvedKey,
} from '@gridpass/core';
import { samePublicJwk } from '@gridpass/keys';
import { checkProof, type ParsedCredential } from '@gridpass/suite';
import type { KeyQuery, KeyRing } from './key-ring.js';

/** How a verifier learns that a credential was issued while a key that is gone now was still its issuer's. */
export interface PastKeyPorts {
  readonly evidence: IssuanceEvidencePort;
  readonly anchors: IssuanceAnchorPort;
}

/** What looking for a key takes. `history` is absent where the past is not looked at: then only keys of today count. */
export interface PastKeyContext {
  readonly ring: KeyRing;
  readonly history?: PastKeyPorts;
  readonly at: Instant;
}

/** Methods whose documents of the past can be read from somewhere their controller cannot rewrite. */
const METHODS_WITH_A_PAST: ReadonlySet<string> = new Set(['ethr']);

/** How far the clock of an issuer and the time of its chain may lie apart; chooses where to look for a key and decides nothing. */
const CLOCKS_APART_SECONDS = 60;

/** How many changes of a document are followed within that time on either side; who changes its DID more often is not followed further. */
const MOST_CHANGES = 16;

/** The issuer's key that a credential names. */
export function issuerKeyOf({ content }: Pick<ParsedCredential, 'content'>): KeyQuery {
  return { did: content.issuer, kid: content.kid, use: 'assertionMethod' };
}

/**
 * Finds the key a credential is to be judged by: the issuer's key of that name today or, where it has none, the one it had
 * when the chain came to know of the issuance. A key of today costs nothing more. Refuses with the codes of `findKey`, and
 * PROOF_INVALID; throws Fault where document, entry or anchor cannot be had.
 */
export async function findIssuerKey(parsed: ParsedCredential, context: PastKeyContext): Promise<Outcome<ResolvedKey>> {
  const query = issuerKeyOf(parsed);
  const today = await context.ring.findKey(query);
  if (today.ok || today.refusal.code !== 'KEY_NOT_AUTHORIZED' || context.history === undefined) return today;
  if (!METHODS_WITH_A_PAST.has(query.did.split(':')[1] ?? '')) return today;
  return findPastKey(parsed, query, context.ring, context.history, context.at);
}

async function findPastKey(
  parsed: ParsedCredential,
  query: KeyQuery,
  ring: KeyRing,
  { evidence, anchors }: PastKeyPorts,
  at: Instant,
): Promise<Outcome<ResolvedKey>> {
  const { content } = parsed;
  // The credential says when; that is enough to try a key, and nobody without one of the issuer's keys makes us ask any further.
  const claimed = await findClaimedKey(query, ring, content.issuedAt, at);
  if (!claimed.ok) return claimed;
  const signed = checkProof(parsed, claimed.value);
  if (!signed.ok) return signed;
  const fetchEntry = (digest: Digest): Promise<Outcome<IssuanceEvidence>> =>
    evidence.fetchIssuanceEvidence({
      issuer: content.issuer,
      digest,
      services: ring.documents().find(({ did }) => did === content.issuer)?.services ?? [],
      status: content.status,
    });
  // Logs are never rewritten: what was issued before 2026-11-27 stands in them by the digest of its text, signature included.
  const named = await fetchEntry(content.digest);
  const shown = named.ok ? named : await fetchEntry(content.textDigest);
  const digest = named.ok ? content.digest : content.textDigest;
  if (!shown.ok) return unshown(shown.refusal.detail);
  const head = await anchors.firstCovering(content.issuer, shown.value.index);
  if (head === undefined) return unshown('no anchored checkpoint covers the entry');
  const entered = checkIssuanceEvidence(shown.value, { digest, head });
  if (!entered.ok) return unshown(entered.refusal.detail);
  const then = await keyWhenAnchored(query, ring, head, at);
  if (!then.ok) return then;
  if (!samePublicJwk(then.value.publicJwk, claimed.value.publicJwk))
    return unshown('another key had this name when the entry was anchored');
  ring.notePastUse({
    credential: content.digest,
    issuer: content.issuer,
    index: shown.value.index,
    size: head.size,
    anchoredAt: head.anchoredAt,
  });
  return then;
}

/**
 * The key of that name that the DID had when the credential says it was issued, or at any second within the distance of clocks: what
 * lived only between two looks is found by following the changes from one to the next.
 */
async function findClaimedKey(query: KeyQuery, ring: KeyRing, issuedAt: Instant, at: Instant): Promise<Outcome<ResolvedKey>> {
  if (issuedAt > at) return refuse('NOT_YET_VALID', 'resolve', 'iat');
  const later = await firstKeyBetween(query, ring, issuedAt, instant(Math.min(issuedAt + CLOCKS_APART_SECONDS, at)));
  if (later.ok || later.refusal.code !== 'KEY_NOT_AUTHORIZED') return later;
  return firstKeyBetween(query, ring, instant(Math.max(issuedAt - CLOCKS_APART_SECONDS, 0)), issuedAt);
}

/** Looks at both ends, and at each change between them that the resolver names. */
async function firstKeyBetween(query: KeyQuery, ring: KeyRing, from: Instant, to: Instant): Promise<Outcome<ResolvedKey>> {
  let then: Instant | undefined = from;
  for (let looks = 0; then !== undefined && then < to && looks <= MOST_CHANGES; looks += 1) {
    const found = await ring.findKeyAt(query, then);
    if (found.ok || found.refusal.code !== 'KEY_NOT_AUTHORIZED') return found;
    const next = ring.nextChangeAfter(query.did, then);
    then = next !== undefined && next > then ? next : undefined;
  }
  return ring.findKeyAt(query, to);
}

/** INVARIANT: the document is one of a time that is over. One of the future is cut off at now, where a later removal is not seen. */
async function keyWhenAnchored(query: KeyQuery, ring: KeyRing, { anchoredAt }: AnchoredHead, at: Instant): Promise<Outcome<ResolvedKey>> {
  if (!isInstant(anchoredAt)) throw new Fault('CHAIN_UNAVAILABLE', 'the block of the anchor has no time');
  if (anchoredAt > at) throw new Fault('CHAIN_UNAVAILABLE', 'the block of the anchor is younger than now; ask again in a moment');
  return ring.findKeyAt(query, anchoredAt);
}

function unshown(detail: string): Outcome<never> {
  return refuse('KEY_NOT_AUTHORIZED', 'resolve', `kid: no key of the issuer now, and not shown to be one when it was used: ${detail}`);
}
