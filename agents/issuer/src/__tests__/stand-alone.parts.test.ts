import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import { SIGNATURE_ALGORITHMS, assertOk, issuanceLogOf, tenantId } from '@gridpass/core';
import type { Did, DidSigner, DidUrl, JsonObject, JsonValue } from '@gridpass/core';
import { toDidEthr, toDidJwk } from '@gridpass/did';
import { acceptOffer } from '@gridpass/exchange';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { accountFromPrivateKey, connectChain, createAnchorWriter, createSender, deployContracts } from '@gridpass/ledger';
import type { Chain, ContractAddresses } from '@gridpass/ledger';
import { openProgram, systemClock } from '@gridpass/program';
import type { Program } from '@gridpass/program';
import { createSchemas } from '@gridpass/schema';
import { SIGNED_AGE_BOUNDS, createForgetfulSeenLists, createStatusChecker } from '@gridpass/status';
import { createChallengeRepository } from '@gridpass/store';
import { issueVcJwt, parseVcJwt } from '@gridpass/suite';
import {
  CLAIMS,
  DEVELOPMENT_KEYS,
  createTestEngine,
  freePort,
  linesOf,
  seedStoreDirectory,
  spawnTypeScript,
  startAnvil,
} from '@gridpass/testkit';
import { createAuthoritySource } from '@gridpass/trust';
import { createVerifier } from '@gridpass/verify';

const MAIN = join(import.meta.dirname, '../main.ts');
const ROOT = tenantId('root');
const TOKEN = 'operator-of-the-root-0000';
const registrar = accountFromPrivateKey(DEVELOPMENT_KEYS[0]);

