import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OUTBOXES, instant, type BacklogRepository } from '@gridpass/core';
import { openTestStore } from '@gridpass/testkit';
import { sql } from 'kysely';
import { createBacklogRepository, type Store } from '../index.js';

const AT = instant(10_000);

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

  it('counts tasks that failed or are due', async () => {
    const task = (name: string, dueAt: number, problem: string): Promise<unknown> =>
      store.db
        .insertInto('accreditation_task')
        .values({ tenant: 'dso', task: name, failures: 0, due_at: dueAt, problem, application: '' })
        .execute();
    await task('renew:later', AT + 1, '');
    expect((await backlog.readOutboxes(AT)).renewals).toEqual({ entries: 0 });
    await task('renew:failed', AT + 60, 'REMOTE_UNAVAILABLE');
    await task('renew:due', AT, '');
    expect((await backlog.readOutboxes(AT)).renewals).toEqual({ entries: 2, oldestAt: AT });
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
