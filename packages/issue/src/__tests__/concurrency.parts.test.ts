import { describe, expect, it } from '@jest/globals';
import type { Outcome, TenantId } from '@gridpass/core';
import { createStatusIssuer } from '@gridpass/status';
import { createIssuanceRepository, createStatusRepository } from '@gridpass/store';
import { createFakeClock } from '@gridpass/testkit';
import { createReplicas } from './two-replicas.js';
import { CLAIMS, DSO, REGULATOR, SUPPLIER, context, createWallet, createWorld, operator, toHeld } from './world.js';
import type { World } from './world.js';

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'ok' : outcome.refusal.code);

// Two replicas of one program over one PostgreSQL, with the real status lists.
describe('two replicas', () => {
  const { replicas, stores } = createReplicas((store) => ({
    statusIssuer: createStatusIssuer({
      repository: createStatusRepository(store),
      clock: createFakeClock(),
      settings: { listSize: 131_072, listLifeSeconds: 3_600, ttlSeconds: 60, resignSeconds: 120 },
      listUri: (tenant: TenantId, listId: string) => `https://issuer.example/t/${tenant}/status/${listId}`,
    }),
  }));

  const approve = async (applicant: string, maxOpenOrders = 0) => {
    const submitted = await replicas()[0].engine.submitApplication(SUPPLIER, {
      applicant: `${applicant}${maxOpenOrders}`,
      type: 'CustomerStatus',
      claims: CLAIMS.customer,
      evidence: [],
      requestId: context().requestId,
    });
    if (!submitted.ok) throw new Error(submitted.refusal.code);
    const decided = await Promise.all(
      replicas().map((world) => world.engine.approve(SUPPLIER, submitted.value.applicationId, 'fine', context())),
    );
    expect(decided.map(codeOf)).toEqual(['ok', 'ok']);
    return submitted.value.applicationId;
  };
  const recordsOf = async (applicationId: string) => {
    const found = await replicas()[1].engine.findCredentials(SUPPLIER, { kind: 'application', applicationId }, operator);
    return found.ok ? found.value : [];
  };

  it('take the same wish once, and stop at the bound together', async () => {
    const submit = (world: World, claims: object) =>
      world.engine.submitApplication(SUPPLIER, {
        applicant: 'twin',
        type: 'CustomerStatus',
        claims: { ...CLAIMS.customer, ...claims },
        evidence: [],
        requestId: context().requestId,
      });
    const same = await Promise.all(Array.from({ length: 10 }, (_, index) => submit(replicas()[index % 2]!, {})));
    expect(new Set(same.map((outcome) => (outcome.ok ? outcome.value.applicationId : 'refused'))).size).toBe(1);
    const kinds = ['household', 'micro', 'small', 'medium', 'public'];
    const many = await Promise.all(
      kinds.flatMap((customerKind) =>
        ['DK', 'NO', 'SE', 'FI', 'DE', 'EE'].map((jurisdiction, index) => submit(replicas()[index % 2]!, { customerKind, jurisdiction })),
      ),
    );
    const open = await replicas()[0].engine.listApplications(SUPPLIER, 'pending', { limit: 200 }, operator);
    expect(open.ok && open.value.rows.filter(({ applicant }) => applicant === 'twin').length).toBe(20);
    // One of the thirty wishes is the one from above.
    expect(many.filter((outcome) => codeOf(outcome) === 'RATE_LIMITED').length).toBe(10);
  });

  // attacks.md 28: a state machine race that issues twice.
  it('issue from one offer to one of two wallets', async () => {
    const applicationId = await approve('race');
    const wallets = [createWallet(), createWallet()];
    const outcomes = await Promise.all(
      replicas().map((world, index) =>
        world.engine.issueTo(SUPPLIER, {
          offerId: 'one-offer',
          applicationId,
          type: 'CustomerStatus',
          format: 'dc+sd-jwt',
          holderKeys: [wallets[index]!.key],
          requestId: context().requestId,
        }),
      ),
    );
    expect(outcomes.map(codeOf).sort()).toEqual(['CONFLICT', 'ok']);
    expect((await recordsOf(applicationId)).map(({ state }) => state)).toEqual(['active']);
  });

  it('leave one living credential when one wallet asks both at once', async () => {
    const applicationId = await approve('retry');
    const { key } = createWallet();
    await Promise.all(
      replicas().map((world) =>
        world.engine.issueTo(SUPPLIER, {
          offerId: 'same-offer',
          applicationId,
          type: 'CustomerStatus',
          format: 'dc+sd-jwt',
          holderKeys: [key],
          requestId: context().requestId,
        }),
      ),
    );
    expect((await recordsOf(applicationId)).filter(({ state }) => state === 'active').length).toBe(1);
  });

  // attacks.md 21: no duplicate index, no lost revocation, whatever runs beside.
  it('hand out no status entry twice and lose no change under load', async () => {
    const applications = await Promise.all(Array.from({ length: 12 }, (_, index) => approve('load', index)));
    const issued = await Promise.all(
      applications.map((applicationId, index) =>
        replicas()[index % 2]!.engine.issueTo(SUPPLIER, {
          offerId: `o-${applicationId}`,
          applicationId,
          type: 'CustomerStatus',
          format: 'dc+sd-jwt',
          holderKeys: [createWallet().key, createWallet().key],
          requestId: context().requestId,
        }),
      ),
    );
    const credentials = issued.flatMap((outcome) => (outcome.ok ? outcome.value : []));
    expect(credentials.length).toBe(24);
    expect(new Set(credentials.map((credential) => JSON.stringify(toHeld(credential).status))).size).toBe(24);
    await Promise.all(
      credentials.map(({ digest }, index) =>
        replicas()[index % 2]!.engine[Math.floor(index / 2) % 3 === 0 ? 'suspend' : 'revoke'](
          SUPPLIER,
          { kind: 'digest', digest },
          'load',
          context(),
        ),
      ),
    );
    const states = (await Promise.all(applications.map(recordsOf))).flat().map(({ state }) => state);
    expect([states.filter((state) => state === 'suspended').length, states.filter((state) => state === 'revoked').length]).toEqual([8, 16]);
    const records = (await Promise.all(applications.map(recordsOf))).flat();
    const status = createStatusIssuer({
      repository: createStatusRepository(stores()[0]),
      clock: replicas()[0].clock,
      settings: { listSize: 131_072, listLifeSeconds: 3_600, ttlSeconds: 60, resignSeconds: 120 },
      listUri: (tenant: TenantId, listId: string) => `https://issuer.example/t/${tenant}/status/${listId}`,
    });
    for (const record of records.filter(({ state }) => state === 'revoked'))
      expect(codeOf(await status.setStatus(SUPPLIER, record.status, 'valid'))).toBe('STATUS_FINAL');
  });

  it('deliver news to each dependant once', async () => {
    const home = createWallet();
    const issued = await replicas()[0].grant(DSO, 'MeteringPointEntitlement', CLAIMS.entitlement, home);
    if (!issued.ok) throw new Error(issued.refusal.detail);
    const [authority] = await replicas()[0].engine.listAuthorities(DSO);
    await replicas()[0].engine.suspend(REGULATOR, { kind: 'digest', digest: authority!.digest }, 'inquiry', context());
    await Promise.all(replicas().map((world) => world.engine.deliverNews()));
    await Promise.all([
      replicas()[0].engine.resume(REGULATOR, { kind: 'digest', digest: authority!.digest }, 'cleared', context()),
      replicas()[1].engine.deliverNews(),
    ]);
    await Promise.all(replicas().map((world) => world.engine.deliverNews()));
    const [record] = await createIssuanceRepository(stores()[1]).findIssued(DSO, { kind: 'digest', digest: issued.value[0]!.digest });
    expect(record).toMatchObject({ state: 'active', causes: [] });
  });

  // attacks.md 21: a crash between allocating an entry and recording the credential.
  it('leave neither a record nor a usable entry when issuance dies half way', async () => {
    const applicationId = await approve('crash');
    const failing = createWorld(
      stores()[0],
      {
        statusIssuer: replicas()[0].parts.statusIssuer,
        signerOf: async (tenant) => {
          const signer = await replicas()[0].parts.signerOf(tenant);
          return {
            ...signer,
            sign: async () => {
              throw new Error('the machine is gone');
            },
          };
        },
      },
      replicas()[0].signers as never,
    );
    const { key } = createWallet();
    const request = {
      offerId: 'crash',
      applicationId,
      type: 'CustomerStatus',
      format: 'dc+sd-jwt',
      holderKeys: [key],
      requestId: context().requestId,
    } as const;
    await expect(failing.engine.issueTo(SUPPLIER, request)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    expect(await recordsOf(applicationId)).toEqual([]);
    const again = await replicas()[1].engine.issueTo(SUPPLIER, request);
    expect(codeOf(again)).toBe('ok');
    const entries = await stores()[0].db.selectFrom('status_entry').select(['list_id', 'idx']).where('tenant', '=', SUPPLIER).execute();
    const used = await stores()[0].db.selectFrom('issued_credential').select('digest').where('tenant', '=', SUPPLIER).execute();
    expect(entries.length).toBe(used.length);
  });
});
