import { Fault, instant, ok, refuse } from '@gridpass/core';
import type {
  AuditPort,
  Clock,
  Did,
  DidRepository,
  DidTransfer,
  Outcome,
  TenantId,
  TransferRepository,
  TransferState,
} from '@gridpass/core';
import { randomToken } from '@gridpass/codec';
import type { KeyVault } from '@gridpass/keys';
import type { DidLifecycle, LifecycleContext } from './lifecycle.js';
import { accountOf, identityOfDid } from './registry-reader.js';
import type { RegistryReader } from './registry-reader.js';

/** What a change of owner does to the device's credentials. Each is idempotent: it is asked again after a crash. */
export interface TransferConsequences {
  /** Who commissioned the device, and so confirms; undefined where nobody did. Not for the owners to choose. */
  confirmerOf(did: Did): Promise<TenantId | undefined>;
  /** Suspends every commissioning of the device, until whoever gave it looked at it again; how many credentials. */
  suspend(transfer: DidTransfer, context: LifecycleContext): Promise<Outcome<number>>;
  resume(transfer: DidTransfer, context: LifecycleContext): Promise<Outcome<number>>;
}

/** What transfers work with. */
export interface TransferParts {
  readonly chainId: number;
  readonly registry: RegistryReader;
  readonly lifecycle: Pick<DidLifecycle, 'changeOwner'>;
  readonly transfers: TransferRepository;
  readonly dids: DidRepository;
  readonly vault: KeyVault;
  readonly consequences: TransferConsequences;
  readonly audit: AuditPort;
  readonly clock: Clock;
}

/**
 * Ownership of a device's did:ethr in two steps. One owner offers, the other accepts or rejects; until then the offer can be
 * taken back. With acceptance the device's commissioning is suspended first, and the registry told second, so that at no
 * moment a new owner holds a device that the grid operator confirmed for the old one.
 */
export interface DidTransfers {
  offer(
    context: LifecycleContext,
    offer: { readonly did: Did; readonly toTenant: TenantId; readonly lifeSeconds: number },
  ): Promise<Outcome<DidTransfer>>;
  /** Refuses OFFER_UNKNOWN when it has expired, CONFLICT when it is not open. Waits for the registry; goes on by itself after a Fault. */
  accept(context: LifecycleContext, transferId: string): Promise<Outcome<DidTransfer>>;
  reject(context: LifecycleContext, transferId: string): Promise<Outcome<DidTransfer>>;
  cancel(context: LifecycleContext, transferId: string): Promise<Outcome<DidTransfer>>;
  /** By the confirmer, once the registry has the new owner: the suspension is taken back. */
  confirm(context: LifecycleContext, transferId: string): Promise<Outcome<DidTransfer>>;
  list(tenant: TenantId): Promise<readonly DidTransfer[]>;
  /** Takes up what a crash cut off; how many were brought to their end. */
  recover(context: Omit<LifecycleContext, 'tenant'>): Promise<number>;
}

type Role = 'tenant' | 'toTenant' | 'confirmer';
const MAX_LIFE_SECONDS = 2_592_000;
const PAGE = 200;

