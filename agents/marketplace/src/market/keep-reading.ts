import {
  assertNever,
  refuse,
  type Did,
  type Fact,
  type Instant,
  type JsonValue,
  type MarketCalendar,
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
  /** The market's days, the same that the telemetry policy counts by. */
  readonly calendar: Pick<MarketCalendar, 'epochDayAt'>;
}

/**
 * Reads, decides and stores one reading; it is durable when this answers. `new` the first time, `known` when it came before.
 * `facts` are what the device proved of its commissioning when it was let in. They count while its grant does, so the grant is looked at
 * first: a device whose grant has ended hears that. What it cannot have measured has a code of its own, whatever the policy decides;
 * nothing of it is kept, and the decision stands in the log as that of a reading in CONFLICT does.
 */
export async function keepReading(
  { tenant, gate, market, calendar }: ReadingParts,
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
  const resource = { meteringPointHash: reading.value.meteringPointHash, obis: reading.value.obis };
  const use = await gate.use({ grantId, channel: 'telemetry', action: 'report', resource, requestId, at });
  const plausible = checkPlausible(reading.value, query.facts, calendar);
  switch (use.kind) {
    case 'refused':
      return { ok: false, refusal: use.refusal };
    case 'denied':
      return plausible.ok ? refuse('POLICY_DENIED', 'reading', use.reasons.join(', ')) : plausible;
    case 'permitted':
      if (!plausible.ok) return plausible;
      return market.keepReading(tenant, { ...reading.value, device, receivedAt: at, decisionLeaf: use.recorded.receipt.leafHash });
    default:
      return assertNever(use);
  }
}
