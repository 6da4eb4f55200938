import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { instant, tenantId } from '@gridpass/core';
import type { DesiredAdmission, Did, Digest, LedgerRepository } from '@gridpass/core';
import { openTestStore, startPostgres } from '@gridpass/testkit';
import { createLedgerRepository, openStore } from '../index.js';
import type { Store } from '../index.js';

const TENANT = tenantId('ledger');
const admission = (n: number, over: Partial<DesiredAdmission> = {}): DesiredAdmission => ({
  chainId: 31337,
  channel: 'multi_class',
  account: `0x${String(n).padStart(40, '0')}`,
  holderDid: `did:example:${String(n)}` as Did,
  receipt: `receipt-${String(n)}` as Digest,
  until: instant(2_000),
  notAfter: instant(9_000),
  checkedAt: instant(1_000),
  credentials: [{ type: 'MarketPartyRole', digest: 'd' as Digest, issuer: 'did:example:issuer' as Did }],
  status: [{ issuer: 'did:example:issuer' as Did, references: [{ kind: 'token', uri: 'https://issuer.example/1', index: 3 }] }],
  ...over,
});

describe.each(['pglite', 'postgres'] as const)('the ledger repository on %s', (kind) => {
  let store: Store;
  let repository: LedgerRepository;
  let stop = async (): Promise<void> => undefined;
  beforeAll(async () => {
    if (kind === 'pglite') store = await openTestStore();
    else {
      const server = await startPostgres();
      stop = () => server.stop();
      store = await openStore({ kind, url: server.url });
      await store.migrate();
    }
    repository = createLedgerRepository(store);
  });
  afterAll(async () => {
    await store.close();
    await stop();
  });

  it('gives back what it was given, to its own tenant and chain only', async () => {
    expect(await repository.keepAdmission(TENANT, admission(1), 1)).toBe(true);
    expect(await repository.readAdmission(TENANT, admission(1))).toEqual(admission(1));
    expect(await repository.readAdmission(tenantId('other'), admission(1))).toBeUndefined();
    expect(await repository.readAdmission(TENANT, { ...admission(1), chainId: 1 })).toBeUndefined();
  });

  it('lets of many requests at once exactly as many through as a holder may have', async () => {
    const holderDid = 'did:example:greedy' as Did;
    const kept = await Promise.all(
      Array.from({ length: 12 }, (_, i) => repository.keepAdmission(TENANT, admission(100 + i, { holderDid }), 3)),
    );
    expect(kept.filter(Boolean)).toHaveLength(3);
    // One account, two holders at once: one of them.
    const both = await Promise.all(
      ['did:example:a', 'did:example:b'].map((did) => repository.keepAdmission(TENANT, admission(200, { holderDid: did as Did }), 3)),
    );
    expect(both.filter(Boolean)).toHaveLength(1);
  });

  it('renews, ends and forgets only what still has the receipt', async () => {
    await repository.keepAdmission(TENANT, admission(300), 1);
    const name = { chainId: 31337, channel: 'multi_class', account: admission(300).account };
    const [mine, stale] = ['receipt-300', 'receipt-0'] as Digest[];
    expect(await repository.renewAdmission(TENANT, { ...name, receipt: stale!, until: instant(3_000), checkedAt: instant(1_500) })).toBe(
      false,
    );
    expect(await repository.renewAdmission(TENANT, { ...name, receipt: mine!, until: instant(3_000), checkedAt: instant(1_500) })).toBe(
      true,
    );
    expect(await repository.readAdmission(TENANT, name)).toMatchObject({ until: 3_000, checkedAt: 1_500 });
    await expect(
      repository.renewAdmission(TENANT, { ...name, receipt: mine!, until: instant(9_001), checkedAt: instant(1_500) }),
    ).rejects.toThrow();
    expect(await repository.endAdmission(TENANT, { ...name, receipt: stale!, reason: 'REVOKED', endedAt: instant(1_600) })).toBe(false);
    expect(await repository.endAdmission(TENANT, { ...name, receipt: mine!, reason: 'REVOKED', endedAt: instant(1_600) })).toBe(true);
    expect(await repository.endAdmission(TENANT, { ...name, receipt: mine!, reason: 'REVOKED', endedAt: instant(1_600) })).toBe(false);
    expect(await repository.readAdmission(TENANT, name)).toBeUndefined();
    expect(await repository.listEnded(TENANT, { chainId: 31337, limit: 10 })).toEqual([
      { ...name, receipt: mine, reason: 'REVOKED', endedAt: 1_600 },
    ]);
    await repository.dropEnded(TENANT, { ...name, receipt: stale! });
    expect(await repository.listEnded(TENANT, { chainId: 31337, limit: 10 })).toHaveLength(1);
    await repository.dropEnded(TENANT, { ...name, receipt: mine! });
    expect(await repository.listEnded(TENANT, { chainId: 31337, limit: 10 })).toEqual([]);
  });

  it('pages through all that stand, over channels, each once', async () => {
    const tenant = tenantId('pages');
    for (let n = 0; n < 25; n += 1)
      await repository.keepAdmission(tenant, admission(n, { channel: n % 2 === 0 ? 'multi_class' : 'behind_the_meter' }), 1);
    const seen: DesiredAdmission[] = [];
    for (;;) {
      const after = seen.at(-1);
      const page = await repository.listAdmissions(tenant, { chainId: 31337, limit: 7, ...(after === undefined ? {} : { after }) });
      seen.push(...page);
      if (page.length < 7) break;
    }
    expect(new Set(seen.map(({ account }) => account)).size).toBe(25);
    expect(seen).toHaveLength(25);
  });

  it('remembers where the contracts are, by chain', async () => {
    await repository.keepContracts(TENANT, 31337, { EnergyMarket: '0x1', AuditAnchor: '0x2' });
    await repository.keepContracts(TENANT, 31337, { EnergyMarket: '0x3' });
    await repository.keepContracts(TENANT, 31337, {});
    expect(await repository.readContracts(TENANT, 31337)).toEqual({ EnergyMarket: '0x3', AuditAnchor: '0x2' });
    expect(await repository.readContracts(TENANT, 1)).toEqual({});
  });
});
