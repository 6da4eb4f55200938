// A program's database is backed up while it runs, and comes back into an empty one, on both stores.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { instant, tenantId } from '@gridpass/core';
import { openStore, readRestoreMark, type StoreSettings } from '@gridpass/store';
import { seedStoreDirectory, startPostgres, type TestPostgres } from '@gridpass/testkit';
import { makeBackup } from '../backup/make-backup.js';
import { readBackupFile, writeBackupFile } from '../backup/backup-file.js';
import { restoreBackup, type RestoreRequest } from '../backup/restore-backup.js';
import { openProgram, type Program } from '../open-program.js';
import { act } from './log-rig.js';

const DSO = tenantId('dso');
const PASSPHRASE = 'a passphrase of enough characters';
const keks = [{ id: 'k1', bytes: new Uint8Array(32).fill(7) }];
const owner = { program: 'issuer', tenants: ['dso'] };
const nothingSince = { logs: [], checkpoints: [], withoutLog: ['dso'] };

describe.each(['pglite', 'postgres'] as const)('a backup of a program on %s', (kind) => {
  let directory: string;
  let postgres: TestPostgres | undefined;
  const told: string[] = [];
  const at = (...names: readonly string[]): string => join(directory, ...names);
  let count = 0;
  /** An empty database. */
  const empty = async (): Promise<StoreSettings> => {
    count += 1;
    if (postgres !== undefined) return { kind: 'postgres', url: await postgres.createDatabase(), maxConnections: 3 };
    await seedStoreDirectory(at(`store-${count}`));
    return { kind: 'pglite', directory: at(`store-${count}`) };
  };
  /** An empty database that nobody is to open. */
  const untouched = async (): Promise<StoreSettings> => (postgres === undefined ? { kind: 'pglite', directory: at('untouched') } : empty());
  const settings = (database: StoreSettings, checkpoints: string) => ({
    database,
    keks,
    checkpointDirectory: at(checkpoints),
    chains: [],
    fetch: { allow: [], allowPrivate: false },
    tell: ({ detail }: { readonly detail: string }) => void told.push(detail),
  });
  const restore = (database: StoreSettings, checkpoints: string, more: Partial<RestoreRequest> = {}) =>
    restoreBackup({
      settings: settings(database, checkpoints),
      owner,
      file: at('first.backup'),
      passphrase: PASSPHRASE,
      known: nothingSince,
      dryRun: false,
      say: (line) => void told.push(line),
      ...more,
    });
  const exported = async (program: Program, name: string): Promise<string> => {
    const log = await program.auditLog(DSO, 'host.example');
    let text = '';
    for await (const line of log.exportLog(DSO)) text += `${line}\n`;
    await writeFile(at(name), text);
    return at(name);
  };

  let first: StoreSettings;
  let program: Program;
  let key: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gridpass-backup-'));
    if (kind === 'postgres') postgres = await startPostgres();
    first = await empty();
    program = await openProgram(settings(first, 'checkpoints'));
    const log = await program.auditLog(DSO, 'host.example');
    await log.appendRecord(DSO, act('one'));
    await program.store.db
      .insertInto('challenge')
      .values({ tenant: DSO, state: 's', nonce: 'n', audience: 'a', channel: 'c', session_thumbprint: 't', expires_at: 2_000_000_000 })
      .execute();
    await program.store.db
      .insertInto('status_list')
      .values({
        tenant: DSO,
        list_id: 'l',
        kind: 'token',
        size: 131_072,
        used: 1,
        open: true,
        version: 1,
        bits: new Uint8Array(32_768).fill(7),
      })
      .execute();
    await program.store.db.insertInto('status_entry').values({ tenant: DSO, list_id: 'l', idx: 3 }).execute();
    key = (await program.vault.keysOf(DSO, 'issuing').createKey('ES256', { label: 'with a \u2028 line \n end' })).keyId;
    await makeBackup({ settings: settings(first, 'checkpoints'), owner, file: at('first.backup'), passphrase: PASSPHRASE });
    await log.appendRecord(DSO, act('two'));
    await log.appendRecord(DSO, { ...act('issue'), evidence: { credential: 'the-handle' } });
    await exported(program, 'since.ndjson');
    await program.close();
  });
  afterAll(async () => {
    await postgres?.stop();
    await rm(directory, { recursive: true });
  });

  it('is a file of its owner alone, and nothing is left beside it', async () => {
    expect((await stat(at('first.backup'))).mode & 0o777).toBe(0o600);
    expect((await readdir(directory)).filter((name) => name.startsWith('first'))).toEqual(['first.backup']);
    expect(await readFile(at('first.backup'), 'latin1')).not.toContain('the-handle');
  });

  it('is not written over, and nothing of a backup that breaks off is left', async () => {
    await expect(
      makeBackup({ settings: settings(first, 'checkpoints'), owner, file: at('first.backup'), passphrase: PASSPHRASE }),
    ).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('is there already') });
    async function* broken(): AsyncGenerator<string> {
      yield '{}';
      throw new Error('broken off');
    }
    await expect(writeBackupFile(at('second.backup'), broken(), PASSPHRASE)).rejects.toThrow('broken off');
    expect((await readdir(directory)).filter((name) => name.startsWith('second'))).toEqual([]);
  });

  it('comes back with its keys, its log up to the export, and no index that can be given out again', async () => {
    const database = await empty();
    told.length = 0;
    const { loaded } = await restore(database, 'checkpoints', { known: { logs: [at('since.ndjson')], checkpoints: [], withoutLog: [] } });
    expect(loaded?.offersWithdrawn).toBe(0);
    expect(told).toEqual(['log of dso: entry 1, two, is not brought back', 'log of dso: entry 2, issue, is not brought back: the-handle']);
    const restored = await openProgram(settings(database, 'checkpoints'));
    try {
      const log = await restored.auditLog(DSO, 'host.example');
      expect((await log.readEntries(DSO, 0, 10)).length).toBe(3);
      expect(told).toContain('2 entries replayed, up to the checkpoint of 3 entries; 131071 status indices burnt');
      expect((await restored.vault.keysOf(DSO, 'issuing').findKey(key))?.label).toBe('with a \u2028 line \n end');
      await restored.vault.keysOf(DSO, 'issuing').signer(key);
      expect(await restored.store.db.selectFrom('challenge').selectAll().execute()).toEqual([]);
      const list = await restored.store.db.selectFrom('status_list').select(['open', 'version']).executeTakeFirstOrThrow();
      expect(list).toEqual({ open: false, version: 1_000_001 });
      // The log goes on where the export ended.
      expect((await log.appendRecord(DSO, act('four'))).index).toBe(3);
    } finally {
      await restored.close();
    }
  });

  it('is taken as it is where an operator says that there is nothing newer, and its indices are burnt all the same', async () => {
    const database = await empty();
    told.length = 0;
    await restore(database, 'other-disk');
    const restored = await openProgram(settings(database, 'other-disk'));
    try {
      expect((await (await restored.auditLog(DSO, 'host.example')).readEntries(DSO, 0, 10)).length).toBe(1);
      expect(told).toEqual(['replayed before; 131071 status indices burnt', 'taken as it stands, 1 entries; 131071 status indices burnt']);
    } finally {
      await restored.close();
    }
  });

  it.each([
    ['with another passphrase', { passphrase: 'another passphrase altogether' }, 'ARCHIVE_INVALID', 'the passphrase is not the one'],
    ['of another program', { owner: { program: 'marketplace', tenants: ['dso'] } }, 'CONFLICT', 'is one of the program issuer'],
    ['of another tenant', { owner: { program: 'issuer', tenants: ['tso'] } }, 'CONFLICT', 'is of the tenants dso'],
    ['with a word about its log missing', { known: { logs: [], checkpoints: [], withoutLog: [] } }, 'CONFLICT', '--without-log dso'],
    [
      'with an export that is not there',
      { known: { logs: ['/nowhere/log'], checkpoints: [], withoutLog: [] } },
      'CONFIG_INVALID',
      'no export /nowhere/log',
    ],
    ['that is not there', { file: '/nowhere/at-all' }, 'CONFIG_INVALID', 'there is no backup'],
  ] as const)('is not restored %s, and nothing is written', async (_what, more, code, message) => {
    const database = await untouched();
    await expect(restore(database, 'fresh', more)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(existsSync(at('untouched'))).toBe(false);
  });

  it('is not restored where its key-encryption key is missing', async () => {
    const database = await untouched();
    const other = { ...settings(database, 'fresh'), keks: [{ id: 'k2', bytes: new Uint8Array(32) }] };
    await expect(restore(database, 'fresh', { settings: other })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('lacks k1'),
    });
  });

  it('is not restored where an export ends before what was signed', async () => {
    const database = await untouched();
    const [header, entry] = (await readFile(at('since.ndjson'), 'utf8')).split('\n');
    await writeFile(at('short.ndjson'), `${header}\n${entry}\n`);
    await expect(
      restore(database, 'checkpoints', { known: { logs: [at('short.ndjson')], checkpoints: [], withoutLog: [] } }),
    ).rejects.toMatchObject({ code: 'LOG_INCONSISTENT', message: expect.stringContaining('--without-log dso') });
  });

  it('is not restored where a byte of it was changed, which is named', async () => {
    const bytes = await readFile(at('first.backup'));
    bytes[bytes.length - 40] = (bytes[bytes.length - 40] ?? 0) ^ 1;
    await writeFile(at('changed.backup'), bytes);
    await expect(restore(await untouched(), 'fresh', { file: at('changed.backup') })).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringMatching(/changed\.backup: bytes \d+ to \d+ are not what was sealed/),
    });
  });

  it('goes into an empty database alone, which is told with what is there', async () => {
    await expect(restore(first, 'fresh')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/not empty: rows in .*vault_key/),
    });
  });

  /** A backup whose lines are changed on the way. */
  const rewritten = async (name: string, change: (line: string) => string | undefined): Promise<string> => {
    async function* lines(): AsyncGenerator<string> {
      for await (const line of readBackupFile(at('first.backup'), PASSPHRASE)) {
        const changed = change(line);
        if (changed !== undefined) yield changed;
      }
    }
    await writeBackupFile(at(name), lines(), PASSPHRASE);
    return at(name);
  };

  it('is not restored where a newer version made it', async () => {
    const file = await rewritten('newer.backup', (line) => line.replace('"migrations":[', '"migrations":["000-of-tomorrow",'));
    await expect(restore(await empty(), 'fresh', { file })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('000-of-tomorrow'),
    });
  });

  it('leaves an installation that says it is half restored where it breaks off, and that can be begun again', async () => {
    const database = await empty();
    const file = await rewritten('broken.backup', (line) =>
      line.replace('"kind":"rows","name":"vault_key","rows":2', '"kind":"rows","name":"vault_key","rows":3'),
    );
    await expect(restore(database, 'again', { file })).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await expect(openProgram(settings(database, 'again'))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/half restored: not all of its rows are there; run `gridpass restore /),
    });
    await expect(
      makeBackup({ settings: settings(database, 'again'), owner, file: at('half.backup'), passphrase: PASSPHRASE }),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    // The same backup, sound this time: it has the same name in itself.
    await restore(database, 'again');
    const store = await openStore(database);
    expect(await readRestoreMark(store)).toBeUndefined();
    await store.close();
    const restored = await openProgram(settings(database, 'again'));
    await restored.auditLog(DSO, 'host.example');
    await restored.close();
  });

  it('is not mixed with another one', async () => {
    const database = await empty();
    const broken = await rewritten('cut.backup', (line) =>
      line.startsWith('{"kind":"rows","name":"vault_key"') ? line.replace('"digest":"', '"digest":"x') : line,
    );
    await expect(restore(database, 'mixed', { file: broken })).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    const other = await rewritten('other.backup', (line) => line.replace(/"backup":"[^"]*"/, '"backup":"of-another-name"'));
    await expect(restore(database, 'mixed', { file: other })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('another backup is half restored'),
    });
  });

  it('is only looked at in a dry run', async () => {
    const database = await untouched();
    expect((await restore(database, 'fresh', { dryRun: true })).manifest.takenAt).toBeGreaterThan(instant(0));
    expect(existsSync(at('untouched'))).toBe(false);
  });
});
