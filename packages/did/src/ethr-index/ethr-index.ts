import { setTimeout as sleep } from 'node:timers/promises';
import type { DIDResolutionResult } from 'did-resolver';
import { Fault, InputError, instant } from '@gridpass/core';
import type {
  Clock,
  Did,
  EthrBlock,
  EthrEvent,
  EthrEventRepository,
  EthrIndexName,
  Instant,
  Outcome,
  ResolvedDid,
  TenantId,
} from '@gridpass/core';
import { notFound } from '../methods/result.js';
import { buildDocument } from './build-document.js';
import type { BuiltDocument } from './build-document.js';
import { DocumentCache, HistoryCache } from './caches.js';
import { createChainReader } from './chain-reader.js';
import { Follower } from './follower.js';
import { LogRange } from './read-logs.js';
import { unavailable } from './rpc.js';
import type { EthrRpc } from './rpc.js';
import { parseSubject } from './subject.js';
import { includedIn, parseVersion, toResolved, toResult } from './view.js';
import type { WantedVersion } from './view.js';
import { compareWithWitness } from './witness.js';

export interface EthrIndexSettings {
  /** Whose store rows the index is in: the program's own tenant. */
  readonly tenant: TenantId;
  readonly chainId: number;
  readonly registry: string;
  readonly rpc: EthrRpc;
  /** A second node of the same chain; where it disagrees about what is final nothing is answered. */
  readonly witness?: EthrRpc;
  readonly repository: EthrEventRepository;
  readonly clock: Clock;
  /** A block not after the registry's first event; 0 unless told. */
  readonly startBlock?: number;
  /** How many blocks the chain may take back; 64 unless told, 0 where each block is final. */
  readonly finalityDepth?: number;
  /** Seconds between looks at the chain; 0 looks only when asked. 1 unless told. */
  readonly pollSeconds?: number;
  /** How long after the last look answers still count; 5 unless told. */
  readonly freshSeconds?: number;
  /** The newest block must not be older; for chains that make blocks steadily. */
  readonly maxHeadAgeSeconds?: number;
  readonly maxDocuments?: number;
  readonly maxHistoryEvents?: number;
  /** How many kept identities are compared with the registry's own record at each look; 4 unless told. */
  readonly auditPerPoll?: number;
  readonly logRange?: { readonly first: number; readonly most: number; readonly logs: number };
}

export interface EthrIndexStatus extends EthrIndexName {
  readonly head: EthrBlock | undefined;
  readonly witnessed: number;
  readonly confirmedAt: Instant | undefined;
  readonly fresh: boolean;
  /** Why the last look did not succeed. */
  readonly fault: Fault | undefined;
}

/** did:ethr of one registry, answered from its indexed events. */
export interface EthrIndex {
  readonly name: EthrIndexName;
  /** Reads up to the head of the chain; throws the Fault why not. Reading goes on by itself afterwards. */
  ready(): Promise<void>;
  /** Looks at the chain now, beginning after this call. */
  refresh(): Promise<void>;
  /** As core's DidResolverPort for did:ethr of this chain. */
  resolveDid(did: Did, options?: { readonly at?: Instant; readonly fresh?: boolean }): Promise<Outcome<ResolvedDid>>;
  /** As did-resolver, document and metadata equal to those of `ethr-did-resolver`; the caller may write on the result. */
  resolve(
    did: string,
    options?: { readonly versionId?: string | undefined; readonly versionTime?: string | undefined; readonly accept?: string | undefined },
  ): Promise<DIDResolutionResult>;
  status(): EthrIndexStatus;
  /** Forgets all events and reads them again from the chain. Nothing is answered meanwhile. */
  rebuild(): Promise<void>;
  close(): Promise<void>;
}

const MAX_BACKOFF_SECONDS = 30;
const BLOCK_TIMES = 1_024;

/** Opens the index of one registry. Throws InputError CONFIG_INVALID; the chain is not asked before `ready` or the first answer. */
export function createEthrIndex(settings: EthrIndexSettings): EthrIndex {
  checkSettings(settings);
  const index = new Index(settings);
  index.start();
  return Object.freeze({
    name: index.name,
    ready: () => index.refresh(),
    refresh: () => index.refresh(),
    resolveDid: (did, options) => index.resolveDid(did, options),
    resolve: (did, options) => index.resolve(did, options),
    status: () => index.status(),
    rebuild: () => index.rebuild(),
    close: () => index.close(),
  } satisfies EthrIndex);
}

