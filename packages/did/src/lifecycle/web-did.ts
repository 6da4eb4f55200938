import { digestOf, untilWon } from '@gridpass/codec';
import { endsAfter, ok, refuse } from '@gridpass/core';
import type { AuditPort, Clock, Did, DidRepository, DidUrl, JsonObject, Outcome, PublicJwk, StoredDid, TenantId } from '@gridpass/core';
import type { KeyVault } from '@gridpass/keys';
import { buildDidWebDocument, verificationMethodOf } from '../create.js';
import type { LifecycleContext } from './lifecycle.js';
import { checkService, checkValidity } from './statement.js';

/** An address to be published in a document. */
export interface WebService {
  readonly type: string;
  readonly endpoint: string;
}

/**
 * Verbs on the did:web of a tenant, whose document its program serves from the store. Each stands in the tenant's log before it
 * counts, and again with how it ended. They refuse NOT_FOUND (not managed by the tenant), DID_METHOD_UNSUPPORTED (another method),
 * DID_DEACTIVATED, and CONFLICT where others change the DID without pause.
 */
export interface WebDidVerbs {
  rotateKey(context: LifecycleContext, did: Did): Promise<Outcome<{ readonly did: Did; readonly keyId: string; readonly kid: DidUrl }>>;
  /** Published for so long; the same type and endpoint again gives it a new end. Refuses REQUEST_MALFORMED. */
  addService(
    context: LifecycleContext,
    did: Did,
    service: WebService & { readonly validSeconds: number },
  ): Promise<Outcome<{ readonly did: Did }>>;
  removeService(context: LifecycleContext, did: Did, service: WebService): Promise<Outcome<{ readonly did: Did }>>;
  /** For good: its address answers 410 from then on, and nothing is signed in its name. */
  deactivate(context: LifecycleContext, did: Did): Promise<Outcome<{ readonly did: Did }>>;
}

type Change = Pick<StoredDid, 'controllerKeyId' | 'keyIds' | 'services' | 'deactivatedAt'>;

/** A document stays far below what resolvers read. */
const MAX_SERVICES = 32;

