import { Fault, assertOk, ok, refuse } from '@gridpass/core';
import type { Did, DidUrl, JsonObject, Outcome, PublicJwk, StoredDid, TenantId } from '@gridpass/core';
import { utf8 } from '@gridpass/codec';
import { samePublicJwk } from '@gridpass/keys';
import { toDidEthr } from '../create.js';
import { currentVerificationMethod } from './current-key.js';
import { createPerforming } from './perform.js';
import type { Changed, LifecycleContext, LifecycleParts, Owned, Plan } from './perform.js';
import type { RegistryChange } from './registry-call.js';
import { accountOf, identityOfDid, keyHexOf } from './registry-reader.js';
import { LONGEST_VALIDITY_SECONDS, checkEndedService, checkService, checkValidity } from './statement.js';

export type { Changed, LifecycleContext, LifecycleParts } from './perform.js';

/** What a key that is added may do. */
export type KeyUse = 'authentication' | 'assertion';
/** The two kinds of delegate that did:ethr reads. */
export type DelegateType = 'sigAuth' | 'veriKey';

/**
 * Verbs on the did:ethr of a tenant. Each stands in the tenant's log before anything is sent, and again with how it ended. They
 * refuse NOT_FOUND, DID_DEACTIVATED, KEY_NOT_AUTHORIZED (another owns it by now) and CONFLICT (the registry turned it down).
 * A Fault CHAIN_UNAVAILABLE means that it is under way and goes on.
 */
export interface DidLifecycle {
  createDid(context: LifecycleContext, alias: string): Promise<Outcome<StoredDid>>;
  /** A new key from the vault; the old one is nobody's from then on. */
  rotateKey(context: LifecycleContext, did: Did): Promise<Outcome<Changed & { readonly keyId: string; readonly kid: DidUrl }>>;
  addKey(
    context: LifecycleContext,
    did: Did,
    key: { readonly publicJwk: PublicJwk; readonly use: KeyUse; readonly validSeconds: number },
  ): Promise<Outcome<Changed>>;
  removeKey(context: LifecycleContext, did: Did, key: { readonly publicJwk: PublicJwk; readonly use: KeyUse }): Promise<Outcome<Changed>>;
  addDelegate(
    context: LifecycleContext,
    did: Did,
    delegate: { readonly account: string; readonly type: DelegateType; readonly validSeconds: number },
  ): Promise<Outcome<Changed>>;
  removeDelegate(
    context: LifecycleContext,
    did: Did,
    delegate: { readonly account: string; readonly type: DelegateType },
  ): Promise<Outcome<Changed>>;
  addService(
    context: LifecycleContext,
    did: Did,
    service: { readonly type: string; readonly endpoint: string; readonly validSeconds: number },
  ): Promise<Outcome<Changed>>;
  removeService(
    context: LifecycleContext,
    did: Did,
    service: { readonly type: string; readonly endpoint: string },
  ): Promise<Outcome<Changed>>;
  /** Gives the DID away; the tenant manages it no longer. */
  changeOwner(context: LifecycleContext, did: Did, newOwner: string): Promise<Outcome<Changed>>;
  /** For good: a document that was given up stays empty. */
  deactivate(context: LifecycleContext, did: Did): Promise<Outcome<Changed>>;
  /** Makes the store say what the registry says, after a crash between the two; the DIDs whose key changed. */
  recover(tenant: TenantId): Promise<readonly Did[]>;
}

const NO_OWNER = `0x${'00'.repeat(20)}`;
const ACCOUNT = /^0x[0-9a-f]{40}$/u;

