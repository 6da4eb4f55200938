import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createAuditLog, createForgetfulCheckpoints, verifyConsistency } from '@gridpass/audit';
import type { AuditLog } from '@gridpass/audit';
import { Fault, assertOk, instant, issuanceLogOf, ok, refuse, tenantId, type AnchoredHead, type Did, type RequestId } from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import type { Account, AnchorWriter } from '@gridpass/ledger';
import { createAuditRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { openTestStore } from '@gridpass/testkit';
import { createAnchoring } from '../index.js';
import type { Anchoring, AnchoredLog } from '../index.js';

const TENANT = tenantId('dso');
const ISSUER = 'did:ethr:0x1:0x00' as Did;
const ME = '0x01' as Account;

/** The contract, in memory: takes what extends the last checkpoint. */
function createFakeChain() {
  const heads: AnchoredHead[] = [];
  const fake = {
    heads,
    writer: undefined as Account | undefined,
    sent: 0,
    /** Happens right before the next checkpoint is taken. */
    before: (): Promise<void> => Promise.resolve(),
    down: false,
  };
  const assertUp = (): void => {
    if (fake.down) throw new Fault('CHAIN_UNAVAILABLE', 'the chain of the test is down');
  };
  const anchorCheckpoint: AnchorWriter['anchorCheckpoint'] = async ({ origin, size, root, proof }) => {
    assertUp();
    await fake.before();
    fake.sent += 1;
    expect(origin).toBe(issuanceLogOf(ISSUER));
    const last = heads.at(-1);
    const extends_ =
      last === undefined ||
      (size > last.size && verifyConsistency({ fromSize: last.size, toSize: size, fromRoot: last.root, toRoot: root, proof }));
    if (!extends_) return refuse('LOG_INCONSISTENT', 'anchor', 'no');
    heads.push({ size, root, anchoredAt: instant(heads.length + 1) });
    return ok(true);
  };
  const reader = {
    latestCheckpoint: async () => (assertUp(), heads.at(-1)),
    writerOf: async () => fake.writer,
  };
  const writer = { anchorCheckpoint, registerLog: async (_origin: string, account: Account) => void (fake.writer = account) };
  return { fake, parts: { reader, writer, account: ME } };
}

describe('anchoring', () => {
  let audit: AuditLog;
  let log: AnchoredLog;
  let chain: ReturnType<typeof createFakeChain>;
  let anchoring: Anchoring;
  let entries = 0;
  const signer = createSigner(generatePrivateJwk('EdDSA'));
  const append = () =>
    audit.appendRecord(TENANT, {
      kind: 'act',
      requestId: `r-${(entries += 1)}` as RequestId,
      at: instant(1),
      action: 'x',
      reasons: [],
      evidence: {},
    });
  const stores: Store[] = [];
  const openLog = async (): Promise<AuditLog> => {
    const store = await openTestStore();
    stores.push(store);
    return createAuditLog({
      checkpoints: createForgetfulCheckpoints(),
      repository: createAuditRepository(store),
      signer,
      origin: 'log.example',
    });
  };
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });

  beforeEach(async () => {
    audit = await openLog();
    log = { tenant: TENANT, issuers: [ISSUER], audit, auditKey: signer.publicJwk };
    chain = createFakeChain();
    anchoring = createAnchoring(chain.parts);
  });

  it('names itself the writer once, anchors what is new, and sends nothing for what is anchored', async () => {
    expect(await anchoring.anchorNow(log)).toEqual(ok([]));
    for (const size of [1, 2, 3, 4]) {
      await append();
      expect(assertOk(await anchoring.anchorNow(log))).toMatchObject([{ size }]);
      expect(assertOk(await anchoring.anchorNow(log))).toMatchObject([{ size }]);
    }
    expect([chain.fake.writer, chain.fake.sent]).toEqual([ME, 4]);
  });

  it('goes on from the chain after another replica was quicker', async () => {
    await append();
    assertOk(await anchoring.anchorNow(log));
    await append();
    chain.fake.before = async () => {
      chain.fake.before = () => Promise.resolve();
      assertOk(await createAnchoring(chain.parts).anchorNow(log));
    };
    expect(assertOk(await anchoring.anchorNow(log))).toMatchObject([{ size: 2 }]);
    expect(chain.fake.heads.map(({ size }) => size)).toEqual([1, 2]);
  });

  it('refuses a log that was cut or rewritten', async () => {
    await append();
    await append();
    assertOk(await anchoring.anchorNow(log));
    for (const size of [1, 2, 3]) {
      audit = await openLog();
      for (let n = 0; n < size; n += 1) await append();
      expect((await anchoring.anchorNow({ ...log, audit })).refusal?.code).toBe('LOG_INCONSISTENT');
    }
    expect(chain.fake.heads).toHaveLength(1);
  });

  it('is a fault while the chain is away, and done afterwards', async () => {
    await append();
    chain.fake.down = true;
    await expect(anchoring.anchorNow(log)).rejects.toMatchObject({ code: 'CHAIN_UNAVAILABLE' });
    chain.fake.down = false;
    expect(assertOk(await anchoring.anchorNow(log))).toMatchObject([{ size: 1 }]);
  });
});
