import type { DIDResolutionResult } from 'did-resolver';
import { instant } from '@gridpass/core';
import type { Did, EthrEvent, EthrIndexName, Instant, Outcome, ResolvedDid } from '@gridpass/core';
import { notFound } from '../methods/result.js';
import { buildDocument } from './build-document.js';
import { DocumentCache, HistoryCache } from './caches.js';
import { createChainReader } from './chain-reader.js';
import { Follower } from './follower.js';
import { Looks } from './looks.js';
import { LogRange } from './read-logs.js';
import { unavailable } from './rpc.js';
import { checkSettings } from './settings.js';
import type { EthrIndexSettings, EthrIndexStatus } from './settings.js';
import { parseSubject } from './subject.js';
import { copyResult, includedIn, parseVersion, toResolved, toResult } from './view.js';
import type { WantedVersion } from './view.js';
import { compareWithWitness } from './witness.js';

export type { EthrIndexSettings, EthrIndexStatus } from './settings.js';

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

const BLOCK_TIMES = 1_024;

/** Opens the index of one registry. Throws InputError CONFIG_INVALID; the chain is not asked before `ready` or the first answer. */
export function createEthrIndex(settings: EthrIndexSettings): EthrIndex {
  checkSettings(settings);
  const index = new Index(settings);
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
  readonly #finalityDepth: number;
  readonly #reader;
  readonly #witness;
  readonly #witnessRange: LogRange;
  readonly #follower: Follower;
  readonly #looks: Looks;
  readonly #ready: DocumentCache<Outcome<ResolvedDid>>;
  readonly #built: DocumentCache<DIDResolutionResult>;
  readonly #histories: HistoryCache;
  readonly #blockTimes = new Map<number, number>();
  readonly #doubted = new Set<string>();
  #auditQueue: string[] = [];
  #revision = 0;

  constructor(settings: EthrIndexSettings) {
    // The first range is small, for its logs may be many; on a chain with few it grows at once.
    const { rpc, witness, clock, logRange = { first: 32, most: 100_000, logs: 5_000 } } = settings;
    const { finalityDepth = 64, freshSeconds = 5, pollSeconds = 1, maxDocuments = 10_000, maxHistoryEvents = 100_000 } = settings;
    this.name = Object.freeze({ chainId: settings.chainId, registry: settings.registry.toLowerCase() });
    this.#settings = settings;
    this.#finalityDepth = finalityDepth;
    this.#reader = createChainReader(this.name, rpc);
    this.#witness = witness === undefined ? undefined : createChainReader(this.name, witness);
    this.#witnessRange = new LogRange(logRange);
    this.#ready = new DocumentCache(maxDocuments);
    this.#built = new DocumentCache(maxDocuments);
    this.#histories = new HistoryCache(maxHistoryEvents);
    this.#looks = new Looks({ clock, freshSeconds, look: (startedAt) => this.#look(startedAt) });
    this.#follower = new Follower({
      tenant: settings.tenant,
      name: this.name,
      reader: this.#reader,
      repository: settings.repository,
      events: {
        changed: (identities) => {
          this.#revision += 1;
          for (const cache of [this.#ready, this.#built, this.#histories]) cache.forget(identities);
        },
        rewound: () => {
          this.#revision += 1;
          for (const cache of [this.#ready, this.#built, this.#histories, this.#blockTimes]) cache.clear();
        },
      },
      startBlock: settings.startBlock ?? 0,
      finalityDepth,
      range: new LogRange(logRange),
      pause: this.#looks.pause,
    });
    if (pollSeconds !== 0) this.#looks.start(pollSeconds);
  }

  async resolveDid(did: Did, options: { readonly at?: Instant; readonly fresh?: boolean } = {}): Promise<Outcome<ResolvedDid>> {
    const { clock } = this.#settings;
    const { at } = options;
    if (options.fresh === true) await this.refresh();
    else if (!this.#looks.isFresh) await this.#looks.freshen();
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
    const value = toResolved(did, built, this.#looks.confirmedAt ?? now);
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
    // What is kept was parsed before: to compute an account from a key costs more than all the rest of a warm answer.
    const kept = wanted?.kind === 'latest' && this.#looks.isFresh ? this.#built.get(did, this.#settings.clock.now()) : undefined;
    if (kept !== undefined) return copyResult(kept.value, accept);
    const subject = parseSubject(did);
    if (!subject.ok) return { didResolutionMetadata: { error: 'invalidDid' }, didDocument: null, didDocumentMetadata: {} };
    if (wanted === undefined) return notFound('did:ethr: versionId is a block number, versionTime a UTC time in whole seconds; not both');
    await this.#looks.freshen();
    const history = await this.#history(subject.value.identity);
    const now = await this.#nowOf(wanted);
    if (now === undefined) return notFound('did:ethr: versionId: the chain has no such block yet');
    const built = buildDocument(subject.value, history, { included: includedIn(wanted), now });
    const value = toResult(built);
    if (wanted.kind === 'latest')
      this.#built.set(did, { identity: subject.value.identity, from: now, until: built?.goodUntil ?? now, value });
    return copyResult(value, accept);
  }

  status(): EthrIndexStatus {
    const state = this.#follower.state;
    const { confirmedAt, isFresh: fresh, fault } = this.#looks;
    return { ...this.name, head: state?.head, witnessed: state?.witnessed ?? -1, confirmedAt, fresh, fault };
  }

  refresh(): Promise<void> {
    return this.#looks.refresh();
  }

  rebuild(): Promise<void> {
    return this.#looks.afterwards(async () => {
      await this.#settings.repository.drop(this.#settings.tenant, this.name);
      this.#follower.forget();
    });
  }

  close(): Promise<void> {
    return this.#looks.close();
  }

  async #look(startedAt: Instant): Promise<void> {
    const head = await this.#follower.advance([...this.#doubted, ...this.#toAudit()]);
    await this.#compareNodes(head.number - this.#finalityDepth);
    const { maxHeadAgeSeconds } = this.#settings;
    if (maxHeadAgeSeconds !== undefined && startedAt - head.time > maxHeadAgeSeconds)
      throw unavailable('the newest block of the node is old');
    this.#doubted.clear();
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
        pause: this.#looks.pause,
      },
      { from, final },
    );
    this.#follower.witnessed(agreed);
  }

  #toAudit(): readonly string[] {
    if (this.#auditQueue.length === 0) this.#auditQueue = [...new Set([...this.#ready.identities(), ...this.#built.identities()])];
    return this.#auditQueue.splice(0, this.#settings.auditPerPoll ?? 4);
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
      if (revision !== this.#revision || !this.#looks.isFresh) continue;
      if ((history.at(-1)?.block ?? 0) === named) {
        this.#histories.set(identity, history);
        return history;
      }
      this.#doubted.add(identity);
      await this.refresh();
    }
    throw this.#looks.fault ?? unavailable('the chain moved while it was read');
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
    const { confirmedAt } = this.#looks;
    if (!value.ok || confirmedAt === undefined || value.value.fetchedAt === confirmedAt) return value;
    return (kept.value = { ok: true, value: Object.freeze({ ...value.value, fetchedAt: instant(confirmedAt) }) });
  }
}
