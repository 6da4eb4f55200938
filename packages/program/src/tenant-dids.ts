import type { AuditLog } from '@gridpass/audit';
import { assertOk, Fault, InputError, tenantId, type AuditPort, type DidNamespace, type PublicJwk, type TenantId } from '@gridpass/core';
import { toDidWeb } from '@gridpass/did';
import { connectChain, parseAccount, type AccountSigner } from '@gridpass/ledger';
import { logNameOf } from './below-path.js';
import { openVaultAccount, readAccountFile } from './account-file.js';
import type { ChainConfig, RelayerConfig } from './chain-config.js';
import type { Closers } from './closers.js';
import { openDidOperations, type DidOperations } from './did-operations.js';
import { createKeyCheck } from './key-check.js';
import { createKeyRotation, type KeyRotation } from './key-rotation.js';
import type { LiveKey } from './live-signer.js';
import type { Program } from './open-program.js';

/** Whose rows those of the program as a whole are: the index of a registry, the accounts that pay. */
export const PROGRAM_TENANT: TenantId = tenantId('gridpass-program');

const KEY_TYPES = {
  'did:web': 'Secp256r1',
  'did:ethr': 'Secp256k1',
  'did:jwk': 'Secp256r1',
  'did:key': 'Secp256r1',
  'did:peer': 'Secp256r1',
} as const;

/** How a tenant's DID is made at the first start. */
export interface TenantDid {
  readonly tenant: string;
  readonly provider: keyof typeof KEY_TYPES;
}

/** A tenant's DID with the key that counts now, and its log with a key of its own. */
export interface TenantIdentity {
  readonly signer: LiveKey;
  readonly audit: AuditLog;
  readonly auditKey: PublicJwk;
}

/** What a program does with the DIDs of its tenants. */
export interface TenantDids {
  readonly identities: Readonly<Record<string, TenantIdentity>>;
  readonly rotation: KeyRotation;
  /** The verbs on did:ethr; absent where no relayer is configured. */
  readonly operations?: DidOperations;
  readonly audit: AuditPort;
  /** Throws Fault KEY_UNAVAILABLE where a signing key of a tenant, or of its log, cannot be opened and used; undefined where there is no tenant. */
  readonly assertKeys?: () => Promise<void>;
}

/** What opening them takes of a configuration. */
export interface TenantDidsSettings {
  readonly publicOrigin: string;
  readonly chains: readonly ChainConfig[];
  readonly relayer?: RelayerConfig | undefined;
  readonly tenants: readonly TenantDid[];
  /** What the tenants' DIDs are for. */
  readonly namespace: DidNamespace;
  /** Under which name a DID that has none of its own is found again. */
  readonly alias: string;
}

/**
 * Each tenant's DID, made at the first start and found again later, with its log; and the relayer where one is configured.
 * Throws InputError CONFIG_INVALID for a relayer without a chain, Fault where a rotated did:ethr cannot be asked for.
 */
export async function openTenantDids(program: Program, settings: TenantDidsSettings, closers: Closers): Promise<TenantDids> {
  const name = logNameOf(settings.publicOrigin);
  const logs = new Map<TenantId, Promise<AuditLog>>();
  const auditOf = (tenant: TenantId): Promise<AuditLog> => {
    const log = logs.get(tenant) ?? program.auditLog(tenant, name);
    logs.set(tenant, log);
    return log;
  };
  const audit: AuditPort = { appendRecord: async (tenant, record) => (await auditOf(tenant)).appendRecord(tenant, record) };
  await openEach(settings.tenants, auditOf);
  const operations =
    settings.relayer === undefined ? undefined : await openOperations(program, settings, settings.relayer, auditOf, closers);
  const rotation = operations?.rotation ?? createKeyRotation({ program, audit });
  const identities: Record<string, TenantIdentity> = {};
  for (const { tenant, provider } of settings.tenants) {
    const id = tenantId(tenant);
    // did:web is spelled by the address its document is served at.
    const alias = provider === 'did:web' ? toDidWeb(`${settings.publicOrigin}/t/${tenant}`).slice('did:web:'.length) : settings.alias;
    const did = await program.didOf(id, { alias, provider, keyType: KEY_TYPES[provider], namespace: settings.namespace });
    identities[tenant] = {
      signer: await rotation.liveSigner(id, did),
      audit: await auditOf(id),
      auditKey: await program.auditKey(id),
    };
  }
  return {
    identities,
    rotation,
    audit,
    ...(operations === undefined ? {} : { operations }),
    ...(settings.tenants.length === 0
      ? {}
      : { assertKeys: createKeyCheck({ vault: program.vault, rotation, namespace: settings.namespace, identities }) }),
  };
}

/**
 * Opens all logs first: nothing is signed, and no key is made, beside a log that is not the one that was signed. What an operator
 * has to decide of several is told at once.
 */
async function openEach(tenants: readonly TenantDid[], auditOf: (tenant: TenantId) => Promise<AuditLog>): Promise<void> {
  const faults: Fault[] = [];
  for (const { tenant } of tenants) {
    try {
      await auditOf(tenantId(tenant));
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'AUDIT_UNAVAILABLE') throw error;
      faults.push(error);
    }
  }
  const [first, ...others] = faults;
  if (first === undefined) return;
  throw others.length === 0 ? first : new Fault('AUDIT_UNAVAILABLE', faults.map(({ message }) => message).join('\n'), { cause: first });
}

/** The one tenant's of a program that has no other. */
export function identityOf({ identities }: Pick<TenantDids, 'identities'>, tenant: TenantId): TenantIdentity {
  const identity = identities[tenant];
  if (identity === undefined) throw new Fault('INTERNAL', 'a tenant without an identity');
  return identity;
}

async function openOperations(
  program: Program,
  { chains }: Pick<TenantDidsSettings, 'chains'>,
  relayer: RelayerConfig,
  auditOf: (tenant: TenantId) => Promise<AuditLog>,
  closers: Closers,
): Promise<DidOperations> {
  const [first] = chains;
  if (first === undefined) throw new InputError('CONFIG_INVALID', 'relayer: there is no chain in `chains` to write to');
  const { chainId, rpcUrl } = first;
  const connection = connectChain({ chainId, rpcUrl });
  closers.add(() => connection.close());
  const { maxFeeGwei, stuckSeconds, confirmations, accountKeyFile } = relayer;
  const index = program.ethrIndexes.find(({ name }) => name.chainId === chainId);
  const operations = openDidOperations(program, {
    chain: first,
    connection,
    registry: assertOk(parseAccount(first.registry.toLowerCase())),
    account: await openAccount(program, 'relayer.accountKeyFile', accountKeyFile, 'relayer-account'),
    auditOf,
    relayer: {
      stuckSeconds,
      confirmations,
      ...(maxFeeGwei === undefined ? {} : { maxFeePerGas: BigInt(Math.round(maxFeeGwei * 1_000)) * 1_000_000n }),
    },
    ...(index === undefined ? {} : { index }),
  });
  closers.add(() => operations.close());
  return operations;
}

/** An account of the operator: from the file that `key` of the configuration names, or from the vault, where it is made the first time. */
export function openAccount(
  program: Pick<Program, 'vault' | 'store'>,
  key: string,
  file: string | undefined,
  vaultKey: string,
): Promise<AccountSigner> {
  return file === undefined ? openVaultAccount(program, PROGRAM_TENANT, vaultKey) : Promise.resolve(readAccountFile(key, file));
}
