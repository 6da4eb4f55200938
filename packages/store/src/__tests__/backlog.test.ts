import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OUTBOXES, instant, tenantId, type BacklogRepository } from '@gridpass/core';
import { openTestStore } from '@gridpass/testkit';
import { sql } from 'kysely';
import { createAccreditationRepository, createBacklogRepository, type Store } from '../index.js';
import { createWalletApplicationPart } from '../repositories/wallet-applications.js';

const AT = instant(10_000);
const DSO = tenantId('dso');

describe('how much lies in a store', () => {
  let store: Store;
  let backlog: BacklogRepository;
  beforeAll(async () => {
    store = await openTestStore();
    backlog = createBacklogRepository(store);
  });
  afterAll(() => store.close());

  const entry = (tenant: string, entryId: string, kind: 'act' | 'news', dueAt: number, body: object = {}): Promise<unknown> =>
    store.db
      .insertInto('issue_outbox')
      .values({ tenant, entry_id: entryId, kind, body: JSON.stringify(body), due_at: dueAt, about: '' })
      .execute();

  it('is nothing in an empty one, and every outbox is there', async () => {
    const boxes = await backlog.readOutboxes(AT);
    expect(boxes).toEqual(Object.fromEntries(OUTBOXES.map((name) => [name, { entries: 0 }])));
    expect(await backlog.readLogs()).toEqual({ logs: 0, entries: 0 });
    expect(await backlog.readPublishedLists(AT)).toEqual({ lists: 0 });
    expect(await backlog.countOpenChallenges(AT)).toBe(0);
  });

  it('counts acts by when they were done, however often somebody took them, over all tenants', async () => {
    await entry('dso', 'a1', 'act', 9_999, { at: 8_000 });
    await entry('dso', 'a2', 'act', 9_000, { at: 9_000 });
    await entry('supplier', 'a3', 'act', 12_000, { at: 9_500 });
    expect((await backlog.readOutboxes(AT)).acts).toEqual({ entries: 3, oldestAt: 8_000 });
  });

  it('counts news that is due, to the second, and none that is told later', async () => {
    await entry('dso', 'n1', 'news', AT + 1);
    expect((await backlog.readOutboxes(AT)).news).toEqual({ entries: 0 });
    await entry('dso', 'n2', 'news', AT);
    await entry('dso', 'n3', 'news', 7_000);
    expect((await backlog.readOutboxes(AT)).news).toEqual({ entries: 2, oldestAt: 7_000 });
  });

  it('counts calls that are on their way to a chain, and none that is over', async () => {
    for (const [at, state] of ['queued', 'submitted', 'mined', 'failed'].entries())
      await sql`insert into relay_request (tenant, id, chain_id, registry, did, owner, nonce, data, state, version, account, account_nonce,
        transactions, mined_hash, mined_block, reason, created_at, changed_at) values ('dso', ${state}, 1, '', ${state}, ${state}, ${at}, '',
        ${state}, 0, '', ${state === 'submitted' ? 1 : null}, '[]', '', 0, '', ${4_000 - at}, ${AT})`.execute(store.db);
    expect((await backlog.readOutboxes(AT)).relay).toEqual({ entries: 2, oldestAt: 3_999 });
  });

  it('counts tasks since they fail, whenever the next try is due, and none that is under way, done or a memory', async () => {
    const tasks = createAccreditationRepository(store);
    const renewals = async () => (await backlog.readOutboxes(AT)).renewals;
    const take = (task: string, until: number) => tasks.takeTask(DSO, { task, at: AT, until: instant(until) });
    await take('adopt:well', AT + 120);
    expect(await renewals()).toEqual({ entries: 0 });
    await tasks.removeTask(DSO, 'adopt:well', instant(AT + 120));
    expect(await tasks.listTasks(DSO)).toEqual([]);
    await tasks.saveTask(DSO, { task: 'renew:asked', failures: 0, dueAt: instant(1), problem: '', application: 'a' });
    expect(await renewals()).toEqual({ entries: 0 });
    const failing = { task: 'renew:failed', failures: 9, problem: 'REMOTE_UNAVAILABLE', application: 'a', failingSince: instant(7_000) };
    await tasks.saveTask(DSO, { ...failing, dueAt: instant(AT + 60) });
    expect(await renewals()).toEqual({ entries: 1, oldestAt: 7_000 });
    // Whoever died over its first try left it; it is due to the second.
    await take('adopt:left', AT + 1);
    expect(await renewals()).toEqual({ entries: 1, oldestAt: 7_000 });
    await tasks.removeTask(DSO, failing.task);
    await tasks.removeTask(DSO, 'adopt:left');
    await take('adopt:left', AT);
    expect(await renewals()).toEqual({ entries: 1, oldestAt: AT });
  });

  it('counts what was received and is not proven since it was received, over all tries', async () => {
    const applications = createWalletApplicationPart(store);
    const receiving = async () => (await backlog.readOutboxes(AT)).receiving;
    const unproven = [{ compact: 'x', format: 'dc+sd-jwt', credentialIssuer: '', offeredAs: '' }] as const;
    await store.db
      .insertInto('wallet_relation')
      .values({ tenant: 'dso', relation_id: 'r', key_id: 'k', did: '', thumbprint: '', audience: null, created_at: 1 })
      .execute();
    const one = await applications.keepApplication(DSO, {
      ...{ id: 'one', relationId: 'r', issuer: '', endpoint: 'https://dso.example', applicationId: 'a', type: 'MarketPartyRole' },
      ...{ state: 'approved', reason: '', submittedAt: instant(1), checkedAt: instant(1), problem: '' },
    });
    const turn = async (at: number): Promise<void> =>
      void (await applications.takeApplicationTurn(DSO, { id: 'one', at: instant(at), staleBefore: instant(0) }));
    const again = async (at: number, more: object): Promise<unknown> => {
      await turn(at);
      return applications.saveApplication(DSO, { ...one, checkedAt: instant(at), ...more }, instant(at));
    };
    await turn(5_000);
    await applications.saveUnproven(DSO, { id: 'one', at: instant(5_000) }, unproven);
    await applications.saveApplication(DSO, { ...one, checkedAt: instant(5_000), unproven }, instant(5_000));
    await again(6_000, { unproven, problem: 'REMOTE_UNAVAILABLE' });
    await again(9_000, { unproven, problem: 'REMOTE_UNAVAILABLE' });
    expect(await receiving()).toEqual({ entries: 1, oldestAt: 5_000 });
    await again(9_500, {});
    expect(await receiving()).toEqual({ entries: 0 });
    await again(9_600, { unproven });
    expect(await receiving()).toEqual({ entries: 1, oldestAt: 9_600 });
  });

  it('counts prerequisites that nobody answers for, since the first time', async () => {
    const watched = (digest: string, failingSince: number | null): Promise<unknown> =>
      store.db
        .insertInto('watched_prerequisite')
        .values({
          tenant: 'dso',
          digest,
          issuer: '',
          status: '[]',
          state: 'valid',
          checked_at: 1,
          due_at: 1,
          failing_since: failingSince,
          problem: '',
        })
        .execute();
    await watched('well', null);
    await watched('away', 6_000);
    expect((await backlog.readOutboxes(AT)).prerequisites).toEqual({ entries: 1, oldestAt: 6_000 });
  });

  it('adds up logs, counts challenges that are open to the second, and lists that count', async () => {
    for (const [tenant, size] of [
      ['dso', 7],
      ['supplier', 5],
    ] as const)
      await store.db
        .insertInto('audit_head')
        .values({ tenant, size, root: new Uint8Array(32), range: new Uint8Array() })
        .execute();
    expect(await backlog.readLogs()).toEqual({ logs: 2, entries: 12 });
    for (const expiresAt of [AT, AT + 1])
      await store.db
        .insertInto('challenge')
        .values({
          tenant: 'gate',
          state: `s${expiresAt}`,
          nonce: 'n',
          audience: 'a',
          channel: 'c',
          session_thumbprint: '',
          expires_at: expiresAt,
        })
        .execute();
    expect(await backlog.countOpenChallenges(AT)).toBe(1);
    const list = (listId: string, publishedAt: number | null, expiresAt: number | null): Promise<unknown> =>
      store.db
        .insertInto('status_list')
        .values({
          tenant: 'dso',
          list_id: listId,
          kind: 'token',
          size: 131_072,
          used: 0,
          open: false,
          version: 1,
          bits: new Uint8Array(32_768),
          published_version: publishedAt === null ? null : 1,
          published_at: publishedAt,
          expires_at: expiresAt,
          body: publishedAt === null ? null : 'x',
        })
        .execute();
    await list('never', null, null);
    await list('over', 1, AT);
    await list('counts', 9_000, AT + 1);
    await list('newer', 9_500, AT + 600);
    expect(await backlog.readPublishedLists(AT)).toEqual({ lists: 2, oldestAt: 9_000 });
  });
});
