import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAuditLog } from '@gridpass/audit';
import { assertOk, Fault, tenantId } from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createStatusIssuer, MIN_LIST_SIZE } from '@gridpass/status';
import { createAuditRepository, createStatusRepository } from '@gridpass/store';
import { createFakeClock, createTestEngine } from '@gridpass/testkit';
import { createCheckpointFiles } from '../checkpoint-files.js';
import { readLostChanges } from '../lost-changes.js';
import { openTenantLog } from '../open-log.js';
import { openProgram, type Program } from '../open-program.js';
import { act } from './log-rig.js';

describe('the lists of a log that an operator brings back', () => {
  let directory: string;
  let program: Program;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gridpass-burn-'));
    program = await openProgram({
      tell: () => undefined,
      database: { kind: 'pglite', engine: await createTestEngine() },
      keks: [{ id: 'k1', bytes: new Uint8Array(32).fill(7) }],
      checkpointDirectory: 'forget-at-exit',
      chains: [],
      fetch: { allow: [], allowPrivate: false },
    });
  });
  afterAll(async () => {
    await program.close();
    await rm(directory, { recursive: true });
  });

  /** A log of two entries and a status list, and starts of it whose first burn fails. */
  async function given(name: string) {
    const own = tenantId(name);
    const status = createStatusRepository(program.store);
    const issuer = createStatusIssuer({
      repository: status,
      clock: createFakeClock(),
      settings: { listSize: MIN_LIST_SIZE, listLifeSeconds: 3_600, ttlSeconds: 10, resignSeconds: 120 },
      listUri: (owner, list) => `https://dso.example/${owner}/${list}`,
    });
    await issuer.allocateStatus(own, 'dc+sd-jwt');
    const signer = createSigner(generatePrivateJwk('EdDSA'));
    const logOf = () =>
      createAuditLog({
        repository: createAuditRepository(program.store),
        checkpoints: createCheckpointFiles(directory),
        signer,
        origin: 'dso.example',
      });
    const log = logOf();
    await log.openLog(own);
    for (const action of ['approve', 'issue']) await log.appendRecord(own, act(action));
    let faults = 1;
    const told: string[] = [];
    const orFault = <T>(burn: () => Promise<T>): Promise<T> =>
      (faults -= 1) < 0 ? burn() : Promise.reject(new Fault('STORE_UNAVAILABLE', 'the store is down'));
    const start = () =>
      openTenantLog({
        log: logOf(),
        tenant: own,
        directory,
        status: {
          ...status,
          burnOwed: (...burn) => orFault(() => status.burnOwed(...burn)),
          burnLists: (...burn) => orFault(() => status.burnLists(...burn)),
        },
        tell: ({ detail }) => told.push(detail),
      });
    /** One more replica, whose burn does not fail; `change` puts something in its way. */
    const replica = (change: Partial<Pick<typeof status, 'oweBurn' | 'burnOwed' | 'burnLists'>> = {}, its = logOf()) =>
      openTenantLog({ log: its, tenant: own, directory, status: { ...status, ...change }, tell: ({ detail }) => told.push(detail) });
    /** Puts the log back to nothing and leaves an export of it. */
    const putBackWithExport = async () => {
      const lines: string[] = [];
      for await (const line of log.exportLog(own)) lines.push(line);
      for (const table of ['audit_entry', 'audit_node', 'audit_head', 'audit_checkpoint'] as const)
        await program.store.db.deleteFrom(table).where('tenant', '=', own).execute();
      await writeFile(join(directory, name, 'replay.ndjson'), `${lines.join('\n')}\n`);
    };
    const versions = async () =>
      (await program.store.db.selectFrom('status_list').select('version').where('tenant', '=', own).execute()).map(
        ({ version }) => version,
      );
    const isOpen = async () =>
      (await program.store.db.selectFrom('status_list').select('open').where('tenant', '=', own).execute()).map(({ open }) => open);
    return { own, log, logOf, issuer, status, start, replica, told, isOpen, versions, putBackWithExport, place: join(directory, name) };
  }

  it('are burnt by the second start where the first one failed over them, of a log that is taken as it stands', async () => {
    const { own, log, start, told, isOpen, place } = await given('taken');
    const { size, rootHash } = assertOk(await log.checkDatabase(own));
    await rm(place, { recursive: true });
    await mkdir(place);
    await writeFile(join(place, 'accept-log'), `${size} ${rootHash}`);
    await expect(start()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    // No checkpoint is kept of it, and what takes it is still there.
    expect(await readdir(place)).toEqual(['accept-log']);
    expect(await isOpen()).toEqual([true]);
    await start();
    expect(await isOpen()).toEqual([false]);
    expect(told).toEqual([`taken as it stands, 2 entries; ${MIN_LIST_SIZE - 1} status indices burnt`]);
    expect(await readdir(place)).toEqual(['0000000000000002.checkpoint']);
    await start();
    expect(told).toHaveLength(1);
  });

  it('are burnt by the second start where the first one failed over them, of a log that is replayed', async () => {
    const { start, told, isOpen, putBackWithExport, place } = await given('replayed');
    await putBackWithExport();
    await expect(start()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await readdir(place)).toContain('replay.ndjson');
    expect(await isOpen()).toEqual([true]);
    await start();
    expect(await isOpen()).toEqual([false]);
    expect(told).toEqual([`0 entries replayed, up to the checkpoint of 2 entries; ${MIN_LIST_SIZE - 1} status indices burnt`]);
    expect(await readdir(place)).not.toContain('replay.ndjson');
    expect(await readdir(place)).toContain('lost-changes.json');
  });

  it('are burnt by the next start, once, also where the export was taken away after the burn had failed', async () => {
    const { own, log, start, told, versions, putBackWithExport, place } = await given('taken-away');
    await putBackWithExport();
    await expect(start()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await rm(join(place, 'replay.ndjson'));
    expect(await versions()).toEqual([1]);
    await start();
    await start();
    expect(await versions()).toEqual([1_000_001]);
    expect(told).toEqual([`replayed before; ${MIN_LIST_SIZE - 1} status indices burnt`]);
    expect(assertOk(await log.checkDatabase(own)).size).toBe(2);
    // What is to be done again was written down before the first entry was, and so is not lost with the export.
    expect(await readdir(place)).toContain('lost-changes.json');
  });

  it('are not opened over while a burn is owed: nothing is replayed where it cannot be noted', async () => {
    const { own, replica, versions, putBackWithExport } = await given('not-noted');
    await putBackWithExport();
    const failing = replica({ oweBurn: () => Promise.reject(new Fault('STORE_UNAVAILABLE', 'the store is down')) });
    await expect(failing).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await createAuditRepository(program.store).readHead(own)).toBeUndefined();
    expect(await versions()).toEqual([1]);
  });

  const ways = [
    ['has looked at the log and noted nothing', 'oweBurn'],
    ['has replayed and burnt nothing', 'burnOwed'],
  ] as const;
  it.each(ways)('are burnt once where a second replica goes all the way while the first one %s', async (_when, step) => {
    const { own, log, issuer, status, replica, told, versions, putBackWithExport, place } = await given(`two-${step.toLowerCase()}`);
    await putBackWithExport();
    let since: string | undefined;
    const overtaken = async () => {
      await replica();
      // The second one works by now: what it gives out is not burnt any more, and what was lost is done again.
      await (await readLostChanges(directory, own))!.done();
      since = (await issuer.allocateStatus(own, 'dc+sd-jwt'))[0]?.uri.split('/').at(-1);
    };
    await replica({
      oweBurn: async (...owed) => {
        if (step === 'oweBurn') await overtaken();
        return status.oweBurn(...owed);
      },
      burnOwed: async (...burn) => {
        if (step === 'burnOwed') await overtaken();
        return status.burnOwed(...burn);
      },
    });
    expect(since).toBeDefined();
    expect((await versions()).sort((a, b) => a - b)).toEqual([1, 1_000_001]);
    expect(told.filter((line) => line.endsWith('indices burnt'))).toHaveLength(1);
    expect(assertOk(await log.checkDatabase(own)).size).toBe(2);
    const names = await readdir(place);
    // What the second one has done again is not left for the next start, before which an operator may take it back.
    expect(names.filter((name) => name.startsWith('replay') || name.startsWith('lost'))).toEqual(['replay.ndjson.done']);
  });

  it('leave nothing to be done again where the log has the export already, and mend what was left and cannot be read', async () => {
    const { own, replica, putBackWithExport, place } = await given('again');
    const lost = join(place, 'lost-changes.json');
    await putBackWithExport();
    await replica();
    await (await readLostChanges(directory, own))!.done();
    const layAgain = () => rename(join(place, 'replay.ndjson.done'), join(place, 'replay.ndjson'));
    await layAgain();
    await replica();
    expect(await readdir(place)).not.toContain('lost-changes.json');
    await writeFile(lost, '{"revoked":');
    await layAgain();
    await replica();
    expect(await readLostChanges(directory, own)).toMatchObject({ revoked: [], closed: [] });
  });

  it('are burnt once where two replicas start at once, and both start', async () => {
    const { own, log, replica, versions, putBackWithExport } = await given('at-once');
    await putBackWithExport();
    await Promise.all([replica(), replica()]);
    expect(await versions()).toEqual([1_000_001]);
    expect(assertOk(await log.checkDatabase(own)).size).toBe(2);
  });

  const stages = ['has found no checkpoint', 'has read the line', 'is about to burn'] as const;
  it.each(stages)('are given out again by a replica that took the log as it stands while another one %s, and both start', async (stage) => {
    const { own, log, logOf, issuer, status, replica, told, isOpen, versions, place } = await given(`accepted-${stages.indexOf(stage)}`);
    const { size, rootHash } = assertOk(await log.checkDatabase(own));
    await rm(place, { recursive: true });
    await mkdir(place);
    await writeFile(join(place, 'accept-log'), `${size} ${rootHash}`);
    let since: string | undefined;
    const overtaken = async () => {
      const quick = logOf();
      await replica({}, quick);
      since = (await issuer.allocateStatus(own, 'dc+sd-jwt'))[0]?.uri.split('/').at(-1);
      await quick.appendRecord(own, act('revoke'));
    };
    const slow = logOf();
    const [openLog, acceptLog] = [slow.openLog, slow.acceptLog];
    let opened = 0;
    const withDelays: typeof slow = {
      ...slow,
      openLog: async (tenant) => {
        try {
          await openLog(tenant);
        } catch (error) {
          if (stage === 'has found no checkpoint' && (opened += 1) === 1) await overtaken();
          throw error;
        }
      },
      acceptLog: async (...taken) => {
        if (stage === 'has read the line') await overtaken();
        return acceptLog(...taken);
      },
    };
    const burnLists: typeof status.burnLists = async (...burn) => {
      if (stage === 'is about to burn') await overtaken();
      return status.burnLists(...burn);
    };
    await replica({ burnLists }, withDelays);
    expect(since).toBeDefined();
    // Who came past the line burns what the other one has opened since: nothing that the database knows.
    const twice = stage === 'is about to burn';
    expect(await versions()).toHaveLength(2);
    expect(told).toHaveLength(twice ? 2 : 1);
    expect((await isOpen()).filter(Boolean)).toHaveLength(twice ? 0 : 1);
    expect(await readdir(place)).not.toContain('accept-log');
    expect(await withDelays.appendRecord(own, act('close'))).toMatchObject({ index: 3 });
    expect(assertOk(await log.checkDatabase(own)).size).toBe(4);
    await replica();
    expect(told).toHaveLength(twice ? 2 : 1);
  });
});