class Index {
  readonly name: EthrIndexName;
  readonly #settings: EthrIndexSettings;
  readonly #freshSeconds: number;
  readonly #finalityDepth: number;
  readonly #reader;
  readonly #witness;
  readonly #range: LogRange;
  readonly #witnessRange: LogRange;
  readonly #follower: Follower;
  readonly #ready: DocumentCache<Outcome<ResolvedDid>>;
  readonly #built: DocumentCache<BuiltDocument | undefined>;
  readonly #histories: HistoryCache;
  readonly #blockTimes = new Map<number, number>();
  readonly #ending = new AbortController();
  readonly #doubted = new Set<string>();
  #auditQueue: string[] = [];
  #revision = 0;
  #confirmedAt: Instant | undefined;
  #fault: Fault | undefined;
  #running: Promise<void> | undefined;
  #queued: Promise<void> | undefined;
  #polling: Promise<void> = Promise.resolve();

  constructor(settings: EthrIndexSettings) {
    const {
      rpc,
      witness,
      logRange = { first: 1_000, most: 100_000, logs: 5_000 },
      finalityDepth = 64,
      startBlock = 0,
      maxDocuments = 10_000,
      maxHistoryEvents = 100_000,
    } = settings;
    this.name = Object.freeze({ chainId: settings.chainId, registry: settings.registry.toLowerCase() });
    this.#settings = settings;
    this.#freshSeconds = settings.freshSeconds ?? 5;
    this.#finalityDepth = finalityDepth;
    this.#reader = createChainReader(this.name, rpc);
    this.#witness = witness === undefined ? undefined : createChainReader(this.name, witness);
    this.#range = new LogRange(logRange);
    this.#witnessRange = new LogRange(logRange);
    this.#ready = new DocumentCache(maxDocuments);
    this.#built = new DocumentCache(maxDocuments);
    this.#histories = new HistoryCache(maxHistoryEvents);
    const events = {
      changed: (identities: ReadonlySet<string>) => {
        this.#revision += 1;
        for (const cache of [this.#ready, this.#built, this.#histories]) cache.forget(identities);
      },
      rewound: () => {
        this.#revision += 1;
        for (const cache of [this.#ready, this.#built, this.#histories, this.#blockTimes]) cache.clear();
      },
    };
    this.#follower = new Follower({
      tenant: settings.tenant,
      name: this.name,
      reader: this.#reader,
      repository: settings.repository,
      events,
      startBlock,
      finalityDepth,
      range: this.#range,
      pause: this.#pause,
    });
  }

  start(): void {
    if (this.#settings.pollSeconds !== 0) this.#polling = this.#poll();
  }

  async resolveDid(did: Did, options: { readonly at?: Instant; readonly fresh?: boolean } = {}): Promise<Outcome<ResolvedDid>> {
    const { clock } = this.#settings;
    const { at } = options;
    if (options.fresh === true) await this.refresh();
    else if (!this.#isFresh()) await this.#freshen();
    if (at === undefined) {
      const kept = this.#ready.get(did, clock.now());
      if (kept !== undefined) return this.#confirmed(kept);
    }
    const subject = parseSubject(did);
    if (!subject.ok) return subject;
    const history = await this.#history(subject.value.identity);
    const now = clock.now();
    const moment = at === undefined || at > now ? now : at;
    const included = includedIn(at === undefined ? { kind: 'latest' } : { kind: 'time', time: moment });
    // ERC-1056 counts a delegate as valid while validity > now, the library while validity >= now: one second ahead they agree.
    const built = buildDocument(subject.value, history, { included, now: moment + 1 });
    const value = toResolved(did, built, this.#confirmedAt ?? now);
    if (at === undefined)
      this.#ready.set(did, { identity: subject.value.identity, from: now, until: (built?.goodUntil ?? now) - 1, value });
    return value;
  }

  async resolve(did: string, options: Parameters<EthrIndex['resolve']>[1] = {}): Promise<DIDResolutionResult> {
    const { accept } = options;
    if (accept !== undefined && accept !== 'application/did+json' && accept !== 'application/did+ld+json') {
      return { didResolutionMetadata: { error: 'unsupportedFormat' }, didDocument: null, didDocumentMetadata: {} };
    }
    const wanted = parseVersion(options);
    const subject = parseSubject(did);
    if (!subject.ok) return { didResolutionMetadata: { error: 'invalidDid' }, didDocument: null, didDocumentMetadata: {} };
    if (wanted === undefined) return notFound('did:ethr: versionId is a block number, versionTime a UTC time in whole seconds; not both');
    if (!this.#isFresh()) await this.#freshen();
    const kept = wanted.kind === 'latest' ? this.#built.get(did, this.#settings.clock.now()) : undefined;
    if (kept !== undefined) return structuredClone(toResult(kept.value, accept));
    const history = await this.#history(subject.value.identity);
    const now = await this.#nowOf(wanted);
    if (now === undefined) return notFound('did:ethr: versionId: the chain has no such block yet');
    const built = buildDocument(subject.value, history, { included: includedIn(wanted), now });
    if (wanted.kind === 'latest')
      this.#built.set(did, { identity: subject.value.identity, from: now, until: built?.goodUntil ?? now, value: built });
    return structuredClone(toResult(built, accept));
  }

  status(): EthrIndexStatus {
    const state = this.#follower.state;
    return {
      ...this.name,
      head: state?.head,
      witnessed: state?.witnessed ?? -1,
      confirmedAt: this.#confirmedAt,
      fresh: this.#isFresh(),
      fault: this.#fault,
    };
  }

  /** One look at a time; who comes while one is under way shares the one after it. */
  refresh(): Promise<void> {
    if (this.#running === undefined) return this.#run(() => this.#look());
    return (this.#queued ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#queued = undefined;
        return this.refresh();
      }));
  }

  async rebuild(): Promise<void> {
    while (this.#running !== undefined) await this.#running.catch(() => undefined);
    return this.#run(async () => {
      this.#confirmedAt = undefined;
      await this.#settings.repository.drop(this.#settings.tenant, this.name);
      this.#follower.forget();
      await this.#look();
    });
  }

  async close(): Promise<void> {
    this.#ending.abort();
    this.#confirmedAt = undefined;
    await this.#polling;
    await this.#running?.catch(() => undefined);
  }

  #run(work: () => Promise<void>): Promise<void> {
    const running = work().finally(() => {
      this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #look(): Promise<void> {
    if (this.#ending.signal.aborted) throw unavailable('the index is closed');
    const startedAt = this.#settings.clock.now();
    try {
      const head = await this.#follower.advance([...this.#doubted, ...this.#toAudit()]);
      await this.#compareNodes(head.number - this.#finalityDepth);
      const { maxHeadAgeSeconds } = this.#settings;
      if (maxHeadAgeSeconds !== undefined && startedAt - head.time > maxHeadAgeSeconds)
        throw unavailable('the newest block of the node is old');
      this.#doubted.clear();
      this.#confirmedAt = startedAt;
      this.#fault = undefined;
    } catch (cause) {
      this.#fault = cause instanceof Fault ? cause : new Fault('INTERNAL', 'did:ethr: the index failed', { cause });
      // A node that does not answer leaves what was confirmed for its time; one that contradicts itself leaves nothing.
      if (this.#fault.code !== 'RESOLVER_UNAVAILABLE') this.#confirmedAt = undefined;
      throw this.#fault;
    }
  }

  async #compareNodes(final: number): Promise<void> {
    if (this.#witness === undefined || final < 0) return;
    const { tenant, repository, startBlock = 0 } = this.#settings;
    const from = Math.max(startBlock, (this.#follower.state?.witnessed ?? -1) + 1);
    const agreed = await compareWithWitness(
      {
        tenant,
        name: this.name,
        repository,
        reader: this.#reader,
        witness: this.#witness,
        range: this.#witnessRange,
        pause: this.#pause,
      },
      { from, final },
    );
    this.#follower.witnessed(agreed);
  }

  #toAudit(): readonly string[] {
    if (this.#auditQueue.length === 0) this.#auditQueue = [...new Set([...this.#ready.identities(), ...this.#built.identities()])];
    return this.#auditQueue.splice(0, this.#settings.auditPerPoll ?? 4);
  }

  #isFresh(): boolean {
    const confirmed = this.#confirmedAt;
    if (confirmed === undefined || this.#ending.signal.aborted) return false;
    const age = this.#settings.clock.now() - confirmed;
    // A clock that was set back must not stretch the life of an answer.
    return age >= 0 && age <= this.#freshSeconds;
  }

  /** Looks once more, but does not let an asker wait for long, e.g. for a first reading of the whole chain. */
  async #freshen(): Promise<void> {
    const looked = (this.#running ?? this.refresh()).catch(() => undefined);
    const waiting = new AbortController();
    await Promise.race([
      looked,
      sleep(Math.max(1, this.#freshSeconds) * 1000, undefined, { signal: waiting.signal, ref: false }).catch(() => undefined),
    ]);
    waiting.abort();
    if (!this.#isFresh()) throw this.#fault ?? unavailable('the index has not caught up with the chain');
  }

  /** The history of an identity, complete as of the head: the registry itself names the block of the last change. */
  async #history(identity: string): Promise<readonly EthrEvent[]> {
    const { tenant, repository } = this.#settings;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const kept = this.#histories.get(identity);
      if (kept !== undefined) return kept;
      const head = this.#follower.state?.head;
      if (head === undefined) break;
      const revision = this.#revision;
      const history = await repository.readEvents(tenant, this.name, identity);
      const named = await this.#reader.changed(identity, head.number);
      if (revision !== this.#revision || !this.#isFresh()) continue;
      if ((history.at(-1)?.block ?? 0) === named) {
        this.#histories.set(identity, history);
        return history;
      }
      this.#doubted.add(identity);
      await this.refresh();
    }
    throw this.#fault ?? unavailable('the chain moved while it was read');
  }

  async #nowOf(wanted: WantedVersion): Promise<number | undefined> {
    const now = this.#settings.clock.now();
    if (wanted.kind === 'latest') return now;
    if (wanted.kind === 'time') return Math.min(wanted.time, now);
    const head = this.#follower.state?.head.number ?? -1;
    if (wanted.block > head) return undefined;
    const known = this.#blockTimes.get(wanted.block);
    if (known !== undefined) return known;
    const block = await this.#reader.block(wanted.block);
    if (block === undefined) throw unavailable('the node does not have a block it should have');
    if (this.#blockTimes.size >= BLOCK_TIMES) this.#blockTimes.clear();
    if (wanted.block <= head - this.#finalityDepth) this.#blockTimes.set(wanted.block, block.time);
    return block.time;
  }

  /** A kept answer says when it was last known to hold. */
  #confirmed(kept: { value: Outcome<ResolvedDid> }): Outcome<ResolvedDid> {
    const { value } = kept;
    const confirmedAt = this.#confirmedAt;
    if (!value.ok || confirmedAt === undefined || value.value.fetchedAt === confirmedAt) return value;
    return (kept.value = { ok: true, value: Object.freeze({ ...value.value, fetchedAt: instant(confirmedAt) }) });
  }

  async #poll(): Promise<void> {
    const { pollSeconds = 1 } = this.#settings;
    let failures = 0;
    while (!this.#ending.signal.aborted) {
      await this.refresh().then(
        () => {
          failures = 0;
        },
        () => {
          failures += 1;
        },
      );
      await this.#pause(Math.min(MAX_BACKOFF_SECONDS, pollSeconds * 2 ** Math.min(failures, 8)) * 1000);
    }
  }

  readonly #pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: this.#ending.signal, ref: false }).catch(() => undefined);
}

function checkSettings(settings: EthrIndexSettings): void {
  const wrong = (what: string): never => {
    throw new InputError('CONFIG_INVALID', `did:ethr index: ${what}`);
  };
  if (!/^0x[0-9a-fA-F]{40}$/.test(settings.registry)) wrong('the registry is a contract address');
  if (!Number.isSafeInteger(settings.chainId) || settings.chainId < 1) wrong('chainId is a positive integer');
  for (const name of ['startBlock', 'finalityDepth', 'freshSeconds', 'auditPerPoll', 'maxDocuments', 'maxHistoryEvents'] as const) {
    const value = settings[name];
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 0)) wrong(`${name} is a whole number`);
  }
  if (settings.pollSeconds !== undefined && !(settings.pollSeconds >= 0)) wrong('pollSeconds is not negative');
}
