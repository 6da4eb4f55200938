import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decide } from '@gridpass/policy';
import { commitTo } from '../index.js';
import { POLICY, ZONE, startRig } from './harness.js';

const key = new Uint8Array(32).fill(7);

describe('a recorded decision', () => {
  it('is what replaying it gives, and its commitment names exactly what it was decided on', async () => {
    const { rig, close } = await startRig(() => ({ commitmentKey: key }));
    const token = await rig.token();
    const [row] = rig.grants.rows.values();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 20_000 }), async (powerW) => {
        await rig.call('GET', `/orders?powerW=${powerW}`, { token });
        const record = rig.audit.records.at(-1)!;
        const asked = { requestId: record.requestId, at: record.at, policySet: POLICY, action: 'use', resource: { zone: ZONE, powerW } };
        const replayed = decide({ policySet: POLICY, facts: row!.grant.facts, request: { principal: row!.grant.holderDid, ...asked } });
        expect({ effect: replayed.effect, reasons: replayed.reasons, policy: replayed.policyHash }).toEqual({
          effect: record.effect,
          reasons: record.reasons,
          policy: record.evidence['policy'],
        });
        const subject = { ...row!.grant, goodUntil: row!.grant.expiresAt, evidence: {} };
        expect(record.evidence['input']).toBe(commitTo(key, { subject, asked }));
        expect(record.evidence['input']).not.toBe(
          commitTo(key, { subject, asked: { ...asked, resource: { zone: ZONE, powerW: powerW + 1 } } }),
        );
      }),
      { numRuns: 20 },
    );
    await close();
  });
});
