import { Counter, Gauge, type Registry } from 'prom-client';
import { Fault, type BacklogRepository, type Clock, type ListAges } from '@gridpass/core';
import type { ServedCertificate } from './tls-files.js';
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
  /** Certificates that are served, also once they are replaced; `now` in milliseconds, the clock of the machine unless given. */
  watchCertificates(served: readonly ServedCertificate[], now?: () => number): void;
  /** Reads all of it, each within its bound; what cannot be read has no value afterwards, and is counted. */
  refresh(): Promise<void>;
}

/** How long one read may take, in milliseconds: less than a collector waits. */
const READ_MS = 2_000;

type GaugeOf = Readonly<Record<GaugeName, Gauge>>;

/** Makes the gauges of a registry. `readMs` is for tests of the bound. */
export function createGauges(registry: Registry, readMs = READ_MS): Gauges {
  const gauges = Object.fromEntries(Object.keys(GAUGES).map((name) => [name, new Gauge(of(name as GaugeName, registry))])) as GaugeOf;
  const reads = createReads(gauges, new Counter(of('gridpass_reads_failed_total', registry)), readMs);
  const remembered: (() => ListAges)[] = [];
  const shown: (() => void)[] = [];
  // A gauge without labels begins at 0, which nobody has read.
  clear(gauges, ['gridpass_logs', 'gridpass_log_entries', 'gridpass_challenges_open']);
  return {
    watchProgram: (program) => {
      watchOutboxes(reads, gauges, program);
      watchLogs(reads, gauges, program);
      watchListAges(reads, gauges, program, remembered);
      watchChallenges(reads, gauges, program);
    },
    watchLists: (read) => void remembered.push(read),
    watchQueue: (queue, read) =>
      void shown.push(() => {
        for (const [state, count] of Object.entries(read())) gauges.gridpass_queue_places.set({ queue, state }, count);
      }),
    watchCertificates: (served, now = Date.now) =>
      void shown.push(() => {
        for (const { key, endsAt } of served)
          gauges.gridpass_certificate_seconds_left.set({ listener: key.replace(/\.tls$/, '') }, Math.floor((endsAt() - now()) / 1_000));
      }),
    refresh: async () => {
      for (const show of shown) show();
      await reads.readAll();
    },
  };
}

function clear(gauges: GaugeOf, names: readonly GaugeName[]): void {
  for (const name of names) {
    if (GAUGES[name].labels.length > 0) gauges[name].reset();
    else gauges[name].remove();
  }
}

/** A read: which one it is, what it sets, and who is told of what it met. */
interface Read {
  readonly read: ReadName;
  readonly sets: readonly GaugeName[];
  readonly onUnexpected: (error: unknown) => void;
}

/** Reads that take their time, each within a bound. */
interface Reads {
  watch<T>(read: Read, ask: () => Promise<T>, show: (value: T) => void): void;
  readAll(): Promise<void>;
}

/** One read at a time: a store that hangs is not asked again by each who collects. */
function createReads(gauges: GaugeOf, failures: Counter<'read'>, readMs: number): Reads {
  const reads = new Map<ReadName, () => Promise<void>>();
  return {
    watch: <T>({ read, sets, onUnexpected }: Read, ask: () => Promise<T>, show: (value: T) => void) => {
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
        clear(gauges, sets);
        if (answer === undefined) failures.inc({ read });
        else show(answer.value);
      });
    },
    readAll: async () => void (await Promise.all([...reads.values()].map((read) => read()))),
  };
}

const ageOf = ({ clock }: Pick<WatchedProgram, 'clock'>, since: number): number => Math.max(0, clock.now() - since);

function watchOutboxes(reads: Reads, gauges: GaugeOf, program: WatchedProgram): void {
  const { backlog, clock, onUnexpected } = program;
  reads.watch(
    { read: 'outbox', sets: ['gridpass_outbox_entries', 'gridpass_outbox_oldest_seconds'], onUnexpected },
    () => backlog.readOutboxes(clock.now()),
    (boxes) => {
      for (const [outbox, { entries, oldestAt }] of Object.entries(boxes)) {
        gauges.gridpass_outbox_entries.set({ outbox }, entries);
        gauges.gridpass_outbox_oldest_seconds.set({ outbox }, oldestAt === undefined ? 0 : ageOf(program, oldestAt));
      }
    },
  );
}

function watchLogs(reads: Reads, gauges: GaugeOf, { backlog, onUnexpected }: WatchedProgram): void {
  reads.watch(
    { read: 'log', sets: ['gridpass_logs', 'gridpass_log_entries'], onUnexpected },
    () => backlog.readLogs(),
    ({ logs, entries }) => {
      gauges.gridpass_logs.set(logs);
      gauges.gridpass_log_entries.set(entries);
    },
  );
}

function watchListAges(reads: Reads, gauges: GaugeOf, program: WatchedProgram, remembered: readonly (() => ListAges)[]): void {
  const { backlog, clock, onUnexpected } = program;
  reads.watch(
    { read: 'lists', sets: ['gridpass_status_lists', 'gridpass_status_list_oldest_seconds'], onUnexpected },
    async () => ({ own: await backlog.readPublishedLists(clock.now()), others: together(remembered.map((read) => read())) }),
    (kinds) => {
      for (const [of, { lists, oldestAt }] of Object.entries(kinds)) {
        gauges.gridpass_status_lists.set({ of }, lists);
        if (oldestAt !== undefined) gauges.gridpass_status_list_oldest_seconds.set({ of }, ageOf(program, oldestAt));
      }
    },
  );
}

function watchChallenges(reads: Reads, gauges: GaugeOf, { backlog, clock, onUnexpected }: WatchedProgram): void {
  reads.watch(
    { read: 'challenges', sets: ['gridpass_challenges_open'], onUnexpected },
    () => backlog.countOpenChallenges(clock.now()),
    (count) => gauges.gridpass_challenges_open.set(count),
  );
}

function together(all: readonly ListAges[]): ListAges {
  const lists = all.reduce((sum, one) => sum + one.lists, 0);
  const ages = all.flatMap(({ oldestAt }) => (oldestAt === undefined ? [] : [oldestAt]));
  const [first, ...others] = ages;
  return first === undefined ? { lists } : { lists, oldestAt: others.reduce((a, b) => (b < a ? b : a), first) };
}
