import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import { assertOk, Fault, tenantId } from '@gridpass/core';
import type { Digest, TenantId } from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createAuditRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { openTestStore } from '@gridpass/testkit';
import { checkCheckpoint, checkLogExport, checkSplitView, createAuditLog, createForgetfulCheckpoints, findSplitView } from '../index.js';
import type { AuditLog } from '../index.js';
import { signCheckpoint } from '../checkpoint.js';
import { CompactRange, leafHashOf } from '../merkle.js';
import { linesOf, recordOf } from './records.js';

const signer = createSigner(generatePrivateJwk('EdDSA'));
const { publicJwk } = signer;

let store: Store;
let checkpoints: ReturnType<typeof createForgetfulCheckpoints>;
let tenant: TenantId;
let tests = 0;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  tenant = tenantId(`log-${(tests += 1)}`);
  checkpoints = createForgetfulCheckpoints();
});

/** A program as it starts: nothing in memory, the same database, the same checkpoints beside it. */
const start = async (): Promise<AuditLog> => {
  const log = createAuditLog({ repository: createAuditRepository(store), checkpoints, signer, origin: 'dso.example' });
  await log.openLog(tenant);
  return log;
};
const given = async (entries: number): Promise<AuditLog> => {
  const log = await start();
  for (let n = 0; n < entries; n += 1) await log.appendRecord(tenant, recordOf(n));
  return log;
};

/** What somebody with the database alone can do: other entries, and everything computed anew from them. */
async function rewrite(change: (entries: readonly string[]) => readonly string[], of: TenantId = tenant): Promise<void> {
  const { db } = store;
  const rows = await db.selectFrom('audit_entry').select('entry').where('tenant', '=', of).orderBy('idx').execute();
  const entries = change(rows.map(({ entry }) => entry));
  for (const table of ['audit_entry', 'audit_node', 'audit_head', 'audit_checkpoint'] as const)
    await db.deleteFrom(table).where('tenant', '=', of).execute();
  const range = new CompactRange();
  const nodes: { level: number; index: number; hash: Uint8Array }[] = [];
  for (const entry of entries) range.append(leafHashOf(entry), (node) => nodes.push(node));
  const { size, root, range: peaks } = range.head();
  for (const [idx, entry] of entries.entries())
    await db
      .insertInto('audit_entry')
      .values({ tenant: of, idx, leaf: leafHashOf(entry), entry })
      .execute();
  for (const { level, index, hash } of nodes) await db.insertInto('audit_node').values({ tenant: of, level, idx: index, hash }).execute();
  const joined = new Uint8Array(Buffer.concat(peaks));
  await db.insertInto('audit_head').values({ tenant: of, size, root, range: joined }).execute();
}

const denyToPermit = (entries: readonly string[]): readonly string[] => entries.map((entry) => entry.replace('deny', 'permit'));
const unavailable = { code: 'AUDIT_UNAVAILABLE' };

