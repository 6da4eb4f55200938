import { canonicalJson, isJsonObject, decodeUtf8, parseJson, utf8 } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import { Fault, instant, ok, refuse } from '@gridpass/core';
import type { EvidenceRepository, Instant, Outcome, StoredEvidence, TenantId } from '@gridpass/core';
import type { RecordName, RecordSeals } from '@gridpass/keys';
import { commitmentOf } from './decision-evidence.js';
import type { DecisionEvidence } from './decision-evidence.js';

/** Evidence of one tenant's decisions: sealed at rest, beside the log and never in it. */
export interface EvidenceStore {
  /** Keeps evidence durably, or throws Fault STORE_UNAVAILABLE. To be awaited before the log takes the verdict. */
  keepEvidence(evidence: DecisionEvidence): Promise<void>;
  /** Erases what was decided before that time; what stays says that there was something. Tells of how many decisions. */
  eraseEvidence(query: { readonly decidedBefore: Instant; readonly at: Instant }): Promise<number>;
  /** NDJSON without line ends, in the order of the decisions: `evidence`, `erased`, and `unreadable` for what does not open. */
  exportEvidence(): AsyncGenerator<string>;
}

interface Parts {
  readonly tenant: TenantId;
  readonly repository: EvidenceRepository;
  readonly seals: RecordSeals;
}

const PAGE = 200;

// INVARIANT: the commitment is in the name, so that evidence of one decision does not open in the place of another.
const nameOf = (tenant: TenantId, input: string): RecordName => ['decision-evidence', tenant, input];

/** Evidence of a tenant over a repository and the program's key-encryption keys. */
export function createEvidenceStore({ tenant, repository, seals }: Parts): EvidenceStore {
  return {
    keepEvidence: async (evidence) => {
      const input = commitmentOf(evidence);
      if (input === undefined) throw new Fault('INTERNAL', 'evidence without the key of its commitment');
      const record = seals.sealRecord(nameOf(tenant, input), utf8(canonicalJson({ ...evidence })));
      await repository.addEvidence(tenant, { input, decidedAt: evidence.at, record });
    },
    eraseEvidence: async ({ decidedBefore, at }) => {
      let erased = 0;
      for (;;) {
        const round = await repository.eraseEvidence(tenant, { decidedBefore, at, limit: PAGE });
        erased += round;
        if (round < PAGE) return erased;
      }
    },
    async *exportEvidence() {
      let after: Pick<StoredEvidence, 'decidedAt' | 'input'> = { decidedAt: instant(0), input: '' };
      for (;;) {
        const page = await repository.listEvidence(tenant, after, PAGE);
        for (const stored of page) {
          yield canonicalJson(toLine({ tenant, seals }, stored));
          after = stored;
        }
        if (page.length < PAGE) return;
      }
    },
  };
}

/** Wraps evidence of all tenants under the current key-encryption key; tells how many changed. Safe to run again and beside others. */
export async function rewrapEvidence({ repository, seals }: Pick<Parts, 'repository' | 'seals'>): Promise<number> {
  let changed = 0;
  let after = { tenant: '', input: '' };
  for (;;) {
    const page = await repository.listEvidenceNotUnder(seals.currentKekId, after, PAGE);
    for (const { tenant, input, record } of page) {
      after = { tenant, input };
      const wrapped = orUnreadable(() => seals.rewrapRecord(nameOf(tenant, input), record));
      if (wrapped.ok && (await repository.rewrapEvidence({ tenant, input }, record, wrapped.value))) changed += 1;
    }
    if (page.length < PAGE) return changed;
  }
}

function toLine({ tenant, seals }: Pick<Parts, 'tenant' | 'seals'>, { input, record, erasedAt }: StoredEvidence): JsonObject {
  if (record === undefined) return { type: 'erased', input, erasedAt: erasedAt ?? 0 };
  const plain = orUnreadable(() => seals.openRecord(nameOf(tenant, input), record));
  const text = plain.ok ? decodeUtf8(plain.value) : plain;
  const json = text.ok ? parseJson(text.value) : text;
  return json.ok && isJsonObject(json.value) ? { ...json.value, type: 'evidence' } : { type: 'unreadable', input };
}

/** What was touched in the store, or lies under a key that is gone, is evidence of nothing and no reason not to read the rest. */
function orUnreadable<T>(open: () => T): Outcome<T> {
  try {
    return ok(open());
  } catch (error) {
    if (error instanceof Fault && error.code === 'KEY_UNAVAILABLE') return refuse('NOT_FOUND', 'evidence', 'it does not open');
    throw error;
  }
}
