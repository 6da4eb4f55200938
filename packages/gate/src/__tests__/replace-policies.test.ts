import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { marketCalendar, type RequestId } from '@gridpass/core';
import { parsePolicySet, type PolicySet } from '@gridpass/policy';
import { createClaimShapes } from '@gridpass/schema';
import { POLICY, ZONE, startRig, type Rig } from './harness.js';

const policyOf = (limit: string, channel = 'behind_the_meter'): PolicySet =>
  parsePolicySet({
    channel,
    claims: createClaimShapes(),
    calendar: marketCalendar('Etc/UTC'),
    request: 'read-off-the-policies',
    cedar: `@id("own-plant") @denies("not-active, above-limit") permit (principal, action, resource)
      when { context.CustomerStatus.active } when { context.request.powerW <= ${limit} };`,
  });

describe('policies that are replaced while the gate runs', () => {
  let rig: Rig;
  let close: () => Promise<void>;
  let hold: Promise<void> | undefined;
  beforeEach(async () => {
    hold = undefined;
    ({ rig, close } = await startRig(() => ({ keepEvidence: async () => hold })));
    await rig.token();
  });
  afterEach(() => close());
  const use = (powerW: number, more: { readonly restSeconds?: number } = {}) => {
    const [grantId = ''] = [...rig.grants.rows.keys()].slice(-1);
    const query = { grantId, channel: 'behind_the_meter', action: 'use', resource: { zone: ZONE, powerW } };
    return rig.gate.use({ ...query, requestId: 'r' as RequestId, at: rig.clock.now(), ...more });
  };

  it('judge the next use of a grant that stands', async () => {
    expect(await use(9000)).toMatchObject({ kind: 'permitted' });
    const narrower = policyOf('5000');
    rig.gate.replacePolicies({ behind_the_meter: narrower });
    expect(await use(9000)).toMatchObject({ kind: 'denied', reasons: ['above-limit'] });
    expect(rig.audit.records.at(-1)?.evidence['policy']).toBe(narrower.hash);
    expect(await use(5000)).toMatchObject({ kind: 'permitted' });
  });

  it('leave what is being decided under those that it began with', async () => {
    let release = (): void => undefined;
    hold = new Promise((resolve) => (release = resolve));
    const inFlight = use(9000);
    // The evidence is asked for once the verdict is there; a turn of the loop later it waits.
    await new Promise((resolve) => setImmediate(resolve));
    rig.gate.replacePolicies({ behind_the_meter: policyOf('5000') });
    release();
    expect(await inFlight).toMatchObject({ kind: 'permitted' });
    expect(rig.audit.records.at(-1)?.evidence['policy']).toBe(POLICY.hash);
  });

  it('let no recorded permit answer on', async () => {
    expect(await use(9000, { restSeconds: 600 })).toMatchObject({ kind: 'permitted' });
    rig.gate.replacePolicies({ behind_the_meter: policyOf('5000') });
    expect(await use(9000, { restSeconds: 600 })).toMatchObject({ kind: 'denied' });
  });

  it.each([
    ['a channel that is not there', () => ({ elsewhere: policyOf('1', 'elsewhere') })],
    ['a name of every object', () => ({ constructor: policyOf('1', 'constructor') })],
    ['policies of another channel', () => ({ behind_the_meter: policyOf('1', 'elsewhere') })],
  ])('are refused for %s, together with all others', async (_what, wrong) => {
    expect(() => rig.gate.replacePolicies({ behind_the_meter: policyOf('5000'), ...wrong() })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
    expect(await use(9000)).toMatchObject({ kind: 'permitted' });
  });
});
