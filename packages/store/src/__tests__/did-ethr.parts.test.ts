import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { instant, tenantId } from '@gridpass/core';
import type {
  Did,
  DidTransfer,
  Digest,
  EthrBlock,
  EthrEvent,
  Outcome,
  RelayChange,
  RelayRequest,
  SignedRegistryCall,
  StoredDid,
  TenantId,
} from '@gridpass/core';
import { openTestStore, startPostgres } from '@gridpass/testkit';
import type { TestPostgres } from '@gridpass/testkit';
import {
  createDidRepository,
  createEthrEventRepository,
  createIssuanceRepository,
  createRelayRepository,
  createTransferRepository,
  openStore,
} from '../index.js';
import type { Store } from '../index.js';

const here = tenantId('here');
const there = tenantId('there');
const name = { chainId: 31337, registry: `0x${'01'.repeat(20)}` };
const other = { ...name, registry: `0x${'02'.repeat(20)}` };
const block = (number: number, fork = 'a'): EthrBlock => ({ number, hash: `0x${fork}${number}` });
const event = (number: number, who: string, previous = 0, logIndex = 0): EthrEvent => ({
  block: number,
  logIndex,
  time: number * 10,
  identity: `0x${who.repeat(40)}`,
  kind: 'attribute',
  previous,
  data: new Uint8Array([number, 255, 0]),
});

const call = (nonce: number, more: Partial<SignedRegistryCall> & { id?: string } = {}) => {
  const made = { ...name, did: 'did:example:a' as Did, owner: '0x0a', nonce, data: '0x01', ...more };
  return { ...made, id: (more.id ?? `${made.owner}-${String(nonce)}`) as Digest };
};
const submitted = (account: string, accountNonce: number): RelayChange => ({
  state: 'submitted',
  account,
  transactions: [{ hash: '0x1', raw: '0x2', accountNonce, feePerGas: '7', at: instant(20) }],
  minedHash: '',
  minedBlock: 0,
  reason: '',
  changedAt: instant(20),
});
const transfer = (id: string, did: string, more: Partial<DidTransfer> = {}): DidTransfer => ({
  tenant: here,
  transferId: id,
  did: did as Did,
  toDid: 'did:example:new-owner' as Did,
  toTenant: there,
  state: 'offered',
  version: 0,
  owner: '0x0a',
  nonce: 3,
  offeredBy: 'operator',
  acceptedBy: '',
  acceptedAt: instant(0),
  newOwner: '',
  newKeyId: '',
  answer: '',
  confirmer: '',
  witness: '',
  applicationId: '',
  reason: '',
  offeredAt: instant(10),
  expiresAt: instant(100),
  changedAt: instant(10),
  ...more,
});
const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'OK' : outcome.refusal.code);

