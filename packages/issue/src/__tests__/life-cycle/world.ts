import { ok } from '@gridpass/core';
import type {
  AuditRecord,
  CredentialFormat,
  CredentialHandle,
  DidSigner,
  Digest,
  DidUrl,
  HeldEvidence,
  Instant,
  IssuedRecord,
  Outcome,
  RequestId,
  TenantId,
} from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createIssuanceRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { createFakeClock, createFakeResolver } from '@gridpass/testkit';
import type { FakeClock } from '@gridpass/testkit';
import type { ActContext, ApplicationInput, IssuerEngine } from '../../index.js';
import { context, createSigners, resolveJwk } from '../world.js';
import { WISHES } from './model.js';
import type { TenantName, WishName } from './model.js';
import { redeemAtEngine, redeemByMessages, takeOffer } from './redeem.js';
import type { HeldText, RedeemWay, TakenOffer } from './redeem.js';
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
  /** What arrived at its holder, by digest. */
  readonly texts: Map<Digest, HeldText>;
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
    request: {
      readonly wish: WishName;
      readonly offer: string;
      readonly keys: readonly number[];
      readonly format: CredentialFormat;
      readonly way: RedeemWay;
      readonly requestId: RequestId;
    },
  ): Promise<Outcome<unknown>>;
  /** Whether the token that was given for an offer still opens something. */
  isOpen(wish: WishName, offer: string): Promise<boolean>;
  /** The device went to a new owner, by the application of that name. */
  handOver(application: string): void;
  /** The issuer signs with a new key; whether its document still names the old one. */
  rotate(tenant: TenantName, old: 'stays' | 'goes'): void;
  /** Dies and starts anew. */
  restart(replica: number, crash?: Crash): void;
}

/** Empties the database and gives the distribution system operator its role. */
export async function createLifeCycleWorld(stores: readonly [Store, Store]): Promise<LifeCycleWorld> {
  await empty(stores[0]);
  const clock = createFakeClock();
  const log: AuditRecord[] = [];
  const names = new Map<string, string>();
  const wishes = createWishes();
  const keys = createKeys();
  const texts = new Map<Digest, HeldText>();
  const offers = new Map<string, TakenOffer>();
  let handover: { readonly at: Instant; readonly applicationId: string } | undefined;
  const replicas: Replica[] = [];
  const common: Common = {
    clock,
    resolver: keys.resolver,
    signers: keys.signers,
    signerOf: keys.signerOf,
    audit: {
      appendRecord: async (_tenant, record) => ({ index: log.push(record) - 1 }) as never,
    },
    handoverOf: async () => handover,
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
  const offerOf = (name: string): string => offers.get(name)?.offerId ?? `unknown ${name}`;
  const tenantOf = (wish: WishName): TenantId => TENANTS[WISHES[wish].tenant];
  const wishOf = (wish: WishName) => wishes[wish as Exclude<WishName, 'role'>];
  const takenOf = (name: string): TakenOffer => offers.get(name) ?? { offerId: '', token: '', applicationId: '' };
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
    texts,
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
      const exchange = replicas[0]!.exchanges(tenantOf(wish));
      offers.set(offer, await takeOffer(exchange, wishOf(wish), idOf(application)));
    },
    redeem: async (engine, { wish, offer, keys: asked, format, way, requestId }) => {
      const holders = asked.map((key) => wishOf(wish).holders[key === 0 ? 0 : 1]);
      const redeeming = { tenant: tenantOf(wish), wish: wishOf(wish), offer: takenOf(offer), holders, format, requestId };
      const replica = replicas.find(({ world }) => world.engine === engine)!;
      const issued = way === 'engine' ? await redeemAtEngine(engine, redeeming) : await redeemByMessages(replica, redeeming, clock.now());
      if (issued.ok) for (const [turn, one] of issued.value.entries()) texts.set(one.digest, { ...one, holder: holders[turn]! });
      return issued;
    },
    isOpen: async (wish, offer) => {
      const exchange = replicas[1]!.exchanges(tenantOf(wish));
      const { token } = takenOf(offer);
      const answer = await exchange.parseCredentialRequest({ authorization: `Bearer ${token}`, body: {} });
      // An open token gets as far as the body, which says nothing.
      return answer.ok || answer.refusal.code !== 'TOKEN_INVALID';
    },
    handOver: (applicationId) => {
      handover = { at: clock.now(), applicationId };
    },
    rotate: keys.rotate,
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
    rotate: (tenant: TenantName, old: 'stays' | 'goes') => {
      const { did, kid } = signers[tenant];
      const signer = createSigner(generatePrivateJwk('ES256'));
      const next = { ...signer, did, kid: `${did}#key-r${String((rotations += 1))}` as DidUrl };
      signers[tenant] = next;
      resolver.publishKey(did, next.kid, next.publicJwk);
      if (old === 'goes') resolver.withdrawKey(did, kid);
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
    'exchange_issuance',
    'exchange_token',
    'exchange_nonce',
    'exchange_offer',
    'status_entry',
    'status_list',
  ] as const)
    await store.db.deleteFrom(table).execute();
}
