import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { assertOk, ok, refuse, tenantId, type CredentialType, type Did, type DidNamespace, type DidSigner } from '@gridpass/core';
import type { AuditLog } from '@gridpass/audit';
import { digestOf, randomToken } from '@gridpass/codec';
import { composeDevice, type Device } from '@gridpass/device';
import { composeIssuer, issuingConfig, type IssuerIdentity } from '@gridpass/issuer';
import { createIssuerTrust } from '@gridpass/hold';
import { thumbprintOf } from '@gridpass/keys';
import { composeLedgerGate, ledgerGateConfig, type LedgerGate } from '@gridpass/ledger-gate';
import {
  connectChain,
  deployContracts,
  launchEmbeddedNode,
  parseAccount,
  type Account,
  type Chain,
  type ContractAddresses,
} from '@gridpass/ledger';
import { composeMarketplace, marketplaceConfig, type Marketplace } from '@gridpass/marketplace';
import {
  createLines,
  ensureKeyFile,
  openDidOperations,
  openProgram,
  readKeyFiles,
  type DidOperations,
  type LiveKey,
  type Program,
  issuerKeysOf,
  openStatusChecker,
} from '@gridpass/program';
import { createSchemas } from '@gridpass/schema';
import { createLedgerRepository } from '@gridpass/store';
import { createAuthoritySource, type TrustAnchor } from '@gridpass/trust';
import { composeWallet, walletsConfig, type Wallet, type WalletRuntime } from '@gridpass/wallet';
import { createIssuerAdmin, type IssuerAdmin } from './adapters/issuer-admin.js';
import {
  DEVICES,
  HOUSEHOLDS,
  ISSUERS,
  JURISDICTION,
  KEY_TYPES,
  ORGANISATIONS,
  ZONE,
  type DeviceName,
  type Household,
  type Organisation,
} from './cast.js';
import type { SocietyConfig } from './config.js';
import { openLedgerAccount } from './ledger-account.js';
import { assertPortsFree, portsFrom } from './ports.js';
import { readState, writeState, type ActRecord, type SocietyState } from './state-file.js';

/** A society at work. */
export interface Society {
  readonly config: SocietyConfig;
  readonly chain: Chain;
  readonly program: Program;
  readonly marketplace: Marketplace;
  readonly ledgerGate: LedgerGate;
  readonly operations: DidOperations;
  /** A device that speaks with a key of the tenant of its name. */
  addDevice(name: string, signer: DidSigner): Promise<Device>;
  state(): SocietyState;
  admin(tenant: string): IssuerAdmin;
  wallet(tenant: Organisation | Household): WalletRuntime;
  device(name: DeviceName): Device;
  did(tenant: string): Did;
  keepAct(id: string, record: ActRecord): Promise<void>;
  close(): Promise<void>;
}

const CHAIN_ID = 31_337;
/** The ledger gate is an organisation of its own: it admits, it does not issue. */
const LEDGER_TENANT = 'ledger-gate';
const ANCHORS: readonly { readonly tenant: string; readonly mayIssue: readonly CredentialType[] }[] = [
  { tenant: 'root', mayIssue: ['RegulatorAccreditation'] },
  { tenant: 'manufacturer', mayIssue: ['DeviceIdentity'] },
];

/** Starts everything, or finds it as it was left. Throws Fault PORT_BUSY before anything has started. */
export async function composeSociety(config: SocietyConfig, says: (line: string) => void): Promise<Society> {
  const stateFile = join(config.directory, 'society.json');
  const before = await readState(stateFile);
  // One that began before there was a port for it has the next free place for what came later.
  const ports = { ...portsFrom(before?.ports.issuer ?? config.portBase), ...before?.ports };
  await assertPortsFree(ports);
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return await start({ config, stateFile, before, ports, says, closers, close });
  } catch (error) {
    await close();
    throw error;
  }
}

interface Start {
  readonly config: SocietyConfig;
  readonly stateFile: string;
  readonly before: SocietyState | undefined;
  readonly ports: SocietyState['ports'];
  readonly says: (line: string) => void;
  readonly closers: (() => Promise<void>)[];
  readonly close: () => Promise<void>;
}

