import { ok, refuse } from '@gridpass/core';
import type {
  AuditPort,
  Clock,
  Did,
  DidRepository,
  DidResolverPort,
  DidTransfer,
  JsonObject,
  Outcome,
  RefusalCode,
  RequestId,
  TenantId,
  TransferChange,
  TransferRepository,
} from '@gridpass/core';
import type { KeyVault } from '@gridpass/keys';
import type { DidLifecycle, LifecycleContext } from './lifecycle.js';
import { identityOfDid } from './registry-reader.js';
import type { RegistryReader } from './registry-reader.js';

/** What a device's credentials say about a change of owner. */
export interface DeviceStanding {
  /** Who commissioned the device, and so confirms; '' where nobody did. Not for the owners to choose. */
  readonly confirmer: TenantId | '';
}

/** What a change of owner does to the device's credentials. Each is idempotent: it is asked again after a crash. */
export interface TransferConsequences {
  /** Whether the device may go on. Refuses DEVICE_REVOKED, DEVICE_NOT_OWNED (by its DeviceOwnership) and DEVICE_NOT_TRANSFERABLE. */
  checkDevice(did: Did, owner: TenantId): Promise<Outcome<DeviceStanding>>;
  /** Whether a commissioning or ownership of the device stands, which a change of owner would leave behind. */
  hasStanding(did: Did): Promise<boolean>;
  /** Suspends commissioning and old ownership, each in the name of its own issuer. */
  suspend(transfer: DidTransfer, requestId: RequestId): Promise<Outcome<number>>;
  /** Takes that back: the registry still names the old owner, and will. */
  restore(transfer: DidTransfer, requestId: RequestId): Promise<Outcome<number>>;
  /** The registry names the new owner: the old ownership is revoked for good, and the new owner's is applied for. */
  handOver(transfer: DidTransfer, requestId: RequestId): Promise<Outcome<Pick<DidTransfer, 'witness' | 'applicationId'>>>;
  /** By the confirmer: the device's own commissioning stands again, copies bound to keys of others are revoked. */
  confirm(transfer: DidTransfer, context: LifecycleContext): Promise<Outcome<number>>;
}

/** What transfers work with. */
export interface TransferParts {
  readonly chain: { readonly chainId: number; readonly registry: string };
  readonly registry: RegistryReader;
  readonly lifecycle: Pick<DidLifecycle, 'changeOwner'>;
  readonly transfers: TransferRepository;
  readonly dids: DidRepository;
  readonly vault: KeyVault;
  readonly resolver: DidResolverPort;
  readonly consequences: TransferConsequences;
  readonly audit: AuditPort;
  readonly clock: Clock;
}

/** The steps of a transfer between its verbs. */
export interface TransferSteps {
  record(tenant: TenantId, act: TransferAct, transfer: DidTransfer): Promise<void>;
  /** Writes a step; TRANSFER_STATE when somebody else was quicker with another one. */
  move(transfer: DidTransfer, change: Omit<TransferChange, 'changedAt'>): Promise<Outcome<DidTransfer>>;
  /** From acceptance to the registry; every step may have been done before. */
  finish(accepted: DidTransfer, requestId: RequestId): Promise<Outcome<DidTransfer>>;
}

/** An act as it will stand in a tenant's log. */
export interface TransferAct {
  readonly action: string;
  readonly actor: string;
  readonly requestId: RequestId;
}

/** What the registry will not take, now or later; anything else it may take at another try. */
const FOR_GOOD: ReadonlySet<RefusalCode> = new Set(['NOT_FOUND', 'DID_NOT_FOUND', 'DID_DEACTIVATED', 'KEY_NOT_AUTHORIZED']);