/** Life cycle of did:web in the store that `did.json` is made from. */
export function createWebDidVerbs(parts: {
  readonly repository: Pick<DidRepository, 'readDid' | 'changeDid'>;
  readonly vault: Pick<KeyVault, 'keysOf'>;
  readonly audit: AuditPort;
  readonly clock: Clock;
}): WebDidVerbs {
  const { repository, vault, audit, clock } = parts;

  async function open(tenant: TenantId, did: Did): Promise<Outcome<StoredDid>> {
    if (!did.startsWith('did:web:')) return refuse('DID_METHOD_UNSUPPORTED', 'lifecycle', 'did: not a did:web');
    const stored = await repository.readDid(tenant, did);
    if (stored === undefined) return refuse('NOT_FOUND', 'lifecycle', 'did: not managed by this tenant');
    return stored.deactivatedAt === undefined ? ok(stored) : refuse('DID_DEACTIVATED', 'lifecycle', 'did: given up');
  }

  /** Planned, written down, changed as it was read or planned anew, written down again. */
  async function perform(
    { tenant, actor, requestId }: LifecycleContext,
    did: Did,
    { action, evidence }: { readonly action: string; readonly evidence: JsonObject },
    plan: (stored: StoredDid) => Outcome<Partial<Change>>,
  ): Promise<Outcome<{ readonly did: Did }>> {
    const record = async (name: string, end: { readonly code?: string } = {}): Promise<void> =>
      void (await audit.appendRecord(tenant, {
        kind: 'act',
        requestId,
        actor,
        at: clock.now(),
        action: name,
        reasons: [],
        evidence: { did, ...evidence },
        ...end,
      }));
    const won = await untilWon<Outcome<{ readonly did: Did }>>(async (turn) => {
      const stored = await open(tenant, did);
      const planned = stored.ok ? plan(stored.value) : stored;
      if (!stored.ok || !planned.ok) {
        if (turn > 0 && !planned.ok) await record(`${action}.failed`, { code: planned.refusal.code });
        return planned.ok ? stored : planned;
      }
      if (turn === 0) await record(action);
      if (!(await repository.changeDid(stored.value, { ...stored.value, ...planned.value }))) return undefined;
      await record(`${action}.done`);
      return ok({ did });
    });
    if (won !== undefined) return won;
    await record(`${action}.failed`, { code: 'CONFLICT' });
    return refuse('CONFLICT', 'lifecycle', 'did: others change it without pause');
  }

  /** Those that still count; the others go with the next change. */
  const standing = ({ services }: StoredDid): StoredDid['services'] => services.filter(standsAt(clock));

  return {
    rotateKey: async (context, did) => {
      const stored = await open(context.tenant, did);
      if (!stored.ok) return stored;
      const keys = vault.keysOf(context.tenant, stored.value.keyNamespace);
      const before = await keys.findKey(stored.value.controllerKeyId);
      if (before === undefined) return refuse('NOT_FOUND', 'lifecycle', 'did: its key is not in the vault');
      const { keyId, publicJwk } = await keys.createKey(before.alg, { label: 'key of a did:web' });
      const changed = await perform(context, did, { action: 'did.rotate', evidence: { newKey: keyId } }, ({ keyIds }) =>
        ok({ controllerKeyId: keyId, keyIds: [...keyIds, keyId] }),
      );
      return changed.ok ? ok({ did, keyId, kid: verificationMethodOf(did, publicJwk) }) : changed;
    },
    addService: async (context, did, { type, endpoint, validSeconds }) => {
      const service = checkService({ type, endpoint });
      if (!service.ok) return service;
      const validity = checkValidity(validSeconds);
      if (!validity.ok) return validity;
      const id = serviceIdOf({ type, endpoint });
      return perform(context, did, { action: 'did.service.add', evidence: { type, service: id } }, (stored) => {
        const others = standing(stored).filter((other) => other.id !== id);
        if (others.length >= MAX_SERVICES) return refuse('CONFLICT', 'lifecycle', `services: at most ${MAX_SERVICES}`);
        const validUntil = (clock.now() + validSeconds) as ReturnType<Clock['now']>;
        return ok({ services: [...others, { id, type, endpoint, validUntil }] });
      });
    },
    removeService: async (context, did, { type, endpoint }) =>
      perform(context, did, { action: 'did.service.remove', evidence: { type, service: serviceIdOf({ type, endpoint }) } }, (stored) => {
        const before = standing(stored);
        // By what it is, for Veramo and imports name services otherwise, and of types that addService does not take.
        const services = before.filter((service) => service.type !== type || service.endpoint !== endpoint);
        return services.length < before.length ? ok({ services }) : refuse('NOT_FOUND', 'lifecycle', 'service: not in the document');
      }),
    deactivate: async (context, did) =>
      perform(context, did, { action: 'did.deactivate', evidence: {} }, () => ok({ deactivatedAt: clock.now() })),
  };
}

/**
 * The did:web document of a tenant, to be served as `did.json`. Refuses NOT_FOUND for a DID of another method or one that the tenant
 * does not manage, and DID_DEACTIVATED (410, which resolvers read as given up).
 */
export async function publishDidWeb(
  parts: { readonly repository: Pick<DidRepository, 'readDid'>; readonly clock: Clock },
  tenant: TenantId,
  { did, publicJwk }: { readonly did: Did; readonly publicJwk: PublicJwk },
): Promise<Outcome<JsonObject>> {
  const stored = did.startsWith('did:web:') ? await parts.repository.readDid(tenant, did) : undefined;
  if (stored === undefined) return refuse('NOT_FOUND', 'lifecycle', 'did: no document of it is served here');
  if (stored.deactivatedAt !== undefined) return refuse('DID_DEACTIVATED', 'lifecycle', 'did: given up');
  return ok(buildDidWebDocument({ did, keys: [publicJwk], services: stored.services.filter(standsAt(parts.clock)) }));
}

/** ERC-1056 has it so, too: what is valid until a second is over in that second. */
const standsAt =
  (clock: Clock) =>
  ({ validUntil }: StoredDid['services'][number]): boolean =>
    validUntil === undefined || endsAfter(validUntil, clock.now());

/** One name for one type and endpoint, so that it is there once. */
const serviceIdOf = ({ type, endpoint }: WebService): string => `#${digestOf(`${type} ${endpoint}`)}`;
