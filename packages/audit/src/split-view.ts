import { canonicalJson, isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import { ok, refuse } from '@gridpass/core';
import type { Outcome, PublicJwk } from '@gridpass/core';
import { checkCheckpoint } from './checkpoint.js';
import { sameHash } from './proofs.js';

/** Two checkpoints that one key signed for one size of one log, under different roots: its keeper showed two logs. */
export interface SplitView {
  readonly origin: string;
  readonly size: number;
  readonly notes: readonly [string, string];
}

/** Finds a split view among notes; notes that this key did not sign prove nothing and are passed over. */
export function findSplitView(notes: readonly string[], publicJwk: PublicJwk): SplitView | undefined {
  const seen = new Map<string, { readonly note: string; readonly root: Uint8Array }>();
  for (const note of notes) {
    const read = checkCheckpoint(note, publicJwk);
    if (!read.ok) continue;
    const { origin, size, root } = read.value;
    const before = seen.get(`${size} ${origin}`);
    if (before !== undefined && !sameHash(before.root, root)) return { origin, size, notes: [before.note, note] };
    seen.set(`${size} ${origin}`, { note, root });
  }
  return undefined;
}

/** The proof as it is kept and handed on: both notes and the key that signed them. */
export function toSplitViewEvidence({ origin, size, notes }: SplitView, publicJwk: PublicJwk): string {
  return canonicalJson({ type: 'split-view', version: 1, origin, size, key: { ...publicJwk }, notes: [...notes] });
}

/** Checks a proof offline, against a key from elsewhere; refuses LOG_INCONSISTENT where it proves nothing. */
export function checkSplitView(evidence: string, publicJwk: PublicJwk): Outcome<SplitView> {
  const json = parseJson(evidence);
  const notes = json.ok && isJsonObject(json.value) ? memberOf(json.value, 'notes') : undefined;
  const found = Array.isArray(notes)
    ? findSplitView(
        notes.filter((note): note is string => typeof note === 'string'),
        publicJwk,
      )
    : undefined;
  return found === undefined
    ? refuse('LOG_INCONSISTENT', 'audit', 'no two checkpoints of one size and different roots by this key')
    : ok(found);
}