/** Transfers on one registry. The store keeps the state; each step is written before the next begins. */
export function createDidTransfers(parts: TransferParts): DidTransfers {
  const { chainId, registry, lifecycle, transfers, dids, vault, consequences, audit, clock } = parts;

  async function find(context: LifecycleContext, transferId: string, role: Role): Promise<Outcome<DidTransfer>> {
    const transfer = await transfers.readTransfer(context.tenant, transferId);
    // Whoever has no say in it is not told that it exists.
    return transfer === undefined || transfer[role] !== context.tenant
      ? refuse('NOT_FOUND', 'transfer', 'transfer: none that this tenant may decide on')
      : ok(transfer);
  }

  async function record(context: LifecycleContext, action: string, { did, transferId, tenant, toTenant }: DidTransfer): Promise<void> {
    await audit.appendRecord(context.tenant, {
      kind: 'act',
      requestId: context.requestId,
      at: clock.now(),
      action: `did.transfer.${action}`,
      reasons: [],
      actor: context.actor,
      evidence: { did, transferId, from: tenant, to: toTenant },
    });
  }

  async function move(transfer: DidTransfer, state: TransferState, newKeyId?: string): Promise<Outcome<DidTransfer>> {
    const changedAt = clock.now();
    const extra = newKeyId === undefined ? {} : { newKeyId };
    const moved = await transfers.changeTransfer(transfer, { state, changedAt, ...extra });
    return moved
      ? ok({ ...transfer, state, changedAt, version: transfer.version + 1, ...extra })
      : refuse('CONFLICT', 'transfer', 'transfer: changed by somebody else meanwhile');
  }

  /** An open offer; one that is past its time is closed on the way. */
  async function openOffer(context: LifecycleContext, transferId: string, role: Role): Promise<Outcome<DidTransfer>> {
    const found = await find(context, transferId, role);
    if (!found.ok) return found;
    if (found.value.state !== 'offered') return refuse('CONFLICT', 'transfer', `the transfer is ${found.value.state}`);
    if (clock.now() < found.value.expiresAt) return found;
    await move(found.value, 'expired');
    return refuse('OFFER_UNKNOWN', 'transfer', 'the offer has expired');
  }

  /** From acceptance to the registry; every step may have been done before. */
  async function finish(accepted: DidTransfer, context: LifecycleContext): Promise<Outcome<DidTransfer>> {
    const { did, tenant, toTenant, newKeyId } = accepted;
    const suspended = await consequences.suspend(accepted, context);
    if (!suspended.ok) return suspended;
    const newOwner = accountOf(await vault.publicJwk(toTenant, newKeyId));
    const identity = identityOfDid(did, chainId);
    if (!identity.ok) return identity;
    if ((await registry.ownerOf(identity.value)) !== newOwner) {
      const changed = await lifecycle.changeOwner({ ...context, tenant }, did, newOwner);
      // A call from before a crash may have been quicker than this one; the registry knows.
      if (!changed.ok && (await registry.ownerOf(identity.value)) !== newOwner) return changed;
    }
    const saved = await dids.saveDid({
      tenant: toTenant,
      did,
      alias: '',
      provider: `did:ethr:0x${chainId.toString(16)}`,
      controllerKeyId: newKeyId,
      keyIds: [newKeyId],
      services: [],
      createdAt: clock.now(),
    });
    if (!saved.ok) return saved;
    await dids.deleteDid(tenant, did);
    await record({ ...context, tenant: toTenant }, 'moved', accepted);
    return move(accepted, 'moved');
  }

  return {
    offer: async (context, { did, toTenant, lifeSeconds }) => {
      if (!Number.isSafeInteger(lifeSeconds) || lifeSeconds < 1 || lifeSeconds > MAX_LIFE_SECONDS)
        return refuse('REQUEST_MALFORMED', 'transfer', 'lifeSeconds: 1 to 2592000');
      if (toTenant === context.tenant) return refuse('REQUEST_MALFORMED', 'transfer', 'to: the owner itself');
      const identity = identityOfDid(did, chainId);
      if (!identity.ok) return identity;
      if ((await dids.readDid(context.tenant, did)) === undefined)
        return refuse('NOT_FOUND', 'transfer', 'did: not managed by this tenant');
      const at = clock.now();
      const transfer: DidTransfer = {
        tenant: context.tenant,
        transferId: randomToken(16),
        did,
        toTenant,
        state: 'offered',
        version: 0,
        newKeyId: '',
        confirmer: (await consequences.confirmerOf(did)) ?? toTenant,
        offeredAt: at,
        expiresAt: instant(at + lifeSeconds),
        changedAt: at,
      };
      await closeExpired(context.tenant, did);
      await record(context, 'offer', transfer);
      const added = await transfers.addTransfer(transfer);
      return added.ok ? ok(transfer) : added;
    },
    accept: async (context, transferId) => {
      const offered = await openOffer(context, transferId, 'toTenant');
      if (!offered.ok) return offered;
      const key = await vault.createKey(context.tenant, 'ES256K', { label: "owner of a device's did:ethr" });
      await record(context, 'accept', offered.value);
      const accepted = await move(offered.value, 'accepted', key.keyId);
      return accepted.ok ? finish(accepted.value, context) : accepted;
    },
    reject: (context, transferId) => close(context, transferId, { role: 'toTenant', action: 'reject', state: 'rejected' }),
    cancel: (context, transferId) => close(context, transferId, { role: 'tenant', action: 'cancel', state: 'cancelled' }),
    confirm: async (context, transferId) => {
      const found = await find(context, transferId, 'confirmer');
      if (!found.ok) return found;
      if (found.value.state === 'confirmed') return found;
      if (found.value.state !== 'moved') return refuse('CONFLICT', 'transfer', `the transfer is ${found.value.state}`);
      await record(context, 'confirm', found.value);
      const resumed = await consequences.resume(found.value, context);
      return resumed.ok ? move(found.value, 'confirmed') : resumed;
    },
    list: (tenant) => transfers.listTransfers(tenant, PAGE),
    recover: async (context) => {
      let finished = 0;
      for (const transfer of await transfers.listUnfinished(PAGE)) {
        const done = await finish(transfer, { ...context, tenant: transfer.toTenant }).catch((error: unknown) => {
          // The chain is away: the next recovery goes on; what is no fault of the outside is not hidden.
          if (error instanceof Fault && error.code !== 'INTERNAL') return undefined;
          throw error;
        });
        if (done?.ok === true) finished += 1;
      }
      return finished;
    },
  };

  async function close(
    context: LifecycleContext,
    transferId: string,
    how: { readonly role: Role; readonly action: string; readonly state: TransferState },
  ): Promise<Outcome<DidTransfer>> {
    const offered = await openOffer(context, transferId, how.role);
    if (!offered.ok) return offered;
    await record(context, how.action, offered.value);
    return move(offered.value, how.state);
  }

  async function closeExpired(tenant: TenantId, did: Did): Promise<void> {
    const open = (await transfers.listTransfers(tenant, PAGE)).find((transfer) => transfer.did === did && transfer.state === 'offered');
    if (open !== undefined && clock.now() >= open.expiresAt) await move(open, 'expired');
  }
}
