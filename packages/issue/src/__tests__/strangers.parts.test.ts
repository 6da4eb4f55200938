import { describe, expect, it } from '@jest/globals';
import type { Thumbprint } from '@gridpass/core';
import { codeOf, createRig } from './engine-rig.js';
import { CLAIMS, DSO, SUPPLIER, context, createWallet, createWorld, toHeld } from './world.js';

const keyOf = (name: string): Thumbprint => name.padEnd(43, '-') as Thumbprint;

describe('applications of strangers', () => {
  const rig = createRig();
  const bounded = (maxStrangersApplications: number) =>
    createWorld(rig.store(), { settings: { ...rig.world().parts.settings, maxStrangersApplications } });
  const wishOf = (name: string) => ({
    applicant: keyOf(name),
    applicantKey: keyOf(name),
    type: 'CustomerStatus' as const,
    claims: CLAIMS.customer,
    evidence: [],
    requestId: context().requestId,
  });

  it('wait up to their number, each tenant its own, and make room when an officer decides', async () => {
    const { engine } = bounded(2);
    const submitted = await engine.submitApplication(SUPPLIER, wishOf('anna'));
    expect(submitted.ok && submitted.value).toMatchObject({ stranger: true, holderThumbprint: keyOf('anna') });
    expect(codeOf(await engine.submitApplication(SUPPLIER, wishOf('bert')))).toBe('ok');
    expect(codeOf(await engine.submitApplication(SUPPLIER, wishOf('carl')))).toBe('RATE_LIMITED');
    // What waits already is told again, and an operator's own are not among them.
    expect(codeOf(await engine.submitApplication(SUPPLIER, wishOf('anna')))).toBe('ok');
    const { applicantKey: _key, ...brought } = wishOf('dora');
    expect(codeOf(await engine.submitApplication(SUPPLIER, brought))).toBe('ok');
    const other = { ...wishOf('carl'), type: 'MeteringPointEntitlement' as const, claims: CLAIMS.entitlement };
    expect(codeOf(await engine.submitApplication(DSO, other))).toBe('ok');
    const id = submitted.ok ? submitted.value.applicationId : '';
    expect(codeOf(await engine.reject(SUPPLIER, id, 'unknown here', context()))).toBe('ok');
    expect(codeOf(await engine.submitApplication(SUPPLIER, wishOf('carl')))).toBe('ok');
    expect(codeOf(await engine.submitApplication(SUPPLIER, wishOf('emil')))).toBe('RATE_LIMITED');
  });

  it('lapse at the second at which they have waited long enough, with a reason, and make room', async () => {
    const { engine, clock, parts } = bounded(2);
    const seconds = parts.settings.strangersWaitSeconds;
    const first = await engine.submitApplication(SUPPLIER, wishOf('otto'));
    const { applicantKey: _key, ...brought } = wishOf('pia');
    const own = await engine.submitApplication(SUPPLIER, brought);
    if (!first.ok || !own.ok) throw new Error('not submitted');
    clock.advance(1);
    const second = await engine.submitApplication(SUPPLIER, wishOf('quin'));
    if (!second.ok) throw new Error('not submitted');
    const readApplication = async (id: string) => {
      const read = await engine.readApplication(SUPPLIER, id);
      return read.ok ? [read.value.state, read.value.reason, read.value.decidedBy] : [];
    };
    clock.advance(seconds - 2);
    expect(await engine.lapseApplications()).toBe(0);
    clock.advance(1);
    expect(await engine.lapseApplications()).toBe(1);
    expect(await readApplication(first.value.applicationId)).toEqual([
      'rejected',
      'lapsed: nobody decided it within 30 days; apply again',
      SUPPLIER,
    ]);
    expect(await readApplication(second.value.applicationId)).toEqual(['pending', '', '']);
    expect(codeOf(await engine.submitApplication(SUPPLIER, wishOf('rosa')))).toBe('ok');
    // What an operator brought waits on.
    clock.advance(2 * seconds);
    await engine.lapseApplications();
    expect((await readApplication(own.value.applicationId))[0]).toBe('pending');
    expect((await readApplication(second.value.applicationId))[0]).toBe('rejected');
    // An officer sees what lapsed among what was rejected, and cannot approve it any more.
    const listed = await engine.listApplications(SUPPLIER, 'rejected', { limit: 50 }, context().operator);
    expect(listed.ok && listed.value.rows.filter(({ reason }) => reason.startsWith('lapsed: ')).length).toBeGreaterThanOrEqual(2);
    expect(codeOf(await engine.approve(SUPPLIER, first.value.applicationId, 'too late', context()))).not.toBe('ok');
  });

  it('are counted one after the other when they come at once', async () => {
    const { engine } = bounded(3);
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const codes = await Promise.all(names.map(async (name) => codeOf(await engine.submitApplication(SUPPLIER, wishOf(name)))));
    expect(codes.filter((code) => code === 'ok')).toHaveLength(3);
  });

  it('are taken in nowhere where none may wait; who shows evidence is no stranger', async () => {
    const { engine, accredit, grant } = bounded(0);
    expect(codeOf(await engine.submitApplication(SUPPLIER, wishOf('anna')))).toBe('PREREQUISITE_MISSING');
    await accredit();
    const home = createWallet();
    const held = await grant(DSO, 'MeteringPointEntitlement', CLAIMS.entitlement, home, { format: 'dc+sd-jwt' });
    if (!held.ok) throw new Error(held.refusal.code);
    const evidence = held.value.map(toHeld);
    const applicantKey = evidence[0]!.holderThumbprint!;
    const wish = { ...wishOf('anna'), applicant: applicantKey, applicantKey, evidence };
    const submitted = await engine.submitApplication(SUPPLIER, wish);
    expect([codeOf(submitted), submitted.ok && submitted.value.stranger]).toEqual(['ok', undefined]);
    expect(codeOf(await engine.submitApplication(SUPPLIER, { ...wish, applicantKey: keyOf('other') }))).toBe('HOLDER_MISMATCH');
  });
});
