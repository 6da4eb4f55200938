import {
  assertNever,
  refuse,
  type Did,
  type Instant,
  type JsonValue,
  type MarketRepository,
  type Outcome,
  type RequestId,
  type TenantId,
} from '@gridpass/core';
import type { Gate } from '@gridpass/gate';
import { parseReading } from './reading.js';

/** What keeping a reading needs. */
export interface ReadingParts {
  readonly tenant: TenantId;
  readonly gate: Pick<Gate, 'use'>;
  readonly market: Pick<MarketRepository, 'keepReading'>;
}

/** Reads, decides and stores one reading; it is durable when this answers. `new` the first time, `known` when it came before. */
export async function keepReading(
  { tenant, gate, market }: ReadingParts,
  query: { readonly grantId: string; readonly device: Did; readonly body: JsonValue; readonly requestId: RequestId; readonly at: Instant },
): Promise<Outcome<'new' | 'known'>> {
  const { grantId, device, requestId, at } = query;
  const reading = parseReading(query.body, at);
  if (!reading.ok) return reading;
  const resource = { meteringPointHash: reading.value.meteringPointHash };
  const use = await gate.use({ grantId, channel: 'telemetry', action: 'report', resource, requestId, at });
  switch (use.kind) {
    case 'refused':
      return { ok: false, refusal: use.refusal };
    case 'denied':
      return refuse('POLICY_DENIED', 'reading', use.reasons.join(', '));
    case 'permitted':
      return market.keepReading(tenant, { ...reading.value, device, receivedAt: at, decisionLeaf: use.recorded.receipt.leafHash });
    default:
      return assertNever(use);
  }
}
