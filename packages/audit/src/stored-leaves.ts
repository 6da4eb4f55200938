import { refuse } from '@gridpass/core';
import type { AuditRepository, Outcome, TenantId } from '@gridpass/core';
import { leafHashOf } from './merkle.js';
import { sameHash } from './proofs.js';

const PAGE = 500;

/**
 * The leaf hashes of entries `from` up to but without `to`, page by page, each held against its entry. The first entry that is missing or
 * is not what its leaf says is LOG_INCONSISTENT and ends it.
 */
export async function* storedLeaves(
  { repository, tenant }: { readonly repository: Pick<AuditRepository, 'readEntries'>; readonly tenant: TenantId },
  from: number,
  to: number,
): AsyncGenerator<Outcome<readonly Uint8Array[]>> {
  for (let start = from; start < to; start += PAGE) {
    const count = Math.min(PAGE, to - start);
    const entries = await repository.readEntries(tenant, start, count);
    if (entries.length !== count) {
      yield bad(`an entry is missing between ${start} and ${start + count}`);
      return;
    }
    const wrong = entries.find(({ index, leaf, entry }, at) => index !== start + at || !sameHash(leafHashOf(entry), leaf));
    if (wrong !== undefined) {
      yield bad(`entry ${wrong.index} is not the one that was written`);
      return;
    }
    yield { ok: true, value: entries.map(({ leaf }) => leaf) };
  }
}

const bad = (detail: string): Outcome<never> => refuse('LOG_INCONSISTENT', 'audit', detail);
