import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeBase64url } from '@gridpass/codec';
import { assertOk, tenantId } from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createAuditRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { openTestStore } from '@gridpass/testkit';
import {
  checkCheckpoint,
  checkEvidence,
  checkLogExport,
  createAuditLog,
  createForgetfulCheckpoints,
  createPseudonyms,
  toEntry,
  verifyConsistency,
  verifyInclusion,
} from '../index.js';
import type { AuditLog } from '../index.js';
import { linesOf, recordOf } from './records.js';

const signer = createSigner(generatePrivateJwk('EdDSA'));
const { publicJwk } = signer;

const checkpoints = createForgetfulCheckpoints();

let store: Store;
let log: AuditLog;
beforeAll(async () => {
  store = await openTestStore();
  log = createAuditLog({ checkpoints, repository: createAuditRepository(store), signer, origin: 'dso.example/audit' });
});
afterAll(() => store.close());

describe('createAuditLog', () => {
  it('signs with Ed25519 alone', () => {
    const repository = createAuditRepository(store);
    expect(() => createAuditLog({ checkpoints, repository, signer: createSigner(generatePrivateJwk('ES256')), origin: 'x' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
    expect(() => createAuditLog({ checkpoints, repository, signer, origin: 'with space' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  it('builds on what another program has written meanwhile, and not on what it wrote last itself', async () => {
    const tenant = tenantId('two-programs');
    const programs = [
      log,
      createAuditLog({ checkpoints, repository: createAuditRepository(store), signer, origin: 'dso.example/audit' }),
    ] as const;
    for (const program of programs) await program.openLog(tenant);
    const indices = [];
    for (const writer of [0, 0, 1, 0, 1, 1, 0] as const)
      indices.push((await programs[writer].appendRecord(tenant, recordOf(indices.length))).index);
    expect(indices).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const both = await Promise.all([0, 1, 2, 3].map((n) => programs[n % 2 === 0 ? 0 : 1].appendRecord(tenant, recordOf(10 + n))));
    expect(both.map(({ index }) => index).sort((one, other) => one - other)).toEqual([7, 8, 9, 10]);
    expect(assertOk(await log.checkDatabase(tenant))).toMatchObject({ size: 11 });
  });

  it('gives each record one place, and proofs for every size it went through', async () => {
    const tenant = tenantId('proofs');
    const receipts = [];
    for (let n = 0; n < 20; n += 1) receipts.push(await log.appendRecord(tenant, recordOf(n)));
    expect(receipts.map(({ index }) => index)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    for (const { index, leafHash, treeSize, rootHash } of receipts) {
      expect(treeSize).toBe(index + 1);
      for (const { treeSize: size, rootHash: root } of receipts.slice(index)) {
        const claim = { index, size, leafHash: assertOk(decodeBase64url(leafHash)), root: assertOk(decodeBase64url(root)) };
        const proof = await log.inclusionProof(tenant, index, size);
        expect(verifyInclusion({ ...claim, proof })).toBe(true);
        expect(verifyInclusion({ ...claim, proof: [...proof, claim.root] })).toBe(false);
        expect(verifyInclusion({ ...claim, proof, index: size })).toBe(false);
        const growth = { fromSize: treeSize, toSize: size, fromRoot: assertOk(decodeBase64url(rootHash)), toRoot: claim.root };
        const steps = await log.consistencyProof(tenant, treeSize, size);
        expect(verifyConsistency({ ...growth, proof: steps })).toBe(true);
        expect(verifyConsistency({ ...growth, proof: steps, fromRoot: new Uint8Array(32) })).toBe(false);
      }
    }
    await expect(log.inclusionProof(tenant, 0, 21)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(log.consistencyProof(tenant, 0, 3)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('writes what many bring at once in few transactions, all in one tree', async () => {
    const tenant = tenantId('batch');
    const receipts = await Promise.all(Array.from({ length: 500 }, (_, n) => log.appendRecord(tenant, recordOf(n))));
    expect(new Set(receipts.map(({ index }) => index)).size).toBe(500);
    expect(new Set(receipts.map(({ rootHash }) => rootHash)).size).toBeLessThanOrEqual(3);
    expect(await log.checkDatabase(tenant)).toMatchObject({ ok: true, value: { size: 500 } });
  });

  it('keeps tenants apart', async () => {
    expect(await log.appendRecord(tenantId('alone'), recordOf(1))).toMatchObject({
      index: 0,
      treeSize: 1,
      origin: 'dso.example/audit/alone',
    });
    expect(assertOk(checkCheckpoint(await log.checkpoint(tenantId('nobody')), publicJwk))).toMatchObject({
      origin: 'dso.example/audit/nobody',
      size: 0,
    });
  });

  it('signs one checkpoint per size', async () => {
    const tenant = tenantId('notes');
    await log.appendRecord(tenant, recordOf(1));
    const note = await log.checkpoint(tenant);
    expect(await log.checkpoint(tenant)).toBe(note);
    await log.appendRecord(tenant, recordOf(2));
    expect(assertOk(checkCheckpoint(await log.checkpoint(tenant), publicJwk)).size).toBe(2);
    expect(checkCheckpoint(note, createSigner(generatePrivateJwk('EdDSA')).publicJwk)).toMatchObject({
      refusal: { code: 'LOG_INCONSISTENT' },
    });
    for (const altered of [
      note.replace('\n1\n', '\n2\n'),
      note.replace('notes', 'other'),
      `${note}\n`,
      note.replace('— ', '- '),
      note.slice(0, -3),
    ]) {
      expect(checkCheckpoint(altered, publicJwk)).toMatchObject({ refusal: { code: 'LOG_INCONSISTENT' } });
    }
  });

  it('gives evidence that a third party checks offline', async () => {
    const tenant = tenantId('evidence');
    const receipts = await Promise.all(Array.from({ length: 7 }, (_, n) => log.appendRecord(tenant, recordOf(n))));
    const evidence = JSON.parse(JSON.stringify(await log.evidenceOf(tenant, 3)));
    expect(evidence.entry).toBe(toEntry(recordOf(3)));
    expect(checkEvidence(evidence, { publicJwk, receipt: receipts[3]! })).toMatchObject({ ok: true, value: { size: 7 } });
    const wrongs = [
      { ...evidence, index: 2 },
      { ...evidence, entry: toEntry(recordOf(4)) },
      { ...evidence, proof: evidence.proof.slice(1) },
      { ...evidence, proof: ['%'] },
    ];
    for (const wrong of wrongs) expect(checkEvidence(wrong, { publicJwk })).toMatchObject({ refusal: { code: 'LOG_INCONSISTENT' } });
    expect(checkEvidence(evidence, { publicJwk, receipt: receipts[4]! })).toMatchObject({ refusal: { code: 'LOG_INCONSISTENT' } });
  });

  it('throws AUDIT_UNAVAILABLE when the store does not take the record', async () => {
    const closed = await openTestStore();
    const lost = createAuditLog({ checkpoints, repository: createAuditRepository(closed), signer, origin: 'x' });
    await closed.close();
    await expect(
      Promise.all([lost.appendRecord(tenantId('t'), recordOf(1)), lost.appendRecord(tenantId('t'), recordOf(2))]),
    ).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
  });
});

describe('exportLog', () => {
  const tenant = tenantId('export');
  let lines: string[];
  beforeAll(async () => {
    for (let n = 0; n < 12; n += 1) {
      await log.appendRecord(tenant, recordOf(n));
      if (n % 4 === 2) await log.checkpoint(tenant);
    }
    lines = await linesOf(log.exportLog(tenant));
  });

  it('passes its own check, with entries told in order', async () => {
    const seen: number[] = [];
    expect(await checkLogExport(lines, { publicJwk, onEntry: (index) => seen.push(index) })).toMatchObject({
      ok: true,
      value: { origin: 'dso.example/audit/export', size: 12, checkpoints: 4 },
    });
    expect(seen).toHaveLength(12);
  });

  it('does not pass cut short at an older checkpoint, for whoever kept a newer one or a receipt', async () => {
    const newest = await log.checkpoint(tenant);
    const cut = lines.slice(
      0,
      lines.findIndex((line) => line.includes('"index":11')),
    );
    const older = cut.findLastIndex((line) => line.includes('"type":"checkpoint"'));
    const short = [...cut.slice(0, older), (cut[older] ?? '').replace('"type":"checkpoint"', '"type":"final"')];
    expect(await checkLogExport(short, { publicJwk })).toMatchObject({ ok: true });
    expect(await checkLogExport(short, { publicJwk, checkpoints: [newest] })).toMatchObject({ refusal: { code: 'LOG_INCONSISTENT' } });
    const receipt = await log.appendRecord(tenant, recordOf(12));
    expect(await checkLogExport(lines, { publicJwk, receipts: [receipt] })).toMatchObject({ refusal: { code: 'LOG_INCONSISTENT' } });
    const now = await linesOf(log.exportLog(tenant));
    expect(await checkLogExport(now, { publicJwk, receipts: [receipt], checkpoints: [newest] })).toMatchObject({ ok: true });
    expect(await checkLogExport(now, { publicJwk, receipts: [{ ...receipt, index: 3 }] })).toMatchObject({
      refusal: { code: 'LOG_INCONSISTENT' },
    });
  });

  it('does not pass under another key', async () => {
    expect(await checkLogExport(lines, { publicJwk: createSigner(generatePrivateJwk('EdDSA')).publicJwk })).toMatchObject({
      refusal: { code: 'LOG_INCONSISTENT' },
    });
  });
});

describe('checkDatabase', () => {
  it.each([
    ['entry', `update audit_entry set entry = replace(entry, 'permit', 'denied') where tenant = $1 and idx = 4`],
    ['leaf', `update audit_entry set leaf = decode(repeat('00', 32), 'hex') where tenant = $1 and idx = 4`],
    ['row', `delete from audit_entry where tenant = $1 and idx = 4`],
    ['node', `update audit_node set hash = decode(repeat('00', 32), 'hex') where tenant = $1 and level = 1 and idx = 1`],
    ['set of nodes', `delete from audit_node where tenant = $1 and level = 2 and idx = 0`],
    ['head', `update audit_head set root = decode(repeat('00', 32), 'hex') where tenant = $1`],
    ['checkpoint', `update audit_checkpoint set size = 5 where tenant = $1`],
  ])('finds an altered %s', async (what, statement) => {
    const tenant = tenantId(`fsck-${what.replaceAll(' ', '-')}`);
    await Promise.all(Array.from({ length: 9 }, (_, n) => log.appendRecord(tenant, recordOf(n))));
    await log.checkpoint(tenant);
    expect(await log.checkDatabase(tenant)).toMatchObject({ ok: true, value: { size: 9, checkpoints: 1 } });
    const { CompiledQuery } = await import('kysely');
    await store.db.executeQuery(CompiledQuery.raw(statement, [tenant]));
    expect(await log.checkDatabase(tenant)).toMatchObject({ refusal: { code: 'LOG_INCONSISTENT' } });
  });
});

describe('createPseudonyms', () => {
  it('names a person alike until erased, and never again so', async () => {
    const pseudonyms = createPseudonyms(createAuditRepository(store));
    const tenant = tenantId('people');
    const [first, second] = await Promise.all([pseudonyms.pseudonymOf(tenant, 'did:jwk:a'), pseudonyms.pseudonymOf(tenant, 'did:jwk:a')]);
    expect(second).toBe(first);
    expect(await pseudonyms.pseudonymOf(tenant, 'did:jwk:b')).not.toBe(first);
    expect(await pseudonyms.pseudonymOf(tenantId('others'), 'did:jwk:a')).not.toBe(first);
    expect(await pseudonyms.erase(tenant, 'did:jwk:a')).toBe(true);
    expect(await pseudonyms.erase(tenant, 'did:jwk:a')).toBe(false);
    expect(await pseudonyms.pseudonymOf(tenant, 'did:jwk:a')).not.toBe(first);
  });
});
