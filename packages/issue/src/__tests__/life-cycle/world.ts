import { digestOf } from '@gridpass/codec';
import { instant, ok } from '@gridpass/core';
import type {
  AuditRecord,
  CredentialHandle,
  DidSigner,
  DidUrl,
  HeldEvidence,
  Instant,
  IssuedRecord,
  Outcome,
  RequestId,
  TenantId,
} from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createExchangeSessionRepository, createIssuanceRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { createFakeClock, createFakeResolver } from '@gridpass/testkit';
import type { FakeClock } from '@gridpass/testkit';
import type { ActContext, ApplicationInput, IssuerEngine } from '../../index.js';
import { context, createSigners, resolveJwk } from '../world.js';
import { WISHES } from './model.js';
import type { WishName } from './model.js';
import { startReplica } from './replica.js';
import type { Common, Crash, Replica } from './replica.js';
import { TENANTS, createWishes } from './wishes.js';

/** Two programs over one PostgreSQL, and what the model's names mean there. */
export interface LifeCycleWorld {
  readonly clock: FakeClock;
  readonly stores: readonly [Store, Store];
  readonly replicas: Replica[];
  readonly log: AuditRecord[];
  /** Names of the model to ids and digests of the store. */
  readonly names: Map<string, string>;
  /** Everybody's keys, so that all are tried. */
  readonly wishes: ReturnType<typeof createWishes>;
  readonly issuedBy: (tenant: TenantId) => Promise<DidSigner>;
  context(): ActContext;
  tenantOf(wish: WishName): TenantId;
  idOf(name: string): string;
  offerOf(name: string): string;
  handleOf(record: string): CredentialHandle;
  inputOf(wish: WishName, requestId: RequestId, evidence: string | undefined): Promise<ApplicationInput>;
  /** Makes an offer, and takes its token at once. */
  makeOffer(wish: WishName, offer: string, application: string): Promise<void>;
  redeem(
    engine: IssuerEngine,
    request: { readonly wish: WishName; readonly offer: string; readonly keys: readonly number[]; readonly requestId: RequestId },
  ): Promise<Outcome<unknown>>;
  handOver(): void;
  rotate(tenant: keyof typeof TENANTS): void;
  /** Dies and starts anew. */
  restart(replica: number, crash?: Crash): void;
}

let worlds = 0;

