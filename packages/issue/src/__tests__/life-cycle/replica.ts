import type { Clock, DidResolverPort, FetchPort, IssuanceRepository, TenantId } from '@gridpass/core';
import { ok, refuse } from '@gridpass/core';
import { SIGNED_AGE_BOUNDS, createForgetfulSeenLists, createStatusChecker, createStatusIssuer } from '@gridpass/status';
import type { StatusChecker, StatusIssuer } from '@gridpass/status';
import { createIssuanceRepository, createStatusRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { parseVcJwt } from '@gridpass/suite';
import { createWorld } from '../world.js';
import type { World } from '../world.js';
import type { EngineParts } from '../../index.js';

/** How long a verifier may go on with a list. */
export const BOUND_SECONDS = 30;

/** Where the program dies: in the transaction, after its commit, or before the log took the acts of it. */
export interface Crash {
  readonly where: 'before the commit' | 'after the commit' | 'before the log';
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
}

export interface Common {
  readonly clock: Clock;
  readonly resolver: DidResolverPort;
  readonly signers: Parameters<typeof createWorld>[2];
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
  const repository = createIssuanceRepository(store);
  const world = createWorld(
    store,
    {
      clock,
      resolver,
      statusIssuer,
      status: checker,
      signerOf: common.signerOf,
      handoverOf: common.handoverOf,
      proveAuthority: proveAuthority(repository, checker, clock),
      ...dyingAt(repository, common.audit, crash),
    },
    signers,
  );
  return { world, statusIssuer, checker };
}

/** What a verifier asks of an authority: its own text, and its status by the published lists. */
function proveAuthority(repository: IssuanceRepository, status: StatusChecker, clock: Clock): EngineParts['proveAuthority'] {
  return async ({ digest, uri }) => {
    const tenant = uri.split('/')[4] as TenantId;
    const [record] = await repository.findIssued(tenant, { kind: 'digest', digest });
    const parsed = record?.document === undefined ? undefined : parseVcJwt(record.document);
    if (record === undefined || parsed?.ok !== true) return refuse('ISSUER_NOT_ACCREDITED', 'trusted', 'not found');
    const standing = await status.checkStatus({ references: record.status, issuer: record.issuer, at: clock.now() });
    return standing.ok ? ok({ content: parsed.value.content }) : refuse('ISSUER_NOT_ACCREDITED', 'trusted', standing.refusal.code);
  };
}

function dyingAt(repository: IssuanceRepository, audit: EngineParts['audit'], crash: Crash | undefined) {
  let dead = false;
  const left = { commit: crash?.at ?? 0, log: crash?.at ?? 0 };
  const die = (): never => {
    dead = true;
    throw new Crashed(crash?.where);
  };
  const inTransaction: IssuanceRepository['inTransaction'] = async (work) => {
    if (dead) return die();
    if (crash === undefined || crash.where === 'before the log' || --left.commit !== 0) return repository.inTransaction(work);
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
  return { repository: { ...repository, inTransaction }, audit: { ...audit, appendRecord } };
}
