import { untilWon } from '@gridpass/codec';
import { assertOk, ok, refuse } from '@gridpass/core';
import type {
  AuditPort,
  Clock,
  Did,
  DidRepository,
  DidResolverPort,
  JsonObject,
  Outcome,
  PublicJwk,
  RelayPort,
  RequestId,
  StoredDid,
  TenantId,
} from '@gridpass/core';
import type { KeyVault } from '@gridpass/keys';
import { signRegistryCall } from './registry-call.js';
import type { RegistryChange } from './registry-call.js';
import { accountOf, identityOfDid } from './registry-reader.js';
import type { RegistryReader } from './registry-reader.js';

/** What the verbs work with. */
export interface LifecycleParts {
  readonly chain: { readonly chainId: number; readonly registry: string };
  readonly registry: RegistryReader;
  readonly relay: RelayPort;
  readonly vault: KeyVault;
  readonly dids: DidRepository;
  readonly resolver: DidResolverPort;
  readonly audit: AuditPort;
  readonly clock: Clock;
}

/** On whose behalf, who asks, and under which request it stands in the tenant's log. */
export interface LifecycleContext {
  readonly tenant: TenantId;
  readonly actor: string;
  readonly requestId: RequestId;
}

/** A change that stands in the registry. */
export interface Changed {
  readonly did: Did;
  readonly transactions: readonly string[];
  readonly block: number;
}

/** A verb's changes together with the store's part in it. */
export interface Plan {
  readonly action: string;
  readonly evidence?: JsonObject;
  readonly changes: readonly RegistryChange[];
  /** Holds off the DID's other verbs until this one is over: it changes who signs. */
  readonly exclusive?: boolean;
}

/** A DID of the tenant with what the registry says of it. */
export interface Owned {
  readonly stored: StoredDid;
  readonly identity: string;
  readonly owner: string;
  readonly publicJwk: PublicJwk;
  /** Whether the owner is still the key that the DID is made from. */
  readonly isFirst: boolean;
}

/** How every verb is carried out: opened, planned, written down, signed, queued, awaited, written down again. */
export interface Performing {
  /** `after` is the store's part, once the registry has the change. */
  perform(
    context: LifecycleContext,
    did: Did,
    plan: (owned: Owned) => Promise<Outcome<Plan>>,
    after?: (owned: Owned) => Promise<void>,
  ): Promise<Outcome<Changed>>;
  record(context: LifecycleContext, action: string, evidence: JsonObject, end?: { readonly code?: string }): Promise<void>;
  /** The registry has the last word on which of the tenant's keys is the controller's; undefined where none is. */
  adoptOwnersKey(stored: StoredDid, owner: string): Promise<StoredDid | undefined>;
}

