import { assertOk, type Did, type Thumbprint } from '@gridpass/core';
import { digestOf, memberOf } from '@gridpass/codec';
import type { Holder } from '@gridpass/hold';
import { JURISDICTION, ZONE, type DeviceName, type Household } from '../cast.js';
import type { Society } from '../compose.js';
import { assertShown, type Act } from './act.js';
import { give, heldOf } from './give.js';
import { textIn } from './read.js';

const HOMES: readonly { readonly household: Household; readonly meter: DeviceName; readonly meteringPoint: string }[] = [
  { household: 'household-anna', meter: 'meter-anna', meteringPoint: '133700000000000053' },
  { household: 'household-bo', meter: 'meter-bo', meteringPoint: '123456789012345675' },
];

const today = (society: Society): number => Math.floor(society.program.clock.now() / 86_400);
/** The hash stands for the metering point everywhere outside its operator; the point itself is personal data. */
export const meteringPointHash = (gsrn: string): string => digestOf(`gridpass metering point ${gsrn}`);

/** Homes: supplier, grid operator and manufacturer issue; the grid operator commissions the meters. */
export const settleHouseholds: Act = {
  id: 'households',
  title: 'Households get their credentials, and their meters are commissioned',
  async play(society, says) {
    for (const { household, meter, meteringPoint } of HOMES) {
      const { holder } = society.wallet(household);
      await settle(society, { holder, applicant: household, meter, hash: meteringPointHash(meteringPoint) });
      says(
        `${household}: ${(await holder.credentials()).length} credentials over ${new Set((await holder.credentials()).map((c) => c.relationId)).size} pairwise keys`,
      );
    }
    for (const { household } of HOMES)
      await admitToChannel(society, society.wallet(household).holder, {
        applicant: household,
        channel: 'behind_the_meter',
        maxOrderWh: 20_000,
      });
    says('the market operator admits both to behind_the_meter');
    return { households: HOMES.length, meters: HOMES.length };
  },
};

/** The manufacturer lets a meter leave the factory with a birth identity. */
export async function giveBirth(society: Society, meter: DeviceName) {
  const device = society.device(meter);
  await give(society, {
    issuer: 'manufacturer',
    holder: device.holder,
    reason: 'left the factory',
    wish: {
      type: 'DeviceIdentity',
      applicant: device.did,
      subject: device.did,
      claims: {
        deviceClass: 'smart_meter',
        maker: 'Example Meters',
        model: 'EM-3',
        serialHash: digestOf(`serial of ${meter}`),
        keyAlg: 'ES256',
      },
    },
  });
  const [birth] = await heldOf(device.holder, 'DeviceIdentity', 'dc+sd-jwt');
  assertShown(birth !== undefined, 'the meter holds its birth identity');
  return birth;
}

async function settle(
  society: Society,
  home: { readonly holder: Holder; readonly applicant: string; readonly meter: DeviceName; readonly hash: string },
): Promise<void> {
  const { holder, applicant, hash } = home;
  const device = society.device(home.meter);
  await give(society, {
    issuer: 'supplier',
    holder,
    reason: 'customer of this supplier',
    wish: {
      type: 'CustomerStatus',
      applicant,
      claims: {
        customerKind: 'household',
        active: true,
        jurisdiction: JURISDICTION,
        biddingZoneEic: ZONE,
        installedCapacityBand: 'up_to_10800_w',
      },
    },
  });
  await give(society, {
    issuer: 'dso',
    holder,
    reason: 'metering point register',
    wish: {
      type: 'MeteringPointEntitlement',
      applicant,
      claims: {
        meteringPointHash: hash,
        direction: 'combined',
        gridAreaEic: ZONE,
        connectionCapacityW: 17_000,
        exportLimitW: 10_000,
        smartMeter: true,
        entitledFrom: today(society) - 30,
      },
    },
  });
  const birth = await giveBirth(society, home.meter);
  const commissioning = {
    type: 'DeviceCommissioning',
    subject: device.did,
    evidence: [birth.compact],
    claims: {
      deviceDid: device.did,
      deviceClass: 'smart_meter',
      meteringPointHash: hash,
      gridAreaEic: ZONE,
      commissioned: today(society) - 10,
      conformityUntil: today(society) + 700,
      ratedActivePowerW: 9_800,
      accuracyClass: 'B',
      obis: ['1-0:1.8.0*255', '1-0:2.8.0*255'],
      sealed: true,
      meterOperatorDid: society.did('dso'),
      readingInterval: 900,
    },
  } as const;
  await give(society, {
    issuer: 'dso',
    holder: device.holder,
    reason: 'installed and sealed',
    wish: { ...commissioning, applicant: device.did },
  });
  await give(society, { issuer: 'dso', holder, reason: 'copy for the entitled customer', wish: { ...commissioning, applicant } });
}

