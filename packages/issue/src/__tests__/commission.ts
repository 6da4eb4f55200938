import { first } from './engine-rig.js';
import { CLAIMS, DSO, MAKER, createWallet } from './world.js';
import type { World } from './world.js';

/** A device born in another program, and what rests on it here. */
export async function commission(there: World, here: World) {
  const meter = createWallet();
  const identity = first(await there.grant(MAKER, 'DeviceIdentity', CLAIMS.device, meter));
  const claims = {
    deviceDid: meter.did,
    deviceClass: 'heat_pump',
    meteringPointHash: CLAIMS.entitlement.meteringPointHash,
    commissioned: 20_500,
    ratedActivePowerW: 4_000,
    controllable: true,
    gridAreaEic: '10YDK-1--------W',
  };
  const grant = () => here.grant(DSO, 'DeviceCommissioning', claims, meter, { evidence: [identity] });
  return { identity, grant, resting: first(await grant()) };
}
