import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import { assertOk, tenantId } from '@gridpass/core';
import { createStatusIssuer, MIN_LIST_SIZE, readLsbFirst } from '@gridpass/status';
import { createStatusRepository } from '@gridpass/store';
import { createFakeClock } from '@gridpass/testkit';
import { createCheckpointFiles } from '../checkpoint-files.js';
import type { ProgramEvent } from '../program-event.js';
import type { Program } from '../open-program.js';
import { act, createLogRig } from './log-rig.js';

const tenant = tenantId('dso');

describe('a program and the log it finds', () => {
  const { at, start, told } = createLogRig();
  const issuerOf = ({ store }: Program) =>
    createStatusIssuer({
      repository: createStatusRepository(store),
      clock: createFakeClock(),
      settings: { listSize: MIN_LIST_SIZE, listLifeSeconds: 3_600, ttlSeconds: 10, resignSeconds: 120 },
      listUri: (owner, list) => `https://dso.example/${owner}/${list}`,
    });
  /** The day the backup was made: what the log's tables then hold. */
  const putBack = async ({ store }: Program, size: number): Promise<void> => {
    const { db } = store;
    const rows = await db
      .selectFrom('audit_entry')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('idx', '<', size)
      .orderBy('idx')
      .execute();
    for (const table of ['audit_entry', 'audit_node', 'audit_head', 'audit_checkpoint'] as const)
      await db.deleteFrom(table).where('tenant', '=', tenant).execute();
    // One entry is a whole tree: its leaf is root and range.
    const [first] = rows;
    await db.insertInto('audit_entry').values(first!).execute();
    await db.insertInto('audit_head').values({ tenant, size: 1, root: first!.leaf, range: first!.leaf }).execute();
  };
  const place = (name: string): string => at('checkpoints', 'dso', name);

  it('keeps the last checkpoint beside it, goes on after a restart, and replays a log that was put back before anything else', async () => {
    const first = await start();
    const log = await first.auditLog(tenant, 'dso.example');
    await log.appendRecord(tenant, act('approve'));
    const [before] = await issuerOf(first).allocateStatus(tenant, 'dc+sd-jwt');
    const [since] = await issuerOf(first).allocateStatus(tenant, 'dc+sd-jwt');
    assertOk(await issuerOf(first).setStatus(tenant, [since!], 'revoked'));
    await log.appendRecord(tenant, act('revoke', [digestOf('credential')]));
    const lines: string[] = [];
    for await (const line of log.exportLog(tenant)) lines.push(line);
    await first.close();
    expect((await readdir(at('checkpoints', 'dso'))).filter((name) => name.endsWith('.checkpoint'))).toEqual([
      '0000000000000002.checkpoint',
    ]);

    const second = await start();
    await second.auditLog(tenant, 'dso.example');
    await putBack(second, 1);
    const { db } = second.store;
    await db.deleteFrom('status_entry').where('tenant', '=', tenant).where('idx', '=', since!.index).execute();
    const bits = new Uint8Array(MIN_LIST_SIZE / 4);
    await db.updateTable('status_list').set({ version: 1, bits }).where('tenant', '=', tenant).execute();
    await second.close();

    const third = await start();
    await expect(third.auditLog(tenant, 'dso.example')).rejects.toMatchObject({
      code: 'AUDIT_UNAVAILABLE',
      message: expect.stringContaining(place('replay.ndjson')),
    });
    await writeFile(place('replay.ndjson'), `${lines.slice(0, -1).join('\n')}\n`);
    await expect(third.auditLog(tenant, 'dso.example')).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    await writeFile(place('replay.ndjson'), `${lines.join('\n')}\n`);
    const replayed = await third.auditLog(tenant, 'dso.example');
    expect(assertOk(await replayed.checkDatabase(tenant)).size).toBe(2);
    // One index of the list is known to the database of that day.
    expect(told).toEqual([`log of dso: 1 entries replayed, up to the checkpoint of 2 entries; ${MIN_LIST_SIZE - 1} status indices burnt`]);

    // Indices that were given out since the backup are given out no more: the lists of that day give none.
    const [after] = await issuerOf(third).allocateStatus(tenant, 'dc+sd-jwt');
    expect(after!.uri).not.toBe(before!.uri);
    const lists = await third.store.db
      .selectFrom('status_list')
      .select(['version', 'open'])
      .where('tenant', '=', tenant)
      .orderBy('version')
      .execute();
    expect(lists).toEqual([
      { version: 1, open: true },
      { version: 1_000_001, open: false },
    ]);
    const listId = before!.uri.split('/').at(-1) ?? '';
    const old = await createStatusRepository(third.store).readList(tenant, listId);
    const [known, unknown] = [before!, since!].map(({ index }) => readLsbFirst(old!.list.bits, index, 2));
    expect({ known, unknown }).toEqual({ known: 0, unknown: 1 });
    const lost = await third.lostChanges(tenant);
    expect(lost).toMatchObject({ revoked: [digestOf('credential')], suspended: [] });
    await lost!.done();
    expect(await third.lostChanges(tenant)).toBeUndefined();
    await third.close();
  });

  it('does not open a log with entries whose checkpoint is lost, until an operator takes it as it stands, once', async () => {
    await rm(at('checkpoints'), { recursive: true });
    const program = await start();
    await expect(program.auditLog(tenant, 'dso.example')).rejects.toMatchObject({
      code: 'AUDIT_UNAVAILABLE',
      message: expect.stringContaining(place('accept-log')),
    });
    await createCheckpointFiles(at('checkpoints')).keepEvidence(tenant, 1, '{}');
    const refusal = await program.auditLog(tenant, 'dso.example').then(
      () => '',
      ({ message }: Error) => message,
    );
    const [, line = ''] = /write the line "(2 [\w-]{43})" into the file/.exec(refusal) ?? [];
    // What names no log, or another one, takes none and stays what it is: an error that says what to write.
    for (const wrong of ['', line.replace('2', '1'), `2 ${'A'.repeat(43)}`, `${line} x`]) {
      await writeFile(place('accept-log'), wrong);
      await expect(program.auditLog(tenant, 'dso.example')).rejects.toMatchObject({
        code: 'AUDIT_UNAVAILABLE',
        message: expect.stringContaining(line),
      });
    }
    told.length = 0;
    await writeFile(place('accept-log'), `${line}\n`);
    await program.auditLog(tenant, 'dso.example');
    const names = await readdir(at('checkpoints', 'dso'));
    expect(names).toContain('0000000000000002.checkpoint');
    expect(names).not.toContain('accept-log');
    expect(told).toEqual([expect.stringMatching(/^log of dso: taken as it stands, 2 entries; \d+ status indices burnt$/)]);
    await program.close();
  });

  it('leaves nothing armed: what would take a log that needs no taking is used up without it, of a new tenant too', async () => {
    const program = await start();
    const lists = () => program.store.db.selectFrom('status_list').select(['list_id', 'version']).orderBy('list_id').execute();
    const before = await lists();
    told.length = 0;
    for (const name of ['dso', 'newcomer']) {
      await mkdir(at('checkpoints', name), { recursive: true });
      await writeFile(at('checkpoints', name, 'accept-log'), '');
      await program.auditLog(tenantId(name), 'dso.example');
      expect(await readdir(at('checkpoints', name))).not.toContain('accept-log');
    }
    expect([told, await lists()]).toEqual([[], before]);
    await program.close();
  });

  it('tells of an entry from before its checkpoint that was changed with its leaf, and signs nothing from then on', async () => {
    const own = tenantId('changed');
    const first = await start();
    const before = await first.auditLog(own, 'dso.example');
    for (const action of ['approve', 'issue', 'revoke']) await before.appendRecord(own, act(action));
    await first.close();

    let tell: (event: ProgramEvent) => void = () => undefined;
    const told = new Promise<ProgramEvent>((resolve) => {
      tell = resolve;
    });
    const second = await start(undefined, { tell: (event) => tell(event) });
    const entry = '{"x":1}';
    const leaf = new Uint8Array(createHash('sha256').update(Uint8Array.of(0)).update(entry).digest());
    await second.store.db.updateTable('audit_entry').set({ entry, leaf }).where('tenant', '=', own).where('idx', '=', 1).execute();
    const log = await second.auditLog(own, 'dso.example');
    await log.appendRecord(own, act('close'));
    expect(await told).toMatchObject({ code: 'AUDIT_UNAVAILABLE', tenant: own, detail: expect.stringContaining('given up') });
    await expect(log.appendRecord(own, act('close'))).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    await second.close();
  });

  it('opens nothing it finds where checkpoints are forgotten, and nothing where they cannot be written', async () => {
    const forgetful = await start('forget-at-exit');
    await expect(forgetful.auditLog(tenant, 'dso.example')).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    await forgetful.close();
    await writeFile(at('a-file'), '');
    const stuck = await start(at('a-file'));
    await expect(stuck.auditLog(tenantId('new'), 'dso.example')).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    await stuck.close();
  });
});

describe('checkpoints in files that replicas share', () => {
  it('never go back, and tell who comes second what was kept first', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gridpass-checkpoints-'));
    const [one, two] = [createCheckpointFiles(directory), createCheckpointFiles(directory)];
    expect(await one.readLast(tenant)).toBeUndefined();
    expect(await one.keepCheckpoint(tenant, { size: 10, note: 'ten' })).toBe('ten');
    expect(await two.keepCheckpoint(tenant, { size: 9, note: 'nine' })).toBe('nine');
    expect(await two.readLast(tenant)).toEqual({ size: 10, note: 'ten' });
    expect(await two.keepCheckpoint(tenant, { size: 10, note: 'another ten' })).toBe('ten');
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? one : two).keepCheckpoint(tenant, { size: 11 + n, note: `${n}` })),
    );
    expect(await one.readLast(tenant)).toEqual({ size: 30, note: '19' });
    await two.setAside(tenant);
    expect(await one.readLast(tenant)).toBeUndefined();
    expect(await readFile(join(directory, 'dso', '0000000000000030.checkpoint.set-aside'), 'utf8')).toBe('19');
    await rm(directory, { recursive: true });
  });
});
