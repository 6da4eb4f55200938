import { assertOk, tenantId, type Did, type RequestId } from '@gridpass/core';
import { digestOf } from '@gridpass/codec';
import { currentVerificationMethod } from '@gridpass/did';
import type { Device } from '@gridpass/device';
import { createDidRepository } from '@gridpass/store';
import { ZONE } from '../cast.js';
import type { Society } from '../compose.js';
import { assertShown, type Act } from './act.js';
import { give, heldOf } from './give.js';

const BATTERY = 'battery-one';
const OWNER = tenantId('manufacturer');
const YEARS = 315_360_000;

/** A battery with a DID that its owner controls and a key with which it speaks for itself goes to another owner. */
export const transferBattery: Act = {
  id: 'transfer',
  title: 'A battery goes to a new owner: its commissioning is suspended until the grid operator confirms',
  async play(society, says) {
    const transfers = async () =>
      (await society.admin('manufacturer').ask('GET', 'did/transfers'))['rows'] as readonly {
        readonly transferId: string;
        readonly did: string;
        readonly state: string;
      }[];
    // An act that broke off finds what it left.
    let transfer = (await transfers()).find(({ state }) => state !== 'rejected' && state !== 'cancelled' && state !== 'expired');
    if (transfer === undefined) {
      const battery = await commission(society);
      says(`${battery.did} is the manufacturer's, and commissioned`);
      await society.admin('manufacturer').ask('POST', 'did/transfers', { did: battery.did, to: 'supplier' });
      [transfer] = await transfers();
    }
    assertShown(transfer !== undefined, 'there is an offer');
    const path = `did/transfers/${transfer.transferId}`;
    if (transfer.state === 'offered') await society.admin('supplier').ask('POST', `${path}/accept`);
    const suspended = await stateOf(society, transfer.did);
    says(`the supplier accepted; commissioning is ${suspended}`);
    assertShown(suspended === 'suspended' || transfer.state === 'confirmed', 'the commissioning is suspended');
    await society.admin('dso').ask('POST', `${path}/confirm`);
    const resumed = await stateOf(society, transfer.did);
    assertShown(resumed === 'active', 'the confirmed commissioning counts again');
    const owner = await createDidRepository(society.program.store).readDid(tenantId('supplier'), transfer.did as Did);
    assertShown(owner !== undefined, 'the supplier controls the DID');
    says(`the grid operator confirmed; commissioning is ${resumed}`);
    return { battery: transfer.did, suspended, confirmed: resumed };
  },
};

async function commission(society: Society): Promise<Device> {
  const { operations, program } = society;
  const context = { tenant: OWNER, actor: 'manufacturer', requestId: 'act-transfer' as RequestId };
  const known = await createDidRepository(program.store).readDidByAlias(OWNER, BATTERY);
  const { did } = known ?? assertOk(await operations.lifecycle.createDid(context, BATTERY));
  const tenant = tenantId(BATTERY);
  const [key = await program.vault.createKey(tenant, 'ES256K', { label: 'the battery speaks with it' })] =
    await program.vault.listKeys(tenant);
  const { publicJwk, keyId } = key;
  const { keys } = assertOk(await program.resolver.resolveDid(did, { fresh: true }));
  if (keys.length < 2) assertOk(await operations.lifecycle.addKey(context, did, { publicJwk, use: 'authentication', validSeconds: YEARS }));
  const kid = await currentVerificationMethod(did, publicJwk, program.resolver);
  const battery = await society.addDevice(BATTERY, { ...(await program.vault.signer(tenant, keyId)), did, kid });
  await give(society, {
    issuer: 'manufacturer',
    holder: battery.holder,
    reason: 'left the factory',
    wish: {
      type: 'DeviceIdentity',
      applicant: did,
      subject: did,
      claims: {
        deviceClass: 'battery',
        maker: 'Example Storage',
        model: 'ES-1',
        serialHash: digestOf(`serial of ${BATTERY}`),
        keyAlg: 'ES256K',
      },
    },
  });
  const [birth] = await heldOf(battery.holder, 'DeviceIdentity', 'dc+sd-jwt');
  assertShown(birth !== undefined, 'the battery holds its birth identity');
  const today = Math.floor(program.clock.now() / 86_400);
  await give(society, {
    issuer: 'dso',
    holder: battery.holder,
    reason: 'installed',
    wish: {
      type: 'DeviceCommissioning',
      applicant: did,
      subject: did,
      evidence: [birth.compact],
      claims: {
        deviceDid: did,
        deviceClass: 'battery',
        meteringPointHash: digestOf('gridpass metering point of the battery'),
        gridAreaEic: ZONE,
        commissioned: today - 1,
        conformityUntil: today + 700,
        ratedActivePowerW: 5_000,
        storageCapacityWh: 10_000,
        maxChargeW: 5_000,
        maxDischargeW: 5_000,
        chemistry: 'lfp',
        cRatePpm: 500_000,
        usableDepthPpm: 900_000,
        meterOperatorDid: society.did('dso'),
      },
    },
  });
  return battery;
}

/** What the grid operator's register says of the battery's commissioning. */
async function stateOf(society: Society, did: string): Promise<string> {
  const { rows } = (await society.admin('dso').ask('GET', 'credentials?state=all&limit=200')) as {
    readonly rows: readonly { readonly subject: string; readonly type: string; readonly state: string }[];
  };
  return rows.find(({ subject, type }) => subject === did && type === 'DeviceCommissioning')?.state ?? 'none';
}
