import type { DIDResolutionResult } from 'did-resolver';
import { instant, ok, refuse } from '@gridpass/core';
import type { Did, EthrEvent, Instant, Outcome, ResolvedDid } from '@gridpass/core';
import { parseJson } from '@gridpass/codec';
import { parseDidDocument } from '../document.js';
import { found, notFound } from '../methods/result.js';
import type { BuiltDocument } from './build-document.js';

/** Which state of an identity is asked for: what is true now, as of a block, or as of a moment. */
export type WantedVersion =
  { readonly kind: 'latest' } | { readonly kind: 'block'; readonly block: number } | { readonly kind: 'time'; readonly time: Instant };

const ISO_SECONDS = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const DECIMAL = /^\d{1,15}$/;

/** Reads `versionId` (a block number, or `latest`) and `versionTime` (UTC in whole seconds; DID Core 3.2.1); undefined for other texts. */
export function parseVersion(said: {
  readonly versionId?: string | undefined;
  readonly versionTime?: string | undefined;
}): WantedVersion | undefined {
  const { versionId, versionTime } = said;
  if (versionId !== undefined) {
    if (versionTime !== undefined) return undefined;
    if (versionId === 'latest') return { kind: 'latest' };
    return DECIMAL.test(versionId) ? { kind: 'block', block: Number(versionId) } : undefined;
  }
  if (versionTime === undefined) return { kind: 'latest' };
  const seconds = ISO_SECONDS.test(versionTime) ? Date.parse(versionTime) / 1000 : Number.NaN;
  return Number.isSafeInteger(seconds) && seconds >= 0 ? { kind: 'time', time: instant(seconds) } : undefined;
}

/** Which events a version knows. A moment knows those of the blocks at or before it. */
export function includedIn(wanted: WantedVersion): (event: EthrEvent) => boolean {
  switch (wanted.kind) {
    case 'latest':
      return () => true;
    case 'block':
      return (event) => event.block <= wanted.block;
    case 'time':
      return (event) => event.time <= wanted.time;
  }
}

/** The answer as a did-resolver gives it, with the same metadata as `ethr-did-resolver`. */
export function toResult(built: BuiltDocument | undefined, accept: string | undefined): DIDResolutionResult {
  if (built === undefined) return notFound('did:ethr: the registry holds entries that cannot be read');
  const { '@context': _context, ...plain } = built.didDocument;
  const { version, next } = built;
  const result = found(accept === 'application/did+json' ? plain : built.didDocument, {
    ...(built.deactivated ? { deactivated: true } : {}),
    ...(version === undefined ? {} : { versionId: String(version.block), updated: toIso(version.time) }),
    ...(next === undefined ? {} : { nextVersionId: String(next.block), nextUpdate: toIso(next.time) }),
  });
  return accept === undefined ? result : { ...result, didResolutionMetadata: { contentType: accept } };
}

/** The answer as the house reads it: the keys that count, or the refusal. */
export function toResolved(did: Did, built: BuiltDocument | undefined, at: Instant): Outcome<ResolvedDid> {
  if (built === undefined) return refuse('DID_NOT_FOUND', 'resolve', 'did:ethr: the registry holds entries that cannot be read');
  if (built.deactivated) return refuse('DID_DEACTIVATED', 'resolve', 'did');
  const json = parseJson(JSON.stringify(built.didDocument));
  if (!json.ok) return refuse('DID_NOT_FOUND', 'resolve', 'document: not plain JSON');
  const parsed = parseDidDocument(did, json.value, { at, versionId: String(built.version?.block ?? 0) });
  return parsed.ok ? ok(parsed.value) : parsed;
}

function toIso(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000', '');
}
