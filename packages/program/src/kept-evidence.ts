import { createEvidenceStore, rewrapEvidence, type DecisionEvidence, type EvidenceStore } from '@gridpass/audit';
import { Fault, type Clock, type Instant, type TenantId } from '@gridpass/core';
import { createRecordSeals, type KeyEncryptionKey } from '@gridpass/keys';
import { createEvidenceRepository, type Store } from '@gridpass/store';
import { z } from 'zod';
import type { Closers } from './closers.js';
import { startRepeating } from './repeat.js';
import { tokenDigestConfig } from './token-config.js';

/** What a program that decides keeps of its decisions, and who may read it; spread it into the program's own strict object. */
export const evidenceConfig = {
  keepEvidenceDays: z
    .int()
    .min(0)
    .max(366)
    .default(0)
    .describe(
      'for how many days what each decision was taken on is kept, encrypted, to decide it anew under a changed policy; 0 keeps nothing and erases what was kept',
    ),
  auditorTokenDigest: tokenDigestConfig(
    'whoever may read the log and the evidence, which says what persons showed',
    'nobody unless given',
  ).optional(),
} as const;

/** Who runs a program and who audits it are two people: one token for both is none of the auditor's. For the `check` of a whole configuration. */
export function checkAuditor({
  value,
  issues,
}: z.core.ParsePayload<{ readonly auditorTokenDigest?: string | undefined; readonly operatorTokenDigest?: string | undefined }>): void {
  if (value.auditorTokenDigest === undefined || value.auditorTokenDigest !== value.operatorTokenDigest) return;
  issues.push({
    code: 'custom',
    path: ['auditorTokenDigest'],
    message: "is the operator's; the auditor has a token of its own",
    input: value,
  });
}

/** The evidence of one tenant, for as long as the program runs. */
export interface KeptEvidence {
  /** For `keepEvidence` of a gate; absent where nothing is to be kept. */
  readonly keepEvidence?: (evidence: DecisionEvidence) => Promise<void>;
  /** NDJSON without line ends, in the order of the decisions. */
  exportEvidence(): AsyncIterable<string>;
}

/** How evidence is kept. */
export interface EvidenceRequest {
  readonly keepDays: number;
  /** Told when a round of erasing failed; the next one comes. */
  readonly onFault?: (code: string) => void;
}

interface Parts {
  readonly store: Store;
  readonly keks: readonly KeyEncryptionKey[];
  readonly clock: Clock;
}

const DAY = 86_400;
const ROUND_SECONDS = 3_600;
/** After every decision there is. */
const END_OF_TIME = Number.MAX_SAFE_INTEGER as Instant;

/** The evidence of a tenant as it lies in the store. */
export function evidenceStore({ store, keks }: Pick<Parts, 'store' | 'keks'>, tenant: TenantId): EvidenceStore {
  return createEvidenceStore({ tenant, repository: createEvidenceRepository(store), seals: createRecordSeals(keks) });
}

/** Opens the evidence of a tenant: erases what is too old now and once an hour. What cannot be erased prevents the start. */
export async function openEvidence(
  { store, keks, clock }: Parts,
  { tenant, keepDays, onFault }: EvidenceRequest & { readonly tenant: TenantId },
  closers: Closers,
): Promise<KeptEvidence> {
  const { keepEvidence, eraseEvidence, exportEvidence } = evidenceStore({ store, keks }, tenant);
  const erase = async (): Promise<void> => {
    const at = clock.now();
    await eraseEvidence({ at, decidedBefore: keepDays === 0 ? END_OF_TIME : ((at - keepDays * DAY) as Instant) });
  };
  await erase();
  if (keepDays === 0) return { exportEvidence };
  const erasing = startRepeating(ROUND_SECONDS, erase, (error) => onFault?.(error instanceof Fault ? error.code : 'INTERNAL'));
  closers.add(() => erasing.stop());
  return { keepEvidence, exportEvidence };
}

/** Wraps the evidence of every tenant under the first key-encryption key. */
export function rewrapKeptEvidence({ store, keks }: Pick<Parts, 'store' | 'keks'>): Promise<number> {
  return rewrapEvidence({ repository: createEvidenceRepository(store), seals: createRecordSeals(keks) });
}
