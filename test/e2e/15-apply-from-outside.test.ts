// A household, a firm and a device apply at an issuer of another program, by the command line: an officer decides, and what is granted comes into
// the wallet by itself.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tmpdir } from 'node:os';
import { digestOf } from '@gridpass/codec';
import { ok, tenantId } from '@gridpass/core';
import type { DidUrl, JsonObject, JsonValue } from '@gridpass/core';
import { toDidJwk } from '@gridpass/did';
import { sampleRegister } from '@gridpass/issue';
import { createSigner, generatePrivateJwk, openKeyVault, thumbprintOf } from '@gridpass/keys';
import { createDidRepository, createKeyRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { freePort, openTestStore } from '@gridpass/testkit';
import { runCli } from '../../agents/cli/src/index.js';
import { composeDevice, enrol } from '../../agents/device/src/index.js';
import { CHAIN_CLAIMS as CLAIMS, TOKENS, startIssuer } from '../../agents/issuer/src/__tests__/running-issuer.js';
import type { RunningIssuer } from '../../agents/issuer/src/__tests__/running-issuer.js';
import { composeWallet, walletsConfig } from '../../agents/wallet/src/index.js';
import type { OrganisationIdentity, Wallet } from '../../agents/wallet/src/index.js';

const OWNERS: Readonly<Record<string, string>> = { home: 'token-of-the-home-0123456789', firm: 'token-of-the-firm-0123456789' };
const CUSTOMER = { customerKind: 'household', active: true, jurisdiction: 'DK', biddingZoneEic: '10YDK-1--------W' };

describe('applying from outside', () => {
  let issuer: RunningIssuer;
  let store: Store;
  let wallet: Wallet;

  beforeAll(async () => {
    issuer = await startIssuer();
    const headers = { 'content-type': 'text/csv' };
    await issuer.ask('/t/regulator/admin/register', { token: TOKENS.regulator, headers, body: sampleRegister() });
    await issuer.accredit('root', 'regulator', 'RegulatorAccreditation', CLAIMS.regulator);
    await issuer.accredit('regulator', 'dso', 'SystemOperatorRole', CLAIMS.dso);
    store = await openTestStore();
    const port = await freePort();
    const { program, clock, identities } = issuer;
    const vault = openKeyVault({ repository: createKeyRepository(store), keks: [{ id: 'k', bytes: new Uint8Array(32).fill(1) }], clock });
    const config = walletsConfig.parse({
      http: { port },
      publicOrigin: `http://127.0.0.1:${port}`,
      refreshSeconds: 1,
      wallets: Object.entries(OWNERS).map(([tenant, token]) => ({
        tenant,
        displayName: tenant,
        kind: tenant === 'firm' ? 'organisation' : 'household',
        tokenDigest: digestOf(token),
      })),
    });
    const firm = async (): Promise<OrganisationIdentity> => {
      const key = await vault.keysOf(tenantId('firm'), 'identity').createKey('ES256');
      const did = toDidJwk(key.publicJwk);
      const ids = { keyNamespace: 'identity', controllerKeyId: key.keyId, keyIds: [key.keyId], services: [] } as const;
      const row = { tenant: tenantId('firm'), did, alias: 'firm', provider: 'did:jwk', createdAt: clock.now(), ...ids } as const;
      await createDidRepository(store).saveDid(row);
      return { did, kid: `${did}#0` as DidUrl, keyId: key.keyId, publicJwk: key.publicJwk };
    };
    wallet = await composeWallet(config, {
      store,
      vault,
      clock,
      resolver: program.resolver,
      fetch: program.fetch,
      anchors: [{ did: identities['root']!.signer.did, mayIssue: ['RegulatorAccreditation'] }],
      identities: { firm: await firm() },
      log: () => undefined,
    });
  });
  afterAll(async () => {
    await wallet.close();
    await store.close();
    await issuer.close();
  });

  const run = async (name: string, ...args: readonly string[]): Promise<JsonObject> => {
    let [out, err] = ['', ''];
    const io = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) };
    const env = { OWNER_TOKEN: OWNERS[name] ?? '' };
    const asked = ['wallet', ...args, '--url', wallet.url, '--wallet', name, '--json'];
    const code = await runCli(asked, { ...io, drawsOver: false, env, directory: tmpdir() });
    if (code !== 0) throw new Error(err);
    return JSON.parse(out) as JsonObject;
  };
  const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
  const rowsOf = (value: JsonValue | undefined): readonly JsonObject[] => (Array.isArray(value) ? (value as readonly JsonObject[]) : []);
  const apply = (name: string, type: string, claims: JsonObject, ...more: readonly string[]) =>
    run(name, 'apply', '--issuer', `${issuer.origin}/t/dso`, '--type', type, '--claims', JSON.stringify(claims), ...more);
  const decide = async ({ applicationId }: JsonObject, verb: 'approve' | 'reject') => {
    const path = `/t/dso/admin/applications/${textOf(applicationId)}/${verb}`;
    expect((await issuer.ask(path, { token: TOKENS.dso, json: { reason: 'known to us' } })).status).toBe(200);
  };
  /** Nobody asks the issuer but the wallet's own loop. */
  const until = async (name: string, id: JsonValue | undefined, isSo: (row: JsonObject) => boolean): Promise<JsonObject> => {
    for (;;) {
      const { applications } = await run(name, 'applications');
      const found = rowsOf(applications).find((row) => row['id'] === id);
      if (found !== undefined && isSo(found)) return found;
      await new Promise((resolve) => void setTimeout(resolve, 100));
    }
  };

  const received = (name: string, id: JsonValue | undefined) => until(name, id, (row) => row['receivedAt'] !== undefined);

  it('brings a household what it applied for, and takes that as evidence for more', async () => {
    const applied = await apply('home', 'MeteringPointEntitlement', CLAIMS.entitlement);
    expect(applied).toMatchObject({ state: 'pending', type: 'MeteringPointEntitlement' });
    await decide(applied, 'approve');
    expect(await received('home', applied['id'])).toMatchObject({ state: 'issued', reason: 'known to us' });
    const [held] = rowsOf((await run('home', 'credentials'))['credentials']);
    expect([held?.['type'], held?.['face']]).toEqual(['MeteringPointEntitlement', applied['face']]);
    const more = await apply('home', 'CustomerStatus', CUSTOMER, '--evidence', textOf(held?.['id']));
    expect(more['face']).toBe(applied['face']);
    const shown = await issuer.ask(`/t/dso/admin/applications/${textOf(more['applicationId'])}`, { token: TOKENS.dso });
    expect(shown.body['evidence']).toMatchObject([{ type: 'MeteringPointEntitlement' }]);
    await decide(more, 'approve');
    await received('home', more['id']);
    const all = rowsOf((await run('home', 'credentials'))['credentials']);
    expect(all.map(({ type, face }) => [type, face]).sort()).toEqual([
      ['CustomerStatus', applied['face']],
      ['MeteringPointEntitlement', applied['face']],
    ]);
  });

  it('binds what a firm is given to its DID', async () => {
    const applied = await apply('firm', 'CustomerStatus', { ...CUSTOMER, customerKind: 'medium' });
    await decide(applied, 'approve');
    await received('firm', applied['id']);
    expect(rowsOf((await run('firm', 'credentials'))['credentials'])).toHaveLength(1);
    const issued = await issuer.ask('/t/dso/admin/credentials', { token: TOKENS.dso });
    expect(rowsOf(issued.body['rows']).map(({ subject }) => subject)).toContain(wallet.walletOf('firm').identity?.did);
  });

  it('lets a device receive what its configuration asks for, and apply for nothing twice', async () => {
    const signer = createSigner(generatePrivateJwk('ES256'));
    const did = toDidJwk(signer.publicJwk);
    const { program, clock } = issuer;
    const market = { url: 'http://127.0.0.1:9', mqttUrl: 'mqtt://127.0.0.1:9' };
    const bounds = walletsConfig.pick({ stalenessBoundSeconds: true, signedAge: true }).parse({});
    const device = composeDevice(
      { tenant: 'meter', market, ...bounds },
      {
        ...{ store, clock, resolver: program.resolver, fetch: program.fetch, issuerTrust: async () => ok(true) },
        signer: { ...signer, did, kid: `${did}#0` as DidUrl },
        keyId: thumbprintOf(signer.publicJwk),
      },
    );
    const said: string[] = [];
    const entitlement = { ...CLAIMS.entitlement, meteringPointHash: digestOf('the point of the meter') };
    const wanted = { issuer: `${issuer.origin}/t/dso`, type: 'MeteringPointEntitlement' as const, claims: entitlement, evidence: [] };
    const config = { enrol: [wanted], renewBeforeSeconds: 604_800, retrySeconds: 86_400 };
    const round = () => enrol({ holder: device.holder, did, clock, config, say: (_type, what) => void said.push(what) });
    await round();
    await round();
    const [applied] = await device.holder.applications();
    await decide({ applicationId: applied?.applicationId ?? '' }, 'approve');
    await round();
    await round();
    expect(said).toEqual(['applied, pending', 'received']);
    expect((await device.holder.credentials()).map(({ type, relationId }) => [type, relationId])).toEqual([
      ['MeteringPointEntitlement', applied?.relationId],
    ]);
    await device.close();
  });

  it('tells the owner what was turned down, and forgets it when told', async () => {
    const applied = await apply('home', 'CustomerStatus', { ...CUSTOMER, active: false });
    await decide(applied, 'reject');
    const told = await until('home', applied['id'], ({ state }) => state !== 'pending');
    expect(told).toMatchObject({ state: 'rejected', reason: 'known to us' });
    await run('home', 'delete', textOf(applied['id']), '--yes');
    expect(rowsOf((await run('home', 'applications'))['applications']).map(({ id }) => id)).not.toContain(applied['id']);
  });
});
