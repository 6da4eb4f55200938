import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { instant, tenantId } from '@gridpass/core';
import { openTestStore } from '@gridpass/testkit';
import type { Store } from '../open.js';
import { createAccreditationRepository } from '../repositories/accreditations.js';

const DSO = tenantId('dso');
const take = (at: number) => ({ task: 'renew:x', at: instant(at), until: instant(at + 120) });
const done = (dueAt: number, problem: string) => ({ task: 'renew:x', failures: 0, dueAt: instant(dueAt), problem, application: '' });

describe('a task that takes longer than its turn', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openTestStore();
    await store.migrate();
  });
  afterAll(() => store.close());

  it('is told of by who has it by now, and by nobody before', async () => {
    const repository = createAccreditationRepository(store);
    expect(await repository.takeTask(DSO, take(1_000))).toMatchObject({ dueAt: 1_120 });
    expect(await repository.takeTask(DSO, take(1_119))).toBeUndefined();
    expect(await repository.takeTask(DSO, take(1_120))).toMatchObject({ dueAt: 1_240 });
    expect(await repository.saveTask(DSO, done(1_130, 'LATE'), instant(1_120))).toBe(false);
    expect(await repository.listTasks(DSO)).toMatchObject([{ dueAt: 1_240, problem: '' }]);
    expect(await repository.saveTask(DSO, done(1_130, 'TOLD'), instant(1_240))).toBe(true);
    expect(await repository.listTasks(DSO)).toMatchObject([{ dueAt: 1_130, problem: 'TOLD' }]);
    await repository.removeTask(DSO, 'renew:x', instant(1_240));
    expect(await repository.listTasks(DSO)).toHaveLength(1);
    // What an operator asks for needs no turn.
    expect(await repository.saveTask(DSO, done(1_131, ''))).toBe(true);
  });
});
