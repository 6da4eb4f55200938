import { InputError, ok, refuse } from '@gridpass/core';
import type { AuditPort, Did, DidUrl, Outcome, TenantId } from '@gridpass/core';
import { verificationMethodOf, type DidLifecycle, type LifecycleContext } from '@gridpass/did';
import { createDidRepository } from '@gridpass/store';
import { didSigner } from '@gridpass/veramo';
import { createLiveSigner, type LiveKey, type LiveSigner } from './live-signer.js';
import type { Program } from './open-program.js';

/** A key that came in the place of another. */
export interface RotatedKey {
  readonly did: Did;
  readonly kid: DidUrl;
  readonly keyId: string;
  /** Of a registry, and the block of the last one; none where a document is served by ourselves. */
  readonly transactions: readonly string[];
  readonly block?: number;
}

/** The keys of tenants' DIDs that count now, and how one is replaced. */
export interface KeyRotation {
  /** The tenant's signer, with the key that counts now; `rotateKey` replaces it wherever it is held. */
  liveSigner(tenant: TenantId, did: Did): Promise<LiveKey>;
  /**
   * A new key from the vault; the old one is nobody's from then on. Refuses DID_METHOD_UNSUPPORTED for a DID that is its own key, NOT_FOUND
   * for one the tenant does not manage or, of a registry, where nobody sends for us, and what `DidLifecycle` refuses.
   */
  rotateKey(context: LifecycleContext, did: Did): Promise<Outcome<RotatedKey>>;
  /** Takes over what other processes rotated, and rotations that the registry took while nobody waited any more. To be repeated. */
  refresh(): Promise<void>;
}

/** Rotation by method: did:ethr through the life cycle of its registry, did:web in the store our `did.json` is made from. */
export function createKeyRotation(parts: {
  readonly program: Pick<Program, 'store' | 'vault' | 'resolver' | 'clock'>;
  readonly audit: AuditPort;
  /** Of did:ethr; without it such a DID keeps its key. */
  readonly lifecycle?: Pick<DidLifecycle, 'rotateKey' | 'recover'>;
}): KeyRotation {
  const { audit, lifecycle } = parts;
  const { store, vault, resolver, clock } = parts.program;
  const repository = createDidRepository(store);
  const live = new Map<string, { readonly tenant: TenantId; readonly key: LiveSigner }>();

  async function keyOf(tenant: TenantId, did: Did): Promise<LiveKey> {
    const stored = await repository.readDid(tenant, did);
    if (stored === undefined) throw new InputError('NOT_FOUND', 'no such DID is managed here');
    return { ...(await didSigner({ repository, vault, tenant, resolver }, did)), keyId: stored.controllerKeyId };
  }

  /** The document is ours to write: what the store says is what is served from then on. */
  async function rotateWeb({ tenant, actor, requestId }: LifecycleContext, did: Did): Promise<Outcome<RotatedKey>> {
    const stored = await repository.readDid(tenant, did);
    if (stored === undefined) return refuse('NOT_FOUND', 'lifecycle', 'did: not managed by this tenant');
    const before = await vault.findKey(tenant, stored.controllerKeyId);
    if (before === undefined) return refuse('NOT_FOUND', 'lifecycle', 'did: its key is not in the vault');
    const { keyId, publicJwk } = await vault.createKey(tenant, before.alg, { label: 'key of a did:web' });
    const record = { kind: 'act', requestId, actor, reasons: [], evidence: { did, newKey: keyId } } as const;
    await audit.appendRecord(tenant, { ...record, at: clock.now(), action: 'did.rotate' });
    const saved = await repository.saveDid({ ...stored, controllerKeyId: keyId, keyIds: [...stored.keyIds, keyId] });
    if (!saved.ok) return saved;
    await audit.appendRecord(tenant, { ...record, at: clock.now(), action: 'did.rotate.done' });
    return ok({ did, keyId, kid: verificationMethodOf(did, publicJwk), transactions: [] });
  }

  async function rotate(context: LifecycleContext, did: Did): Promise<Outcome<RotatedKey>> {
    const method = did.split(':')[1];
    if (method === 'web') return rotateWeb(context, did);
    if (method !== 'ethr')
      return refuse('DID_METHOD_UNSUPPORTED', 'lifecycle', 'did: a DID of this method is its key; make a new one and enrol it');
    return lifecycle?.rotateKey(context, did) ?? refuse('NOT_FOUND', 'lifecycle', 'did: this program has no relayer for its registry');
  }

  return {
    liveSigner: async (tenant, did) => {
      const name = `${tenant} ${did}`;
      const known = live.get(name);
      if (known !== undefined) return known.key.signer;
      // A rotation of an earlier run may have reached the registry and not the store.
      await lifecycle?.recover(tenant);
      const made = createLiveSigner(await keyOf(tenant, did));
      live.set(name, { tenant, key: made });
      return made.signer;
    },
    rotateKey: async (context, did) => {
      const rotated = await rotate(context, did);
      if (rotated.ok) live.get(`${context.tenant} ${did}`)?.key.replace(await keyOf(context.tenant, did));
      return rotated;
    },
    refresh: async () => {
      for (const { tenant, key } of live.values()) {
        await lifecycle?.recover(tenant);
        const { did, keyId } = key.signer;
        const stored = await repository.readDid(tenant, did);
        if (stored !== undefined && stored.controllerKeyId !== keyId) key.replace(await keyOf(tenant, did));
      }
    },
  };
}