async function start({ config, stateFile, before, ports, says, closers, close }: Start): Promise<Society> {
  const { stalenessBoundSeconds } = config;
  const keyFile = join(config.directory, 'keys', 'kek');
  await ensureKeyFile(keyFile);
  const account = await openLedgerAccount(join(config.directory, 'keys', 'ledger-account'));

  says('chain');
  const node = await launchEmbeddedNode({
    stateFile: join(config.directory, 'chain', 'state.json'),
    port: ports.chain,
    chainId: CHAIN_ID,
    developmentAccounts: 0,
  });
  closers.push(() => node.stop());
  const chain = connectChain({ rpcUrl: node.rpcUrl, chainId: CHAIN_ID });
  closers.push(async () => chain.close());
  const contracts = await deployContracts({
    chain,
    deployer: account,
    gate: account.account,
    channels: LEDGER_CHANNELS,
    recorded: toAddresses(before?.chain.contracts ?? {}),
  });

  says('store and identities');
  const origins = originsOf(ports);
  // INVARIANT: no wallet of this society goes to the entrance for wallets of others, where a session is bound to no key: it would answer a stranger's link.
  const { marketplaceForOtherWallets: _forOthers, ...reached } = origins;
  const program = await openProgram({
    database: { kind: 'pglite', directory: join(config.directory, 'store') },
    keks: readKeyFiles([{ id: 'kek-1', file: keyFile }]),
    checkpointDirectory: join(config.directory, 'keys', 'checkpoints'),
    chains: [{ chainId: CHAIN_ID, rpcUrl: node.rpcUrl, registry: contracts.DidRegistry, auditAnchor: contracts.AuditAnchor }],
    indexTenant: tenantId(LEDGER_TENANT),
    ownChains: true,
    fetch: { allow: [...Object.values(reached), node.rpcUrl, ...config.allow], allowPrivate: true },
  });
  closers.push(() => program.close());
  await createLedgerRepository(program.store).keepContracts(tenantId(LEDGER_TENANT), CHAIN_ID, contracts);
  const tenants = [...new Set([...ISSUERS.map(({ tenant }) => tenant), ...ORGANISATIONS, LEDGER_TENANT])];
  const auditLogs = new Map<string, Promise<AuditLog>>();
  const auditOf = (tenant: string): Promise<AuditLog> => {
    const log =
      auditLogs.get(tenant) ??
      program.auditLog(tenantId(tenant), new URL(tenant === LEDGER_TENANT ? origins.ledgerGate : origins.issuer).host);
    auditLogs.set(tenant, log);
    return log;
  };
  // The relayer has an account of its own: its nonces are nobody else's.
  const operations = openDidOperations(program, {
    chain: { chainId: CHAIN_ID, rpcUrl: node.rpcUrl, registry: contracts.DidRegistry },
    connection: chain,
    registry: contracts.DidRegistry,
    account: await openLedgerAccount(join(config.directory, 'keys', 'relayer-account')),
    auditOf,
    ...(program.ethrIndexes[0] === undefined ? {} : { index: program.ethrIndexes[0] }),
  });
  closers.push(() => operations.close());
  const signers = new Map<string, LiveKey>();
  for (const tenant of tenants) {
    await auditOf(tenant);
    const did = await program.didOf(tenantId(tenant), {
      alias: 'organisation',
      provider: providerOf(tenant),
      keyType: KEY_TYPES[providerOf(tenant)],
      namespace: namespaceOf(tenant),
    });
    signers.set(tenant, await operations.liveSigner(tenantId(tenant), did));
  }
  const signerOf = (tenant: string): LiveKey => found(signers.get(tenant), tenant);
  const anchors: readonly TrustAnchor[] = ANCHORS.map(({ tenant, mayIssue }) => ({ did: signerOf(tenant).did, mayIssue }));

  // Demo tokens: made once, kept in society.json, which only its owner can read; programs get digests alone.
  const tokenNames = [
    ...ISSUERS.map(({ tenant }) => `operator:${tenant}`),
    ...[...ORGANISATIONS, ...HOUSEHOLDS].map((tenant) => `wallet:${tenant}`),
    'operator:marketplace',
  ];
  const tokens = Object.fromEntries(tokenNames.map((name) => [name, before?.tokens[name] ?? randomToken()]));
  const digest = (name: string): string => digestOf(found(tokens[name], name));
  // Standard output tells the story; one line for each request goes into a file, which begins anew at each start.
  const lines = createWriteStream(join(config.directory, 'log.ndjson'), { mode: 0o600 });
  closers.push(() => new Promise<void>((resolve) => void lines.end(() => resolve())));
  const logOf = (name: string): ReturnType<typeof createLines> => createLines(name, (line) => void lines.write(line));

  // One process: schemas are compiled, status lists and accreditations fetched, once for all programs.
  const schemas = createSchemas();
  const status = openStatusChecker(program, { stalenessBoundSeconds });
  const authority = createAuthoritySource({ fetch: program.fetch });
  const parts = { ...program, anchors, schemas, status, authority };

  says('issuers');
  const identities: Record<string, IssuerIdentity> = {};
  for (const { tenant } of ISSUERS) {
    const id = tenantId(tenant);
    identities[tenant] = {
      signer: signerOf(tenant),
      audit: await auditOf(tenant),
      auditKey: await program.auditKey(id),
    };
  }
  const issuer = await composeIssuer(
    issuingConfig.parse({
      http: { port: ports.issuer },
      publicOrigin: origins.issuer,
      stalenessBoundSeconds,
      listTtlSeconds: Math.max(1, Math.floor(stalenessBoundSeconds / 2)),
      tenants: ISSUERS.map(({ tenant, displayName, mayIssue, provider }) => ({
        tenant,
        displayName,
        mayIssue,
        provider,
        operators: [
          { name: `${tenant} operator`, tokenDigest: digest(`operator:${tenant}`), duties: ['import', 'decide', 'status', 'read', 'keys'] },
        ],
      })),
    }),
    {
      ...parts,
      log: logOf('issuer'),
      identities,
      operations,
      holding: { vault: program.vault, keys: Object.fromEntries(ISSUERS.map(({ tenant }) => [tenant, signerOf(tenant)] as const)) },
      ledger: { chain, auditAnchor: contracts.AuditAnchor, account },
    },
  );
  closers.push(() => issuer.close());

  says('wallets');
  const wallet: Wallet = await composeWallet(
    walletsConfig.parse({
      http: { port: ports.wallet },
      publicOrigin: origins.wallet,
      stalenessBoundSeconds,
      wallets: [
        ...ORGANISATIONS.map((tenant) => ({ tenant, kind: 'organisation' })),
        ...HOUSEHOLDS.map((tenant) => ({ tenant, kind: 'household' })),
      ].map(({ tenant, kind }) => ({ tenant, kind, displayName: tenant, tokenDigest: digest(`wallet:${tenant}`) })),
    }),
    {
      ...parts,
      log: logOf('wallet'),
      identities: Object.fromEntries(ORGANISATIONS.map((tenant) => [tenant, signerOf(tenant)] as const)),
      rotation: operations.rotation,
    },
  );
  closers.push(() => wallet.close());

  says('marketplace');
  const marketTenant = tenantId('market-operator');
  /** One market, with one order book; each entrance has an address and a rule of its own about whose key a token is bound to. */
  const openEntrance = async (entrance: { readonly http: number; readonly mqtt: number; readonly bindTo: 'holder' | 'session' }) => {
    const entered = await composeMarketplace(
      marketplaceConfig.omit(FROM_PARTS).parse({
        tenant: marketTenant,
        http: { port: entrance.http },
        mqtt: { port: entrance.mqtt },
        publicOrigin: at(entrance.http),
        stalenessBoundSeconds,
        operatorTokenDigest: digest('operator:marketplace'),
        bindTo: entrance.bindTo,
        zones: { [ZONE]: { jurisdiction: JURISDICTION } },
      }),
      {
        ...parts,
        log: logOf('marketplace'),
        signer: signerOf(marketTenant),
        audit: found(identities[marketTenant], marketTenant).audit,
        nonceSecrets: await program.nonceSecrets(marketTenant),
        registration: async () => {
          const held = await wallet.walletOf(marketTenant).holder.credentials();
          const role = held.find(({ type, format, state }) => type === 'MarketOperatorRole' && format === 'vc+jwt' && state !== 'revoked');
          return role === undefined ? refuse('NOT_FOUND', 'registration', 'not issued yet') : ok(role.compact);
        },
      },
    );
    closers.push(() => entered.close());
    return entered;
  };
  const marketplace = await openEntrance({ http: ports.marketplace, mqtt: ports.mqtt, bindTo: 'holder' });
  // A wallet of others has keys of its own, which are not the browser's. Devices come to the other entrance: here is any free port.
  await openEntrance({ http: ports.otherWallets, mqtt: 0, bindTo: 'session' });

  says('ledger gate');
  const ledgerGate = await composeLedgerGate(
    ledgerGateConfig.omit({ ...FROM_PARTS, did: true, accountKeyFile: true }).parse({
      tenant: LEDGER_TENANT,
      http: { port: ports.ledgerGate },
      publicOrigin: origins.ledgerGate,
      stalenessBoundSeconds,
      recheckSeconds: stalenessBoundSeconds,
      chain: { rpcUrl: node.rpcUrl, chainId: CHAIN_ID },
      channels: Object.fromEntries(LEDGER_CHANNELS.map((channel) => [channel, channel === 'ledger_node' ? 'operate' : 'trade'])),
    }),
    {
      ...parts,
      log: logOf('ledger-gate'),
      account,
      signer: signerOf(LEDGER_TENANT),
      audit: await auditOf(LEDGER_TENANT),
      nonceSecrets: await program.nonceSecrets(tenantId(LEDGER_TENANT)),
    },
  );
  closers.push(() => ledgerGate.close());

  const findIssuerKey = issuerKeysOf(program);
  const devices = new Map<string, Device>();
  const addDevice = async (name: string, signer: DidSigner): Promise<Device> => {
    const device = composeDevice(
      { tenant: name, stalenessBoundSeconds, market: { url: origins.marketplace, mqttUrl: marketplace.mqttUrl } },
      {
        ...parts,
        signer,
        keyId: await keyIdOf(program, name, signer),
        findIssuerKey,
        issuerTrust: createIssuerTrust({ anchors, authority, resolver: program.resolver, schemas, status, findIssuerKey, maxDepth: 4 }),
      },
    );
    closers.push(() => device.close());
    return device;
  };
  for (const name of DEVICES)
    devices.set(
      name,
      await addDevice(
        name,
        await program.identity(tenantId(name), { alias: 'device', provider: 'did:key', keyType: 'Secp256r1', namespace: 'identity' }),
      ),
    );

  let state: SocietyState = {
    version: 1,
    ports,
    tokens,
    acts: before?.acts ?? {},
    urls: { ...origins, marketplaceMqtt: marketplace.mqttUrl, ledgerRpc: ledgerGate.rpcUrl, chain: node.rpcUrl },
    chain: { chainId: CHAIN_ID, contracts },
    tenants: Object.fromEntries([
      ...[...signers].map(([tenant, signer]) => [tenant, signer.did] as const),
      ...[...devices].map(([name, device]) => [name, device.did] as const),
    ]),
    issuers: ISSUERS.map(({ tenant }) => tenant),
  };
  await writeState(stateFile, state);
  return {
    config,
    chain,
    program,
    marketplace,
    ledgerGate,
    operations,
    addDevice,
    close,
    state: () => state,
    admin: (tenant) => createIssuerAdmin(origins.issuer, tenant, found(tokens[`operator:${tenant}`], tenant)),
    wallet: (tenant) => wallet.walletOf(tenant),
    device: (name) => found(devices.get(name), name),
    did: (tenant) => signerOf(tenant).did,
    keepAct: async (id, record) => {
      state = { ...state, acts: { ...state.acts, [id]: record } };
      await writeState(stateFile, state);
    },
  };
}