describe('a log that was rewritten with the database alone, the whole tree computed anew', () => {
  it.each([3, 4, 7])('of %d entries gets no signature, receipt or start', async (size) => {
    const log = await given(size);
    const before = assertOk(checkCheckpoint(await log.checkpoint(tenant), publicJwk));
    await rewrite((entries) => entries.map((entry, n) => (n === 1 ? entry.replace(/"at":\d+/u, '"at":1') : entry)));
    await expect(log.checkpoint(tenant)).rejects.toMatchObject(unavailable);
    await expect(log.appendRecord(tenant, recordOf(99))).rejects.toMatchObject(unavailable);
    await expect(start()).rejects.toMatchObject(unavailable);
    expect(before.size).toBe(size);
  });

  it('gets none either once it has grown beyond what was signed', async () => {
    const log = await given(5);
    await log.checkpoint(tenant);
    await rewrite((entries) => [...denyToPermit(entries), ...denyToPermit(entries)]);
    await expect(log.checkpoint(tenant)).rejects.toMatchObject(unavailable);
    await expect(start()).rejects.toMatchObject(unavailable);
  });

  it('gives no receipt while the program runs, also before anything was signed', async () => {
    const log = await given(5);
    await rewrite(denyToPermit);
    await expect(log.appendRecord(tenant, recordOf(9))).rejects.toMatchObject(unavailable);
    await expect(log.appendRecord(tenant, recordOf(10))).rejects.toMatchObject(unavailable);
  });

  it('cut short, or changed for that of another tenant, is not opened', async () => {
    await (await given(6)).checkpoint(tenant);
    const other = tenant;
    tenant = tenantId(`${tenant}-b`);
    await (await given(6)).checkpoint(tenant);
    await rewrite((entries) => entries.slice(0, 4));
    await expect(start()).rejects.toMatchObject({ ...unavailable, message: expect.stringContaining('has 4 entries') });
    const rows = await store.db.selectFrom('audit_entry').select('entry').where('tenant', '=', other).orderBy('idx').execute();
    await rewrite(() => rows.map(({ entry }, n) => (n === 0 ? entry.replace('}', ',"a":1}') : entry)));
    await expect(start()).rejects.toMatchObject(unavailable);
  });

  it('with an entry changed under its leaf, or with inner nodes changed, gives out no evidence', async () => {
    const log = await given(8);
    await log.checkpoint(tenant);
    const at = store.db.updateTable('audit_entry').where('tenant', '=', tenant).where('idx', '=', 3);
    await at.set({ entry: '{"x":1}' }).execute();
    await expect(log.evidenceOf(tenant, 3)).rejects.toMatchObject(unavailable);
    expect((await log.evidenceOf(tenant, 2)).index).toBe(2);
    const changed = await checkLogExport(await linesOf(log.exportLog(tenant)), { publicJwk });
    expect(changed).toMatchObject({ refusal: { code: 'LOG_INCONSISTENT' } });
    await store.db
      .updateTable('audit_node')
      .set({ hash: new Uint8Array(32) })
      .where('tenant', '=', tenant)
      .where('level', '=', 2)
      .execute();
    await expect(log.evidenceOf(tenant, 2)).rejects.toMatchObject(unavailable);
    await log.appendRecord(tenant, recordOf(8));
    await expect(start().then((next) => next.evidenceOf(tenant, 0))).rejects.toMatchObject(unavailable);
  });
});

describe('a log of which one entry was changed together with its leaf, and the tree left alone', () => {
  const changeEntry = async (index: number): Promise<void> => {
    const entry = '{"x":1}';
    const at = store.db.updateTable('audit_entry').where('tenant', '=', tenant).where('idx', '=', index);
    await at.set({ entry, leaf: leafHashOf(entry) }).execute();
  };
  const goOn = () => Promise.resolve(true);
  const named = (text: string) => ({ ...unavailable, message: expect.stringContaining(text) });

  it.each([
    [5, 'are not those that the last checkpoint'],
    [6, 'entries 5 to 7 are not those'],
    [7, 'entries 5 to 7 are not those'],
  ])('is not opened where that is entry %d, written since the last checkpoint', async (index, message) => {
    const log = await given(5);
    await log.checkpoint(tenant);
    for (let n = 5; n < 8; n += 1) await log.appendRecord(tenant, recordOf(n));
    await changeEntry(index);
    await expect(start()).rejects.toMatchObject(named(message));
  });

  it.each([0, 3])('is opened where that is entry %d, and given up once the entries before the checkpoint were read', async (index) => {
    await (await given(5)).checkpoint(tenant);
    await changeEntry(index);
    const log = await start();
    await log.appendRecord(tenant, recordOf(5));
    expect(await log.checkEntries(tenant, goOn)).toMatchObject({ refusal: { code: 'LOG_INCONSISTENT' } });
    await expect(log.appendRecord(tenant, recordOf(6))).rejects.toMatchObject(named('given up'));
    await expect(log.checkpoint(tenant)).rejects.toMatchObject(unavailable);
  });

  it('is found by nobody who was ended before, and a log that is sound is read to its end', async () => {
    const log = await given(501);
    expect(await log.checkEntries(tenant, () => Promise.resolve(false))).toEqual({ ok: true, value: 500 });
    expect(await log.checkEntries(tenant, goOn)).toEqual({ ok: true, value: 501 });
    await changeEntry(500);
    expect(await log.checkEntries(tenant, () => Promise.resolve(false))).toEqual({ ok: true, value: 500 });
    expect(await log.checkEntries(tenant, goOn)).toMatchObject({ refusal: { code: 'LOG_INCONSISTENT' } });
  });

  it('is read on after a check that was broken off, from the head that it had reached and from no other', async () => {
    const log = await given(501);
    const heads: { readonly size: number; readonly root: Uint8Array }[] = [];
    await log.checkEntries(tenant, (head) => {
      heads.push(head);
      return Promise.resolve(false);
    });
    expect(heads.map(({ size }) => size)).toEqual([500]);
    expect(await log.checkEntries(tenant, goOn, heads[0])).toEqual({ ok: true, value: 1 });
    const other = { size: 500, root: new Uint8Array(32) };
    expect(await log.checkEntries(tenant, goOn, other)).toMatchObject({ refusal: { code: 'LOG_INCONSISTENT' } });
  });

  it('is not opened either where an entry since the checkpoint is gone, or is not what its leaf says', async () => {
    const log = await given(3);
    await log.checkpoint(tenant);
    for (let n = 3; n < 6; n += 1) await log.appendRecord(tenant, recordOf(n));
    const at = { tenant, idx: 4 };
    await store.db.updateTable('audit_entry').set({ entry: '{}' }).where('tenant', '=', at.tenant).where('idx', '=', at.idx).execute();
    await expect(start()).rejects.toMatchObject(named('entry 4 is not the one'));
    await store.db.deleteFrom('audit_entry').where('tenant', '=', at.tenant).where('idx', '=', at.idx).execute();
    await expect(start()).rejects.toMatchObject(named('an entry is missing'));
  });
});

