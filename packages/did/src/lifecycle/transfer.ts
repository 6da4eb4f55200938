import { Fault, InputError, endsAfter, instant, ok, refuse } from '@gridpass/core';
import type { Did, DidTransfer, FaultCode, Instant, Outcome, RefusalCode, RequestId, TenantId, TransferState } from '@gridpass/core';
import { randomToken } from '@gridpass/codec';
import type { LifecycleContext } from './lifecycle.js';
import { accountOf, identityOfDid } from './registry-reader.js';
import { proveTransferAnswer, toTransferOffer } from './transfer-offer.js';
import type { TransferAnswer, TransferOffer } from './transfer-offer.js';
import { createTransferSteps } from './transfer-steps.js';
import type { TransferParts } from './transfer-steps.js';

/** What an owner offers. `toTenant` is there where the DID is that of a tenant of this program, whose operator then answers. */
export interface OfferInput {
  readonly did: Did;
  readonly toDid: Did;
  readonly toTenant?: TenantId | '';
  readonly lifeSeconds: number;
}

/** What a round of recovery came to: one that cannot be finished holds up no other. */
export interface Recovered {
  readonly finished: number;
  readonly unfinished: readonly { readonly transferId: string; readonly code: RefusalCode | FaultCode }[];
}

/**
 * Ownership of a device's did:ethr in two steps. One owner offers, the other accepts or rejects; until then the offer can be
 * taken back. With acceptance the device's commissioning is suspended first, and the registry told second, so that at no
 * moment a new owner holds a device that the grid operator confirmed for the old one. Who has no say in a transfer is told
 * NOT_FOUND; who has another say than the one claimed, NOT_OFFEREE, DEVICE_NOT_OWNED or POLICY_DENIED.
 */
export interface DidTransfers {
  /** Refuses DEVICE_NOT_OWNED, ALREADY_OFFERED, DEVICE_UNCONFIRMED, DEVICE_REVOKED, DEVICE_NOT_TRANSFERABLE, DID_DEACTIVATED. */
  offer(context: LifecycleContext, offer: OfferInput): Promise<Outcome<DidTransfer>>;
  /**
   * Refuses OFFER_EXPIRED, OFFER_OUTDATED (the DID was changed since), TRANSFER_STATE and what `offer` refuses with. Waits for the
   * registry; goes on by itself after a Fault, and may be asked again.
   */
  accept(context: LifecycleContext, transferId: string): Promise<Outcome<DidTransfer>>;
  /** The same for a new owner elsewhere, by a signed answer. The same answer again finds how far it came. */
  answer(tenant: TenantId, transferId: string, answer: TransferAnswer, requestId: RequestId): Promise<Outcome<DidTransfer>>;
  reject(context: LifecycleContext, transferId: string): Promise<Outcome<DidTransfer>>;
  cancel(context: LifecycleContext, transferId: string): Promise<Outcome<DidTransfer>>;
  /** By whoever commissioned the device, once the registry has the new owner, or will never have it: the suspension is taken back. */
  confirm(context: LifecycleContext, transferId: string): Promise<Outcome<DidTransfer>>;
  /** Before an owner is changed in one step: refuses CONFLICT while credentials of the device stand, which only a transfer sees to. */
  checkFree(did: Did): Promise<Outcome<true>>;
  list(tenant: TenantId): Promise<readonly DidTransfer[]>;
  /** For whoever has a say in it. */
  read(tenant: TenantId, transferId: string): Promise<Outcome<DidTransfer>>;
  /** What a new owner elsewhere signs; only of offers to DIDs of elsewhere. */
  showOffer(tenant: TenantId, transferId: string): Promise<Outcome<TransferOffer & { readonly state: TransferState }>>;
  /** Takes up what a crash cut off. */
  recover(requestId: RequestId): Promise<Recovered>;
}

