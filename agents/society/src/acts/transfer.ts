import { assertOk, tenantId, type Did, type DidSigner, type DidUrl, type Outcome, type PublicJwk, type RequestId } from '@gridpass/core';
import { digestOf } from '@gridpass/codec';
import { currentVerificationMethod } from '@gridpass/did';
import type { Device } from '@gridpass/device';
import type { Holder } from '@gridpass/hold';
import { createDidRepository } from '@gridpass/store';
import { ZONE } from '../cast.js';
import type { Society } from '../compose.js';
import { assertShown, type Act } from './act.js';
import { give, heldOf } from './give.js';
import { verify } from './verify.js';

const BATTERY = 'battery-one';
/** Leases batteries out, and sells them. */
const OWNER = 'supplier';
const BUYER = 'household-anna';
const YEARS = 315_360_000;
const REQUEST = 'act-transfer' as RequestId;

/** A battery with a DID that its owner controls and a key with which it speaks for itself goes to another owner. */
export const transferBattery: Act = {
  id: 'transfer',
  title: 'A household buys a battery: the old ownership is revoked, the commissioning suspended until the grid operator confirms',
  async play(society, says) {
    const left = await leftBehind(society);
    const battery = await commission(society, left?.did);
    const { did } = battery;
    const former = await newest(society.wallet(OWNER).holder, 'DeviceOwnership');
    const commissioning = await newest(battery.holder, 'DeviceCommissioning');
    const transfer = left ?? (await offer(society, did));
    if (transfer.state === 'offered') {
      assertShown((await saidOf(society, former)) === 'accepted', "the supplier's ownership is accepted before");
      says(`${did} is the supplier's, commissioned, and offered to a household by a DID of its own for this device`);
    }
    // The household's wallet is another program: it reads the offer over HTTP and sends a signed answer back.
    const bought = await buy(society, transfer.transferId);
    const [formerly, suspended] = [await saidOf(society, former), await saidOf(society, commissioning)];
    says(`the household accepted; the supplier's ownership is refused: ${formerly}; the commissioning is refused: ${suspended}`);
    const presented = transfer.state === 'confirmed' ? 'SUSPENDED' : await presentedBy(battery, society.config.stalenessBoundSeconds);
    assertShown(presented === 'SUSPENDED', `the battery's own presentation is refused within the bound (${presented})`);
    says(`the battery presents itself over MQTT: ${presented}`);
    assertShown(formerly === 'REVOKED', "the supplier's ownership is revoked");
    assertShown(suspended === 'SUSPENDED' || transfer.state === 'confirmed', 'the commissioning is suspended');
    assertShown((await saidOf(society, bought)) === 'accepted', "the household's ownership is accepted");
    await society.admin('dso').ask('POST', `did/transfers/${transfer.transferId}/confirm`);
    const confirmed = await saidOf(society, commissioning);
    assertShown(confirmed === 'accepted', 'the confirmed commissioning counts again');
    const dids = createDidRepository(society.program.store);
    assertShown((await dids.readDid(tenantId(BUYER), did)) !== undefined, 'the household controls the DID');
    assertShown((await dids.readDid(tenantId(OWNER), did)) === undefined, 'the supplier controls it no more');
    says(`the grid operator confirmed; the commissioning is ${confirmed} again, and the household's wallet holds the new ownership`);
    return { battery: did, formerOwnership: formerly, suspended: 'SUSPENDED', confirmed, newOwnership: 'accepted' };
  },
};

interface Offered {
  readonly transferId: string;
  readonly did: Did;
  readonly state: string;
}

/** The transfer of an act that broke off. */
async function leftBehind(society: Society): Promise<Offered | undefined> {
  const { rows } = (await society.admin(OWNER).ask('GET', 'did/transfers')) as { readonly rows: readonly Offered[] };
  return rows.find(({ state }) => ['offered', 'accepted', 'moved', 'confirmed'].includes(state));
}

async function offer(society: Society, did: Did): Promise<Offered> {
  const face = await society.wallet(BUYER).holder.faceFor(purchase(society));
  return (await society.admin(OWNER).ask('POST', 'did/transfers', { did, to: face.did })) as unknown as Offered;
}