/** Empties the database and gives the distribution system operator its role. */
export async function createLifeCycleWorld(stores: readonly [Store, Store]): Promise<LifeCycleWorld> {
  await empty(stores[0]);
  const prefix = `w${String((worlds += 1))}`;
  const clock = createFakeClock();
  const log: AuditRecord[] = [];
  const names = new Map<string, string>();
  const wishes = createWishes();
  const keys = createKeys();
  let handoverAt: Instant | undefined;
  const replicas: Replica[] = [];
  const common: Common = {
    clock,
    resolver: keys.resolver,
    signers: keys.signers,
    signerOf: keys.signerOf,
    audit: {
      appendRecord: async (_tenant, record) => ({ index: log.push(record) - 1 }) as never,
    },
    handoverOf: async () => (handoverAt === undefined ? undefined : { at: handoverAt, applicationId: '' }),
    fetch: {
      fetchDocument: async (url, { accept }) => {
        const [, , , , tenant, , listId] = url.split('/');
        // Any replica answers for any list.
        const { statusIssuer } = replicas[log.length % 2] ?? replicas[0]!;
        const list = await statusIssuer.publishList(tenant as TenantId, listId ?? '', await keys.signerOf(tenant as TenantId));
        if (!list.ok) return ok({ status: 404, mediaType: 'text/plain', bytes: new Uint8Array() });
        return ok({ status: 200, mediaType: accept, bytes: new TextEncoder().encode(list.value.body) });
      },
    },
  };
  const idOf = (name: string): string => names.get(name) ?? `unknown ${name}`;
  const offerOf = (name: string): string => `${prefix}-${name}`;
  const tenantOf = (wish: WishName): TenantId => TENANTS[WISHES[wish].tenant];
  const wishOf = (wish: WishName) => wishes[wish as Exclude<WishName, 'role'>];
  const repository = createIssuanceRepository(stores[0]);
  for (const store of stores) replicas.push(startReplica(store, common));
  const { dso } = await replicas[0]!.world.accredit();
  names.set('r0', dso.digest);
  const [role] = await repository.findIssued(TENANTS.regulator, { kind: 'digest', digest: dso.digest });
  names.set('a0', role!.applicationId);
  log.length = 0;
  return {
    clock,
    stores,
    replicas,
    log,
    names,
    wishes,
    issuedBy: keys.signerOf,
    context,
    tenantOf,
    idOf,
    offerOf,
    handleOf: (record) => ({ kind: 'digest', digest: idOf(record) as never }),
    inputOf: async (wish, requestId, evidence) => {
      const { applicant, type, claims, subject } = wishOf(wish);
      const shown: HeldEvidence[] = [];
      if (evidence !== undefined) {
        const found = await repository.findIssued(TENANTS.maker, { kind: 'digest', digest: idOf(evidence) as never });
        shown.push(...found.map(toEvidence));
      }
      return { applicant, type, claims, evidence: shown, requestId, ...(subject === undefined ? {} : { subject }) };
    },
    makeOffer: async (wish, offer, application) => {
      const sessions = createExchangeSessionRepository(stores[0]);
      const offerId = offerOf(offer);
      const expiresAt = instant(clock.now() + 86_400);
      const codeDigest = digestOf(`code ${offerId}`);
      const made = { offerId, codeDigest, configurationIds: ['x'], reference: idOf(application), attempts: 3, expiresAt };
      await sessions.keepOffer(tenantOf(wish), made);
      const token = { tokenDigest: digestOf(`token ${offerId}`), expiresAt };
      await sessions.redeemOffer(tenantOf(wish), { codeDigest, at: clock.now(), token });
    },
    redeem: async (engine, { wish, offer, keys: asked, requestId }) => {
      const { type, holders } = wishOf(wish);
      const [row] = await stores[0].db
        .selectFrom('exchange_offer')
        .select('reference')
        .where('offer_id', '=', offerOf(offer))
        .where('tenant', '=', tenantOf(wish))
        .execute();
      return engine.issueTo(tenantOf(wish), {
        offerId: offerOf(offer),
        applicationId: row?.reference ?? '',
        type,
        format: 'dc+sd-jwt',
        holderKeys: asked.map((key) => holders[key === 0 ? 0 : 1].key),
        requestId,
      });
    },
    handOver: () => {
      handoverAt = clock.now();
    },
    rotate: (tenant) => keys.rotate(tenant),
    restart: (replica, crash) => {
      replicas[replica] = startReplica(stores[replica === 0 ? 0 : 1], common, crash);
    },
  };
}

function createKeys() {
  const signers = createSigners();
  const resolver = createFakeResolver();
  for (const signer of Object.values(signers)) resolver.publishKey(signer.did, signer.kid, signer.publicJwk);
  let rotations = 0;
  return {
    signers,
    resolver: {
      resolveDid: async (...[did, options]: Parameters<typeof resolver.resolveDid>) =>
        did.startsWith('did:jwk:') ? resolveJwk(did) : resolver.resolveDid(did, options),
    },
    signerOf: async (tenant: TenantId) => signers[tenant as keyof typeof signers],
    /** The old key goes, so that lists are to be signed with the new one. */
    rotate: (tenant: keyof typeof TENANTS) => {
      const { did, kid } = signers[tenant];
      const signer = createSigner(generatePrivateJwk('ES256'));
      const next = { ...signer, did, kid: `${did}#key-r${String((rotations += 1))}` as DidUrl };
      signers[tenant] = next;
      resolver.publishKey(did, next.kid, next.publicJwk);
      resolver.withdrawKey(did, kid);
    },
  };
}

const toEvidence = ({ type, digest, issuer, subject, validUntil, status, holderThumbprint }: IssuedRecord): HeldEvidence => ({
  type,
  digest,
  issuer,
  subject,
  validUntil,
  status,
  holderThumbprint,
});

async function empty(store: Store): Promise<void> {
  for (const table of [
    'issue_outbox',
    'issue_authority',
    'issued_dependency',
    'issued_credential',
    'issue_application',
    'exchange_offer',
    'status_entry',
    'status_list',
  ] as const)
    await store.db.deleteFrom(table).execute();
}
