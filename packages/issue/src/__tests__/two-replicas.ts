import { afterAll, beforeAll } from '@jest/globals';
import { openStore } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { startPostgres } from '@gridpass/testkit';
import type { TestPostgres } from '@gridpass/testkit';
import type { EngineParts } from '../index.js';
import { createSigners, createWorld } from './world.js';
import type { World } from './world.js';

/** Two connections to one new PostgreSQL, its schema made; call it inside a describe. */
export function createTwoStores(): () => readonly [Store, Store] {
  let postgres: TestPostgres;
  const opened: Store[] = [];
  let stores: readonly [Store, Store];
  beforeAll(async () => {
    postgres = await startPostgres();
    const url = await postgres.createDatabase();
    const open = async (): Promise<Store> => {
      const store = await openStore({ kind: 'postgres', url, maxConnections: 8 });
      opened.push(store);
      return store;
    };
    stores = [await open(), await open()];
    await stores[0].migrate();
  });
  afterAll(async () => {
    for (const store of opened) await store.close();
    await postgres.stop();
  });
  return () => stores;
}

/**
 * Two replicas of one program over one PostgreSQL, with one memory of status, and every tenant accredited; call it inside a
 * describe. `more` gives each what it is to have instead.
 */
export function createReplicas(more: (store: Store) => Partial<EngineParts> = () => ({})) {
  const stores = createTwoStores();
  let replicas: readonly [World, World];
  beforeAll(async () => {
    const [one, two] = stores();
    const signers = createSigners();
    const first = createWorld(one, more(one), signers);
    const { statusIssuer, status } = first.statusFake;
    const shared = { statusIssuer, status, proveAuthority: first.parts.proveAuthority };
    replicas = [first, createWorld(two, { ...shared, ...more(two) }, signers)];
    await first.accredit();
  });
  return { stores, replicas: (): readonly [World, World] => replicas };
}
