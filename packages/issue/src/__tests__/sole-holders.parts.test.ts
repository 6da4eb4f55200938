import { describe, expect, it } from '@jest/globals';
import { assertOk } from '@gridpass/core';
import type { CredentialType, JsonObject, TenantId } from '@gridpass/core';
import { digestOf } from '@gridpass/codec';
import { codeOf } from './engine-rig.js';
import { createReplicas } from './two-replicas.js';
import { CLAIMS, DSO, REGULATOR, context, createWallet } from './world.js';
import type { Holder } from './world.js';

const ROUNDS = 5;
const PARTIES = ['DEUTDEFF', 'NDEADKKK', 'DABADKKK', 'HANDSESS'];

// What one alone may hold, asked for on two replicas over one PostgreSQL at the same moment.
describe('of two that were approved and are redeemed at once', () => {
  const { replicas } = createReplicas();

  let offers = 0;
  const approved = async (tenant: TenantId, type: CredentialType, claims: JsonObject, { did }: Holder, statesSubject: boolean) => {
    const subject = statesSubject ? { subject: did } : {};
    const wish = { applicant: did, type, claims, evidence: [], requestId: context().requestId, ...subject };
    const { applicationId } = assertOk(await replicas()[0].engine.submitApplication(tenant, wish));
    assertOk(await replicas()[0].engine.approve(tenant, applicationId, 'fine', context()));
    return applicationId;
  };
  const redeemAtOnce = async (
    tenant: TenantId,
    type: CredentialType,
    claims: readonly [JsonObject, JsonObject],
    statesSubject: boolean,
  ) => {
    const holders = [createWallet(), createWallet()] as const;
    const ids = [
      await approved(tenant, type, claims[0], holders[0], statesSubject),
      await approved(tenant, type, claims[1], holders[1], statesSubject),
    ];
    const outcomes = await Promise.all(
      replicas().map(({ engine }, index) =>
        engine.issueTo(tenant, {
          offerId: `race-${String((offers += 1))}`,
          applicationId: ids[index] ?? '',
          type,
          format: 'dc+sd-jwt',
          holderKeys: [holders[index === 0 ? 0 : 1].key],
          requestId: context().requestId,
        }),
      ),
    );
    return outcomes.map(codeOf).sort();
  };

  it.each(PARTIES)('one DID holds the party %s', async (value) => {
    const claims = { ...CLAIMS.market, party: { scheme: 'bic', value } };
    expect(await redeemAtOnce(REGULATOR, 'MarketOperatorRole', [claims, claims], true)).toEqual(['PARTY_TAKEN', 'ok']);
  });

  it('one household holds a metering point, whether its hash or its code is the same', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const point = { ...CLAIMS.entitlement, meteringPointHash: digestOf(`point ${String(round)}`) };
      expect(await redeemAtOnce(DSO, 'MeteringPointEntitlement', [point, point], false)).toEqual(['SHARE_EXCEEDED', 'ok']);
    }
    const meteringPoint = { scheme: 'gsrn', value: '133700000000000053' };
    const spelled = (name: string) => ({ ...CLAIMS.entitlement, meteringPoint, meteringPointHash: digestOf(name) });
    expect(await redeemAtOnce(DSO, 'MeteringPointEntitlement', [spelled('a'), spelled('b')], false)).toEqual(['SHARE_EXCEEDED', 'ok']);
  });

  it('shares of one point are one million together: one more of it is refused, exactly that is not', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const share = (sharePpm: number, more: string) => ({
        ...CLAIMS.entitlement,
        meteringPointHash: digestOf(`shared ${more} ${String(round)}`),
        sharePpm,
      });
      const over = [share(600_000, 'over'), share(400_001, 'over')] as const;
      const whole = [share(600_000, 'whole'), share(400_000, 'whole')] as const;
      expect(await redeemAtOnce(DSO, 'MeteringPointEntitlement', over, false)).toEqual(['SHARE_EXCEEDED', 'ok']);
      expect(await redeemAtOnce(DSO, 'MeteringPointEntitlement', whole, false)).toEqual(['ok', 'ok']);
    }
  });
});