/** Life cycle of DIDs on one registry; signatures by the tenant's vault key, transactions by the relayer. */
export function createDidLifecycle(parts: LifecycleParts): DidLifecycle {
  const { chain, registry, vault, dids, resolver, clock } = parts;
  const { perform, record, adoptOwnersKey } = createPerforming(parts);

  const change =
    (action: string, one: RegistryChange, evidence: JsonObject = {}) =>
    async (): Promise<Outcome<Plan>> =>
      ok({ action, evidence, changes: [one] });
  const malformed = (detail: string): Outcome<never> => refuse('REQUEST_MALFORMED', 'lifecycle', detail);
  /** A key that came with a rotation is in the document by a statement of its own, which ends with it. */
  const farewell = (owned: Owned): readonly RegistryChange[] =>
    owned.isFirst ? [] : [{ kind: 'revokeAttribute', ...keyStatement(owned.publicJwk, 'authentication') }];

  return {
    createDid: async (context, alias) => {
      const known = alias === '' ? undefined : await dids.readDidByAlias(context.tenant, alias);
      if (known !== undefined) return refuse('CONFLICT', 'lifecycle', 'alias: another DID of the tenant has it');
      const key = await vault.keysOf(context.tenant, 'owning').createKey('ES256K', { label: 'controller of a did:ethr' });
      const did = toDidEthr(key.publicJwk, chain.chainId);
      const stored: StoredDid = {
        tenant: context.tenant,
        did,
        alias,
        provider: `did:ethr:0x${chain.chainId.toString(16)}`,
        keyNamespace: 'owning',
        controllerKeyId: key.keyId,
        keyIds: [key.keyId],
        services: [],
        createdAt: clock.now(),
      };
      await record(context, 'did.create', { did });
      const saved = await dids.saveDid(stored);
      return saved.ok ? ok(stored) : saved;
    },
    rotateKey: async (context, did) => {
      let next: { readonly keyId: string; readonly publicJwk: PublicJwk } | undefined;
      const changed = await perform(
        context,
        did,
        async (owned) => {
          const keys = vault.keysOf(context.tenant, owned.stored.keyNamespace);
          next = await keys.createKey('ES256K', { label: 'controller of a did:ethr' });
          // On disk among the DID's keys before the registry hears of it: `recover` finds it there.
          assertOk(await dids.saveDid({ ...owned.stored, keyIds: [...owned.stored.keyIds, next.keyId] }));
          return ok({
            action: 'did.rotate',
            exclusive: true,
            evidence: { newKey: next.keyId },
            // Once the owner changes, `#controllerKey` is gone and the new owner is an address only: its key is published first.
            changes: [
              { kind: 'setAttribute', ...keyStatement(next.publicJwk, 'authentication'), validSeconds: LONGEST_VALIDITY_SECONDS },
              ...farewell(owned),
              { kind: 'changeOwner', newOwner: accountOf(next.publicJwk) },
            ],
          });
        },
        async (owned) => {
          if (next === undefined) return;
          assertOk(await dids.saveDid({ ...owned.stored, controllerKeyId: next.keyId, keyIds: [...owned.stored.keyIds, next.keyId] }));
        },
      );
      if (!changed.ok) return changed;
      if (next === undefined) throw new Fault('INTERNAL', 'a rotation without a key');
      return ok({ ...changed.value, keyId: next.keyId, kid: await currentVerificationMethod(did, next.publicJwk, resolver) });
    },
    addKey: async (context, did, { publicJwk, use, validSeconds }) => {
      if (publicJwk.crv !== 'secp256k1') return malformed('publicJwk: the registry publishes secp256k1 keys');
      const validity = checkValidity(validSeconds);
      if (!validity.ok) return validity;
      const statement = keyStatement(publicJwk, use);
      return perform(
        context,
        did,
        change('did.key.add', { kind: 'setAttribute', ...statement, validSeconds }, { use, account: accountOf(publicJwk) }),
      );
    },
    removeKey: async (context, did, { publicJwk, use }) => {
      if (publicJwk.crv !== 'secp256k1') return malformed('publicJwk: the registry publishes secp256k1 keys');
      return perform(context, did, async (owned) => {
        if (use === 'authentication' && samePublicJwk(owned.publicJwk, publicJwk))
          return refuse('CONFLICT', 'lifecycle', "publicJwk: the controller's own; rotate instead");
        return ok({
          action: 'did.key.remove',
          evidence: { use, account: accountOf(publicJwk) },
          changes: [{ kind: 'revokeAttribute', ...keyStatement(publicJwk, use) }],
        });
      });
    },
    addDelegate: async (context, did, { account, type, validSeconds }) => {
      if (!ACCOUNT.test(account)) return malformed('account: 0x and 40 lower-case hexadecimal digits');
      const validity = checkValidity(validSeconds);
      if (!validity.ok) return validity;
      return perform(
        context,
        did,
        change('did.delegate.add', { kind: 'addDelegate', delegateType: type, delegate: account, validSeconds }, { account, type }),
      );
    },
    removeDelegate: async (context, did, { account, type }) => {
      if (!ACCOUNT.test(account)) return malformed('account: 0x and 40 lower-case hexadecimal digits');
      return perform(
        context,
        did,
        change('did.delegate.remove', { kind: 'revokeDelegate', delegateType: type, delegate: account }, { account, type }),
      );
    },
    addService: async (context, did, { type, endpoint, validSeconds }) => {
      const service = checkService({ type, endpoint });
      if (!service.ok) return service;
      const validity = checkValidity(validSeconds);
      if (!validity.ok) return validity;
      return perform(
        context,
        did,
        change('did.service.add', { kind: 'setAttribute', ...serviceStatement(type, endpoint), validSeconds }, { type }),
      );
    },
    removeService: async (context, did, { type, endpoint }) => {
      const service = checkEndedService({ type, endpoint });
      if (!service.ok) return service;
      return perform(
        context,
        did,
        change('did.service.remove', { kind: 'revokeAttribute', ...serviceStatement(type, endpoint) }, { type }),
      );
    },
    changeOwner: async (context, did, newOwner) => {
      if (!ACCOUNT.test(newOwner) || newOwner === NO_OWNER)
        return malformed('newOwner: 0x and 40 lower-case hexadecimal digits, not all zero');
      return perform(
        context,
        did,
        async (owned) =>
          ok({
            action: 'did.owner.change',
            exclusive: true,
            evidence: { newOwner },
            changes: [...farewell(owned), { kind: 'changeOwner', newOwner }],
          }),
        async () => void (await dids.deleteDid(context.tenant, did)),
      );
    },
    deactivate: (context, did) =>
      perform(context, did, async () =>
        ok({ action: 'did.deactivate', exclusive: true, changes: [{ kind: 'changeOwner', newOwner: NO_OWNER }] }),
      ),
    recover: async (tenant) => {
      const changed: Did[] = [];
      for (const stored of await dids.listDids(tenant)) {
        const identity = identityOfDid(stored.did, chain.chainId);
        if (!identity.ok || stored.keyIds.length < 2) continue;
        const current = await adoptOwnersKey(stored, await registry.ownerOf(identity.value));
        if (current !== undefined && current !== stored) changed.push(stored.did);
      }
      return changed;
    },
  };
}

/** did:ethr lists `sigAuth` under authentication and assertionMethod, `veriKey` under assertionMethod alone. */
function keyStatement(publicJwk: PublicJwk, use: KeyUse): { readonly name: string; readonly value: Uint8Array } {
  return {
    name: `did/pub/Secp256k1/${use === 'authentication' ? 'sigAuth' : 'veriKey'}/hex`,
    value: Uint8Array.from(Buffer.from(keyHexOf(publicJwk), 'hex')),
  };
}

const serviceStatement = (type: string, endpoint: string): { readonly name: string; readonly value: Uint8Array } => ({
  name: `did/svc/${type}`,
  value: utf8(endpoint),
});