/** `second` is another program's pool on the same database; PGlite has one program alone. */
describe.each(['pglite', 'postgres'] as const)('the repositories of did:ethr on %s', (kind) => {
  let store: Store;
  let second: Store;
  let server: TestPostgres | undefined;
  beforeAll(async () => {
    server = kind === 'postgres' ? await startPostgres() : undefined;
    const open = () => (server === undefined ? openTestStore() : openStore({ kind: 'postgres', url: server.url, maxConnections: 4 }));
    store = await open();
    await store.migrate();
    second = server === undefined ? store : await open();
  });
  afterAll(async () => {
    await store.close();
    await second.close();
    await server?.stop();
  });
  const both = <T>(make: (store: Store) => T): readonly [T, T] => [make(store), make(second)];

  it('moves head, events and blocks together, and only from the head the writer knows', async () => {
    const events = createEthrEventRepository(store);
    expect(await events.readState(here, name)).toBeUndefined();
    const first = {
      expected: undefined,
      genesis: '0x00',
      events: [event(3, 'a'), event(3, 'b', 0, 1)],
      blocks: [block(3), block(4)],
      keepFrom: 0,
    };
    expect(await events.append(here, name, first)).toBe(true);
    expect(await events.append(here, name, first)).toBe(false);
    expect(await events.readState(here, name)).toEqual({ head: block(4), recent: [block(3), block(4)], genesis: '0x00', witnessed: -1 });
    expect(await events.append(here, name, { ...first, expected: block(4, 'x'), events: [], blocks: [block(5)] })).toBe(false);
    expect(
      await events.append(here, name, { ...first, expected: block(4), events: [event(5, 'a', 3)], blocks: [block(5)], keepFrom: 4 }),
    ).toBe(true);
    expect((await events.readState(here, name))?.recent).toEqual([block(4), block(5)]);
    expect(await events.readEvents(here, name, event(5, 'a').identity)).toEqual([event(3, 'a'), event(5, 'a', 3)]);
    expect(await events.lastChanges(here, name, [event(5, 'a').identity, event(5, 'b').identity, event(5, 'c').identity])).toEqual(
      new Map([
        [event(5, 'a').identity, 5],
        [event(5, 'b').identity, 3],
      ]),
    );
    expect(await events.readRange(here, name, { from: 3, to: 4 })).toEqual([event(3, 'a'), event(3, 'b', 0, 1)]);
    expect(await events.countEvents(here, name)).toBe(3);
  });

  it('keeps tenants and registries apart', async () => {
    const events = createEthrEventRepository(store);
    expect(await events.readState(there, name)).toBeUndefined();
    expect(
      await events.append(here, other, { expected: undefined, genesis: '0x00', events: [event(3, 'a')], blocks: [block(9)], keepFrom: 0 }),
    ).toBe(true);
    expect(await events.append(there, name, { expected: undefined, genesis: '0x00', events: [], blocks: [block(9)], keepFrom: 0 })).toBe(
      true,
    );
    expect(await events.countEvents(here, other)).toBe(1);
    expect(await events.countEvents(there, name)).toBe(0);
    await events.drop(here, other);
    expect(await events.readState(here, other)).toBeUndefined();
    expect(await events.countEvents(here, name)).toBe(3);
  });

  it('takes back what is above a block, and what was witnessed with it', async () => {
    const events = createEthrEventRepository(store);
    await events.setWitnessed(here, name, 5);
    await events.setWitnessed(here, name, 4);
    expect((await events.readState(here, name))?.witnessed).toBe(5);
    expect(await events.rewind(here, name, { expected: block(4), to: block(4) })).toBe(false);
    expect(await events.rewind(here, name, { expected: block(5), to: block(4) })).toBe(true);
    expect(await events.readState(here, name)).toEqual({ head: block(4), recent: [block(4)], genesis: '0x00', witnessed: 4 });
    expect(await events.countEvents(here, name)).toBe(2);
  });

  it('gives events back byte for byte, of every kind, in the order of the chain', async () => {
    const events = createEthrEventRepository(store);
    const tenant = tenantId('bytes');
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const given: EthrEvent[] = (['owner', 'delegate', 'attribute'] as const).map((kind, place) => ({
      ...event(2 ** 40, 'd', place, place),
      kind,
      data: all.subarray(0, [0, 32, 256][place]),
    }));
    const last = block(2 ** 40);
    expect(await events.append(tenant, name, { expected: undefined, genesis: '0x', events: given, blocks: [last], keepFrom: 0 })).toBe(
      true,
    );
    expect(await events.readEvents(tenant, name, event(1, 'd').identity)).toEqual(given);
    expect(await events.lastChanges(tenant, name, [])).toEqual(new Map());
    expect(await events.lastChanges(tenant, name, [event(1, 'd').identity, event(1, 'e').identity])).toEqual(
      new Map([[event(1, 'd').identity, 2 ** 40]]),
    );
  });

  it('lets one of several writers move a head', async () => {
    const tenant = tenantId('writers');
    const writers = both(createEthrEventRepository);
    const race = async (expected: EthrBlock | undefined, to: EthrBlock): Promise<number> => {
      const batch = { expected, genesis: '0x00', events: [event(to.number, 'a')], blocks: [to], keepFrom: 0 };
      const moved = await Promise.all([...writers, ...writers].map((writer) => writer.append(tenant, name, batch)));
      return moved.filter(Boolean).length;
    };
    expect(await race(undefined, block(1))).toBe(1);
    expect(await race(block(1), block(2))).toBe(1);
    expect(await writers[0].countEvents(tenant, name)).toBe(2);
  });

  describe('the queue of the relayer', () => {
    const tenant = tenantId('relay');
    const read = async (id: string, of: TenantId = tenant): Promise<RelayRequest> => {
      const request = await createRelayRepository(store).readRequest(of, id as Digest);
      if (request === undefined) throw new Error(`no request ${id}`);
      return request;
    };

    it('gives one nonce of the registry to one of many calls, all of a bundle or none', async () => {
      const queues = both(createRelayRepository);
      const bundles = [1, 2, 3, 4].map((place) => [call(0, { id: `${place}-a` }), call(1, { id: `${place}-b` })]);
      const added = await Promise.all(
        bundles.map((calls, place) => queues[place % 2 === 0 ? 0 : 1].addCalls(tenant, calls, instant(10), 99)),
      );
      expect(added.map(codeOf).sort()).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT', 'OK']);
      const open = await queues[0].listOpen(name, 10);
      expect(open.map(({ nonce }) => nonce)).toEqual([0, 1]);
      expect(open.map(({ id }) => id.slice(0, 1))).toEqual(Array(2).fill(String(added.findIndex(({ ok }) => ok) + 1)));
      expect(await queues[1].nextNonce(tenant, { ...name, owner: '0x0a' })).toBe(2);
      expect(await queues[1].nextNonce(there, { ...name, owner: '0x0a' })).toBe(0);
    });

    it('does not let many calls at once go past what a tenant may have open', async () => {
      const queues = both(createRelayRepository);
      const greedy = tenantId('greedy');
      const added = await Promise.all(
        Array.from({ length: 8 }, (_, nonce) => queues[nonce % 2 === 0 ? 0 : 1].addCalls(greedy, [call(nonce)], instant(10), 3)),
      );
      expect(added.map(codeOf).sort()).toEqual([...Array<string>(3).fill('OK'), ...Array<string>(5).fill('RATE_LIMITED')]);
      expect(await queues[0].countStates(greedy, name)).toEqual({ queued: 3, submitted: 0, mined: 0, failed: 0 });
    });

    it('gives one nonce of the paying account to one of two relayers, over all tenants, and each step to one', async () => {
      const queues = both(createRelayRepository);
      const [one, other] = [tenantId('pays-1'), tenantId('pays-2')];
      const on = { ...call(0), registry: `0x${'05'.repeat(20)}` };
      for (const owner of [one, other]) expect(codeOf(await queues[0].addCalls(owner, [on], instant(10), 9))).toBe('OK');
      const requests = [await read(on.id, one), await read(on.id, other)];
      const claimed = await Promise.all(
        requests.map((request, place) => queues[place === 0 ? 0 : 1].changeRequest(request, submitted('0xf', 7))),
      );
      expect([...claimed].sort()).toEqual([false, true]);
      expect(await queues[1].nextAccountNonce({ ...name, account: '0xf' }, 0)).toBe(8);
      expect(await queues[1].nextAccountNonce({ ...name, account: '0xe' }, 5)).toBe(5);
      const winner = requests[claimed.indexOf(true)]!;
      const { state, transactions, version } = await read(winner.id, winner.tenant);
      expect({ state, transactions, version }).toMatchObject({
        state: 'submitted',
        version: 1,
        transactions: submitted('0xf', 7).transactions,
      });
      // Both saw version 1: one of them says how it ended.
      const ends = await Promise.all(
        queues.map((queue) =>
          queue.changeRequest({ ...winner, version: 1 }, { ...submitted('0xf', 7), state: 'failed', reason: 'reverted' }),
        ),
      );
      expect([...ends].sort()).toEqual([false, true]);
      // What failed is queued anew by the same call, and the nonce is free for the other.
      expect(codeOf(await queues[0].addCalls(winner.tenant, [on], instant(30), 9))).toBe('OK');
      expect(await read(winner.id, winner.tenant)).toMatchObject({ state: 'queued', reason: '', version: 3 });
      expect(await queues[1].changeRequest(requests[claimed.indexOf(false)]!, submitted('0xf', 7))).toBe(true);
    });
  });

  describe('transfers of DIDs', () => {
    it('keep one open transfer of a DID, and let one of two take each step', async () => {
      const transfers = both(createTransferRepository);
      const added = await Promise.all(
        ['a', 'b', 'c', 'd'].map((id, place) => transfers[place % 2 === 0 ? 0 : 1].addTransfer(transfer(id, 'did:example:race'))),
      );
      expect(added.map(codeOf).sort()).toEqual([...Array<string>(3).fill('ALREADY_OFFERED'), 'OK']);
      const [first] = await transfers[1].listTransfers(here, 10);
      expect(first).toEqual(transfer(first?.transferId ?? '', 'did:example:race'));
      const steps = (['accepted', 'rejected', 'cancelled', 'expired'] as const).map((state, place) =>
        transfers[place % 2 === 0 ? 0 : 1].changeTransfer(first!, { state, changedAt: instant(20) }),
      );
      expect((await Promise.all(steps)).filter(Boolean)).toHaveLength(1);
      expect(await transfers[0].readTransfer(there, first!.transferId)).toMatchObject({ version: 1, changedAt: 20 });
    });

    it('are shown to the three they concern, and taken up again while accepted', async () => {
      const transfers = createTransferRepository(store);
      const given = transfer('seen', 'did:example:seen', { confirmer: tenantId('dso') });
      await transfers.addTransfer(given);
      for (const tenant of [here, there, tenantId('dso')]) expect(await transfers.readTransfer(tenant, 'seen')).toEqual(given);
      expect(await transfers.readTransfer(tenantId('nobody'), 'seen')).toBeUndefined();
      expect(
        await transfers.changeTransfer(given, { state: 'accepted', newKeyId: 'k', acceptedAt: instant(30), changedAt: instant(30) }),
      ).toBe(true);
      expect((await transfers.listUnfinished(10)).find(({ transferId }) => transferId === 'seen')).toMatchObject({
        newKeyId: 'k',
        version: 1,
      });
      expect((await transfers.lastAccepted(given.did))?.transferId).toBe('seen');
      expect(await transfers.changeTransfer({ ...given, version: 1 }, { state: 'moved', changedAt: instant(40) })).toBe(true);
      expect((await transfers.listUnfinished(10)).map(({ transferId }) => transferId)).not.toContain('seen');
      expect(codeOf(await transfers.addTransfer(transfer('again', 'did:example:seen')))).toBe('OK');
    });
  });

  it('keeps one alias to one DID of a tenant, whoever comes at the same moment', async () => {
    const dids = both(createDidRepository);
    const row = (id: string, more: Partial<StoredDid> = {}): StoredDid => ({
      tenant: here,
      did: `did:example:${id}` as Did,
      alias: 'meter',
      provider: 'did:ethr:0x7a69',
      keyNamespace: 'owning',
      controllerKeyId: 'k1',
      keyIds: ['k1'],
      services: [],
      createdAt: instant(5),
      ...more,
    });
    const saved = await Promise.all(['1', '2', '3', '4'].map((id, place) => dids[place % 2 === 0 ? 0 : 1].saveDid(row(id))));
    expect(saved.map(codeOf).sort()).toEqual([...Array<string>(3).fill('CONFLICT'), 'OK']);
    const [kept] = await dids[1].listDids(here);
    const rotated = { ...row('x'), ...kept, controllerKeyId: 'k2', keyIds: ['k1', 'k2'] };
    expect(codeOf(await dids[0].saveDid(rotated))).toBe('OK');
    expect(await dids[1].readDidByAlias(here, 'meter')).toEqual(rotated);

    // Of two changes of what both have read one takes effect; what was given up stays so.
    const service = { id: '#s', type: 'Exchange', endpoint: 'https://a.example', validUntil: instant(90) };
    const changed = await Promise.all([
      dids[0].changeDid(rotated, { ...rotated, services: [service] }),
      dids[1].changeDid(rotated, { ...rotated, deactivatedAt: instant(50) }),
    ]);
    expect(changed.filter((done) => done)).toHaveLength(1);
    const read = await dids[0].readDid(here, rotated.did);
    expect(read).toEqual(changed[0] ? { ...rotated, services: [service] } : { ...rotated, deactivatedAt: instant(50) });
    if (changed[0]) expect(await dids[0].changeDid(read!, { ...read!, deactivatedAt: instant(50) })).toBe(true);
    expect(codeOf(await dids[1].saveDid(rotated))).toBe('OK');
    expect(await dids[1].readDid(here, rotated.did)).toEqual({ ...rotated, deactivatedAt: instant(50) });
  });

  it('keeps the first place of a credential in the log', async () => {
    const entries = both(createIssuanceRepository);
    const digest = 'credential' as Digest;
    await Promise.all([4, 5, 6, 7].map((index) => entries[index % 2 === 0 ? 0 : 1].keepIssuanceEntry(here, digest, index)));
    const kept = await entries[0].findIssuanceEntry(here, digest);
    expect([4, 5, 6, 7]).toContain(kept);
    await entries[1].keepIssuanceEntry(here, digest, 9);
    expect(await entries[1].findIssuanceEntry(here, digest)).toBe(kept);
    expect(await entries[0].findIssuanceEntry(there, digest)).toBeUndefined();
  });
});
