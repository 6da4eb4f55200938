import { Counter, Gauge, type Registry } from 'prom-client';
import { Fault, type BacklogRepository, type Clock, type ListAges } from '@gridpass/core';
import { GAUGES, of, type GaugeName } from './metric-names.js';
import { within } from './within.js';

/** What is read whenever the numbers are. */
export const READS = ['outbox', 'log', 'lists', 'challenges'] as const;
type ReadName = (typeof READS)[number];

/** Queues in memory. */
export type QueueName = 'mqtt' | 'node';

/** What a program lets be counted in its store. */
export interface WatchedProgram {
  readonly backlog: BacklogRepository;
  readonly clock: Clock;
  /** Told what a read met and nobody named. */
  readonly onUnexpected: (error: unknown) => void;
}

/** Numbers that are read when somebody asks for them. */
export interface Gauges {
  watchProgram(program: WatchedProgram): void;
  watchLists(read: () => ListAges): void;
  watchQueue(queue: QueueName, read: () => Readonly<Record<string, number>>): void;
  /** Reads all of it, each within its bound; what cannot be read has no value afterwards, and is counted. */
  refresh(): Promise<void>;
}

/** How long one read may take, in milliseconds: less than a collector waits. */
const READ_MS = 2_000;

/** Makes the gauges of a registry. `readMs` is for tests of the bound. */
export function createGauges(registry: Registry, readMs = READ_MS): Gauges {
  const gauges = Object.fromEntries(Object.keys(GAUGES).map((name) => [name, new Gauge(of(name as GaugeName, registry))])) as Record<
    GaugeName,
    Gauge
  >;
  const failures = new Counter(of('gridpass_reads_failed_total', registry));
  const reads = new Map<ReadName, () => Promise<void>>();
  const remembered: (() => ListAges)[] = [];
  const queues: (() => void)[] = [];
  // A gauge without labels begins at 0, which nobody has read.
  clear(['gridpass_logs', 'gridpass_log_entries', 'gridpass_challenges_open']);

  function clear(names: readonly GaugeName[]): void {
    for (const name of names) {
      if (GAUGES[name].labels.length > 0) gauges[name].reset();
      else gauges[name].remove();
    }
  }

  /** One read at a time: a store that hangs is not asked again by each who collects. */
  function watch<T>(
    {
      read,
      sets,
      onUnexpected,
    }: { readonly read: ReadName; readonly sets: readonly GaugeName[]; readonly onUnexpected: (error: unknown) => void },
    ask: () => Promise<T>,
    show: (value: T) => void,
  ): void {
    failures.inc({ read }, 0);
    let pending: Promise<{ readonly value: T } | undefined> | undefined;
    reads.set(read, async () => {
      pending ??= ask()
        .then(
          (value) => ({ value }),
          (error: unknown) => {
            // A fault of the store is told where the store is used, and by the probes.
            if (!(error instanceof Fault)) onUnexpected(error);
            return undefined;
          },
        )
        .finally(() => {
          pending = undefined;
        });
      const answer = await within(pending, readMs, undefined);
      clear(sets);
      if (answer === undefined) failures.inc({ read });
      else show(answer.value);
    });
  }

  return {
    watchProgram: ({ backlog, clock, onUnexpected }) => {
      const age = (since: number): number => Math.max(0, clock.now() - since);
      watch(
        { read: 'outbox', sets: ['gridpass_outbox_entries', 'gridpass_outbox_oldest_seconds'], onUnexpected },
        () => backlog.readOutboxes(clock.now()),
        (boxes) => {
          for (const [outbox, { entries, oldestAt }] of Object.entries(boxes)) {
            gauges.gridpass_outbox_entries.set({ outbox }, entries);
            gauges.gridpass_outbox_oldest_seconds.set({ outbox }, oldestAt === undefined ? 0 : age(oldestAt));
          }
        },
      );
      watch(
        { read: 'log', sets: ['gridpass_logs', 'gridpass_log_entries'], onUnexpected },
        () => backlog.readLogs(),
        ({ logs, entries }) => {
          gauges.gridpass_logs.set(logs);
          gauges.gridpass_log_entries.set(entries);
        },
      );
      watch(
        { read: 'lists', sets: ['gridpass_status_lists', 'gridpass_status_list_oldest_seconds'], onUnexpected },
        async () => ({ own: await backlog.readPublishedLists(clock.now()), others: together(remembered.map((read) => read())) }),
        (kinds) => {
          for (const [of, { lists, oldestAt }] of Object.entries(kinds)) {
            gauges.gridpass_status_lists.set({ of }, lists);
            if (oldestAt !== undefined) gauges.gridpass_status_list_oldest_seconds.set({ of }, age(oldestAt));
          }
        },
      );
      watch(
        { read: 'challenges', sets: ['gridpass_challenges_open'], onUnexpected },
        () => backlog.countOpenChallenges(clock.now()),
        (count) => gauges.gridpass_challenges_open.set(count),
      );
    },
    watchLists: (read) => void remembered.push(read),
    watchQueue: (queue, read) =>
      void queues.push(() => {
        for (const [state, count] of Object.entries(read())) gauges.gridpass_queue_places.set({ queue, state }, count);
      }),
    refresh: async () => {
      for (const show of queues) show();
      await Promise.all([...reads.values()].map((read) => read()));
    },
  };
}

function together(all: readonly ListAges[]): ListAges {
  const lists = all.reduce((sum, one) => sum + one.lists, 0);
  const ages = all.flatMap(({ oldestAt }) => (oldestAt === undefined ? [] : [oldestAt]));
  const [first, ...others] = ages;
  return first === undefined ? { lists } : { lists, oldestAt: others.reduce((a, b) => (b < a ? b : a), first) };
}
