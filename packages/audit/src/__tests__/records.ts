import { instant } from '@gridpass/core';
import type { AuditRecord, RequestId } from '@gridpass/core';

/** A record like those of the gate, told apart by its number. */
export function recordOf(n: number): AuditRecord {
  return {
    kind: 'decision',
    requestId: `request-${n}` as RequestId,
    at: instant(1_780_272_000 + n),
    action: 'behind_the_meter',
    effect: n % 2 === 0 ? 'permit' : 'deny',
    reasons: ['p1'],
    actor: `salted:${n}`,
    evidence: { policy: 'h', lists: [n] },
  };
}

/** Collects a stream. */
export async function linesOf(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}
