// An organisation's wallet in one program with its issuer: what its token reaches of the keys that are not the wallet's own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkLogExport } from '@gridpass/audit';
import { digestOf } from '@gridpass/codec';
import { KEY_NAMESPACES, assertOk, tenantId } from '@gridpass/core';
import type { JsonObject, JsonValue, TenantId } from '@gridpass/core';
import { sampleRegister } from '@gridpass/issue';
import { generatePrivateJwk, parsePublicJwk, thumbprintOf } from '@gridpass/keys';
import { createFakeClock, createParty, freePort, seedStoreDirectory } from '@gridpass/testkit';
import {
  CHAIN_CLAIMS,
  TOKENS,
  startIssuer,
  type IssuerPlace,
  type RunningIssuer,
} from '../../agents/issuer/src/__tests__/running-issuer.js';
import { composeWallet, walletsConfig, type Wallet } from '../../agents/wallet/src/index.js';
import { openArchive, sealArchive } from '../../packages/hold/src/archive-seal.js';

describe('attack 26: an organisation that issues and holds under one DID, and its wallet token alone', () => {
  const TOKEN = 'token-of-the-regulator-0123456789';
  const ANNA = 'token-of-anna-0123456789';
  const PASSPHRASE = 'a long enough passphrase';
  const REGULATOR = tenantId('regulator');
  const clock = createFakeClock();
  let place: IssuerPlace;
  let running: RunningIssuer;
  let wallet: Wallet;

  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gridpass-keys-'));
    await seedStoreDirectory(join(directory, 'data'));
    place = { directory, port: await freePort(), clock };
    await open();
    const headers = { 'content-type': 'text/csv' };
    await running.ask('/t/regulator/admin/register', { token: TOKENS.regulator, headers, body: sampleRegister() });
    expect((await running.accredit('root', 'regulator', 'RegulatorAccreditation', CHAIN_CLAIMS.regulator)).status).toBe(200);
    expect((await accreditDso()).status).toBe(200);
  });
  afterAll(async () => {
    await close();
    await rm(place.directory, { recursive: true, force: true });
  });

  /** The program with its issuers and its wallets; the second time on what the first left. */
  async function open(): Promise<void> {
    running = await startIssuer({ place });
    const port = await freePort();
    const { store, vault, resolver, fetch } = running.program;
    const { did } = running.identities['regulator']?.signer ?? {};
    const config = walletsConfig.parse({
      http: { port },
      publicOrigin: `http://127.0.0.1:${port}`,
      wallets: [
        { tenant: 'regulator', displayName: 'Regulator', kind: 'organisation', provider: 'did:web', tokenDigest: digestOf(TOKEN) },
        { tenant: 'anna', displayName: 'Anna', kind: 'household', tokenDigest: digestOf(ANNA), spareFaces: 2 },
      ],
    });
    wallet = await composeWallet(config, {
      store,
      vault,
      resolver,
      fetch,
      clock,
      anchors: [{ did: running.identities['root']?.signer.did ?? createParty('nobody').did, mayIssue: ['RegulatorAccreditation'] }],
      identities: { regulator: await running.rotation.liveSigner(REGULATOR, did ?? createParty('nobody').did) },
      rotation: running.rotation,
      log: () => undefined,
    });
  }
  const close = async (): Promise<void> => {
    await wallet.close();
    await running.close();
  };

  const accreditDso = () => running.accredit('regulator', 'dso', 'SystemOperatorRole', CHAIN_CLAIMS.dso);
  const call = async (tenant: 'regulator' | 'anna', path: string, json?: JsonObject, method = 'POST') => {
    const response = await fetch(`${wallet.url}/wallets/${tenant}${path}`, {
      method,
      headers: { authorization: `Bearer ${tenant === 'anna' ? ANNA : TOKEN}`, 'content-type': 'application/json' },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
  };
  const held = async (tenant: 'regulator' | 'anna') =>
    (await call(tenant, '/credentials', undefined, 'GET')).body['credentials'] as readonly unknown[];
  /** All keys of a tenant, by what they are for. */
  const keysOf = async (tenant: TenantId) =>
    Promise.all(
      KEY_NAMESPACES.map(async (namespace) => [
        namespace,
        (await running.program.vault.keysOf(tenant, namespace).listKeys()).map(
          ({ keyId, publicJwk }) => `${keyId} ${thumbprintOf(publicJwk)}`,
        ),
      ]),
    );
  /** The content of an archive, which whoever knows the passphrase can write again. */
  const exported = async (tenant: 'regulator' | 'anna') => {
    const archive = String((await call(tenant, '/export', { passphrase: PASSPHRASE })).body['archive']);
    return { archive, content: assertOk(await openArchive(archive, PASSPHRASE)) };
  };
  const imported = async (tenant: 'regulator' | 'anna', content: JsonObject) =>
    call(tenant, '/import', { archive: await sealArchive(content, PASSPHRASE), passphrase: PASSPHRASE });
  const facesOf = (content: JsonObject) => content['relations'] as readonly JsonObject[];

  async function receive(): Promise<void> {
    const subject = running.identities['regulator']?.signer.did ?? '';
    const { offerUri } = await running.offer('root', 'RegulatorAccreditation', CHAIN_CLAIMS.regulator, { subject });
    expect(await call('regulator', '/offers', { offer: offerUri })).toMatchObject({ status: 201 });
  }

  /** What must be so whatever a wallet did: its issuer issues under the DID it had, and its log is signed by the key it had. */
  async function expectIssuerAndLog(auditKey: JsonValue | undefined, methods: JsonValue | undefined): Promise<void> {
    expect((await running.ask('/t/regulator/audit/key')).body['publicJwk']).toEqual(auditKey);
    expect((await running.ask('/t/regulator/did.json')).body['verificationMethod']).toEqual(methods);
    expect((await accreditDso()).status).toBe(200);
    const { text } = await running.ask('/t/regulator/admin/audit/export', { token: TOKENS.regulator });
    const checkpoint = (await running.ask('/t/regulator/audit/checkpoint')).text;
    const publicJwk = assertOk(parsePublicJwk(auditKey ?? null));
    expect((await checkLogExport(text.trim().split('\n'), { publicJwk, checkpoints: [checkpoint] })).ok).toBe(true);
  }

  it('reaches neither the key it issues with nor that of its log: by export, leave or an import that names them, before and after a start', async () => {
    await receive();
    const auditKey = (await running.ask('/t/regulator/audit/key')).body['publicJwk'];
    const methods = (await running.ask('/t/regulator/did.json')).body['verificationMethod'];
    const keys = await keysOf(REGULATOR);
    const [issuing] = await running.program.vault.keysOf(REGULATOR, 'issuing').listKeys();
    const { content } = await exported('regulator');
    expect(JSON.stringify(content)).not.toMatch(/privateJwk|"d":/);
    expect(facesOf(content).length).toBeGreaterThan(0);

    const own = generatePrivateJwk('ES256');
    const log = generatePrivateJwk('EdDSA');
    const faces = (change: (face: JsonObject) => JsonObject, credentials: JsonValue = []): JsonObject => ({
      ...content,
      credentials,
      relations: facesOf(content).map(change),
    });
    const asOwn = ({ thumbprint: _, ...face }: JsonObject): JsonObject => face;
    const archives: readonly JsonObject[] = [
      faces((face) => ({ ...face, keyId: 'audit-log' }), content['credentials']),
      faces((face) => ({ ...asOwn(face), keyId: 'audit-log', privateJwk: { ...log } })),
      faces((face) => ({ ...asOwn(face), keyId: issuing?.keyId ?? '', privateJwk: { ...own } })),
      faces((face) => ({ ...face, keyId: issuing?.keyId ?? '', privateJwk: { ...own } })),
      faces((face) => ({ ...asOwn(face), did: 'did:web:evil.example', keyId: 'audit-log', privateJwk: { ...own } })),
      faces((face) => ({ ...face, namespace: 'log', keyId: 'audit-log', privateJwk: { ...log } })),
      { ...faces((face) => ({ ...asOwn(face), audience: 'https://a.example', privateJwk: { ...own } })), identity: 'pairwise' },
    ];
    for (const archive of archives) {
      expect((await call('regulator', '/leave', {})).status).toBe(204);
      expect((await imported('regulator', archive)).status).toBeLessThan(500);
      expect(await keysOf(REGULATOR)).toEqual(keys);
    }
    await expectIssuerAndLog(auditKey, methods);

    await close();
    clock.advance(60);
    await open();
    expect(await keysOf(REGULATOR)).toEqual(keys);
    await expectIssuerAndLog(auditKey, methods);
    expect((await call('regulator', '/leave', {})).status).toBe(204);
    await receive();
    expect((await held('regulator')).length).toBeGreaterThan(0);
    await expectIssuerAndLog(auditKey, methods);
  });

  it('leaves nothing of an archive whose last face, credential or line of the log is bad', async () => {
    const anna = tenantId('anna');
    const { offerUri } = await running.offer('dso', 'MeteringPointEntitlement', CHAIN_CLAIMS.entitlement);
    expect(await call('anna', '/offers', { offer: offerUri })).toMatchObject({ status: 201 });
    const { archive, content } = await exported('anna');
    const faces = facesOf(content);
    const credentials = content['credentials'] as readonly JsonObject[];
    const last = <T extends JsonValue>(items: readonly T[], change: (item: T) => JsonValue): JsonValue => [
      ...items.slice(0, -1),
      ...items.slice(-1).map(change),
    ];
    const foreign = generatePrivateJwk('ES256');
    const bad: readonly JsonObject[] = [
      { ...content, relations: last(faces, (face) => ({ ...face, privateJwk: { ...foreign } })) },
      { ...content, relations: last(faces, (face) => ({ ...face, did: 'did:jwk:e30' })) },
      { ...content, relations: last(faces, () => ({ ...faces[0] })) },
      { ...content, relations: last(faces, ({ privateJwk: _, ...face }) => face) },
      { ...content, credentials: last(credentials, (one) => ({ ...one, compact: 'x' })) },
      { ...content, credentials: last(credentials, (one) => ({ ...one, relationId: 'nobody' })) },
      { ...content, disclosures: [{ disclosureId: 'x' }] },
    ];
    expect((await call('anna', '/leave', {})).status).toBe(204);
    const empty = await keysOf(anna);
    for (const one of bad) {
      expect((await imported('anna', one)).body).toMatchObject({ code: 'ARCHIVE_INVALID' });
      expect([await held('anna'), await keysOf(anna)]).toEqual([[], empty]);
    }
    expect((await call('anna', '/import', { archive, passphrase: PASSPHRASE })).body).toMatchObject({ credentials: credentials.length });
    // A wallet that is not empty takes none of it, not even what it has not.
    const full = await keysOf(anna);
    expect((await call('anna', '/import', { archive, passphrase: PASSPHRASE })).body).toMatchObject({ code: 'CONFLICT' });
    expect(await keysOf(anna)).toEqual(full);
  });
});
