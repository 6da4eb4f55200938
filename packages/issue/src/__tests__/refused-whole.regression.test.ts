import { beforeEach, describe, expect, it } from '@jest/globals';
import type { IssuedRecord } from '@gridpass/core';
import { byDigest, codeOf, createRig } from './engine-rig.js';
import { CLAIMS, REGULATOR, ROOT, context, createWallet } from './world.js';
import type { World } from './world.js';

describe('an issuance that is refused under the lock', () => {
  const rig = createRig();
  let world: World;
  let accreditation: IssuedRecord;
  beforeEach(async () => {
    world = rig.world();
    const { regulator } = await world.accredit();
    accreditation = (await world.parts.repository.findIssued(ROOT, byDigest(regulator.digest)))[0]!;
  });

  const keep = (state: IssuedRecord['state']) =>
    world.parts.repository.inTransaction((tx) => world.parts.repository.saveIssuedState({ ...accreditation, state }, tx));
  const approvedTakeOver = async () => {
    const wallet = createWallet();
    const submitted = await world.engine.submitApplication(REGULATOR, {
      applicant: wallet.did,
      type: 'SystemOperatorRole',
      claims: CLAIMS.dso,
      evidence: [],
      subject: wallet.did,
      requestId: context().requestId,
    });
    if (!submitted.ok) throw new Error(submitted.refusal.code);
    const { applicationId } = submitted.value;
    const overrules = [{ rule: 'take-over', reason: 'merger' }] as const;
    expect(codeOf(await world.engine.approve(REGULATOR, applicationId, 'fine', context(), overrules))).toBe('ok');
    return { applicationId, wallet };
  };
  const redeem = ({ applicationId, wallet }: Awaited<ReturnType<typeof approvedTakeOver>>) =>
    world.engine.issueTo(REGULATOR, {
      offerId: 'whole',
      applicationId,
      type: 'SystemOperatorRole',
      format: 'dc+sd-jwt',
      holderKeys: [wallet.key],
      requestId: context().requestId,
    });
  const statesOfDso = async () => {
    const records = await world.parts.repository.findIssued(REGULATOR, { kind: 'subject', subject: world.signers['dso']!.did });
    return records.map(({ state }) => state);
  };
  const acts = (action: string) => world.audit.records.filter((record) => record.action === action);

  it('takes no role from who holds it, writes no act, and is granted once its authority stands again', async () => {
    const takeOver = await approvedTakeOver();
    // Its status list says valid still: only the locked record knows.
    await keep('suspended');
    const marks = [...world.statusFake.marks];
    expect(codeOf(await redeem(takeOver))).toBe('NOT_ENTITLED');
    expect(await statesOfDso()).toEqual(['active']);
    expect([...world.statusFake.marks]).toEqual(marks);
    expect(acts('take-over')).toEqual([]);
    await keep('active');
    expect(codeOf(await redeem(takeOver))).toBe('ok');
    expect(await statesOfDso()).toEqual(['revoked']);
    expect(acts('take-over')).toHaveLength(1);
  });

  it('stands in the audit log as a refusal, like one that is decided before it', async () => {
    const takeOver = await approvedTakeOver();
    await keep('suspended');
    expect(codeOf(await redeem(takeOver))).toBe('NOT_ENTITLED');
    expect(acts('issue').filter(({ kind }) => kind === 'refusal')).toMatchObject([
      { code: 'NOT_ENTITLED', actor: REGULATOR, evidence: { applicationId: takeOver.applicationId } },
    ]);
  });
});
