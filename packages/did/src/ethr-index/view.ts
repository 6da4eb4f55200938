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

/** The answer as a did-resolver gives it, with the same metadata as `ethr-did-resolver`; not to be written on, see {@link copyResult}. */
export function toResult(built: BuiltDocument | undefined): DIDResolutionResult {
  if (built === undefined) return notFound('did:ethr: the registry holds entries that cannot be read');
  const { version, next } = built;
  return found(built.didDocument, {
    ...(built.deactivated ? { deactivated: true } : {}),
    ...(version === undefined ? {} : { versionId: String(version.block), updated: toIso(version.time) }),
    ...(next === undefined ? {} : { nextVersionId: String(next.block), nextUpdate: toIso(next.time) }),
  });
}

/** An answer of the caller's own, in the form it accepts: the default is JSON-LD, and plain JSON has no `@context`. */
export function copyResult(result: DIDResolutionResult, accept: string | undefined): DIDResolutionResult {
  const copy = copyJson(result);
  if (accept === undefined || copy.didDocument === null) return copy;
  if (accept === 'application/did+json') delete copy.didDocument['@context'];
  return { ...copy, didResolutionMetadata: { contentType: accept } };
}

/** Values of JSON alone, for which `structuredClone` takes ten times as long. */
function copyJson<T>(value: T): T;
function copyJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => copyJson(item));
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    // What an owner wrote may have a member of this name, and to assign it would set the prototype instead.
    if (name === '__proto__')
      Object.defineProperty(copy, name, { value: copyJson(member), writable: true, enumerable: true, configurable: true });
    else copy[name] = copyJson(member);
  }
  return copy;
}

/** The answer as the house reads it: the keys that count, or the refusal. */
export function toResolved(did: Did, built: BuiltDocument | undefined, at: Instant): Outcome<ResolvedDid> {
  if (built === undefined) return refuse('DID_NOT_FOUND', 'resolve', 'did:ethr: the registry holds entries that cannot be read');
  if (built.deactivated) return refuse('DID_DEACTIVATED', 'resolve', 'did');
  const json = parseJson(JSON.stringify(built.didDocument));
  if (!json.ok) return refuse('DID_NOT_FOUND', 'resolve', 'document: not plain JSON');
  const parsed = parseDidDocument(did, json.value, {
    at,
    versionId: String(built.version?.block ?? 0),
    ...(built.next === undefined ? {} : { nextChangeAt: instant(built.next.time) }),
  });
  return parsed.ok ? ok(parsed.value) : parsed;
}

function toIso(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000', '');
}