const LEDGER_CHANNELS = ['behind_the_meter', 'multi_class', 'ledger_node'];
const FROM_PARTS = { database: true, keyEncryptionKeys: true, anchors: true, chains: true, fetch: true } as const;

function originsOf(ports: SocietyState['ports']): {
  readonly issuer: string;
  readonly wallet: string;
  readonly marketplace: string;
  readonly marketplaceForOtherWallets: string;
  readonly ledgerGate: string;
} {
  return {
    issuer: at(ports.issuer),
    wallet: at(ports.wallet),
    marketplace: at(ports.marketplace),
    marketplaceForOtherWallets: at(ports.otherWallets),
    ledgerGate: at(ports.ledgerGate),
  };
}

const at = (port: number): string => `http://127.0.0.1:${port}`;

function toAddresses(recorded: Readonly<Record<string, string>>): Partial<ContractAddresses> {
  return Object.fromEntries(
    Object.entries(recorded).map(([name, text]): readonly [string, Account] => [name, assertOk(parseAccount(text))]),
  );
}

async function keyIdOf(program: Program, tenant: string, signer: DidSigner): Promise<string> {
  const thumbprint = thumbprintOf(signer.publicJwk);
  return found(
    (await program.vault.keysOf(tenantId(tenant), 'identity').listKeys()).find(({ publicJwk }) => thumbprintOf(publicJwk) === thumbprint),
    tenant,
  ).keyId;
}

/** One DID may both issue and hold here; then its keys are those of an issuer. */
function namespaceOf(tenant: string): DidNamespace {
  if (ISSUERS.some((issuer) => issuer.tenant === tenant)) return 'issuing';
  return tenant === LEDGER_TENANT ? 'gate' : 'identity';
}

function providerOf(tenant: string): keyof typeof KEY_TYPES {
  return ISSUERS.find((issuer) => issuer.tenant === tenant)?.provider ?? 'did:ethr';
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new TypeError(`${name} is not part of this society (process ${process.pid})`);
  return value;
}