export function createPerforming(parts: LifecycleParts): Performing {
  const { chain, registry, relay, vault, dids, resolver, audit, clock } = parts;
  const turns = createTurns();

  /** The DID with the key that the registry takes orders from. */
  async function open(tenant: TenantId, did: Did): Promise<Outcome<Owned>> {
    const identity = identityOfDid(did, chain.chainId);
    if (!identity.ok) return identity;
    const stored = await dids.readDid(tenant, did);
    if (stored === undefined) return refuse('NOT_FOUND', 'lifecycle', 'did: not managed by this tenant');
    const document = await resolver.resolveDid(did, { fresh: true });
    // The request is about this DID: nobody's proof names it.
    if (!document.ok) return refuse(document.refusal.code, 'lifecycle', document.refusal.detail);
    const owner = await registry.ownerOf(identity.value);
    const current = await adoptOwnersKey(stored, owner);
    if (current === undefined) return refuse('KEY_NOT_AUTHORIZED', 'lifecycle', 'did: another owns it by now');
    const publicJwk = await vault.keysOf(tenant, current.keyNamespace).publicJwk(current.controllerKeyId);
    return ok({ stored: current, identity: identity.value, owner, publicJwk, isFirst: owner === identity.value });
  }

  async function adoptOwnersKey(stored: StoredDid, owner: string): Promise<StoredDid | undefined> {
    for (const keyId of [stored.controllerKeyId, ...stored.keyIds]) {
      const key = await vault.keysOf(stored.tenant, stored.keyNamespace).findKey(keyId);
      if (key?.alg !== 'ES256K' || accountOf(key.publicJwk) !== owner) continue;
      if (keyId === stored.controllerKeyId) return stored;
      const next = { ...stored, controllerKeyId: keyId };
      assertOk(await dids.saveDid(next));
      return next;
    }
    return undefined;
  }

  async function record(
    context: LifecycleContext,
    action: string,
    evidence: JsonObject,
    end: { readonly code?: string } = {},
  ): Promise<void> {
    const { tenant, actor, requestId } = context;
    await audit.appendRecord(tenant, { kind: 'act', requestId, at: clock.now(), action, reasons: [], actor, evidence, ...end });
  }

  /** Signs with the next free nonces and queues, all or nothing; another replica may be quicker, then again. */
  async function queue(context: LifecycleContext, did: Did, owned: Owned, changes: readonly RegistryChange[]) {
    const { controllerKeyId, keyNamespace } = owned.stored;
    const signer = await vault.keysOf(context.tenant, keyNamespace).digestSigner(controllerKeyId);
    const queued = await untilWon(async () => {
      const first = Math.max(await relay.nextNonce(context.tenant, { ...chain, owner: owned.owner }), await registry.nonceOf(owned.owner));
      const calls = await Promise.all(
        changes.map((change, index) =>
          signRegistryCall({ ...chain, did, identity: owned.identity, owner: owned.owner, nonce: first + index }, change, signer),
        ),
      );
      const added = await relay.addCalls(context.tenant, calls);
      return added.ok || added.refusal.code !== 'CONFLICT' ? added : undefined;
    });
    return queued ?? refuse('CONFLICT', 'lifecycle', 'nonce: others sign for the same owner without pause');
  }

  async function perform(
    context: LifecycleContext,
    did: Did,
    plan: (owned: Owned) => Promise<Outcome<Plan>>,
    after?: (owned: Owned) => Promise<void>,
  ): Promise<Outcome<Changed>> {
    let ids;
    let action = '';
    const release = await turns.take(did);
    let exclusive = false;
    try {
      const owned = await open(context.tenant, did);
      if (!owned.ok) return owned;
      const planned = await plan(owned.value);
      if (!planned.ok) return planned;
      ({ action } = planned.value);
      exclusive = planned.value.exclusive === true;
      await record(context, action, { did, ...planned.value.evidence });
      const queued = await queue(context, did, owned.value, planned.value.changes);
      if (!queued.ok) {
        await record(context, `${action}.failed`, { did }, { code: queued.refusal.code });
        return queued;
      }
      ids = queued.value;
      if (!exclusive) release();
      const ends = await relay.settled(context.tenant, ids);
      const failed = ends.find(({ state }) => state === 'failed');
      if (failed !== undefined) {
        await record(context, `${action}.failed`, { did, calls: [...ids], reason: failed.reason }, { code: 'CONFLICT' });
        return refuse('CONFLICT', 'lifecycle', `the registry turned it down: ${failed.reason}`);
      }
      await after?.(owned.value);
      const transactions = ends.map(({ hash }) => hash);
      await record(context, `${action}.done`, { did, calls: [...ids], transactions });
      return ok({ did, transactions, block: Math.max(...ends.map(({ block }) => block)) });
    } finally {
      release();
    }
  }

  return { perform, record, adoptOwnersKey };
}

/** One verb of a DID at a time, as long as it signs. */
function createTurns(): { take(did: Did): Promise<() => void> } {
  const last = new Map<Did, Promise<void>>();
  return {
    take: async (did) => {
      const before = last.get(did);
      let release = (): void => undefined;
      const mine = new Promise<void>((resolve) => {
        release = resolve;
      });
      last.set(did, mine);
      await before;
      return () => {
        release();
        if (last.get(did) === mine) last.delete(did);
      };
    },
  };
}
