import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Fault, instant, tenantId } from '@gridpass/core';
import { createAccreditationRepository, type Store } from '@gridpass/store';
import { NOON, createFakeClock, loopbackFetch, openTestStore } from '@gridpass/testkit';
import { OUTBOX_STUCK_SECONDS, readinessOf, watchKeys } from '../operations.js';

describe('the readiness of a program', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(() => store.close());

  const open = (now: number) => {
    const clock = createFakeClock(instant(now));
    return readinessOf({ store, clock, chainFetch: loopbackFetch, assertLogs: async () => undefined }, [], () => undefined);
  };

  it('shows an outbox in which something waits for longer than the bound, to the second, and stays ready', async () => {
    await store.db
      .insertInto('issue_outbox')
      .values({ tenant: 'dso', entry_id: 'n1', kind: 'news', body: '{}', due_at: NOON, about: '' })
      .execute();
    for (const [after, status] of [
      [0, 'ok'],
      [OUTBOX_STUCK_SECONDS, 'ok'],
      [OUTBOX_STUCK_SECONDS + 1, 'failing'],
    ] as const) {
      const state = await open(NOON + after).state();
      expect(state.status).toBe('ready');
      expect(state.checks).toContainEqual({ name: 'outbox', status, since: expect.stringMatching(/Z$/) });
    }
  });

  it('shows work on own accreditations that fails for longer than the bound, however often it was tried, and none that is done', async () => {
    await store.db.deleteFrom('issue_outbox').execute();
    const tasks = createAccreditationRepository(store);
    const tenant = tenantId('dso');
    const stateAt = async (now: number) => (await open(now).state()).checks.find(({ name }) => name === 'outbox')?.status;
    const until = instant(NOON + 120);
    await tasks.takeTask(tenant, { task: 'adopt:x', at: NOON, until });
    await tasks.removeTask(tenant, 'adopt:x', until);
    expect(await stateAt(NOON + 10 * OUTBOX_STUCK_SECONDS)).toBe('ok');
    for (const after of [0, 30, OUTBOX_STUCK_SECONDS]) {
      const [{ failingSince = NOON } = {}] = await tasks.listTasks(tenant);
      const dueAt = instant(NOON + after + 3_600);
      await tasks.saveTask(tenant, { task: 'adopt:x', failures: 1, problem: 'REMOTE_UNAVAILABLE', application: '', dueAt, failingSince });
      expect(await stateAt(NOON + after)).toBe('ok');
    }
    expect(await stateAt(NOON + OUTBOX_STUCK_SECONDS + 1)).toBe('failing');
    await tasks.removeTask(tenant, 'adopt:x');
  });

  it('does not show what waits for others as an outbox that stands', async () => {
    await store.db.deleteFrom('issue_outbox').execute();
    await store.db
      .insertInto('watched_prerequisite')
      .values({
        tenant: 'dso',
        digest: 'd',
        issuer: '',
        status: '[]',
        state: 'valid',
        checked_at: 1,
        due_at: 1,
        failing_since: 1,
        problem: '',
      })
      .execute();
    expect((await open(NOON).state()).checks).toContainEqual({ name: 'outbox', status: 'ok', since: expect.any(String) });
  });

  it('is none without its keys, and asks for none where there are no tenants', async () => {
    const readiness = open(NOON);
    watchKeys(readiness, {});
    expect((await readiness.state()).checks.map(({ name }) => name)).toEqual(['database', 'log', 'outbox']);
    watchKeys(readiness, {
      assertKeys: async () => {
        throw new Fault('KEY_UNAVAILABLE', 'the key-encryption key does not open it');
      },
    });
    expect(await readiness.state()).toMatchObject({
      status: 'unready',
      checks: expect.arrayContaining([expect.objectContaining({ name: 'keys', status: 'failing' })]),
    });
  });
});
