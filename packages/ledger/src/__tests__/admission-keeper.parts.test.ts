import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Fault, instant, ok, refuse, tenantId } from '@gridpass/core';
import type { AuditRecord, Did, Instant, LedgerRepository, Outcome, RequestId, StatusPort } from '@gridpass/core';
import { createLedgerRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { openTestStore } from '@gridpass/testkit';
import { connectChain, createAdmissionKeeper, createAdmissionReader, createAdmissionWriter } from '../index.js';
import type { Account, AdmissionKeeper, AdmissionKeeperPorts, AdmissionReader, AdmissionRequest } from '../index.js';
import { CHANNEL, createWorld, gate, newReceipt } from './world.js';
import type { World } from './world.js';

const LEASE = 3600;
let world: World;
let store: Store;
let repository: LedgerRepository;
let reader: AdmissionReader;
let now: Instant;
let records: AuditRecord[];
let statusOf: (issuer: string) => Awaited<ReturnType<StatusPort['checkStatus']>>;
let holderOf: (did: Did) => Outcome<true>;
let keeper: AdmissionKeeper;
let tenants = 0;

beforeAll(async () => {
  [world, store] = await Promise.all([createWorld(), openTestStore()]);
  await store.migrate();
  repository = createLedgerRepository(store);
  reader = createAdmissionReader(world.chain, world.contracts.ChannelAdmission);
});
afterAll(async () => {
  await store.close();
  await world.stop();
});
beforeEach(async () => {
  now = instant(Math.max(await world.now(), Math.floor(Date.now() / 1000)) + 1);
  records = [];
  statusOf = () => ok([]);
  holderOf = () => ok(true);
  tenants += 1;
  keeper = createKeeper();
});

function createKeeper(over: Partial<AdmissionKeeperPorts> = {}): AdmissionKeeper {
  return createAdmissionKeeper({
    tenant: tenantId(`gate-${tenants}`),
    chainId: world.node.chainId,
    gate: gate.account,
    repository,
    reader,
    writer: createAdmissionWriter(world.chain, world.contracts.ChannelAdmission, world.asGate),
    status: {
      checkStatus: async ({ issuer, references, at }) => {
        const answer = statusOf(issuer);
        return answer.ok ? ok(references.map(({ uri }) => ({ uri, listIssuedAt: at, goodUntil: instant(at + 60) }))) : answer;
      },
    },
    checkHolder: async (did) => holderOf(did),
    audit: {
      appendRecord: async (_tenant, record) => {
        records.push(record);
        return { origin: 'log', index: records.length, leafHash: newReceipt(), treeSize: records.length, rootHash: newReceipt() };
      },
    },
    clock: { now: () => now },
    leaseSeconds: LEASE,
    statusGraceSeconds: 600,
    accountsPerHolder: 2,
    ...over,
  });
}

function request(account: Account, over: { holderDid?: string; validUntil?: number; issuer?: string } = {}): AdmissionRequest {
  const issuer = (over.issuer ?? 'did:web:issuer.example') as Did;
  const holderDid = (over.holderDid ?? `did:example:${account}`) as Did;
  return {
    account,
    channel: CHANNEL,
    requestId: 'request' as RequestId,
    decision: { index: 7, leafHash: newReceipt() },
    grant: {
      holderDid,
      credentials: [
        {
          type: 'MarketPartyRole',
          digest: newReceipt(),
          issuer,
          subject: holderDid,
          validUntil: instant(over.validUntil ?? now + 100_000),
        },
      ],
      status: [{ issuer, references: [{ kind: 'token', uri: 'https://issuer.example/status/1', index: 4 }] }],
    },
  };
}

const onChain = (account: Account) => reader.admissionOf({ account, channel: CHANNEL });

describe('the keeper of admissions', () => {
  it('writes an admission into log, store and chain, under the receipt of the record', async () => {
    const { account } = world.stranger();
    const admitted = await keeper.admit(request(account));
    expect(admitted).toMatchObject({ ok: true, value: { until: now + LEASE } });
    expect(records).toMatchObject([{ kind: 'act', action: 'admit-account', evidence: { channel: CHANNEL, decisionIndex: 7 } }]);
    expect(JSON.stringify(records)).not.toContain(account);
    expect(await onChain(account)).toMatchObject({ until: now + LEASE, receipt: admitted.value!.receipt });
    expect(keeper.channelsOf(account, now)).toEqual([CHANNEL]);
    expect(keeper.channelsOf(account, instant(now + LEASE))).toEqual([]);
    expect(keeper.channelsOf(world.stranger().account, now)).toEqual([]);
  });

  it('writes no admission beyond the end of a credential', async () => {
    const { account } = world.stranger();
    expect(await keeper.admit(request(account, { validUntil: now + 50 }))).toMatchObject({ value: { until: now + 50 } });
    expect(await keeper.admit(request(world.stranger().account, { validUntil: now }))).toMatchObject({ refusal: { code: 'GRANT_ENDED' } });
  });

  it('leaves an account with its holder, and each holder within its number', async () => {
    const [one, two, three] = [world.stranger().account, world.stranger().account, world.stranger().account];
    const holderDid = 'did:example:holder';
    expect(await keeper.admit(request(one, { holderDid }))).toMatchObject({ ok: true });
    expect(await keeper.admit(request(one, { holderDid: 'did:example:thief' }))).toMatchObject({ refusal: { code: 'CONFLICT' } });
    expect(await keeper.admit(request(one, { holderDid }))).toMatchObject({ ok: true });
    const rest = await Promise.all([keeper.admit(request(two, { holderDid })), keeper.admit(request(three, { holderDid }))]);
    expect(rest.filter(({ ok: done }) => done)).toHaveLength(1);
  });

  it('withdraws when a credential falls, and leaves the others', async () => {
    const [good, bad] = [world.stranger().account, world.stranger().account];
    await keeper.admit(request(good));
    await keeper.admit(request(bad, { issuer: 'did:web:bad.example' }));
    statusOf = (issuer) => (issuer === 'did:web:bad.example' ? refuse('REVOKED', 'current', 'status') : ok([]));
    expect(await keeper.recheck()).toEqual({ standing: 1, renewed: 0, withdrawn: 1, unknown: 0 });
    expect(await onChain(bad)).toBeUndefined();
    expect(await onChain(good)).toBeDefined();
    expect(keeper.channelsOf(bad, now)).toEqual([]);
    expect(records.at(-1)).toMatchObject({ action: 'withdraw-account', reasons: ['REVOKED'] });
    expect(await keeper.recheck()).toEqual({ standing: 1, renewed: 0, withdrawn: 0, unknown: 0 });
  });

  it("withdraws when the holder's DID is given up, and leaves the others; one that cannot be asked for stays for a while", async () => {
    const [kept, ended] = [world.stranger().account, world.stranger().account];
    for (const account of [kept, ended]) await keeper.admit(request(account));
    holderOf = (did) => {
      if (did === `did:example:${ended}`) return refuse('DID_DEACTIVATED', 'resolve', 'given up');
      throw new Fault('RESOLVER_UNAVAILABLE', 'away');
    };
    expect(await keeper.recheck()).toEqual({ standing: 1, renewed: 0, withdrawn: 1, unknown: 1 });
    expect([await onChain(ended), keeper.channelsOf(ended, now)]).toEqual([undefined, []]);
    expect(await onChain(kept)).toBeDefined();
    expect(records.at(-1)).toMatchObject({ action: 'withdraw-account', reasons: ['DID_DEACTIVATED'] });
  });

  it('renews the lease while the credentials stand, and withdraws when it cannot tell for too long', async () => {
    const { account } = world.stranger();
    await keeper.admit(request(account));
    now = instant(now + LEASE / 2 + 10);
    expect(await keeper.recheck()).toMatchObject({ renewed: 1 });
    expect(await onChain(account)).toMatchObject({ until: now + LEASE });
    statusOf = () => {
      throw new Fault('STATUS_UNAVAILABLE', 'away');
    };
    now = instant(now + 600);
    expect(await keeper.recheck()).toMatchObject({ standing: 1, unknown: 1 });
    now = instant(now + 1);
    expect(await keeper.recheck()).toMatchObject({ standing: 0, withdrawn: 1 });
    expect(await onChain(account)).toBeUndefined();
    expect(records.at(-1)).toMatchObject({ reasons: ['STATUS_UNAVAILABLE'] });
  });

  it('finds the revoked one among credentials it cannot tell', async () => {
    const { account } = world.stranger();
    const asked = request(account);
    await keeper.admit({
      ...asked,
      grant: { ...asked.grant, status: [...asked.grant.status, { issuer: 'did:web:bad.example' as Did, references: [] }] },
    });
    statusOf = (issuer) => {
      if (issuer === 'did:web:bad.example') return refuse('SUSPENDED', 'current', 'status');
      throw new Fault('STATUS_UNAVAILABLE', 'away');
    };
    expect(await keeper.recheck()).toMatchObject({ withdrawn: 1 });
    expect(records.at(-1)).toMatchObject({ reasons: ['SUSPENDED'] });
  });

  it('writes again what a node lost, and withdraws what nobody decided', async () => {
    const [lost, stray, theirs] = [world.stranger().account, world.stranger().account, world.stranger().account];
    const admitted = await keeper.admit(request(lost));
    const writer = createAdmissionWriter(world.chain, world.contracts.ChannelAdmission, world.asGate);
    // A gate of another operator on the same contract.
    await world.tell(world.asAdmin, 'ChannelAdmission', 'grantRole', [
      (await world.ask('ChannelAdmission', 'GATE_ROLE', []))[0],
      world.asAdmin.account,
    ]);
    await createAdmissionWriter(world.chain, world.contracts.ChannelAdmission, world.asAdmin).admit([
      { account: theirs, channel: CHANNEL, until: instant(now + 100), receipt: newReceipt() },
    ]);
    await writer.admit([{ account: stray, channel: CHANNEL, until: instant(now + 100), receipt: newReceipt() }]);
    const fresh = createKeeper();
    expect(fresh.channelsOf(lost, now)).toEqual([]);
    expect(await fresh.reconcile()).toMatchObject({ written: 0 });
    expect(await onChain(stray)).toBeUndefined();
    expect(await onChain(theirs)).toBeDefined();
    expect(fresh.channelsOf(lost, now)).toEqual([CHANNEL]);

    // The node comes back with nothing.
    const empty = await createWorld();
    const elsewhere = createKeeper({
      reader: createAdmissionReader(empty.chain, empty.contracts.ChannelAdmission),
      writer: createAdmissionWriter(empty.chain, empty.contracts.ChannelAdmission, empty.asGate),
    });
    expect(await elsewhere.reconcile()).toMatchObject({ written: 1, withdrawn: 0 });
    expect(await elsewhere.reconcile()).toMatchObject({ written: 0, withdrawn: 0 });
    expect(
      await createAdmissionReader(empty.chain, empty.contracts.ChannelAdmission).admissionOf({ account: lost, channel: CHANNEL }),
    ).toMatchObject({ receipt: admitted.value!.receipt });
    await empty.stop();
  });

  it('admits nothing while the chain, the log or the right chain is away, and catches up afterwards', async () => {
    const { account } = world.stranger();
    const noLog = createKeeper({
      audit: {
        appendRecord: async () => {
          throw new Fault('AUDIT_UNAVAILABLE', 'away');
        },
      },
    });
    await expect(noLog.admit(request(account))).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    expect(await onChain(account)).toBeUndefined();

    const nowhere = connectChain({ rpcUrl: 'http://127.0.0.1:9', chainId: world.node.chainId, timeoutMs: 2000 });
    const wrong = connectChain({ rpcUrl: world.node.rpcUrl, chainId: 999 });
    for (const [chain, code] of [
      [nowhere, 'CHAIN_UNAVAILABLE'],
      [wrong, 'CHAIN_INCONSISTENT'],
    ] as const) {
      const { createSender } = await import('../index.js');
      const cut = createKeeper({ writer: createAdmissionWriter(chain, world.contracts.ChannelAdmission, createSender(chain, gate)) });
      await expect(cut.admit(request(account))).rejects.toMatchObject({ code });
      expect(cut.channelsOf(account, now)).toEqual([]);
      chain.close();
    }
    expect(await onChain(account)).toBeUndefined();
    expect(await keeper.reconcile()).toMatchObject({ written: 1 });
    expect(await onChain(account)).toBeDefined();
  });

  it('ends in the store first, so that a crash in between is made good', async () => {
    const { account } = world.stranger();
    await keeper.admit(request(account));
    const cut = createKeeper({
      writer: {
        admit: async () => undefined,
        withdraw: async () => {
          throw new Fault('CHAIN_UNAVAILABLE', 'away');
        },
      },
    });
    await expect(cut.withdraw({ account, channel: CHANNEL }, 'operator')).rejects.toMatchObject({ code: 'CHAIN_UNAVAILABLE' });
    expect(await onChain(account)).toBeDefined();
    expect((await keeper.reconcile()).withdrawn).toBeGreaterThan(0);
    expect(await onChain(account)).toBeUndefined();
    expect(await keeper.withdraw({ account, channel: CHANNEL }, 'operator')).toBe(false);
    expect(await repository.listEnded(tenantId(`gate-${tenants}`), { chainId: world.node.chainId, limit: 10 })).toEqual([]);
  });
});
