import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { assertOk, ok, tenantId } from '@gridpass/core';
import type { Did, JsonObject, RequestId } from '@gridpass/core';
import type { DidLifecycle } from '@gridpass/did';
import { createFakeClock, createTestEngine } from '@gridpass/testkit';
import { createOwnDid, openProgram, type OwnDid, type Program } from '../index.js';
import { createClosers } from '../closers.js';
import { OWN_DID_VERBS } from '../own-did.js';
import { openTenantDids, type TenantDids } from '../tenant-dids.js';

const BY = { actor: 'operator', requestId: 'r' as RequestId };
const SERVICE = { type: 'Exchange', endpoint: 'https://market.example/x' };
const GOOD: Readonly<Record<string, JsonObject>> = {
  rotate: {},
  'delegates/add': { account: `0x${'1'.repeat(40)}`, type: 'sigAuth', validSeconds: 60 },
  'delegates/remove': { account: `0x${'1'.repeat(40)}`, type: 'sigAuth' },
  'services/add': { ...SERVICE, validSeconds: 60 },
  'services/remove': SERVICE,
};

describe('the DID a program speaks for', () => {
  let program: Program;
  let dids: TenantDids;
  const closers = createClosers();
  beforeAll(async () => {
    program = await openProgram({
      database: { kind: 'pglite', engine: await createTestEngine() },
      checkpointDirectory: 'forget-at-exit',
      keks: [{ id: 'k', bytes: new Uint8Array(32).fill(1) }],
      chains: [],
      fetch: { allow: [], allowPrivate: false },
      clock: createFakeClock(),
    });
    const tenants = [
      { tenant: 'web', provider: 'did:web' },
      { tenant: 'jwk', provider: 'did:jwk' },
    ] as const;
    dids = await openTenantDids(
      program,
      { publicOrigin: 'https://market.example', chains: [], tenants, alias: 'own', namespace: 'gate' },
      closers,
    );
  });
  afterAll(async () => {
    await closers.close();
    await program.close();
  });
  const own = (tenant: string, did: Did = dids.identities[tenant]!.signer.did, lifecycle?: DidLifecycle): OwnDid =>
    createOwnDid({ tenant: tenantId(tenant), did, rotation: dids.rotation, lifecycle });
  const codeOf = async (act: ReturnType<OwnDid>): Promise<string> => {
    const outcome = await act;
    return outcome.ok ? 'ok' : outcome.refusal.code;
  };

  it('gets a new key, services for so long, and an end that names it', async () => {
    const { signer } = dids.identities['web']!;
    const { kid, did } = { ...signer };
    const verbs = own('web');
    expect(assertOk(await verbs('rotate', {}, BY))).toMatchObject({ did, transactions: [] });
    expect(signer.kid).not.toBe(kid);
    assertOk(await verbs('services/add', GOOD['services/add']!, BY));
    assertOk(await verbs('services/remove', SERVICE, BY));
    expect(await codeOf(verbs('delegates/add', GOOD['delegates/add']!, BY))).toBe('DID_METHOD_UNSUPPORTED');
    expect(await codeOf(verbs('deactivate', { did: 'did:web:another.example' }, BY))).toBe('CONFLICT');
    assertOk(await verbs('deactivate', { did }, BY));
    expect(await codeOf(verbs('rotate', {}, BY))).toBe('DID_DEACTIVATED');
    await expect(signer.sign(new Uint8Array(32))).rejects.toMatchObject({ code: 'DID_DEACTIVATED' });
  });

  it.each(OWN_DID_VERBS)('%s changes nothing of a DID that is its own key, nor of a registry nobody writes to for us', async (verb) => {
    const { did } = dids.identities['jwk']!.signer;
    expect(await codeOf(own('jwk')(verb, GOOD[verb] ?? { did }, BY))).toBe('DID_METHOD_UNSUPPORTED');
    const ethr = `did:ethr:0x539:0x${'2'.repeat(40)}` as Did;
    expect(await codeOf(own('jwk', ethr)(verb, GOOD[verb] ?? { did: ethr }, BY))).toBe('NOT_FOUND');
  });

  it.each(OWN_DID_VERBS)('%s reads the members it knows, and no others', async (verb) => {
    const said: unknown[] = [];
    const ethr = `did:ethr:0x539:0x${'2'.repeat(40)}` as Did;
    const note = async (...args: readonly unknown[]) => ok((said.push(args.slice(1)), { did: ethr, transactions: ['0x1'], block: 7 }));
    const lifecycle = Object.fromEntries(
      ['addDelegate', 'removeDelegate', 'addService', 'removeService', 'deactivate'].map((name) => [name, note]),
    ) as unknown as DidLifecycle;
    const verbs = own('jwk', ethr, lifecycle);
    const good = GOOD[verb] ?? { did: ethr };
    for (const name of Object.keys(good)) {
      const { [name]: _left, ...rest } = good;
      expect(await codeOf(verbs(verb, rest, BY))).toBe('REQUEST_MALFORMED');
      expect(await codeOf(verbs(verb, { ...good, [name]: { $ne: null } }, BY))).toBe('REQUEST_MALFORMED');
    }
    expect(await codeOf(verbs(verb, { ...good, emergency: true }, BY))).toBe('REQUEST_MALFORMED');
    expect(said).toEqual([]);
    if (verb === 'rotate') return;
    expect(assertOk(await verbs(verb, good, BY))).toEqual({ did: ethr, transactions: ['0x1'], block: 7 });
    expect(said).toEqual([verb === 'deactivate' ? [ethr] : [ethr, good]]);
  });

  it('is changed by nobody here where it issues: that is a duty at the issuer, with a line in its log', async () => {
    const tenant = tenantId('issuing');
    const did = await program.didOf(tenant, { alias: 'issuing.example', provider: 'did:web', keyType: 'Secp256r1', namespace: 'issuing' });
    const before = (await program.vault.keysOf(tenant, 'issuing').listKeys()).length;
    for (const [verb, body] of Object.entries({ ...GOOD, deactivate: { did } }))
      expect([verb, await codeOf(own('issuing', did)(verb as (typeof OWN_DID_VERBS)[number], body, BY))]).toEqual([verb, 'POLICY_DENIED']);
    expect((await program.vault.keysOf(tenant, 'issuing').listKeys()).length).toBe(before);
  });
});
