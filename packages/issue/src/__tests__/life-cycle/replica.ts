import type { Clock, DidResolverPort, ExchangeSessionRepository, FetchPort, IssuanceRepository, TenantId } from '@gridpass/core';
import { SIGNATURE_ALGORITHMS, formatsOf, ok, refuse } from '@gridpass/core';
import { ISSUANCE_SETTINGS, buildConfigurations, createIssuanceExchange } from '@gridpass/exchange';
import type { IssuanceExchange } from '@gridpass/exchange';
import { createSchemas } from '@gridpass/schema';
import { SIGNED_AGE_BOUNDS, createForgetfulSeenLists, createStatusChecker, createStatusIssuer } from '@gridpass/status';
import type { StatusChecker, StatusIssuer } from '@gridpass/status';
import { createExchangeSessionRepository, createIssuanceRepository, createStatusRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { createFakeChallenges } from '@gridpass/testkit';
import { createVerifier } from '@gridpass/verify';
import type { Verifier, VerifierOptions } from '@gridpass/verify';
import { createWorld } from '../world.js';
import type { World } from '../world.js';
import type { EngineParts } from '../../index.js';

/** How long a verifier may go on with a list. */
export const BOUND_SECONDS = 30;

/**
 * Where the program dies: in the transaction, after its commit, before the log took the acts of it, or once the nonce of a request is used,
 * the right to issue is taken, and given back.
 */
export interface Crash {
  readonly where: 'before the commit' | 'after the commit' | 'before the log' | 'in the exchange';
  /** The how manieth transaction or entry of the act. */
  readonly at: number;
}

/** The program is gone; nothing it does afterwards reaches anything. */
export class Crashed extends Error {}

/** One program over the common database. */
export interface Replica {
  readonly world: World;
  readonly statusIssuer: StatusIssuer;
  readonly checker: StatusChecker;
  readonly verifier: Verifier;
  readonly challenges: ReturnType<typeof createFakeChallenges>;
  readonly exchanges: (tenant: TenantId) => IssuanceExchange;
}

export interface Common {
  readonly clock: Clock;
  readonly resolver: DidResolverPort;
  readonly signers: NonNullable<Parameters<typeof createWorld>[2]>;
  readonly signerOf: EngineParts['signerOf'];
  readonly audit: EngineParts['audit'];
  readonly handoverOf: NonNullable<EngineParts['handoverOf']>;
  readonly fetch: FetchPort;
}

/** Starts a program; with a crash it dies there. */
export function startReplica(store: Store, common: Common, crash?: Crash): Replica {
  const { clock, resolver, fetch, signers } = common;
  const statusIssuer = createStatusIssuer({
    repository: createStatusRepository(store),
    clock,
    settings: { listSize: 131_072, listLifeSeconds: 3_600, ttlSeconds: 10, resignSeconds: 120 },
    listUri: (tenant: TenantId, listId: string) => `https://issuer.example/t/${tenant}/status/${listId}`,
  });
  const checker = createStatusChecker({
    fetch,
    resolver,
    clock,
    stalenessBoundSeconds: BOUND_SECONDS,
    signedAge: SIGNED_AGE_BOUNDS,
    seen: createForgetfulSeenLists(),
  });
  const { repository, audit, sessions } = dyingAt(
    { repository: createIssuanceRepository(store), audit: common.audit, sessions: createExchangeSessionRepository(store) },
    crash,
  );
  const challenges = createFakeChallenges();
  const authority = authorityOf(createIssuanceRepository(store));
  const verifier = startVerifier(common, { status: checker, authority, challenges });
  const world = createWorld(
    store,
    {
      clock,
      resolver,
      statusIssuer,
      status: checker,
      signerOf: common.signerOf,
      handoverOf: common.handoverOf,
      // As the issuer program does it.
      proveAuthority: async (reference) => {
        const text = await authority.fetchAuthority(reference);
        return text.ok ? verifier.verifyCredential(text.value, clock.now()) : text;
      },
      repository,
      audit,
    },
    signers,
  );
  return { world, statusIssuer, checker, verifier, challenges, exchanges: startExchanges(world, { sessions, resolver, clock }) };
}

/** The texts that organisations publish of what entitles them. */
function authorityOf(repository: IssuanceRepository): VerifierOptions['authority'] {
  return {
    fetchAuthority: async ({ digest, uri }) => {
      const [record] = await repository.findIssued(uri.split('/')[4] as TenantId, { kind: 'digest', digest });
      return record?.document === undefined ? refuse('ISSUER_NOT_ACCREDITED', 'trusted', 'not found') : ok(record.document);
    },
  };
}

function startVerifier(
  { resolver, signers }: Pick<Common, 'resolver' | 'signers'>,
  ports: Pick<VerifierOptions, 'status' | 'authority' | 'challenges'>,
): Verifier {
  return createVerifier({
    ...ports,
    // How long a document is remembered is the resolver's to bound; here a key that is gone is gone at once.
    resolver: { resolveDid: (did, options) => resolver.resolveDid(did, { ...options, fresh: true }) },
    schemas: createSchemas(),
    anchors: [
      { did: signers.root.did, mayIssue: ['RegulatorAccreditation'] },
      { did: signers.maker.did, mayIssue: ['DeviceIdentity', 'DeviceOwnership'] },
    ],
    algorithms: SIGNATURE_ALGORITHMS,
    methods: ['web', 'jwk'],
    limits: { maxDepth: 4, maxCredentials: 8, presentationMaxAgeSeconds: 300, clockSkewSeconds: 5 },
  });
}

function startExchanges(
  { parts }: Pick<World, 'parts'>,
  ports: { readonly sessions: ExchangeSessionRepository; readonly resolver: DidResolverPort; readonly clock: Clock },
): Replica['exchanges'] {
  const made = new Map<TenantId, IssuanceExchange>();
  return (tenant) => {
    const { mayIssue = [], displayName = '' } = parts.tenants.find((one) => one.tenant === tenant) ?? {};
    const exchange =
      made.get(tenant) ??
      createIssuanceExchange({
        ...ports,
        tenant,
        displayName,
        credentialIssuer: `https://issuer.example/t/${tenant}`,
        configurations: buildConfigurations(mayIssue, {
          formats: formatsOf,
          signingAlgorithms: SIGNATURE_ALGORITHMS,
        }),
        // What ends is ended by an act, never by the time that the commands of a run take.
        settings: { ...ISSUANCE_SETTINGS, tokenLifeSeconds: ISSUANCE_SETTINGS.offerLifeSeconds },
      });
    made.set(tenant, exchange);
    return exchange;
  };
}

interface Mortal {
  readonly repository: IssuanceRepository;
  readonly audit: EngineParts['audit'];
  readonly sessions: ExchangeSessionRepository;
}

function dyingAt({ repository, audit, sessions }: Mortal, crash: Crash | undefined): Mortal {
  let dead = false;
  const left = { commit: crash?.at ?? 0, log: crash?.at ?? 0, exchange: crash?.at ?? 0 };
  const die = (): never => {
    dead = true;
    throw new Crashed(crash?.where);
  };
  const inTransaction: IssuanceRepository['inTransaction'] = async (work) => {
    if (dead) return die();
    if (crash === undefined || !crash.where.endsWith('the commit') || --left.commit !== 0) return repository.inTransaction(work);
    if (crash.where === 'after the commit') {
      await repository.inTransaction(work);
      return die();
    }
    return repository.inTransaction(async (tx) => {
      await work(tx);
      return die();
    });
  };
  const appendRecord: EngineParts['audit']['appendRecord'] = async (tenant, record) => {
    if (dead || (crash?.where === 'before the log' && --left.log === 0)) return die();
    return audit.appendRecord(tenant, record);
  };
  const inExchange = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) return die();
    const done = await work();
    return crash?.where === 'in the exchange' && --left.exchange === 0 ? die() : done;
  };
  return {
    repository: { ...repository, inTransaction },
    audit: { ...audit, appendRecord },
    sessions: {
      ...sessions,
      consumeNonce: (...nonce) => inExchange(() => sessions.consumeNonce(...nonce)),
      claimIssuance: (...claim) => inExchange(() => sessions.claimIssuance(...claim)),
      releaseIssuance: (...claim) => inExchange(() => sessions.releaseIssuance(...claim)),
    },
  };
}
