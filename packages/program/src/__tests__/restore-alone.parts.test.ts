// A restore has its database to itself, and takes no checkpoint directory that is not of the backup's logs. On a real PostgreSQL, where others can come in.
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tenantId } from '@gridpass/core';
import { loadSnapshot, openStore, prepareRestore, type StoreSettings } from '@gridpass/store';
import { startPostgres, type TestPostgres } from '@gridpass/testkit';
import { readBackupFile } from '../backup/backup-file.js';
import { makeBackup } from '../backup/make-backup.js';
import { readManifest } from '../backup/manifest.js';
import { restoreBackup, type RestoreRequest } from '../backup/restore-backup.js';
import { openProgram } from '../open-program.js';
import { act } from './log-rig.js';

const DSO = tenantId('dso');
const PASSPHRASE = 'a passphrase of enough characters';
const keks = [{ id: 'k1', bytes: new Uint8Array(32).fill(7) }];
/** A log of its own, and a tenant that has none. */
const owner = { program: 'issuer', tenants: ['dso', 'tso'] };
const nothingSince = { logs: [], checkpoints: [], withoutLog: ['dso'] };

let directory: string;
let postgres: TestPostgres;
const at = (...names: readonly string[]): string => join(directory, ...names);
const empty = async (): Promise<StoreSettings> => ({ kind: 'postgres', url: await postgres.createDatabase(), maxConnections: 3 });
const settings = (database: StoreSettings, checkpoints: string) => ({
  database,
  keks,
  checkpointDirectory: at(checkpoints),
  chains: [],
  fetch: { allow: [], allowPrivate: false },
  tell: () => undefined,
});
const restore = (database: StoreSettings, checkpoints: string, more: Partial<RestoreRequest> = {}) =>
  restoreBackup({
    settings: settings(database, checkpoints),
    owner,
    file: at('one.backup'),
    passphrase: PASSPHRASE,
    known: nothingSince,
    dryRun: false,
    say: () => undefined,
    ...more,
  });
/** Runs a program with so many entries in the log of a tenant, and ends it. */
async function run(database: StoreSettings, checkpoints: string, entries: number, tenant = DSO): Promise<void> {
  const program = await openProgram(settings(database, checkpoints));
  try {
    const log = await program.auditLog(tenant, 'host.example');
    for (let i = 0; i < entries; i += 1) await log.appendRecord(tenant, act(`act-${i}`));
  } finally {
    await program.close();
  }
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gridpass-restore-alone-'));
  postgres = await startPostgres();
  const first = await empty();
  await run(first, 'empty-log', 0);
  await makeBackup({ settings: settings(first, 'empty-log'), owner, file: at('empty.backup'), passphrase: PASSPHRASE });
  await run(first, 'empty-log', 1);
  await makeBackup({ settings: settings(first, 'empty-log'), owner, file: at('one.backup'), passphrase: PASSPHRASE });
}, 120_000);
afterAll(async () => {
  await postgres.stop();
  await rm(directory, { recursive: true });
});

describe('a checkpoint directory that is not of the logs of the backup', () => {
  it.each([
    ['with nothing newer than the backup', nothingSince],
    ['with an export', { ...nothingSince, withoutLog: [], logs: ['an-export'] }],
  ])('is refused with what to do, %s', async (_what, known) => {
    const strangers = await empty();
    const place = `strangers-${known.logs.length}`;
    const other = await openProgram(settings(strangers, place));
    const lines: string[] = [];
    for await (const line of (await other.auditLog(DSO, 'host.example')).exportLog(DSO)) lines.push(line);
    await other.close();
    const logs = known.logs.map((name) => at(name));
    if (logs[0] !== undefined) await writeFile(logs[0], `${lines.join('\n')}\n`);
    await expect(restore(await empty(), place, { known: { ...known, logs }, dryRun: true })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/is of another log than the backup's; name the directory .* or an empty one$/),
    });
  });

  it('is refused where it knows a log of a tenant that has none in the backup', async () => {
    await run(await empty(), 'of-tso', 1, tenantId('tso'));
    await expect(restore(await empty(), 'of-tso')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(join('of-tso', 'tso')),
    });
  });

  it('is refused where it states other entries at the size of the backup', async () => {
    const twin = await empty();
    await restore(twin, 'twin', { file: at('empty.backup') });
    const program = await openProgram(settings(twin, 'twin'));
    await (await program.auditLog(DSO, 'host.example')).appendRecord(DSO, act('another'));
    await program.close();
    await expect(restore(await empty(), 'twin')).rejects.toMatchObject({
      code: 'LOG_INCONSISTENT',
      message: expect.stringContaining('two installations signed for this log'),
    });
  });
});