/** Whom the household knows by the face it buys with: nobody else is shown it. */
const purchase = (society: Society): string => `${society.state().urls['issuer'] ?? ''}/t/${OWNER}/transfers`;

/** Answers by the key of the household's DID, and takes the ownership that is offered for it; its text. */
async function buy(society: Society, transferId: string): Promise<string> {
  const { holder } = society.wallet(BUYER);
  const audience = purchase(society);
  const face = await holder.faceFor(audience);
  const signer: DidSigner = { ...(await holder.signerFor(audience)), did: face.did, kid: `${face.did}#0` as DidUrl };
  const context = { tenant: tenantId(BUYER), actor: BUYER, requestId: REQUEST };
  const answered = assertOk(await society.operations.offerAnswers.answer(context, signer, `${audience}/${transferId}`, 'accept'));
  assertShown(answered.owned, "the registry names the household's key");
  if ((await heldOf(holder, 'DeviceOwnership', 'dc+sd-jwt')).length === 0) {
    assertShown(answered.ownershipOffer !== undefined, 'the new ownership is offered');
    assertOk(await holder.receiveOffer(answered.ownershipOffer, { audience }));
  }
  return newest(holder, 'DeviceOwnership');
}

async function newest(holder: Holder, type: 'DeviceOwnership' | 'DeviceCommissioning'): Promise<string> {
  const held = (await holder.credentials()).filter((credential) => credential.type === type && credential.format === 'dc+sd-jwt');
  const [last] = [...held].sort((a, b) => b.validFrom - a.validFrom);
  assertShown(last !== undefined, `a ${type} is held`);
  return last.compact;
}

/** How the battery fares that presents its commissioning, once the market has had the time to know. */
async function presentedBy(battery: Device, boundSeconds: number): Promise<string> {
  const started = performance.now();
  for (;;) {
    const session = await battery.connect();
    const code = session.ok ? 'accepted' : session.refusal.code;
    if (code === 'SUSPENDED' || performance.now() - started > boundSeconds * 1_000 + 3_000) return code;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** What a verifier says of a credential now. */
async function saidOf(society: Society, compact: string): Promise<string> {
  const outcome: Outcome<unknown> = await verify(society, compact);
  return outcome.ok ? 'accepted' : outcome.refusal.code;
}

async function commission(society: Society, known: Did | undefined): Promise<Device> {
  const { program } = society;
  const tenant = tenantId(BATTERY);
  const keys = program.vault.keysOf(tenant, 'identity');
  const [key = await keys.createKey('ES256K', { label: 'the battery speaks with it' })] = await keys.listKeys();
  const { publicJwk, keyId } = key;
  const did = known ?? (await makeDid(society, publicJwk));
  const kid = await currentVerificationMethod(did, publicJwk, program.resolver);
  const battery = await society.addDevice(BATTERY, { ...(await keys.signer(keyId)), did, kid });
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
    holder: society.wallet(OWNER).holder,
    reason: 'shown the invoice',
    wish: {
      type: 'DeviceOwnership',
      applicant: society.did(OWNER),
      subject: society.did(OWNER),
      evidence: [birth.compact],
      claims: { deviceDid: did, acquired: today - 30, sharePpm: 1_000_000, transferable: true, gridAreaEic: ZONE },
    },
  });
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
        obis: ['1-0:1.8.0*255', '1-0:2.8.0*255'],
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

/** A DID that the owner controls, with the battery's own key in it. */
async function makeDid(society: Society, publicJwk: PublicJwk): Promise<Did> {
  const { operations, program } = society;
  const context = { tenant: tenantId(OWNER), actor: 'supplier operator', requestId: REQUEST };
  const known = await createDidRepository(program.store).readDidByAlias(context.tenant, BATTERY);
  const { did } = known ?? assertOk(await operations.lifecycle.createDid(context, BATTERY));
  const { keys } = assertOk(await program.resolver.resolveDid(did, { fresh: true }));
  if (keys.length < 2) assertOk(await operations.lifecycle.addKey(context, did, { publicJwk, use: 'authentication', validSeconds: YEARS }));
  return did;
}