/** A market operator admits a holder to a channel, on evidence bound to the very key the holder shows to that market. */
export async function admitToChannel(
  society: Society,
  holder: Holder,
  wish: {
    readonly applicant: string;
    readonly channel: string;
    readonly maxOrderWh: number;
    readonly evidenceTypes?: readonly ('CustomerStatus' | 'AggregatorRole')[];
  },
): Promise<void> {
  const audience = society.marketplace.url;
  const { relationId, thumbprint, did } = await holder.faceFor(audience);
  const evidence: string[] = [];
  for (const type of wish.evidenceTypes ?? (['CustomerStatus', 'MeteringPointEntitlement', 'DeviceCommissioning'] as const)) {
    const credential = (await heldOf(holder, type, 'dc+sd-jwt')).find((held) => held.relationId === relationId);
    assertShown(credential !== undefined, `${wish.applicant} holds a ${type}`);
    evidence.push(credential.compact);
  }
  await give(society, {
    issuer: 'market-operator',
    holder,
    reason: 'the channel policy holds',
    audience,
    wish: {
      type: 'MarketChannelAdmission',
      ...applicantOf(thumbprint, did),
      evidence,
      claims: {
        channel: wish.channel,
        zone: ZONE,
        maxOrderWh: wish.maxOrderWh,
        maxOpenOrders: 20,
        policyVersion: digestOf(wish.channel),
        admittedOn: digestOf(evidence.map((compact) => digestOf(compact)).join('.')),
      },
    },
  });
}

/** A person applies as a key, an organisation as its DID, which then is the subject too. */
const applicantOf = (thumbprint: Thumbprint, did: Did): { readonly applicant: string; readonly subject?: Did } =>
  did.startsWith('did:jwk:') ? { applicant: thumbprint } : { applicant: did, subject: did };

/** The meter speaks for itself: it presents its commissioning over MQTT and its reading is taken. */
export const reportReading: Act = {
  id: 'reading',
  title: 'A meter presents itself over MQTT and its reading is accepted',
  async play(society, says) {
    const device = society.device('meter-anna');
    const session = assertOk(await device.connect());
    says(`admitted, receipt ${Number(memberOf(session.receipt, 'index'))} of ${textIn(session.receipt, 'origin')}`);
    const interval = Math.floor(society.program.clock.now() / 900) * 900 - 900;
    assertOk(
      await device.report({ meteringPointHash: meteringPointHash('133700000000000053'), obis: '1-0:2.8.0*255', interval, energyWh: 412 }),
    );
    const foreign = await device.report({
      meteringPointHash: meteringPointHash('123456789012345675'),
      obis: '1-0:2.8.0*255',
      interval,
      energyWh: 1,
    });
    assertShown(!foreign.ok && foreign.refusal.code === 'POLICY_DENIED', 'a reading of another metering point is denied');
    says("accepted: 412 Wh exported; a reading of the neighbour's metering point is denied");
    return { receipt: Number(session.receipt['index']), energyWh: 412, foreignMeteringPoint: foreign.refusal.code };
  },
};
