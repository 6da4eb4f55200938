import { ok, refuse } from '@gridpass/core';
import type { AuditHead, AuditRepository, Outcome, TenantId } from '@gridpass/core';
import { CompactRange, EMPTY_HEAD, nodesOf, rootOf } from './merkle.js';
import { sameHash } from './proofs.js';
import { storedLeaves } from './stored-leaves.js';

export type Head = Pick<AuditHead, 'size' | 'root'>;

interface Stretch {
  readonly repository: Pick<AuditRepository, 'readEntries' | 'readNodes'>;
  readonly tenant: TenantId;
  /** What the entries before it are known to hash to; the empty log for all of them. */
  readonly from: Head;
  readonly to: Head;
  /** Waited for after each page, with what was held so far; false ends the check without an answer. */
  readonly goOn?: (reached: Head) => Promise<boolean>;
}

/**
 * Rebuilds the head `to` from the entries after `from`, so that an entry counts only where the signed tree holds it: a leaf that was
 * changed with its entry leads to another root, whatever the stored nodes say. Tells how many entries were read; fewer than asked where
 * `goOn` ended it. Refuses LOG_INCONSISTENT.
 */
export async function checkEntries({ repository, tenant, from, to, goOn }: Stretch): Promise<Outcome<number>> {
  const peaks = from.size === 0 ? EMPTY_HEAD.range : await repository.readNodes(tenant, nodesOf([0, from.size]));
  const known = peaks.flatMap((hash) => (hash === undefined ? [] : [hash]));
  if (known.length !== peaks.length || !sameHash(rootOf(known), from.root))
    return bad(`the nodes of its first ${from.size} entries changed`);
  const range = new CompactRange({ size: from.size, range: known });
  for await (const page of storedLeaves({ repository, tenant }, from.size, to.size)) {
    if (!page.ok) return page;
    for (const leaf of page.value) range.append(leaf);
    if (range.size < to.size && goOn !== undefined && !(await goOn(range.head()))) return ok(range.size - from.size);
  }
  return sameHash(range.head().root, to.root)
    ? ok(to.size - from.size)
    : bad(`entries ${from.size} to ${to.size - 1} are not those that its head of size ${to.size} stands for`);
}

const bad = (detail: string): Outcome<never> => refuse('LOG_INCONSISTENT', 'audit', detail);
