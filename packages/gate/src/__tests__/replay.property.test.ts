import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decide } from '@gridpass/policy';
import { commitmentOf, createEvidenceStore } from '@gridpass/audit';
import { Fault } from '@gridpass/core';
import { createRecordSeals } from '@gridpass/keys';
import { createEvidenceRepository } from '@gridpass/store';
import { TENANT, openTestStore } from '@gridpass/testkit';
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

  it('is the same decision again with its evidence as it was stored, and nobody is let in where it cannot be stored', async () => {
    const store = await openTestStore();
    await store.migrate();
    const kept = createEvidenceStore({
      tenant: TENANT,
      repository: createEvidenceRepository(store),
      seals: createRecordSeals([{ id: 'kek', bytes: new Uint8Array(32).fill(3) }]),
    });
    let isDown = false;
    const { rig, close } = await startRig(() => ({
      keepEvidence: async (evidence) => {
        if (isDown) throw new Fault('STORE_UNAVAILABLE', 'the store of the test is down');
        // The log has no line of it yet.
        expect(rig.audit.records.map((record) => record.evidence['input'])).not.toContain(commitmentOf(evidence));
        await kept.keepEvidence(evidence);
      },
    }));
    const token = await rig.token();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 20_000 }), async (powerW) => {
        await rig.call('GET', `/orders?powerW=${powerW}`, { token });
        const record = rig.audit.records.at(-1)!;
        const lines: DecisionEvidence[] = [];
        for await (const line of kept.exportEvidence()) lines.push(JSON.parse(line) as DecisionEvidence);
        const own = lines.find((evidence) => commitmentOf(evidence) === record.evidence['input'])!;
        const replayed = decide({ policySet: POLICY, facts: own.facts, request: own });
        expect({ effect: replayed.effect, reasons: replayed.reasons }).toEqual({ effect: record.effect, reasons: record.reasons });
        expect(own.resource).toEqual({ zone: ZONE, powerW });
      }),
      { numRuns: 20 },
    );
    isDown = true;
    const [recorded, handled] = [rig.audit.records.filter(({ kind }) => kind === 'decision').length, rig.handled.count];
    expect(await rig.call('GET', '/orders?powerW=1', { token })).toMatchObject({ status: 503 });
    expect(rig.audit.records.filter(({ kind }) => kind === 'decision')).toHaveLength(recorded);
    expect(rig.handled.count).toBe(handled);
    await close();
    await store.close();
  });
});