/** Steps on one registry. The store keeps the state; each step is written before the next begins. */
export function createTransferSteps(parts: TransferParts): TransferSteps {
  const { chain, registry, lifecycle, transfers, dids, consequences, audit, clock } = parts;

  const record: TransferSteps['record'] = async (
    tenant,
    { action, actor, requestId },
    { did, transferId, tenant: from, toDid, answer, reason },
  ) => {
    const evidence: JsonObject = { did, transferId, from, to: toDid, ...(answer === '' ? {} : { answer }) };
    const end = reason === '' ? {} : { code: reason };
    await audit.appendRecord(tenant, {
      kind: 'act',
      requestId,
      at: clock.now(),
      action: `did.transfer.${action}`,
      reasons: [],
      actor,
      evidence,
      ...end,
    });
  };

  const move: TransferSteps['move'] = async (transfer, change) => {
    const whole = { ...change, changedAt: clock.now() };
    if (await transfers.changeTransfer(transfer, whole)) return ok({ ...transfer, ...whole, version: transfer.version + 1 });
    // Two that take up the same transfer do the same things; the slower one finds them done.
    const now = await transfers.readTransfer(transfer.tenant, transfer.transferId);
    return now !== undefined && now.state === change.state && (change.answer ?? now.answer) === now.answer && change.newOwner === undefined
      ? ok(now)
      : refuse('TRANSFER_STATE', 'transfer', 'changed by somebody else meanwhile');
  };

  /** The registry will never name the new owner. Where it still names the old one, everything is as it was before. */
  async function fail(accepted: DidTransfer, owner: string, code: RefusalCode, requestId: RequestId): Promise<Outcome<DidTransfer>> {
    // A DID that was given up names its first key as owner again (ERC-1056 identityOwner), and yet is nobody's.
    if (owner === accepted.owner && code !== 'DID_DEACTIVATED') {
      const restored = await consequences.restore(accepted, requestId);
      if (!restored.ok) return restored;
    }
    const failed = { ...accepted, reason: code };
    await record(accepted.tenant, { action: 'failed', actor: accepted.offeredBy, requestId }, failed);
    return move(accepted, { state: 'failed', reason: code });
  }

  /** Tells the registry, unless it knows. `undefined` once it names the new owner, else why not. */
  async function tellRegistry(accepted: DidTransfer, identity: string, requestId: RequestId): Promise<Outcome<DidTransfer> | undefined> {
    const { did, tenant, newOwner, offeredBy } = accepted;
    if ((await registry.ownerOf(identity)) === newOwner) return undefined;
    const changed = await lifecycle.changeOwner({ tenant, actor: offeredBy, requestId }, did, newOwner);
    // A call from before a crash may have been quicker than this one; the registry knows.
    const owner = changed.ok ? newOwner : await registry.ownerOf(identity);
    if (changed.ok || owner === newOwner) return undefined;
    return FOR_GOOD.has(changed.refusal.code) ? fail(accepted, owner, changed.refusal.code, requestId) : changed;
  }

  async function keepDid({ did, tenant, toTenant, newKeyId }: DidTransfer): Promise<Outcome<unknown>> {
    if (toTenant !== '' && (await dids.readDid(toTenant, did)) === undefined) {
      const saved = await dids.saveDid({
        tenant: toTenant,
        did,
        alias: '',
        provider: `did:ethr:0x${chain.chainId.toString(16)}`,
        keyNamespace: 'owning',
        controllerKeyId: newKeyId,
        keyIds: [newKeyId],
        services: [],
        createdAt: clock.now(),
      });
      if (!saved.ok) return saved;
    }
    await dids.deleteDid(tenant, did);
    return ok(true);
  }

  return {
    record,
    move,
    finish: async (accepted, requestId) => {
      const identity = identityOfDid(accepted.did, chain.chainId);
      if (!identity.ok) return identity;
      const suspended = await consequences.suspend(accepted, requestId);
      if (!suspended.ok) return suspended;
      const ended = await tellRegistry(accepted, identity.value, requestId);
      if (ended !== undefined) return ended;
      const kept = await keepDid(accepted);
      if (!kept.ok) return kept;
      const handed = await consequences.handOver(accepted, requestId);
      if (!handed.ok) return handed;
      const log = accepted.toTenant === '' ? accepted.tenant : accepted.toTenant;
      await record(log, { action: 'moved', actor: accepted.acceptedBy, requestId }, accepted);
      // Where nobody commissioned the device there is nothing to confirm, and nobody to do it.
      return move(accepted, { state: accepted.confirmer === '' ? 'confirmed' : 'moved', ...handed.value });
    },
  };
}
