import {
  assertNever,
  refuse,
  type Did,
  type Fact,
  type Instant,
  type JsonValue,
  type MarketRepository,
  type Outcome,
  type RequestId,
  type TenantId,
} from '@gridpass/core';
import type { Gate } from '@gridpass/gate';
import { checkPlausible } from './plausible.js';
import { parseReading } from './reading.js';

/** What keeping a reading needs. */
export interface ReadingParts {
  readonly tenant: TenantId;
  readonly gate: Pick<Gate, 'use'>;
  readonly market: Pick<MarketRepository, 'keepReading'>;
}

/**
 * Reads, decides and stores one reading; it is durable when this answers. `new` the first time, `known` when it came before.
 * `facts` are what the device proved of its commissioning when it was let in.
 */
export async function keepReading(
  { tenant, gate, market }: ReadingParts,
  query: {
    readonly grantId: string;
    readonly device: Did;
    readonly facts: readonly Fact[];
    readonly body: JsonValue;
    readonly requestId: RequestId;
    readonly at: Instant;
  },
): Promise<Outcome<'new' | 'known'>> {
  const { grantId, device, requestId, at } = query;
  const reading = parseReading(query.body, at);
  if (!reading.ok) return reading;
  const plausible = checkPlausible(reading.value, query.facts);
  if (!plausible.ok) return plausible;
  const resource = { meteringPointHash: reading.value.meteringPointHash, obis: reading.value.obis };
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
