import { beforeEach, describe, expect, it } from '@jest/globals';
import { instant } from '@gridpass/core';
import type { Digest } from '@gridpass/core';
import { byDigest, codeOf, createRig, first } from './engine-rig.js';
import { CLAIMS, REGULATOR, ROOT, context, operator, textOf } from './world.js';
import type { World } from './world.js';
import { sampleRegister } from '../index.js';

describe('a role that the register no longer bears', () => {
  const rig = createRig();
  let world: World;
  let digest: Digest;
  beforeEach(async () => {
    world = rig.world();
    digest = (await world.accredit()).dso.digest;
    world.clock.advance(100);
  });

  const importText = async (text: string, ...whole: readonly ('party' | 'area')[]) => {
    const report = await world.engine.importRegister(
      { tenant: REGULATOR, input: textOf(text), requestId: context().requestId, whole },
      operator,
    );
    if (!report.ok) throw new Error(report.refusal.code);
    return report.value;
  };
  const listed = async () => {
    const found = await world.engine.listConsequences(REGULATOR, operator);
    if (!found.ok) throw new Error(found.refusal.code);
    return found.value.map(({ record, code, since, deadline }) => ({ digest: record.digest, code, since, deadline }));
  };
  const renewal = async () => codeOf(await world.engine.renew(REGULATOR, byDigest(digest), context()));
  const stateOf = async () => (await world.parts.repository.findIssued(REGULATOR, byDigest(digest)))[0]?.state;
  const inactive = sampleRegister().replace('Caruna Oy;;;Active', 'Caruna Oy;;;Inactive');

  it('stands in the list with its deadline, is named by the import, and is not renewed', async () => {
    expect(await renewal()).toBe('ok');
    expect(await importText(sampleRegister())).toMatchObject({ updated: 0, consequences: 0 });
    const at = world.clock.now();
    expect(await importText(inactive)).toMatchObject({ updated: 1, consequences: 1 });
    expect(await listed()).toEqual([{ digest, code: 'PARTY_INACTIVE', since: at, deadline: at + 2_592_000 }]);
    expect(await renewal()).toBe('PARTY_INACTIVE');
    expect(await stateOf()).toBe('active');
    await importText(sampleRegister());
    expect(await listed()).toEqual([]);
    expect(await renewal()).toBe('ok');
  });

  it.each<readonly [string, (text: string) => string, string]>([
    ['lost its function', (text) => text.replace('Distribution System Operator;X', 'Capacity Trader;X'), 'PARTY_FUNCTION_MISSING'],
    ['lost its area', (text) => text.replace('Denmark DK1;;;Active', 'Denmark DK1;;;Inactive'), 'AREA_UNKNOWN'],
    [
      'has its area in another country',
      (text) => text.replace('Denmark DK1;;;Active;;DK', 'Denmark DK1;;;Active;;NO'),
      'AREA_OUTSIDE_JURISDICTION',
    ],
  ])('is listed where it %s', async (_what, change, code) => {
    await importText(change(sampleRegister()));
    expect((await listed()).find((one) => one.digest === digest)).toMatchObject({ code, deadline: world.clock.now() + 2_592_000 });
    expect(await renewal()).toBe(code);
  });

  it('is listed where the party vanished from a whole register, and not from a part of it', async () => {
    const without = sampleRegister()
      .split('\r\n')
      .filter((line) => !line.startsWith('44X-000000000253'))
      .join('\r\n');
    expect(await importText(without)).toMatchObject({ vanished: 0, consequences: 0 });
    expect(await importText(without, 'party', 'area')).toMatchObject({ vanished: 1, consequences: 1 });
    expect(await listed()).toMatchObject([{ digest, code: 'PARTY_INACTIVE' }]);
    // Nothing is said of the other kind, so that nothing of it vanishes.
    const parties = sampleRegister()
      .split('\r\n')
      .filter((line) => !line.startsWith('10Y'))
      .join('\r\n');
    expect(await importText(parties, 'party')).toMatchObject({ vanished: 0, updated: 1, consequences: 0 });
    expect(await renewal()).toBe('ok');
  });

  describe('of what a file is the whole is said, and not read off a stray row', () => {
    const lines = sampleRegister().trimEnd().split('\r\n');
    const areas = lines.filter((line) => line.startsWith('10Y'));
    const parties = lines.slice(1).filter((line) => !line.startsWith('10Y'));
    const fileOf = (...rows: readonly string[]) => [lines[0], ...rows, ''].join('\r\n');
    const attempt = (text: string, whole: readonly ('party' | 'area')[], mayVanish?: number) =>
      world.engine.importRegister(
        {
          tenant: REGULATOR,
          input: textOf(text),
          requestId: context().requestId,
          whole,
          ...(mayVanish === undefined ? {} : { mayVanish }),
        },
        operator,
      );
    const vanished = async (): Promise<number> =>
      (await rig.store().db.selectFrom('register_entry').select('code').where('vanished_at', 'is not', null).execute()).length;

    it('one party among all areas ends no other party', async () => {
      expect(await importText(fileOf(...areas, parties[0]!), 'area')).toMatchObject({ vanished: 0, missing: 0 });
      expect(await vanished()).toBe(0);
    });

    it('one may vanish unasked; two of a kind of less than twenty are confirmed, by their number', async () => {
      expect(parties.length).toBeLessThan(20);
      const short = fileOf(...areas, ...parties.slice(2));
      const refused = await attempt(short, ['party', 'area']);
      expect(refused).toMatchObject({ refusal: { code: 'CONFLICT', detail: expect.stringContaining('mayVanish=2') } });
      expect(codeOf(await attempt(short, ['party', 'area'], 1))).toBe('CONFLICT');
      expect(await vanished()).toBe(0);
      expect(await attempt(short, ['party', 'area'], 2)).toMatchObject({ value: { vanished: 2, missing: 0 } });
      expect(await importText(fileOf(...areas, ...parties.slice(3)), 'party')).toMatchObject({ vanished: 1 });
    });

    it('one may vanish unasked, and not one more by each import: the second is confirmed with the first', async () => {
      expect(await importText(fileOf(...areas, ...parties.slice(1)), 'party')).toMatchObject({ vanished: 1, missing: 0 });
      expect(await importText(fileOf(...areas, ...parties.slice(1)), 'party')).toMatchObject({ vanished: 0, missing: 0 });
      const two = fileOf(...areas, ...parties.slice(2));
      expect(await attempt(two, ['party'])).toMatchObject({ refusal: { detail: expect.stringContaining('mayVanish=2') } });
      expect(codeOf(await attempt(two, ['party'], 1))).toBe('CONFLICT');
      expect(await vanished()).toBe(1);
      expect(await attempt(two, ['party'], 2)).toMatchObject({ value: { vanished: 1, missing: 0 } });
      expect(await importText(fileOf(...areas, ...parties.slice(3)), 'party')).toMatchObject({ vanished: 1, missing: 0 });
      // What came back is not missing any more.
      expect(await importText(fileOf(...areas, ...parties), 'party')).toMatchObject({ updated: 3, vanished: 0 });
      expect(await importText(fileOf(...areas, ...parties.slice(1)), 'party')).toMatchObject({ vanished: 1, missing: 0 });
    });

    it('a kind of which the file has no row at all is not ended by it', async () => {
      expect(codeOf(await attempt(fileOf(...areas), ['party', 'area']))).toBe('CONFLICT');
      expect(await vanished()).toBe(0);
    });
  });

  it('vanishes not by an upload that breaks off', async () => {
    async function* broken(): AsyncIterable<Uint8Array> {
      yield new TextEncoder().encode(sampleRegister().slice(0, 400));
      throw new Error('connection lost');
    }
    await expect(
      world.engine.importRegister({ tenant: REGULATOR, input: broken(), requestId: context().requestId, whole: ['party'] }, operator),
    ).rejects.toThrow('connection lost');
    expect(await listed()).toEqual([]);
  });

  it('is suspended at the deadline, not a second before, and stands again when the register bears it', async () => {
    await importText(inactive);
    const deadline = world.clock.now() + 2_592_000;
    world.clock.set(instant(deadline - 1));
    expect(await world.engine.applyDeadlines()).toBe(0);
    world.clock.set(instant(deadline));
    expect(await world.engine.applyDeadlines()).toBe(1);
    expect(await stateOf()).toBe('suspended');
    expect(await world.engine.applyDeadlines()).toBe(0);
    await world.engine.resume(REGULATOR, byDigest(digest), 'by hand', context());
    expect(await stateOf()).toBe('suspended');
    await importText(sampleRegister());
    expect(await world.engine.applyDeadlines()).toBe(1);
    expect(await stateOf()).toBe('active');
  });

  it('has no deadline where the register said so when it was issued', async () => {
    await importText(
      sampleRegister().replace('Helen Sähköverkko Oy;;;Active;;;;Distribution System Operator', 'Helen;;;Active;;;;Capacity Trader'),
    );
    world.clock.advance(100);
    const claims = { ...CLAIMS.dso, party: { scheme: 'eic', value: '44X-000000000350' } };
    const submitted = await world.engine.submitApplication(REGULATOR, {
      applicant: 'x',
      type: 'SystemOperatorRole',
      claims,
      subject: world.signers['maker']!.did,
      evidence: [],
      requestId: context().requestId,
    });
    const applicationId = submitted.ok ? submitted.value.applicationId : '';
    const overrules = [{ rule: 'register-function', reason: 'licence of 2019' }] as const;
    expect(codeOf(await world.engine.approve(REGULATOR, applicationId, 'fine', context(), overrules))).toBe('ok');
    const { publicJwk } = world.signers['maker']!;
    first(
      await world.engine.issueTo(REGULATOR, {
        offerId: 'o',
        applicationId,
        type: 'SystemOperatorRole',
        format: 'vc+jwt',
        holderKeys: [{ publicJwk, thumbprint: 't' as never }],
        requestId: context().requestId,
      }),
    );
    // Set aside for this role, so that it rests on nothing that is missing.
    expect(await listed()).toEqual([]);
  });

  it('is listed without a deadline where another one it names lost its role', async () => {
    const [balance] = await world.parts.repository.findIssued(REGULATOR, { kind: 'subject', subject: world.signers['balance']!.did });
    await world.engine.revoke(REGULATOR, byDigest(balance!.digest), 'licence withdrawn', context());
    const [supplier] = await world.parts.repository.findIssued(REGULATOR, { kind: 'subject', subject: world.signers['supplier']!.did });
    expect((await listed()).map(({ digest: of, code, deadline }) => [of, code, deadline])).toEqual([
      [supplier!.digest, 'PREREQUISITE_MISSING', undefined],
    ]);
    expect(codeOf(await world.engine.renew(REGULATOR, byDigest(supplier!.digest), context()))).toBe('PREREQUISITE_MISSING');
  });

  it('is shown to whom may read, of the own tenant alone', async () => {
    await importText(inactive);
    expect(codeOf(await world.engine.listConsequences(REGULATOR, { name: 'x', duties: ['import'] }))).toBe('POLICY_DENIED');
    const elsewhere = await world.engine.listConsequences(ROOT, operator);
    expect(elsewhere.ok && elsewhere.value).toEqual([]);
  });
});
