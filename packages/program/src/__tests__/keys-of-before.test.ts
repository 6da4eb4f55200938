import { createCipheriv, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { instant, tenantId } from '@gridpass/core';
import type { KeyNamespace, TenantId } from '@gridpass/core';
import { createKeyRepository, openStore, type Store } from '@gridpass/store';
import { generatePrivateJwk, openKeyVault, thumbprintOf, toPublicJwk } from '@gridpass/keys';
import { createTestEngine } from '@gridpass/testkit';

const KEK = { id: 'k1', bytes: new Uint8Array(32).fill(7) };
const clock = { now: () => instant(1_800_000_000) };
const MIGRATION = '023-key-namespaces';

/** As the version before sealed: AES-256-GCM, iv | ciphertext | tag, the context authenticated with it. */
function seal(key: Uint8Array, plain: Uint8Array, context: string): Uint8Array {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(context));
  return new Uint8Array(Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
}

/** What the version before wrote; `undefined` for a DID or a face means that none refers to the key. */
interface Before {
  readonly tenant: string;
  readonly keyId: string;
  readonly label?: string;
  readonly did?: { readonly did: string; readonly alias: string; readonly formerly?: true };
  readonly face?: string;
  readonly is: KeyNamespace;
}

const ROWS: readonly Before[] = [
  { tenant: 'regulator', keyId: 'audit-log', label: 'signs checkpoints', is: 'log' },
  { tenant: 'gridpass-program', keyId: 'relayer-account', label: 'pays on a chain', is: 'account' },
  { tenant: 'regulator', keyId: 'i1', did: { did: 'did:ethr:0x7a69:0x01', alias: 'issuer' }, is: 'issuing' },
  // One DID that issues and holds: its key is the issuer's, though a wallet showed it to everybody.
  { tenant: 'dso', keyId: 'o1', did: { did: 'did:ethr:0x7a69:0x02', alias: 'organisation' }, face: 'did:ethr:0x7a69:0x02', is: 'issuing' },
  { tenant: 'dso', keyId: 'o0', did: { did: 'did:ethr:0x7a69:0x02', alias: 'organisation', formerly: true }, is: 'issuing' },
  { tenant: 'tso', keyId: 'o2', did: { did: 'did:ethr:0x7a69:0x03', alias: 'organisation' }, face: 'did:ethr:0x7a69:0x03', is: 'issuing' },
  { tenant: 'web-issuer', keyId: 'w1', did: { did: 'did:web:dso.example', alias: 'dso.example' }, is: 'issuing' },
  { tenant: 'trader', keyId: 'w2', did: { did: 'did:web:t.example', alias: 't.example' }, face: 'did:web:t.example', is: 'identity' },
  { tenant: 'trader-2', keyId: 'w3', did: { did: 'did:jwk:abc', alias: 'wallet' }, face: 'did:jwk:abc', is: 'identity' },
  { tenant: 'market', keyId: 'g1', did: { did: 'did:jwk:gate', alias: 'gate' }, is: 'gate' },
  { tenant: 'web-gate', keyId: 'g2', did: { did: 'did:web:l.example', alias: 'l.example' }, is: 'gate' },
  { tenant: 'dso', keyId: 'd1', label: 'controller of a did:ethr', did: { did: 'did:ethr:0x7a69:0x04', alias: 'meter-1' }, is: 'owning' },
  { tenant: 'dso', keyId: 'd2', label: 'owner of did:ethr:0x7a69:0x05 by transfer t', is: 'owning' },
  { tenant: 'home', keyId: 'f1', label: 'face a', face: 'did:jwk:face', is: 'holding' },
  { tenant: 'battery', keyId: 'b1', face: 'did:ethr:0x7a69:0x06', is: 'identity' },
  { tenant: 'regulator', keyId: 'nobody', is: 'issuing' },
];

describe('a store that the version without namespaces filled', () => {
  let store: Store;
  const made = new Map<string, string>();
  beforeAll(async () => {
    store = await openStore({ kind: 'pglite', engine: await createTestEngine('close') });
    await store.migrate();
    for (let undone: readonly string[] = []; !undone.includes(MIGRATION);) undone = await store.migrateDown(1);
    for (const row of ROWS) await insert(row);
    const list = { tenant: 'dso', list_id: 'l', kind: 'revocation', size: 131_072, bits: new Uint8Array(1) };
    await store.db
      .insertInto('status_list')
      .values(list as never)
      .execute();
    const used = { tenant: 'web-gate', id: 'g', holder_did: 'did:web:h.example', session_thumbprint: 't', response_code_digest: 'c' };
    await store.db
      .insertInto('grant_session')
      .values({ ...used, redeem_by: 1, expires_at: 1, body: '{}' })
      .execute();
    await store.migrate();
  });
  afterAll(() => store.close());

  async function insert({ tenant, keyId, label = '', did, face }: Before): Promise<void> {
    const jwk = generatePrivateJwk('ES256');
    const publicJwk = toPublicJwk(jwk);
    made.set(keyId, thumbprintOf(publicJwk));
    const dataKey = new Uint8Array(randomBytes(32));
    const context = (kind: string, ...more: readonly string[]) => JSON.stringify([`gridpass/${kind}/1`, tenant, keyId, ...more]);
    await store.db
      .insertInto('vault_key')
      .values({
        tenant,
        key_id: keyId,
        label,
        alg: 'ES256',
        public_jwk: JSON.stringify(publicJwk),
        kek_id: KEK.id,
        wrapped_data_key: seal(KEK.bytes, dataKey, context('data-key')),
        sealed_private_key: seal(dataKey, Buffer.from(JSON.stringify(jwk)), context('private-key', thumbprintOf(publicJwk))),
        created_at: 5,
      } as never)
      .execute();
    if (did !== undefined) {
      const ids = { controller_key_id: keyId, key_ids: JSON.stringify([keyId]) };
      const row = { tenant, did: did.did, alias: did.alias, provider: 'p', services: '[]', created_at: 5, ...ids };
      if (did.formerly !== true)
        await store.db
          .insertInto('managed_did')
          .values(row as never)
          .execute();
      else
        await store.db
          .updateTable('managed_did')
          .set({ key_ids: JSON.stringify([keyId, 'o1']) })
          .where('did', '=', did.did)
          .execute();
    }
    if (face === undefined) return;
    const relation = { tenant, relation_id: `r-${keyId}`, key_id: keyId, did: face, thumbprint: keyId, audience: '*', created_at: 5 };
    await store.db.insertInto('wallet_relation').values(relation).execute();
  }

  const vaultOf = () => openKeyVault({ repository: createKeyRepository(store), keks: [KEK], clock });

  async function expectAll(): Promise<void> {
    for (const { tenant, keyId, is } of ROWS) {
      const signer = await vaultOf()
        .keysOf(tenant as TenantId, is)
        .signer(keyId);
      expect([keyId, thumbprintOf(signer.publicJwk)]).toEqual([keyId, made.get(keyId)]);
    }
  }

  it('comes up with each key under what it is used for, and each DID with its keys', async () => {
    await expectAll();
    const dids = await store.db.selectFrom('managed_did').select(['did', 'key_namespace']).execute();
    for (const { did, is } of ROWS) if (did !== undefined) expect(dids).toContainEqual({ did: did.did, key_namespace: is });
  });

  it('has the seals bound to the namespaces, once', async () => {
    expect(await vaultOf().resealKeys()).toBe(ROWS.length);
    expect(await vaultOf().resealKeys()).toBe(0);
    await expectAll();
  });

  it('does not open a key that was moved to the faces in the database', async () => {
    await store.db.updateTable('vault_key').set({ namespace: 'holding' }).where('key_id', '=', 'o1').execute();
    await expect(vaultOf().keysOf(tenantId('dso'), 'holding').exportKey('o1')).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
  });

  it('is not taken back while keys are bound', async () => {
    const back = async () => {
      for (let undone: readonly string[] = []; !undone.includes(MIGRATION);) undone = await store.migrateDown(1);
    };
    await expect(back()).rejects.toThrow('restore a backup');
  });
});
