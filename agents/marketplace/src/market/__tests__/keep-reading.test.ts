import { describe, expect, it } from '@jest/globals';
import { marketCalendar, ok, tenantId, type Did, type Fact, type RequestId } from '@gridpass/core';
import { NOON } from '@gridpass/testkit';
import { keepReading, type ReadingParts } from '../keep-reading.js';

type Use = Awaited<ReturnType<ReadingParts['gate']['use']>>;

const FACTS: readonly Fact[] = [
  { kind: 'value', path: 'DeviceCommissioning.obis', value: ['1-0:2.8.0*255'] },
  { kind: 'value', path: 'DeviceCommissioning.commissioned', value: 0 },
  { kind: 'value', path: 'DeviceCommissioning.ratedActivePowerW', value: 9_800 },
];
const PERMITTED = { kind: 'permitted', recorded: { receipt: { leafHash: 'leaf' } } } as unknown as Use;
const DENIED: Use = { kind: 'denied', reasons: ['another-metering-point'] } as unknown as Use;
const ENDED: Use = { kind: 'refused', refusal: { kind: 'refusal', code: 'REVOKED', stage: 'status', detail: '' } };

/** What is told of a reading, and how often the grant was used and something kept. */
async function tell(use: Use, energyWh: number): Promise<readonly [string, number, number]> {
  let [used, kept] = [0, 0];
  const parts: ReadingParts = {
    tenant: tenantId('market'),
    calendar: marketCalendar('Europe/Brussels'),
    gate: {
      use: async () => {
        used += 1;
        return use;
      },
    },
    market: {
      keepReading: async () => {
        kept += 1;
        return ok('new');
      },
    },
  };
  const outcome = await keepReading(parts, {
    grantId: 'grant',
    device: 'did:web:meter.example' as Did,
    facts: FACTS,
    body: { meteringPointHash: 'A'.repeat(43), obis: '1-0:2.8.0*255', interval: NOON - 900, energyWh },
    requestId: 'request' as RequestId,
    at: NOON,
  });
  return [outcome.ok ? outcome.value : outcome.refusal.code, used, kept];
}

describe('a reading and the grant it comes under', () => {
  it('tells of an ended grant before anything of the reading is judged', async () => {
    expect(await tell(ENDED, 2_941)).toEqual(['REVOKED', 1, 0]);
  });

  it('keeps nothing that the device cannot have measured, whatever the policy decided', async () => {
    expect(await tell(PERMITTED, 2_941)).toEqual(['READING_IMPLAUSIBLE', 1, 0]);
    expect(await tell(DENIED, 2_941)).toEqual(['READING_IMPLAUSIBLE', 1, 0]);
  });

  it('keeps what is plausible and permitted, and no more', async () => {
    expect(await tell(PERMITTED, 2_940)).toEqual(['new', 1, 1]);
    expect(await tell(DENIED, 2_940)).toEqual(['POLICY_DENIED', 1, 0]);
  });
});
