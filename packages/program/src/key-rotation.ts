import { InputError, ok, refuse } from '@gridpass/core';
import type { AuditPort, Did, DidNamespace, DidUrl, Outcome, TenantId } from '@gridpass/core';
import { createWebDidVerbs, type DidLifecycle, type LifecycleContext, type WebDidVerbs } from '@gridpass/did';
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
  /** What the keys of a tenant's DID are for; undefined for a DID that the tenant does not manage. */
  namespaceOf(tenant: TenantId, did: Did): Promise<DidNamespace | undefined>;
  /** The verbs on did:web but rotation. */
  readonly web: Omit<WebDidVerbs, 'rotateKey'>;
  /** Takes over what other processes rotated or gave up, and rotations that the registry took while nobody waited any more. To be repeated. */
  refresh(): Promise<void>;
}

/** What was given up speaks no more: neither a credential nor a status list is made in its name. */
const refuseToSign = async (): Promise<never> => {
  throw new InputError('DID_DEACTIVATED', 'the DID was given up');
};

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
  const web = createWebDidVerbs({ repository, vault, audit, clock });
  const live = new Map<string, { readonly tenant: TenantId; readonly key: LiveSigner }>();

  async function keyOf(tenant: TenantId, did: Did): Promise<LiveKey> {
    const stored = await repository.readDid(tenant, did);
    if (stored === undefined) throw new InputError('NOT_FOUND', 'no such DID is managed here');
    const key = { ...(await didSigner({ repository, vault, tenant, resolver }, did)), keyId: stored.controllerKeyId };
    return stored.deactivatedAt === undefined ? key : { ...key, ended: true, sign: refuseToSign };
  }

  async function renew(tenant: TenantId, did: Did): Promise<void> {
    live.get(`${tenant} ${did}`)?.key.replace(await keyOf(tenant, did));
  }

  async function rotate(context: LifecycleContext, did: Did): Promise<Outcome<RotatedKey>> {
    const method = did.split(':')[1];
    if (method === 'web') {
      const rotated = await web.rotateKey(context, did);
      return rotated.ok ? ok({ ...rotated.value, transactions: [] }) : rotated;
    }
    if (method !== 'ethr')
      return refuse('DID_METHOD_UNSUPPORTED', 'lifecycle', 'did: a DID of this method is its key; make a new one and enrol it');
    return (
      lifecycle?.rotateKey(context, did) ??
      refuse('NOT_FOUND', 'lifecycle', 'did: this program has no relayer for its registry; relayer names one')
    );
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
      if (rotated.ok) await renew(context.tenant, did);
      return rotated;
    },
    namespaceOf: async (tenant, did) => (await repository.readDid(tenant, did))?.keyNamespace,
    web: {
      ...web,
      deactivate: async (context, did) => {
        const ended = await web.deactivate(context, did);
        if (ended.ok) await renew(context.tenant, did);
        return ended;
      },
    },
    refresh: async () => {
      for (const { tenant, key } of live.values()) {
        await lifecycle?.recover(tenant);
        const { did, keyId, ended } = key.signer;
        const stored = await repository.readDid(tenant, did);
        if (stored === undefined) continue;
        const isSame = stored.controllerKeyId === keyId && (stored.deactivatedAt !== undefined) === (ended === true);
        if (!isSame) key.replace(await keyOf(tenant, did));
      }
    },
  };
}
