import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Received, RequestId } from '@gridpass/core';
import { startRig } from './harness.js';
import type { Rig } from './harness.js';

describe('a channel the gate has no policies for', () => {
  let rig: Rig;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ rig, close } = await startRig());
  });
  afterAll(() => close());

  it('protects no route: the program does not start', () => {
    for (const channel of ['elsewhere', 'BEHIND_THE_METER', 'behind_the_meter ', '__proto__', 'constructor', ''])
      expect(() => rig.gate.protect(channel)).toThrow(expect.objectContaining({ name: 'Fault', code: 'POLICY_UNUSABLE' }));
  });

  it('is a fault, never a permit, for a request that was opened while there were some', async () => {
    const at = rig.clock.now();
    const opened = await rig.gate.openChallenge({ channel: 'behind_the_meter', sessionThumbprint: '', at });
    if (!opened.ok) throw new Error(opened.refusal.code);
    const { rig: later, close: closeLater } = await startRig(() => ({
      challenges: {
        issueChallenge: async () => undefined,
        readChallenge: async () => ({ ok: true, value: { ...opened.value, channel: 'gone' } }),
        consumeChallenge: async () => ({ ok: true, value: { ...opened.value, channel: 'gone' } }),
      },
    }));
    const received: Received = { transport: 'mqtt', mediaType: 'openid4vp', bytes: new Uint8Array(), requestId: 'r' as RequestId, at };
    await expect(later.gate.admit(received, { state: opened.value.state })).rejects.toMatchObject({ code: 'POLICY_UNUSABLE' });
    await closeLater();
  });
});
