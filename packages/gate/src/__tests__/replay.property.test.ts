import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decide } from '@gridpass/policy';
import { commitmentOf } from '@gridpass/audit';
import type { DecisionEvidence } from '@gridpass/audit';
import { POLICY, ZONE, startRig } from './harness.js';

const key = new Uint8Array(32).fill(7);

describe('a recorded decision', () => {
  it('is what replaying it gives, and its commitment names exactly what it was decided on', async () => {
    const kept: DecisionEvidence[] = [];
    const { rig, close } = await startRig(() => ({
      commitmentKey: key,
      keepEvidence: (evidence) => {
        kept.push(evidence);
        return Promise.resolve();
      },
    }));
    const token = await rig.token();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 20_000 }), async (powerW) => {
        await rig.call('GET', `/orders?powerW=${powerW}`, { token });
        const record = rig.audit.records.at(-1)!;
        const evidence = kept.at(-1)!;
        expect(evidence).toMatchObject({
          channel: 'behind_the_meter',
          timeZone: 'Europe/Oslo',
          action: 'use',
          resource: { zone: ZONE, powerW },
        });
        const replayed = decide({ policySet: POLICY, facts: evidence.facts, request: evidence });
        expect({ effect: replayed.effect, reasons: replayed.reasons, policy: replayed.policyHash }).toEqual({
          effect: record.effect,
          reasons: record.reasons,
          policy: record.evidence['policy'],
        });
        expect(record.evidence['input']).toBe(commitmentOf(evidence));
        expect(record.evidence['input']).not.toBe(commitmentOf({ ...evidence, resource: { zone: ZONE, powerW: powerW + 1 } }));
        // The key of one decision opens no other.
        expect(new Set(kept.map(({ key: own }) => own)).size).toBe(kept.length);
        expect(JSON.stringify(record)).not.toContain(evidence.key);
      }),
      { numRuns: 20 },
    );
    await close();
  });
});