describe('the issuer as a program of its own, on a real chain', () => {
  let directory: string;
  let node: Awaited<ReturnType<typeof startAnvil>>;
  let chain: Chain;
  let contracts: ContractAddresses;
  let origin: string;
  let child: ChildProcess | undefined;
  let verifying: Program;
  let root: Did;
  const kek = new Uint8Array(32).fill(9);
  const holder = createJwkHolder();

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gridpass-issuer-'));
    node = await startAnvil();
    chain = connectChain({ rpcUrl: node.rpcUrl, chainId: node.chainId });
    contracts = await deployContracts({ chain, deployer: registrar, gate: registrar.account, channels: [] });
    origin = `http://127.0.0.1:${await freePort()}`;
    await writeFile(join(directory, 'kek'), Buffer.from(kek).toString('hex'), { mode: 0o600 });
    await writeFile(join(directory, 'anchor'), DEVELOPMENT_KEYS[0], { mode: 0o600 });
    await writeFile(join(directory, 'relayer'), DEVELOPMENT_KEYS[1], { mode: 0o600 });
    verifying = await openProgram({
      database: { kind: 'pglite', engine: await createTestEngine() },
      checkpointDirectory: 'forget-at-exit',
      keks: [{ id: 'k', bytes: new Uint8Array(32).fill(1) }],
      chains: [ledger()],
      indexTenant: tenantId('verifier'),
      fetch: { allow: [origin, node.rpcUrl], allowPrivate: true },
    });
    await seedStoreDirectory(join(directory, 'store'));
    await seedStoreDirectory(join(directory, 'second'));
    // A root has to be known to its own program: its DID is made as the program makes it, and found there at the start.
    root = await onStore((program) =>
      program.didOf(ROOT, { alias: 'issuer', provider: 'did:ethr', keyType: 'Secp256k1', namespace: 'issuing' }),
    );
  });
  afterAll(async () => {
    await end('SIGTERM');
    await verifying.close();
    chain.close();
    await node.stop();
    await rm(directory, { recursive: true });
  });

  const ledger = () => ({
    chainId: node.chainId,
    rpcUrl: node.rpcUrl,
    registry: contracts.DidRegistry,
    auditAnchor: contracts.AuditAnchor,
    finalityDepth: 8,
  });
  const configFor = (store: string): JsonObject => ({
    database: { kind: 'pglite', directory: join(directory, store) },
    keyEncryptionKeys: [{ id: 'k', file: join(directory, 'kek') }],
    chains: [ledger()],
    relayer: { accountKeyFile: join(directory, 'relayer') },
    anchorAccountKeyFile: join(directory, 'anchor'),
    anchors: [{ did: root, mayIssue: ['RegulatorAccreditation'] }],
    fetch: { allow: [origin], allowPrivate: true },
    http: { port: Number(new URL(origin).port) },
    publicOrigin: origin,
    anchorSeconds: 1,
    housekeepingSeconds: 1,
    stalenessBoundSeconds: 10,
    listTtlSeconds: 1,
    tenants: [
      {
        tenant: ROOT,
        displayName: 'Root',
        mayIssue: ['RegulatorAccreditation'],
        provider: 'did:ethr',
        operators: [{ name: 'ops', tokenDigest: digestOf(TOKEN), duties: ['decide', 'status', 'read', 'keys'] }],
      },
    ],
  });

  /** Runs until it says where it is; the lines before. */
  async function start(): Promise<readonly string[]> {
    const file = join(directory, 'issuer.json');
    await writeFile(file, JSON.stringify(configFor('store')));
    const started = spawnTypeScript(MAIN, ['--config', file]);
    child = started;
    const lines: string[] = [];
    // Read to its end: a program whose output nobody reads cannot write its log.
    await new Promise<void>((resolve) => {
      const read = async (): Promise<void> => {
        for await (const line of linesOf(started)) {
          if (lines.at(-1)?.startsWith('issuer at ') !== true) lines.push(line);
          if (line.startsWith('issuer at ')) resolve();
        }
        resolve();
      };
      void read();
    });
    expect(lines.at(-1)).toBe(`issuer at ${origin}`);
    return lines;
  }
  async function end(signal: NodeJS.Signals): Promise<void> {
    const ended = child;
    child = undefined;
    if (ended === undefined || ended.exitCode !== null) return;
    const closed = new Promise<void>((resolve) => ended.once('exit', () => resolve()));
    ended.kill(signal);
    await closed;
  }

  async function ask(
    path: string,
    json?: JsonObject,
  ): Promise<{ readonly status: number; readonly body: JsonObject; readonly text: string }> {
    const response = await fetch(`${origin}/t/root/${path}`, {
      method: json === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json');
    return { status: response.status, text, body: isJson ? (JSON.parse(text) as JsonObject) : {} };
  }
  const rootDid = async (): Promise<Did> => {
    const { tenants } = (await (await fetch(`${origin}/`)).json()) as { readonly tenants: readonly { readonly did: Did }[] };
    return tenants[0]!.did;
  };

  async function issue(): Promise<{ readonly compact: string; readonly digest: string }> {
    const applied = await ask('admin/applications', {
      applicant: 'regulator',
      type: 'RegulatorAccreditation',
      claims: CLAIMS.RegulatorAccreditation,
      subject: holder.did,
    });
    const id = textOf(applied.body['applicationId']);
    expect((await ask(`admin/applications/${id}/approve`, { reason: 'checked' })).status).toBe(200);
    const offered = await ask(`admin/applications/${id}/offers`, { txCode: false });
    const { credentials } = assertOk(
      await acceptOffer({
        offerUri: textOf(offered.body['offerUri']),
        fetch: verifying.fetch,
        clock: systemClock,
        dpop: createSigner(generatePrivateJwk('ES256')),
        choose: (offers) => offers.filter(({ format }) => format === 'vc+jwt').map((offer) => offer.id),
        keys: [{ signer: holder, kid: holder.kid }],
      }),
    );
    const compact = credentials[0]!.compact;
    return { compact, digest: assertOk(parseVcJwt(compact)).content.digest };
  }

  /** Another program altogether: its own store, its own index of the registry, nothing but the network in common. */
  const verify = async (compact: string) =>
    createVerifier({
      resolver: verifying.resolver,
      status: createStatusChecker({
        fetch: verifying.fetch,
        resolver: verifying.resolver,
        clock: systemClock,
        stalenessBoundSeconds: 10,
        signedAge: SIGNED_AGE_BOUNDS,
        seen: createForgetfulSeenLists(),
      }),
      authority: createAuthoritySource({ fetch: verifying.fetch }),
      challenges: createChallengeRepository(verifying.store),
      schemas: createSchemas(),
      anchors: [{ did: root, mayIssue: ['RegulatorAccreditation'] }],
      algorithms: SIGNATURE_ALGORITHMS,
      methods: ['ethr', 'jwk'],
      limits: { maxDepth: 2, maxCredentials: 4, presentationMaxAgeSeconds: 60, clockSkewSeconds: 0 },
      ...(verifying.history === undefined ? {} : { history: verifying.history }),
    }).verifyCredential(compact, systemClock.now());

  /** The program's own store, while nothing runs on it. */
  async function onStore<T>(read: (program: Program) => Promise<T>): Promise<T> {
    const program = await openProgram({
      database: { kind: 'pglite', directory: join(directory, 'store') },
      checkpointDirectory: join(directory, 'checkpoints'),
      keks: [{ id: 'k', bytes: kek }],
      chains: [ledger()],
      fetch: { allow: [node.rpcUrl], allowPrivate: true },
    });
    const value = await read(program);
    await program.close();
    return value;
  }
  /** What a thief of the first key has. */
  const steal = (kid: DidUrl): Promise<DidSigner> =>
    onStore(async ({ vault }) => {
      const key = (await vault.keysOf(ROOT, 'issuing').listKeys()).find(
        ({ publicJwk }) => publicJwk.crv === 'secp256k1' && toDidEthr(publicJwk, node.chainId) === root,
      );
      return { ...(await vault.keysOf(ROOT, 'issuing').signer(key!.keyId)), did: root, kid };
    });

  it('anchors what it issues, rotates across a SIGKILL, and what the old key signed is told apart from a forgery', async () => {
    expect(await start()).toContain(`anchors as ${registrar.account}`);
    expect(await rootDid()).toBe(root);

    const early = await issue();
    expect((await verify(early.compact)).ok).toBe(true);
    await until(async () => (await ask(`evidence/${early.digest}`)).status === 200);
    const { kid } = assertOk(parseVcJwt(early.compact)).content;

    // The rotation is killed between its transactions and their block.
    await until(async () => (await ask('admin/ledger')).status === 200);
    await chain.ask('evm_setAutomine', [false]);
    const cut = ask('admin/did/rotate', {}).then(
      () => 'answered',
      () => 'cut off',
    );
    await until(async () => Number(((await chain.ask('txpool_status', [])) as { readonly pending: string }).pending) > 0);
    await end('SIGKILL');
    expect(await cut).toBe('cut off');
    const thief = await steal(kid);
    await chain.ask('evm_setAutomine', [true]);
    await chain.ask('evm_mine', []);
    await start();

    await until(async () => assertOk(await verifying.resolver.resolveDid(root, { fresh: true })).keys.every(({ id }) => id !== kid));
    await until(async () => assertOk(parseVcJwt((await issue()).compact)).content.kid !== kid);
    await untilPastTheChain();
    const accepted = assertOk(await verify(early.compact));
    expect(accepted.evidence).toMatchObject({ pastKeys: [{ credential: early.digest }] });
    const { content } = assertOk(parseVcJwt(early.compact));
    const forged = await issueVcJwt({ ...content, issuer: thief, claims: { ...content.claims, legalBasis: 'forged' } });
    expect((await verify(forged.compact)).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
    const records = (await ask('admin/audit/export')).text;
    for (const action of ['did.rotate', 'credential-issued']) expect(records).toContain(`"${action}"`);
  });

  it('refuses to rotate where it cannot anchor, and rotates all the same in an emergency, which the log tells', async () => {
    // The registrar names another writer: from now on the chain takes no anchor of this program.
    const stranger = accountFromPrivateKey(DEVELOPMENT_KEYS[2]).account;
    await createAnchorWriter(chain, contracts.AuditAnchor, createSender(chain, registrar)).registerLog(issuanceLogOf(root), stranger);
    const unanchored = await issue();
    const before = await kidOf();
    expect(await ask('admin/did/rotate', {})).toMatchObject({ status: 503, body: { code: 'CHAIN_INCONSISTENT' } });
    expect(await kidOf()).toBe(before);
    expect(await ask('admin/did/rotate', { emergency: 'yes' })).toMatchObject({ status: 400 });

    const rotated = await ask('admin/did/rotate', { emergency: true });
    expect(rotated).toMatchObject({ status: 200, body: { did: root } });
    expect(await kidOf()).toBe(rotated.body['kid']);
    expect((await ask('admin/audit/export')).text).toMatch(/did\.rotate\.emergency[^\n]*CHAIN_INCONSISTENT/u);
    await untilPastTheChain();
    expect((await verify(unanchored.compact)).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
    // What is issued from now on stands by itself.
    expect((await verify((await issue()).compact)).ok).toBe(true);
  });

  it('ends with nothing left open when its port is taken', async () => {
    const file = join(directory, 'second.json');
    await writeFile(file, JSON.stringify({ ...configFor('second'), checkpointDirectory: join(directory, 'second-checkpoints') }));
    const second = spawnTypeScript(MAIN, ['--config', file]);
    // It ends by itself: index, relayer and store are closed, or their timers would keep it.
    expect(await new Promise((resolve) => second.once('exit', resolve))).toBe(1);
  });

  const kidOf = async (): Promise<string | undefined> =>
    assertOk(await verifying.resolver.resolveDid(root, { fresh: true })).keys.find(({ relationships }) =>
      relationships.includes('assertionMethod'),
    )?.id;
  /** A node that mines at once may be some seconds ahead of everybody's clock. */
  async function untilPastTheChain(): Promise<void> {
    const block = await chain.provider.getBlock('latest');
    await until(async () => systemClock.now() > (block?.timestamp ?? 0));
  }
});

function createJwkHolder(): DidSigner {
  const signer = createSigner(generatePrivateJwk('ES256'));
  const did = toDidJwk(signer.publicJwk);
  return { ...signer, did, kid: `${did}#0` as DidUrl };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(100);
}

const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
