import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import type { Digest, Outcome } from '@gridpass/core';
import type { Store } from '@gridpass/store';
import { openTestStore } from '@gridpass/testkit';
import type { IssuedCredential } from '@gridpass/suite';
import { CLAIMS, DSO, MAKER, SUPPLIER, createWallet, createWorld } from './world.js';
import type { World } from './world.js';

export const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'ok' : outcome.refusal.code);
export const first = (outcome: Outcome<readonly IssuedCredential[]>): IssuedCredential => {
  if (!outcome.ok) throw new Error(`${outcome.refusal.code} ${outcome.refusal.detail}`);
  return outcome.value[0]!;
};
export const byDigest = (digest: Digest) => ({ kind: 'digest', digest }) as const;

/** An engine on a store of its own, emptied before each test; call it inside a describe. */
export function createRig() {
  let store: Store;
  let world: World;
  beforeAll(async () => {
    store = await openTestStore();
  });
  beforeEach(async () => {
    const tables = [
      'issue_outbox',
      'issue_authority',
      'issued_dependency',
      'issued_credential',
      'issue_application',
      'register_entry',
    ] as const;
    for (const table of tables) await store.db.deleteFrom(table).execute();
    world = createWorld(store);
  });
  afterAll(() => store.close());

  const household = async () => {
    const home = createWallet();
    const meter = createWallet();
    const h1 = first(await world.grant(SUPPLIER, 'CustomerStatus', CLAIMS.customer, home));
    const h2 = first(await world.grant(DSO, 'MeteringPointEntitlement', CLAIMS.entitlement, home));
    const d1 = first(await world.grant(MAKER, 'DeviceIdentity', CLAIMS.device, meter));
    const commissioning = {
      deviceDid: meter.did,
      deviceClass: 'heat_pump',
      meteringPointHash: CLAIMS.entitlement.meteringPointHash,
      commissioned: 20_500,
      ratedActivePowerW: 4_000,
      controllable: true,
      gridAreaEic: '10YDK-1--------W',
    };
    return { home, meter, h1, h2, d1, commissioning };
  };
  return { household, world: () => world, store: () => store };
}