describe('a log of size 0', () => {
  it.each([
    ['a directory of its own', 'fresh'],
    ['the directory that knows one entry more', 'empty-log'],
  ])('is taken as the backup has it, in %s', async (_what, checkpoints) => {
    const database = await empty();
    await restore(database, checkpoints, { file: at('empty.backup') });
    const program = await openProgram(settings(database, checkpoints));
    try {
      const log = await program.auditLog(DSO, 'host.example');
      expect((await log.appendRecord(DSO, act('first'))).index).toBe(0);
    } finally {
      await program.close();
    }
    expect(await readdir(at(checkpoints, 'dso'))).not.toContain('accept-log');
  });
});

describe('a restore and whoever else comes to the database', () => {
  it('lets one of two restores through, and tells the other that the database is not empty', async () => {
    const database = await empty();
    const both = await Promise.allSettled([restore(database, 'both'), restore(database, 'both')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))).toMatchObject([
      { code: 'CONFLICT', message: expect.stringMatching(/not empty: rows in .*; stop every process that has it open/) },
    ]);
    await run(database, 'both', 1);
  });

  it('brings nothing in where a row was written since it looked', async () => {
    const database = await empty();
    const store = await openStore(database);
    try {
      const lines = readBackupFile(at('one.backup'), PASSPHRASE);
      const { backup, migrations } = await readManifest(lines);
      await prepareRestore(store, backup, migrations);
      await store.db
        .insertInto('challenge')
        .values({ tenant: DSO, state: 's', nonce: 'n', audience: 'a', channel: 'c', session_thumbprint: 't', expires_at: 2_000_000_000 })
        .execute();
      await expect(loadSnapshot(store, lines, 1)).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining('rows in challenge'),
      });
      expect(await store.db.selectFrom('vault_key').selectAll().execute()).toEqual([]);
    } finally {
      await store.close();
    }
  });

  it('opens no log of a program that was started before it began, until it is through', async () => {
    const database = await empty();
    const program = await openProgram(settings(database, 'between'));
    try {
      const store = await openStore(database);
      const { backup, migrations } = await readManifest(readBackupFile(at('one.backup'), PASSPHRASE));
      await prepareRestore(store, backup, migrations);
      await store.close();
      await expect(program.auditLog(DSO, 'host.example')).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining('half restored'),
      });
      await restore(database, 'between');
      const log = await program.auditLog(DSO, 'host.example');
      expect((await log.appendRecord(DSO, act('two'))).index).toBe(1);
    } finally {
      await program.close();
    }
  });
});

describe('replicas', () => {
  const pem = { alias: 'gate', provider: 'did:jwk', keyType: 'Secp256r1', namespace: 'gate' } as const;

  it('start at once for the very first time: one key, one DID, one log', async () => {
    const database = await empty();
    const replicas = await Promise.all([1, 2, 3].map(() => openProgram(settings(database, 'shared'))));
    try {
      const started = await Promise.all(
        replicas.map(async (program) => {
          const log = await program.auditLog(DSO, 'host.example');
          const { did } = await program.identity(DSO, pem);
          return { did, key: await program.auditKey(DSO), index: (await log.appendRecord(DSO, act('started'))).index };
        }),
      );
      expect(new Set(started.map(({ did }) => did)).size).toBe(1);
      expect(new Set(started.map(({ key }) => JSON.stringify(key))).size).toBe(1);
      expect(started.map(({ index }) => index).sort()).toEqual([0, 1, 2]);
      const [first] = replicas;
      expect(await first?.store.db.selectFrom('vault_key').select('key_id').where('tenant', '=', DSO).execute()).toHaveLength(2);
    } finally {
      await Promise.all(replicas.map((program) => program.close()));
    }
  });

  it("with an empty directory of its own: a second one is told to share the first one's or to copy its checkpoint, and then opens the log", async () => {
    const database = await empty();
    const first = await openProgram(settings(database, 'of-first'));
    await (await first.auditLog(DSO, 'host.example')).appendRecord(DSO, act('one'));
    const second = await openProgram(settings(database, 'of-second'));
    try {
      await expect(second.auditLog(DSO, 'host.example')).rejects.toMatchObject({
        code: 'AUDIT_UNAVAILABLE',
        message: expect.stringMatching(
          /where another replica runs, name its checkpointDirectory here, or copy its newest \.checkpoint file/,
        ),
      });
      await cp(at('of-first', 'dso'), at('of-second', 'dso'), { recursive: true });
      expect((await (await second.auditLog(DSO, 'host.example')).appendRecord(DSO, act('two'))).index).toBe(1);
    } finally {
      await second.close();
      await first.close();
    }
  });
});
