import { createRefusalSummary, issuedDigestOf, toIssuanceRecord } from '@gridpass/audit';
import type { RefusalSummary } from '@gridpass/audit';
import { randomToken } from '@gridpass/codec';
import { instant } from '@gridpass/core';
import type {
  AuditPort,
  AuditRecord,
  Clock,
  Digest,
  IssuanceRepository,
  JsonObject,
  OutboxEntry,
  RefusalCode,
  RequestId,
  TenantId,
  TransactionHandle,
} from '@gridpass/core';
import { isRetryable } from '@gridpass/store';

/** An act as it will stand in the audit log. */
export interface Act {
  readonly action: string;
  readonly actor: string;
  readonly requestId: RequestId;
  /** Digests, ids and codes; never claim values. */
  readonly evidence: JsonObject;
}

/** Collects what has to happen after the transaction that it is handed out in. */
export interface Aftermath {
  act(act: Act): void;
  /** That a credential was issued, as an entry of its own that everyone may be shown. */
  issued(digest: Digest): void;
  /** News for a tenant, at once or at a later time. */
  news(tenant: TenantId, body: JsonObject, delaySeconds?: number): void;
}

/**
 * Runs changes so that none goes unrecorded: the act is written down in the transaction of the change, brought into the
 * audit log after the commit and before anything is answered. If the program dies or the log is down in between,
 * `recover` brings it in later, on one replica alone. Only where it died between the log and the store does an act stand in the
 * log twice, under one request id.
 */
export interface Acts {
  /** News of the work goes by `job`, so that what follows from one act can be told from what follows from others. */
  perform<T>(tenant: TenantId, work: (tx: TransactionHandle, after: Aftermath) => Promise<T>, job?: string): Promise<T>;
  /** Records an act that changed nothing in the store. */
  record(tenant: TenantId, act: Act, refusedWith?: string): Promise<void>;
  /**
   * Records a refusal that whoever holds an offer can cause again and again: the first of its code about a thing is a line, the
   * others are counted and summed up.
   */
  recordRefusal(tenant: TenantId, about: string, act: Act, code: RefusalCode): Promise<void>;
  /** Brings acts into the log that an earlier run left behind; tells how many. */
  recover(tenant: TenantId): Promise<number>;
  /** Writes down what was counted and is not in the log yet; for a program that stops. */
  close(): Promise<void>;
}

/** Acts younger than this may still be on their way by the program that made them. */
const LEFT_BEHIND_SECONDS = 60;
const ATTEMPTS = 4;
const RECOVERY_BATCH = 100;
/** How many refusals are remembered as told; one that was forgotten is told again. */
const TOLD = 10_000;
const SUMMARY_SECONDS = 60;

interface ActsParts {
  readonly repository: IssuanceRepository;
  readonly audit: AuditPort;
  readonly clock: Clock;
  readonly onUnexpected: (error: unknown) => void;
}

/** Creates the recorder over the outbox of the issuance store. */
export function createActs({ repository, audit, clock, onUnexpected }: ActsParts): Acts {
  const told = new Set<string>();
  const summaries = new Map<TenantId, RefusalSummary>();
  const summaryOf = (tenant: TenantId): RefusalSummary => {
    const summary = summaries.get(tenant) ?? createRefusalSummary({ tenant, audit, clock, intervalSeconds: SUMMARY_SECONDS, onUnexpected });
    summaries.set(tenant, summary);
    return summary;
  };
  const append = async (tenant: TenantId, entries: readonly OutboxEntry[]): Promise<void> => {
    // Asked for at once, so that they share one transaction of the log.
    const settled = await Promise.allSettled(
      entries.map(async ({ entryId, body }) => {
        // Written by toRecord below into our own store.
        const { index } = await audit.appendRecord(tenant, body as unknown as AuditRecord);
        const digest = issuedDigestOf(body);
        if (digest !== undefined) await repository.keepIssuanceEntry(tenant, digest, index);
        return entryId;
      }),
    );
    await repository.removeEntries(
      tenant,
      settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
    );
    for (const one of settled) if (one.status === 'rejected') throw one.reason;
  };
  return {
    perform: async (tenant, work, job = randomToken(12)) => {
      const { result, acts } = await withRetries(() =>
        repository.inTransaction(async (tx) => {
          const after = new Collector(tenant, clock, job);
          const value = await work(tx, after);
          await repository.addToOutbox([...after.acts, ...after.newsEntries], tx);
          return { result: value, acts: after.acts };
        }),
      );
      await append(tenant, acts);
      return result;
    },
    record: async (tenant, act, refusedWith) => {
      await audit.appendRecord(tenant, toRecord(act, clock, refusedWith));
    },
    recordRefusal: async (tenant, about, act, code) => {
      const name = JSON.stringify([tenant, about, code]);
      if (told.has(name)) {
        summaryOf(tenant).count(code);
        return;
      }
      // Before the log is waited for: those that are asked for meanwhile are repeats already.
      told.add(name);
      await audit.appendRecord(tenant, toRecord(act, clock, code)).catch((cause: unknown) => {
        told.delete(name);
        throw cause;
      });
      const [oldest] = told.size > TOLD ? told : [];
      if (oldest !== undefined) told.delete(oldest);
    },
    recover: async (tenant) => {
      const at = clock.now();
      const left = await repository.takeDueActs(tenant, { at, until: instant(at + LEFT_BEHIND_SECONDS), limit: RECOVERY_BATCH });
      await append(tenant, left);
      return left.length;
    },
    close: async () => void (await Promise.all([...summaries.values()].map((summary) => summary.close()))),
  };
}

/** A transaction that lost against another one is run again from its start. */
async function withRetries<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (attempt >= ATTEMPTS || !isRetryable(error)) throw error;
    }
  }
}

class Collector implements Aftermath {
  readonly acts: OutboxEntry[] = [];
  readonly newsEntries: OutboxEntry[] = [];
  readonly #tenant: TenantId;
  readonly #clock: Clock;
  readonly #job: string;

  constructor(tenant: TenantId, clock: Clock, job: string) {
    this.#tenant = tenant;
    this.#clock = clock;
    this.#job = job;
  }

  act(act: Act): void {
    const dueAt = instant(this.#clock.now() + LEFT_BEHIND_SECONDS);
    this.acts.push({ tenant: this.#tenant, entryId: randomToken(16), kind: 'act', body: { ...toRecord(act, this.#clock) }, dueAt });
  }

  issued(digest: Digest): void {
    const now = this.#clock.now();
    const body = { ...toIssuanceRecord(digest, now, randomToken(16) as RequestId) };
    this.acts.push({ tenant: this.#tenant, entryId: randomToken(16), kind: 'act', body, dueAt: instant(now + LEFT_BEHIND_SECONDS) });
  }

  news(tenant: TenantId, body: JsonObject, delaySeconds = 0): void {
    const dueAt = instant(this.#clock.now() + delaySeconds);
    this.newsEntries.push({ tenant, entryId: randomToken(16), kind: 'news', body: { ...body, job: this.#job }, dueAt });
  }
}

function toRecord(act: Act, clock: Clock, refusedWith?: string): AuditRecord {
  return {
    kind: refusedWith === undefined ? 'act' : 'refusal',
    requestId: act.requestId,
    at: clock.now(),
    action: act.action,
    ...(refusedWith === undefined ? {} : { code: refusedWith }),
    reasons: [],
    actor: act.actor,
    evidence: act.evidence,
  };
}
