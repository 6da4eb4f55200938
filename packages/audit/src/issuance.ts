import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import { ok, refuse } from '@gridpass/core';
import type { AnchoredHead, AuditRecord, Digest, Instant, IssuanceEvidence, JsonValue, Outcome, RequestId } from '@gridpass/core';
import { leafHashOf } from './merkle.js';
import { verifyInclusion } from './proofs.js';

const ACTION = 'credential-issued';

/**
 * The entry by which a credential can be shown to have been issued: its digest and nothing else. Everyone may read it, so it
 * names neither holder nor application, and credentials issued together have an entry, and a request id, each of their own.
 */
export function toIssuanceRecord(digest: Digest, at: Instant, requestId: RequestId): AuditRecord {
  return { kind: 'act', requestId, at, action: ACTION, reasons: [], evidence: { credential: digest } };
}

/** The credential whose issuance a record states; undefined for all other records, also those that mention a credential. */
export function issuedDigestOf(record: JsonValue): Digest | undefined {
  if (!isJsonObject(record) || memberOf(record, 'kind') !== 'act' || memberOf(record, 'action') !== ACTION) return undefined;
  const evidence = memberOf(record, 'evidence');
  const digest = isJsonObject(evidence) ? memberOf(evidence, 'credential') : undefined;
  return typeof digest === 'string' ? (digest as Digest) : undefined;
}

/**
 * Checks that the log with this anchored head holds the issuance of the credential; refuses LOG_INCONSISTENT. The caller
 * guarantees that `head` was read from the chain and is that of the issuer's own log; size and root are taken from there alone.
 */
export function checkIssuanceEvidence(
  evidence: IssuanceEvidence,
  expected: { readonly digest: Digest; readonly head: Pick<AnchoredHead, 'size' | 'root'> },
): Outcome<true> {
  const { index, entry, proof } = evidence;
  const { digest, head } = expected;
  const record = parseJson(entry);
  if (!record.ok || issuedDigestOf(record.value) !== digest)
    return refuse('LOG_INCONSISTENT', 'audit', 'the entry is not the issuance of this credential');
  const included = verifyInclusion({ index, size: head.size, leafHash: leafHashOf(entry), proof, root: head.root });
  return included ? ok(true) : refuse('LOG_INCONSISTENT', 'audit', 'the entry is not in the anchored log');
}
