import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tenantId } from '@gridpass/core';
import { openProgram } from '../open-program.js';

describe('openProgram', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gridpass-program-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  const open = () =>
    openProgram({
      database: { kind: 'pglite', directory },
      keks: [{ id: 'k1', bytes: new Uint8Array(32).fill(7) }],
      chains: [],
      fetch: { allow: [], allowPrivate: false },
    });
  const request = { alias: 'gate', provider: 'did:jwk', keyType: 'Secp256r1' } as const;

  it('makes an identity once and finds it again after a restart, for its own tenant alone', async () => {
    const tenant = tenantId('market');
    const first = await open();
    const made = await first.identity(tenant, request);
    expect((await first.identity(tenant, request)).did).toBe(made.did);
    expect((await first.identity(tenantId('other'), request)).did).not.toBe(made.did);
    await first.auditLog(tenant, 'market.example');
    const auditKey = await first.vault.publicJwk(tenant, 'audit-log');
    await first.close();

    const second = await open();
    const found = await second.identity(tenant, request);
    expect([found.did, found.kid]).toEqual([made.did, made.kid]);
    await second.auditLog(tenant, 'market.example');
    expect(await second.vault.publicJwk(tenant, 'audit-log')).toEqual(auditKey);
    await second.close();
  });
});
