import { randomToken } from '@gridpass/codec';
import { Fault } from '@gridpass/core';
import type { AuditPort, Clock, FaultCode, Instant, RefusalCode, RequestId, TenantId } from '@gridpass/core';

/** Under which action a summary stands in the log. */
export const REFUSAL_SUMMARY = 'refusal-summary';

export interface RefusalSummaryParts {
  readonly tenant: TenantId;
  readonly audit: AuditPort;
  readonly clock: Clock;
  /** How long is counted before it is written down; a crash loses what was counted for at most as long. */
  readonly intervalSeconds: number;
  /** Told what the timer meets and nobody named; a log that is down (Fault) is not told here, for the counts wait for it. */
  readonly onUnexpected: (error: unknown) => void;
}

/** Counts what anyone can cause, and writes it down as one record for each interval in which something happened. */
export interface RefusalSummary {
  count(code: RefusalCode | FaultCode): void;
  /** By code, since the start of the program. */
  readonly counted: ReadonlyMap<string, number>;
  /** Writes down what is not in the log yet; throws Fault AUDIT_UNAVAILABLE and then keeps it for the next time. */
  flush(): Promise<void>;
  /** The last flush of a program that stops; where the log is down the counts are lost, as in a crash. */
  close(): Promise<void>;
}

/**
 * Makes the counter of one tenant. What a stranger can cause must cost the log nothing, or anyone could fill it, and must still be
 * seen there: so it is counted in memory, by the closed set of codes, and summed up. The timer keeps no process alive; who stops a program calls `close`.
 */
export function createRefusalSummary({ tenant, audit, clock, intervalSeconds, onUnexpected }: RefusalSummaryParts): RefusalSummary {
  const counted = new Map<string, number>();
  let pending = new Map<string, number>();
  let since: Instant | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** A log that is down is told of by everything that waits for it; the counts stay for the next time, if there is one. */
  const unlessDown = (cause: unknown): void => {
    if (!(cause instanceof Fault)) throw cause;
  };

  function arm(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      // `flush` has kept the counts whatever the log threw, and armed the timer again.
      flush().catch((error: unknown) => {
        if (!(error instanceof Fault)) onUnexpected(error);
      });
    }, intervalSeconds * 1000).unref();
  }

  async function flush(): Promise<void> {
    if (since === undefined) return;
    const [counts, from] = [pending, since];
    pending = new Map();
    since = undefined;
    try {
      const at = clock.now();
      const sorted = Object.fromEntries([...counts].sort(([one], [other]) => (one < other ? -1 : 1)));
      await audit.appendRecord(tenant, {
        kind: 'refusal',
        requestId: randomToken(16) as RequestId,
        at,
        action: REFUSAL_SUMMARY,
        reasons: [],
        evidence: { from, until: at, counts: sorted },
      });
    } catch (cause) {
      for (const [code, count] of counts) add(pending, code, count);
      since = from;
      arm();
      throw cause;
    }
  }

  return {
    counted,
    flush,
    close: async () => {
      await flush().catch(unlessDown);
      clearTimeout(timer);
    },
    count(code) {
      add(counted, code, 1);
      add(pending, code, 1);
      since ??= clock.now();
      arm();
    },
  };
}

function add(counts: Map<string, number>, code: string, count: number): void {
  counts.set(code, (counts.get(code) ?? 0) + count);
}
