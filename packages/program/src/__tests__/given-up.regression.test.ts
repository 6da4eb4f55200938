import { readdir, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { tenantId } from '@gridpass/core';
import type { Program } from '../open-program.js';
import { act, createLogRig } from './log-rig.js';

describe('a log that was given up', () => {
  const { at, start } = createLogRig();

  it('holds a log given up from the first moment after a restart, also when its entries are mended, until an operator clears it', async () => {
    const own = tenantId('forgotten');
    const first = await start();
    const before = await first.auditLog(own, 'dso.example');
    for (const action of ['approve', 'issue', 'revoke']) await before.appendRecord(own, act(action));
    const entries = () => first.store.db.selectFrom('audit_entry').select(['entry', 'leaf']).where('tenant', '=', own).where('idx', '=', 1);
    const was = await entries().executeTakeFirstOrThrow();
    const write = ({ store }: Program, values: Partial<typeof was>) =>
      store.db.updateTable('audit_entry').set(values).where('tenant', '=', own).where('idx', '=', 1).execute();
    await write(first, { entry: '{"x":1}' });
    expect(await before.checkEntries(own, async () => true)).toMatchObject({ ok: false, refusal: { code: 'LOG_INCONSISTENT' } });
    await first.close();

    const mark = at('checkpoints', 'forgotten', 'given-up');
    const refused = {
      code: 'AUDIT_UNAVAILABLE',
      message: expect.stringMatching(/was given up before this start: .*\n?.*forgotten.given-up/),
    };
    const second = await start();
    await expect(second.auditLog(own, 'dso.example')).rejects.toMatchObject(refused);
    await write(second, { entry: was.entry });
    await expect(second.auditLog(own, 'dso.example')).rejects.toMatchObject(refused);
    await second.close();

    const third = await start();
    await expect(third.auditLog(own, 'dso.example')).rejects.toMatchObject(refused);
    await rm(mark);
    const log = await third.auditLog(own, 'dso.example');
    expect(await log.appendRecord(own, act('close'))).toMatchObject({ index: 3 });
    await third.close();
  });

  it('holds a log given up that lost what was receipted after its last checkpoint, which a start alone would not miss', async () => {
    const own = tenantId('shortened');
    const first = await start();
    const log = await first.auditLog(own, 'dso.example');
    await log.appendRecord(own, act('approve'));
    await log.checkpoint(own);
    const tables = ['audit_entry', 'audit_node', 'audit_head'] as const;
    const read = () => Promise.all(tables.map((table) => first.store.db.selectFrom(table).selectAll().where('tenant', '=', own).execute()));
    const [entries = [], nodes = [], heads = []] = await read();
    await log.appendRecord(own, act('revoke'));
    for (const table of tables) await first.store.db.deleteFrom(table).where('tenant', '=', own).execute();
    await first.store.db.insertInto('audit_entry').values(entries).execute();
    if (nodes.length > 0) await first.store.db.insertInto('audit_node').values(nodes).execute();
    await first.store.db.insertInto('audit_head').values(heads).execute();
    await expect(log.appendRecord(own, act('close'))).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    await first.close();
    const second = await start();
    await expect(second.auditLog(own, 'dso.example')).rejects.toThrow('was given up before this start');
    await second.close();
  });

  it('clears the mark of a log that an operator takes as it stands, and leaves it for whoever judges', async () => {
    const own = tenantId('retaken');
    const first = await start();
    const log = await first.auditLog(own, 'dso.example');
    await log.appendRecord(own, act('approve'));
    const anchored = { size: 1, root: new Uint8Array(32) };
    expect(await log.checkAgainst(own, anchored)).toMatchObject({ ok: false, refusal: { code: 'LOG_INCONSISTENT' } });
    await first.close();

    const second = await start();
    const names = () => readdir(at('checkpoints', 'retaken'));
    const refusal = await second.auditLog(own, 'dso.example').then(
      () => '',
      ({ message }: Error) => message,
    );
    expect(refusal).toContain('was given up before this start');
    const [, line = ''] = /write the line "(1 [\w-]{43})" into the file/.exec(refusal) ?? [];
    await writeFile(at('checkpoints', 'retaken', 'accept-log'), line);
    await second.auditLog(own, 'dso.example');
    expect(await names()).toContain('given-up.set-aside');
    expect(await names()).not.toContain('given-up');
    await second.close();
    const third = await start();
    await third.auditLog(own, 'dso.example');
    await third.close();
  });

  it('says so where a log is given up and that cannot be marked, and signs nothing all the same', async () => {
    const own = tenantId('unmarked');
    const first = await start();
    const log = await first.auditLog(own, 'dso.example');
    await log.appendRecord(own, act('approve'));
    await rm(at('checkpoints', 'unmarked'), { recursive: true });
    await writeFile(at('checkpoints', 'unmarked'), '');
    expect(await log.checkAgainst(own, { size: 1, root: new Uint8Array(32) })).toMatchObject({
      refusal: { code: 'LOG_INCONSISTENT', detail: expect.stringContaining('could not be marked') },
    });
    await expect(log.appendRecord(own, act('close'))).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    await rm(at('checkpoints', 'unmarked'));
    await first.close();
  });
});