describe('a log whose checkpoint is not at hand', () => {
  it('begins where there is nothing, and is not opened where there are entries', async () => {
    await (await given(3)).checkpoint(tenant);
    checkpoints = createForgetfulCheckpoints();
    await expect(start()).rejects.toMatchObject({ ...unavailable, message: expect.stringContaining('no checkpoint is kept') });
  });

  it('is opened again once somebody takes it as it stands, if it agrees with itself', async () => {
    await (await given(3)).checkpoint(tenant);
    checkpoints = createForgetfulCheckpoints();
    const log = createAuditLog({ repository: createAuditRepository(store), checkpoints, signer, origin: 'dso.example' });
    const named = assertOk(await log.checkDatabase(tenant));
    for (const other of [
      { ...named, size: 2 },
      { ...named, rootHash: 'another' },
    ])
      expect(await log.acceptLog(tenant, other)).toMatchObject({
        refusal: { code: 'LOG_INCONSISTENT', detail: expect.stringContaining('named') },
      });
    await expect(log.openLog(tenant)).rejects.toMatchObject(unavailable);
    // What must be done before fails: nothing is kept of it, and the log stays closed.
    await expect(log.acceptLog(tenant, named, () => Promise.reject(new Fault('STORE_UNAVAILABLE', 'down')))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    await expect(log.openLog(tenant)).rejects.toMatchObject(unavailable);
    assertOk(await log.acceptLog(tenant, named));
    expect(assertOk(checkCheckpoint(await (await start()).checkpoint(tenant), publicJwk)).size).toBe(3);
    await store.db.updateTable('audit_entry').set({ entry: '{}' }).where('tenant', '=', tenant).where('idx', '=', 0).execute();
    expect(await log.acceptLog(tenant, named)).toMatchObject({ refusal: { code: 'LOG_INCONSISTENT' } });
  });

  it('is not opened by the checkpoint of another key or another tenant', async () => {
    const log = await given(2);
    const note = await log.checkpoint(tenant);
    const root = assertOk(checkCheckpoint(note, publicJwk)).root;
    const stranger = createSigner(generatePrivateJwk('EdDSA'));
    for (const wrong of [
      await signCheckpoint({ origin: log.originOf(tenant), size: 2, root }, stranger),
      await signCheckpoint({ origin: `dso.example/x${tenant}`, size: 2, root }, signer),
    ]) {
      checkpoints = createForgetfulCheckpoints();
      await checkpoints.keepCheckpoint(tenant, { size: 2, note: wrong });
      await expect(start()).rejects.toMatchObject(unavailable);
    }
  });
});

describe('two logs of one size under one key', () => {
  it('are a proof that is kept, and that anyone can check', async () => {
    const log = await given(4);
    const note = await log.checkpoint(tenant);
    // Another replica, on another database, signed the same size first; it shares the directory of checkpoints.
    const other = await signCheckpoint({ origin: log.originOf(tenant), size: 5, root: new Uint8Array(32).fill(1) }, signer);
    await checkpoints.keepCheckpoint(tenant, { size: 5, note: other });
    await log.appendRecord(tenant, recordOf(5));
    await expect(log.checkpoint(tenant)).rejects.toMatchObject(unavailable);
    const [proof] = checkpoints.evidence;
    expect(assertOk(checkSplitView(proof ?? '', publicJwk))).toMatchObject({ size: 5, origin: log.originOf(tenant) });
    expect(checkSplitView(proof ?? '', createSigner(generatePrivateJwk('EdDSA')).publicJwk)).toMatchObject({ ok: false });
    expect(findSplitView([note, note, other], publicJwk)).toBeUndefined();
  });

  it('are found where the database holds the note of the other one', async () => {
    const log = await given(2);
    const other = await signCheckpoint({ origin: log.originOf(tenant), size: 2, root: new Uint8Array(32).fill(2) }, signer);
    await createAuditRepository(store).storeCheckpoint(tenant, 2, other);
    await expect(log.checkpoint(tenant)).rejects.toMatchObject(unavailable);
    expect(checkpoints.evidence).toHaveLength(1);
  });
});

describe('an anchor', () => {
  it('gives up the log that does not extend it, and none other', async () => {
    const log = await given(3);
    const head = assertOk(checkCheckpoint(await log.checkpoint(tenant), publicJwk));
    await log.appendRecord(tenant, recordOf(3));
    expect(await log.checkAgainst(tenant, head)).toMatchObject({ ok: true });
    expect(await log.checkAgainst(tenant, { ...head, root: new Uint8Array(32) })).toMatchObject({ refusal: { code: 'LOG_INCONSISTENT' } });
    await expect(log.appendRecord(tenant, recordOf(4))).rejects.toMatchObject(unavailable);
  });

  it('makes an export that was rewritten by the keeper of the key inconsistent', async () => {
    const log = await given(3);
    const { size, root } = assertOk(checkCheckpoint(await log.checkpoint(tenant), publicJwk));
    await rewrite((entries) => entries.map((entry) => entry.replace('{', '{"a":1,')));
    checkpoints = createForgetfulCheckpoints();
    const keeper = createAuditLog({ repository: createAuditRepository(store), checkpoints, signer, origin: 'dso.example' });
    assertOk(await keeper.acceptLog(tenant, assertOk(await keeper.checkDatabase(tenant))));
    const lines = await linesOf(keeper.exportLog(tenant));
    expect((await checkLogExport(lines, { publicJwk })).ok).toBe(true);
    expect(await checkLogExport(lines, { publicJwk, heads: [{ size, root }] })).toMatchObject({ refusal: { code: 'LOG_INCONSISTENT' } });
  });
});

describe('a database that was put back to an older day', () => {
  const replayable = (lines: readonly string[]) =>
    async function* () {
      yield* lines;
    };
  const unasked = async (): Promise<void> => undefined;

  it('is brought up to the export, and not opened before', async () => {
    const log = await given(9);
    const lines = await linesOf(log.exportLog(tenant));
    await rewrite((entries) => entries.slice(0, 4));
    await expect(start()).rejects.toMatchObject(unavailable);
    const again = createAuditLog({ repository: createAuditRepository(store), checkpoints, signer, origin: 'dso.example' });
    expect(assertOk(await again.replayLog(tenant, replayable(lines), unasked))).toMatchObject({ added: 5, size: 9 });
    expect(assertOk(await again.replayLog(tenant, replayable(lines), unasked))).toMatchObject({ added: 0, size: 9 });
    // Checkpoints between the entries were in the database alone; entries and final one are the same, byte for byte.
    const isBetween = (line: string): boolean => line.includes('"type":"checkpoint"');
    const restored = await linesOf((await start()).exportLog(tenant));
    expect(restored.filter((line) => !isBetween(line))).toEqual(lines.filter((line) => !isBetween(line)));
    expect(assertOk(await again.checkDatabase(tenant)).size).toBe(9);
  });

  it('has each entry once where two replicas bring it up to the export at once', async () => {
    const log = await given(9);
    const lines = await linesOf(log.exportLog(tenant));
    await rewrite((entries) => entries.slice(0, 4));
    const replica = () => createAuditLog({ repository: createAuditRepository(store), checkpoints, signer, origin: 'dso.example' });
    // The second one is through when the first one has looked at all and written nothing.
    const first = await replica().replayLog(tenant, replayable(lines), async () => {
      assertOk(await replica().replayLog(tenant, replayable(lines), unasked));
    });
    expect(assertOk(first)).toMatchObject({ size: 9 });
    expect(assertOk(await replica().checkDatabase(tenant)).size).toBe(9);
    // What else was written meanwhile is not taken for an entry of the export.
    await rewrite((entries) => entries.slice(0, 4));
    const other = await replica().replayLog(tenant, replayable(lines), async () => {
      await rewrite((entries) => [...entries, '{"x":1}']);
    });
    expect(other).toMatchObject({ refusal: { code: 'LOG_INCONSISTENT', detail: expect.stringContaining('entry 4') } });
  });

  it('writes nothing where what is to be done before fails', async () => {
    const log = await given(9);
    const lines = await linesOf(log.exportLog(tenant));
    await rewrite((entries) => entries.slice(0, 4));
    const again = createAuditLog({ repository: createAuditRepository(store), checkpoints, signer, origin: 'dso.example' });
    const failing = again.replayLog(tenant, replayable(lines), () => Promise.reject(new Fault('STORE_UNAVAILABLE', 'the store is down')));
    await expect(failing).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect((await createAuditRepository(store).readHead(tenant))?.size).toBe(4);
  });

  it('takes no export that ends too early, nor one of another log', async () => {
    const log = await given(6);
    const early = await linesOf(log.exportLog(tenant));
    for (let n = 6; n < 9; n += 1) await log.appendRecord(tenant, recordOf(n));
    const full = await linesOf(log.exportLog(tenant));
    await rewrite((entries) => entries.slice(0, 4));
    const again = createAuditLog({ repository: createAuditRepository(store), checkpoints, signer, origin: 'dso.example' });
    const refused = { refusal: { code: 'LOG_INCONSISTENT' } };
    expect(await again.replayLog(tenant, replayable(early), unasked)).toMatchObject(refused);
    expect(await again.replayLog(tenant, replayable(full.slice(0, -1)), unasked)).toMatchObject(refused);
    await rewrite((entries) => entries.map((entry) => entry.replace('{', '{"a":1,')));
    expect(await again.replayLog(tenant, replayable(full), unasked)).toMatchObject(refused);
  });

  it('says what was revoked and suspended since', async () => {
    const log = await start();
    const act = (action: string, credentials: readonly string[]) =>
      log.appendRecord(tenant, { ...recordOf(1), kind: 'act', action, evidence: { credentials: [...credentials] } });
    const [a, b, c] = ['a', 'b', 'c'].map((text) => digestOf(text)) as [Digest, Digest, Digest];
    await act('revoke', [a]);
    await act('suspend', [b, c]);
    await act('resume', [b]);
    const lines = await linesOf(log.exportLog(tenant));
    await rewrite(() => []);
    const again = createAuditLog({ repository: createAuditRepository(store), checkpoints, signer, origin: 'dso.example' });
    expect(assertOk(await again.replayLog(tenant, replayable(lines), unasked))).toMatchObject({ revoked: [a], suspended: [c] });
  });
});
