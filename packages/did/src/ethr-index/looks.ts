import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@gridpass/core';
import type { Clock, Instant } from '@gridpass/core';
import { unavailable } from './rpc.js';

const MAX_BACKOFF_SECONDS = 30;

/**
 * When the chain is looked at, and whether the last look still counts. One look runs at a time; an answer counts while the last
 * good look began at most `freshSeconds` ago. Every fault of a look is kept in `fault` and thrown to whoever started it, so that
 * who merely waits for its end may let it be.
 */
export class Looks {
  readonly #clock: Clock;
  readonly #freshSeconds: number;
  /** Brings everything up to date with a chain looked at from `startedAt` on, or throws the Fault why not. */
  readonly #look: (startedAt: Instant) => Promise<void>;
  readonly #ending = new AbortController();
  #confirmedAt: Instant | undefined;
  #fault: Fault | undefined;
  #running: Promise<void> | undefined;
  #queued: Promise<void> | undefined;
  #polling: Promise<void> = Promise.resolve();

  constructor(parts: { readonly clock: Clock; readonly freshSeconds: number; readonly look: (startedAt: Instant) => Promise<void> }) {
    this.#clock = parts.clock;
    this.#freshSeconds = parts.freshSeconds;
    this.#look = parts.look;
  }

  /** The start of the last look that succeeded, while nothing has contradicted it. */
  get confirmedAt(): Instant | undefined {
    return this.#confirmedAt;
  }

  /** Why the last look did not succeed. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  get isFresh(): boolean {
    const confirmed = this.#confirmedAt;
    if (confirmed === undefined || this.#ending.signal.aborted) return false;
    const age = this.#clock.now() - confirmed;
    // A clock that was set back must not stretch the life of an answer.
    return age >= 0 && age <= this.#freshSeconds;
  }

  /** One look at a time; who comes while one is under way shares the one after it. */
  refresh(): Promise<void> {
    if (this.#running === undefined) return this.#run(() => this.#lookOnce());
    return (this.#queued ??= this.#ended().then(() => {
      this.#queued = undefined;
      return this.refresh();
    }));
  }

  /** Runs `work` between two looks, and then looks. Nothing is fresh meanwhile. */
  async afterwards(work: () => Promise<void>): Promise<void> {
    while (this.#running !== undefined) await this.#ended();
    return this.#run(async () => {
      this.#confirmedAt = undefined;
      await work();
      await this.#lookOnce();
    });
  }

  /** Looks once more where nothing fresh is there, but lets nobody wait for long, e.g. for a first reading of the whole chain. */
  async freshen(): Promise<void> {
    if (this.isFresh) return;
    const looked = (this.#running ?? this.refresh()).catch(notLost);
    const waiting = new AbortController();
    await Promise.race([
      looked,
      sleep(Math.max(1, this.#freshSeconds) * 1000, undefined, { signal: waiting.signal, ref: false }).catch(onlyAborted),
    ]);
    waiting.abort();
    if (!this.isFresh) throw this.#fault ?? unavailable('the index has not caught up with the chain');
  }

  /** Looks every `seconds`, and less and less often at a node that does not answer, until the end. */
  start(seconds: number): void {
    this.#polling = this.#poll(seconds);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    this.#confirmedAt = undefined;
    await this.#polling;
    await this.#ended();
  }

  /** Waits, or ends at once when this is closed. */
  readonly pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: this.#ending.signal, ref: false }).catch(onlyAborted);

  async #ended(): Promise<void> {
    await this.#running?.catch(notLost);
  }

  #run(work: () => Promise<void>): Promise<void> {
    const running = work().finally(() => {
      this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #lookOnce(): Promise<void> {
    if (this.#ending.signal.aborted) throw unavailable('the index is closed');
    const startedAt = this.#clock.now();
    try {
      await this.#look(startedAt);
      this.#confirmedAt = startedAt;
      this.#fault = undefined;
    } catch (cause) {
      this.#fault = cause instanceof Fault ? cause : new Fault('INTERNAL', 'did:ethr: the index failed', { cause });
      // A node that does not answer leaves what was confirmed for its time; one that contradicts itself leaves nothing.
      if (this.#fault.code !== 'RESOLVER_UNAVAILABLE') this.#confirmedAt = undefined;
      throw this.#fault;
    }
  }

  async #poll(seconds: number): Promise<void> {
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
      await this.pause(Math.min(MAX_BACKOFF_SECONDS, seconds * 2 ** Math.min(failures, 8)) * 1000);
    }
  }
}

/** For who waits for the end of a look and not for its outcome, which is in `fault` and was thrown to whoever started it. */
const notLost = (): void => undefined;

/** A pause rejects for one reason alone: it was ended early, on purpose. */
const onlyAborted = (): void => undefined;