type Role = 'tenant' | 'toTenant' | 'confirmer';
const NOT_YOURS: Readonly<Record<Role, RefusalCode>> = { tenant: 'DEVICE_NOT_OWNED', toTenant: 'NOT_OFFEREE', confirmer: 'POLICY_DENIED' };
/** How long an offer may stand: thirty days. */
export const LONGEST_TRANSFER_SECONDS = 2_592_000;
const PAGE = 200;

/** Transfers on one registry. */
export function createDidTransfers(parts: TransferParts): DidTransfers {
  const { chain, registry, transfers, dids, vault, resolver, consequences, clock } = parts;
  const { record, move, finish } = createTransferSteps(parts);

  const read: DidTransfers['read'] = async (tenant, transferId) => {
    const transfer = await transfers.readTransfer(tenant, transferId);
    // Whoever has no say in it is not told that it exists.
    return transfer === undefined ? refuse('NOT_FOUND', 'transfer', 'transfer: none that this tenant may decide on') : ok(transfer);
  };

  async function find(tenant: TenantId, transferId: string, role: Role): Promise<Outcome<DidTransfer>> {
    const found = await read(tenant, transferId);
    if (!found.ok || found.value[role] === tenant) return found;
    return refuse(NOT_YOURS[role], 'transfer', `transfer: not the ${role} of it`);
  }

  /** An open offer; one that is past its time is closed on the way. */
  async function open(offered: DidTransfer): Promise<Outcome<DidTransfer>> {
    if (offered.state === 'expired') return refuse('OFFER_EXPIRED', 'transfer', 'the offer has expired');
    if (offered.state !== 'offered') return refuse('TRANSFER_STATE', 'transfer', `the transfer is ${offered.state}`);
    if (endsAfter(offered.expiresAt, clock.now())) return ok(offered);
    await move(offered, { state: 'expired' });
    return refuse('OFFER_EXPIRED', 'transfer', 'the offer has expired');
  }

  /** The account by which a tenant owns a DID, as the registry has it now. */
  async function ownerAccount(tenant: TenantId, did: Did): Promise<Outcome<string>> {
    const identity = identityOfDid(did, chain.chainId);
    if (!identity.ok) return identity;
    const stored = await dids.readDid(tenant, did);
    if (stored === undefined) return refuse('DEVICE_NOT_OWNED', 'transfer', 'did: not managed by this tenant');
    const document = await resolver.resolveDid(did, { fresh: true });
    if (!document.ok) return refuse(document.refusal.code, 'lifecycle', document.refusal.detail);
    const owner = await registry.ownerOf(identity.value);
    for (const keyId of new Set([stored.controllerKeyId, ...stored.keyIds])) {
      const key = await vault.keysOf(tenant, stored.keyNamespace).findKey(keyId);
      if (key?.alg === 'ES256K' && accountOf(key.publicJwk) === owner) return ok(owner);
    }
    return refuse('DEVICE_NOT_OWNED', 'transfer', 'did: the registry names another owner');
  }

  /** Whether what was offered is still what would be taken, and still may be. */
  async function checkUnchanged(offered: DidTransfer): Promise<Outcome<DidTransfer['confirmer']>> {
    const owner = await ownerAccount(offered.tenant, offered.did);
    if (!owner.ok) return owner;
    // Any change of the DID counts, a key or delegate above all: whoever accepts has seen the document of before.
    if (owner.value !== offered.owner || (await registry.nonceOf(owner.value)) !== offered.nonce)
      return refuse('OFFER_OUTDATED', 'transfer', 'did: changed since it was offered');
    const standing = await consequences.checkDevice(offered.did, offered.tenant);
    return standing.ok ? ok(standing.value.confirmer) : standing;
  }

  async function closeExpired(tenant: TenantId, did: Did): Promise<void> {
    const stale = (await transfers.listTransfers(tenant, PAGE)).find((transfer) => transfer.did === did && transfer.state === 'offered');
    if (stale !== undefined && !endsAfter(stale.expiresAt, clock.now())) await move(stale, { state: 'expired' });
  }

  async function close(context: LifecycleContext, transferId: string, role: Role, state: 'rejected' | 'cancelled') {
    const found = await find(context.tenant, transferId, role);
    if (!found.ok || found.value.state === state) return found;
    const offered = await open(found.value);
    if (!offered.ok) return offered;
    const action = state === 'rejected' ? 'reject' : 'cancel';
    await record(context.tenant, { action, actor: context.actor, requestId: context.requestId }, offered.value);
    return move(offered.value, { state });
  }

  async function takeAnswer(tenant: TenantId, transferId: string, answer: TransferAnswer, requestId: RequestId) {
    const found = await find(tenant, transferId, 'tenant');
    // An offer to a tenant of this program is answered by its operators.
    if (!found.ok || found.value.toTenant !== '') return refuse('NOT_FOUND', 'transfer', 'transfer: none to be answered here');
    const transfer = found.value;
    // Proven before anything is told of the state: who holds the address of an offer need not be who it is for.
    const proven = await proveTransferAnswer(answer, { offer: toTransferOffer(transfer, chain), resolver, at: clock.now() });
    if (!proven.ok) return proven;
    const { decision, ownerKey, digest } = proven.value;
    // Asked again, since the first answer was lost on its way back or cut off: it did, or goes on to do, what it says.
    if (ownerKey !== undefined && transfer.newOwner === accountOf(ownerKey))
      return transfer.state === 'accepted' ? finish(transfer, requestId) : found;
    if (decision === 'reject' && transfer.state === 'rejected') return found;
    const offered = await open(transfer);
    if (!offered.ok) return offered;
    const act = { action: decision, actor: transfer.toDid, requestId };
    if (decision === 'reject' || ownerKey === undefined) {
      await record(tenant, act, { ...transfer, answer: digest });
      return move(transfer, { state: 'rejected', answer: digest });
    }
    const confirmer = await checkUnchanged(transfer);
    if (!confirmer.ok) return confirmer;
    await record(tenant, act, { ...transfer, answer: digest });
    const accepted = await move(transfer, {
      state: 'accepted',
      ...acceptance(transfer.toDid, clock.now()),
      newOwner: accountOf(ownerKey),
      answer: digest,
      confirmer: confirmer.value,
    });
    return accepted.ok ? finish(accepted.value, requestId) : accepted;
  }

  return {
    offer: async (context, { did, toDid, toTenant = '', lifeSeconds }) => {
      if (!Number.isSafeInteger(lifeSeconds) || lifeSeconds < 1 || lifeSeconds > LONGEST_TRANSFER_SECONDS)
        return refuse('REQUEST_MALFORMED', 'transfer', `lifeSeconds: 1 to ${LONGEST_TRANSFER_SECONDS}`);
      if (toTenant === context.tenant || toDid === did) return refuse('REQUEST_MALFORMED', 'transfer', 'to: the owner or device itself');
      const owner = await ownerAccount(context.tenant, did);
      if (!owner.ok) return owner;
      const last = (await transfers.lastAccepted(did))?.state;
      if (last === 'accepted') return refuse('ALREADY_OFFERED', 'transfer', 'did: on its way already');
      if (last === 'moved') return refuse('DEVICE_UNCONFIRMED', 'transfer', 'did: its last transfer is not confirmed');
      const standing = await consequences.checkDevice(did, context.tenant);
      if (!standing.ok) return standing;
      const at = clock.now();
      const transfer: DidTransfer = {
        tenant: context.tenant,
        transferId: randomToken(16),
        did,
        toDid,
        toTenant,
        state: 'offered',
        version: 0,
        owner: owner.value,
        nonce: await registry.nonceOf(owner.value),
        offeredBy: context.actor,
        ...acceptance('', instant(0)),
        newOwner: '',
        newKeyId: '',
        answer: '',
        confirmer: standing.value.confirmer,
        witness: '',
        applicationId: '',
        reason: '',
        offeredAt: at,
        expiresAt: instant(at + lifeSeconds),
        changedAt: at,
      };
      await closeExpired(context.tenant, did);
      await record(context.tenant, { action: 'offer', actor: context.actor, requestId: context.requestId }, transfer);
      const added = await transfers.addTransfer(transfer);
      return added.ok ? ok(transfer) : added;
    },
    accept: async (context, transferId) => {
      const found = await find(context.tenant, transferId, 'toTenant');
      if (!found.ok) return found;
      // Cut off before: what was accepted goes on, and what is over is told.
      if (found.value.state === 'accepted') return finish(found.value, context.requestId);
      const offered = await open(found.value);
      if (!offered.ok) return offered;
      const confirmer = await checkUnchanged(offered.value);
      if (!confirmer.ok) return confirmer;
      const key = await vault.keysOf(context.tenant, 'owning').createKey('ES256K', { label: "owner of a device's did:ethr" });
      await record(context.tenant, { action: 'accept', actor: context.actor, requestId: context.requestId }, offered.value);
      const accepted = await move(offered.value, {
        state: 'accepted',
        ...acceptance(context.actor, clock.now()),
        newOwner: accountOf(key.publicJwk),
        newKeyId: key.keyId,
        confirmer: confirmer.value,
      });
      return accepted.ok ? finish(accepted.value, context.requestId) : accepted;
    },
    answer: takeAnswer,
    reject: (context, transferId) => close(context, transferId, 'toTenant', 'rejected'),
    cancel: (context, transferId) => close(context, transferId, 'tenant', 'cancelled'),
    confirm: async (context, transferId) => {
      const found = await find(context.tenant, transferId, 'confirmer');
      if (!found.ok || found.value.state === 'confirmed') return found;
      const { state } = found.value;
      if (state !== 'moved' && state !== 'failed') return refuse('TRANSFER_STATE', 'transfer', `the transfer is ${state}`);
      await record(context.tenant, { action: 'confirm', actor: context.actor, requestId: context.requestId }, found.value);
      const confirmed = await consequences.confirm(found.value, context);
      if (!confirmed.ok) return confirmed;
      return state === 'failed' ? found : move(found.value, { state: 'confirmed' });
    },
    checkFree: async (did) =>
      (await consequences.hasStanding(did))
        ? refuse('CONFLICT', 'transfer', 'did: a device with credentials goes by a transfer')
        : ok(true),
    list: (tenant) => transfers.listTransfers(tenant, PAGE),
    read,
    showOffer: async (tenant, transferId) => {
      const found = await find(tenant, transferId, 'tenant');
      if (!found.ok || found.value.toTenant !== '') return refuse('NOT_FOUND', 'transfer', 'transfer: none to be answered here');
      return ok({ ...toTransferOffer(found.value, chain), state: found.value.state });
    },
    recover: async (requestId) => {
      let finished = 0;
      const unfinished: { readonly transferId: string; readonly code: RefusalCode | FaultCode }[] = [];
      for (const transfer of await transfers.listUnfinished(PAGE)) {
        const code = await codeOf(() => finish(transfer, requestId));
        if (code === undefined) finished += 1;
        else unfinished.push({ transferId: transfer.transferId, code });
      }
      return { finished, unfinished };
    },
  };
}

const acceptance = (acceptedBy: string, acceptedAt: Instant) => ({ acceptedBy, acceptedAt });

/** What kept a transfer from its end. A mistake of ours is told as INTERNAL and hidden from nobody, but holds up no other transfer. */
async function codeOf(run: () => Promise<Outcome<unknown>>): Promise<RefusalCode | FaultCode | undefined> {
  try {
    return (await run()).refusal?.code;
  } catch (error) {
    return error instanceof Fault || error instanceof InputError ? error.code : 'INTERNAL';
  }
}
