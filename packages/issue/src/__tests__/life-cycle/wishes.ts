import { digestOf } from '@gridpass/codec';
import type { CredentialType, Did, JsonObject, TenantId } from '@gridpass/core';
import { CLAIMS, DSO, MAKER, REGULATOR, createWallet } from '../world.js';
import type { Holder } from '../world.js';
import { WISHES } from './model.js';
import type { TenantName, WishName } from './model.js';

/** What the model's wish is in the world. */
export interface Wish {
  readonly tenant: TenantId;
  readonly applicant: string;
  readonly type: CredentialType;
  readonly claims: JsonObject;
  readonly subject?: Did;
  /** The holder's key, and another one. */
  readonly holders: readonly [Holder, Holder];
}

export const TENANTS: Readonly<Record<TenantName, TenantId>> = { regulator: REGULATOR, dso: DSO, maker: MAKER };

/** The wishes with keys of their own; but for the operator's role, which is given before. */
export function createWishes(): Readonly<Record<Exclude<WishName, 'role'>, Wish>> {
  const party = { ...CLAIMS.dso, party: { scheme: 'eic', value: '44X-000000000350' }, mayIssue: [] };
  const device = createWallet();
  const commissioning = {
    deviceDid: device.did,
    deviceClass: 'heat_pump',
    meteringPointHash: digestOf('of the device'),
    commissioned: 20_500,
    ratedActivePowerW: 4_000,
    controllable: true,
    gridAreaEic: '10YDK-1--------W',
  };
  const role = (name: WishName): Wish => {
    const holder = createWallet();
    return { ...wishOf(name, 'SystemOperatorRole', party, holder), subject: holder.did };
  };
  const household = (name: WishName): Wish => {
    const { point } = WISHES[name];
    const share = point?.share === 1_000_000 ? {} : { sharePpm: point?.share ?? 0 };
    return wishOf(name, 'MeteringPointEntitlement', { ...CLAIMS.entitlement, meteringPointHash: digestOf(point?.name ?? ''), ...share });
  };
  const anna = household('anna');
  const ownership = { deviceDid: device.did, acquired: 20_500, sharePpm: 1_000_000, transferable: true };
  return {
    first: role('first'),
    rival: role('rival'),
    anna,
    alias: { ...anna, applicant: 'life alias' },
    bo: household('bo'),
    carla: household('carla'),
    dan: household('dan'),
    device: { ...wishOf('device', 'DeviceIdentity', CLAIMS.device, device), subject: device.did },
    meter: { ...wishOf('meter', 'DeviceCommissioning', commissioning), subject: device.did },
    owner: wishOf('owner', 'DeviceOwnership', ownership),
    heir: wishOf('heir', 'DeviceOwnership', { ...ownership, acquired: 20_600 }),
  };
}

function wishOf(name: WishName, type: CredentialType, claims: JsonObject, holder = createWallet()): Wish {
  return { tenant: TENANTS[WISHES[name].tenant], applicant: `life ${name}`, type, claims, holders: [holder, createWallet()] };
}
