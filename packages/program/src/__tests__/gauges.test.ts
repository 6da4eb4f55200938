import { Registry } from 'prom-client';
import { describe, expect, it } from '@jest/globals';
import { Fault, OUTBOXES, instant, type BacklogRepository, type OutboxName, type Waiting } from '@gridpass/core';
import { NOON, createFakeClock } from '@gridpass/testkit';
import { READS, createGauges } from '../gauges.js';

const empty = Object.fromEntries(OUTBOXES.map((name) => [name, { entries: 0 }])) as Record<OutboxName, Waiting>;
const well: BacklogRepository = {
  readOutboxes: async () => ({
    ...empty,
    relay: { entries: 3, oldestAt: instant(NOON - 40) },
    news: { entries: 1, oldestAt: instant(NOON + 9) },
  }),
  readLogs: async () => ({ logs: 2, entries: 12 }),
  readPublishedLists: async () => ({ lists: 2, oldestAt: instant(NOON - 100) }),
  countOpenChallenges: async () => 5,
};

function start(backlog: Partial<BacklogRepository>, readMs = 600_000) {
  const registry = new Registry();
  const unexpected: unknown[] = [];
  const gauges = createGauges(registry, readMs);
  gauges.watchProgram({ backlog: { ...well, ...backlog }, clock: createFakeClock(NOON), onUnexpected: (error) => unexpected.push(error) });
  const series = async (): Promise<Readonly<Record<string, number>>> => {
    await gauges.refresh();
    const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('gridpass_'));
    return Object.fromEntries(lines.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
  };
  return { gauges, unexpected, series };
}

describe('numbers that are read when somebody asks', () => {
  it('show what waits and for how long, all logs together, lists, challenges and queues', async () => {
    const { gauges, series } = start({});
    gauges.watchLists(() => ({ lists: 3, oldestAt: instant(NOON - 7) }));
    gauges.watchLists(() => ({ lists: 0 }));
    gauges.watchQueue('mqtt', () => ({ proven: 2, unproven: 1 }));
    expect(await series()).toMatchObject({
      'gridpass_outbox_entries{outbox="relay"}': 3,
      'gridpass_outbox_oldest_seconds{outbox="relay"}': 40,
      // A replica whose clock is ahead makes nothing wait less than no time.
      'gridpass_outbox_oldest_seconds{outbox="news"}': 0,
      'gridpass_outbox_entries{outbox="acts"}': 0,
      gridpass_logs: 2,
      gridpass_log_entries: 12,
      'gridpass_status_lists{of="own"}': 2,
      'gridpass_status_list_oldest_seconds{of="own"}': 100,
      'gridpass_status_lists{of="others"}': 3,
      'gridpass_status_list_oldest_seconds{of="others"}': 7,
      gridpass_challenges_open: 5,
      'gridpass_queue_places{queue="mqtt",state="proven"}': 2,
      'gridpass_reads_failed_total{read="outbox"}': 0,
    });
  });

  it('show how long each certificate still counts, to the second and past its end, also of one that took its place', async () => {
    const { gauges, series } = start({});
    let [now, end] = [1_000_000, 1_003_000];
    gauges.watchCertificates(
      [
        { key: 'http.tls', endsAt: () => end },
        { key: 'mqtt.tls', endsAt: () => 1_000_999 },
      ],
      () => now,
    );
    const left = async (listener: string) => (await series())[`gridpass_certificate_seconds_left{listener="${listener}"}`];
    expect([await left('http'), await left('mqtt'), await left('metrics')]).toEqual([3, 0, undefined]);
    now = 1_003_001;
    expect(await left('http')).toBe(-1);
    end = 1_103_001;
    expect(await left('http')).toBe(100);
  });

  const NUMBERS = {
    outbox: ['readOutboxes', 'gridpass_outbox'],
    log: ['readLogs', 'gridpass_log'],
    lists: ['readPublishedLists', 'gridpass_status_list'],
    challenges: ['countOpenChallenges', 'gridpass_challenges_open'],
  } as const;

  it.each(READS)('have no value where they cannot be read, not 0, and the failure is counted: %s', async (read) => {
    const [method, name] = NUMBERS[read];
    let away = true;
    const { series, unexpected } = start({
      [method]: async (at: never) => {
        if (away) throw new Fault('STORE_UNAVAILABLE', 'the database does not answer');
        return well[method](at);
      },
    });
    const shown = (all: object): readonly string[] => Object.keys(all).filter((key) => key.startsWith(name));
    const failing = await series();
    expect(shown(failing)).toEqual([]);
    expect(failing[`gridpass_reads_failed_total{read="${read}"}`]).toBe(1);
    for (const other of READS.filter((one) => one !== read)) expect(failing[`gridpass_reads_failed_total{read="${other}"}`]).toBe(0);
    away = false;
    expect(shown(await series())).not.toEqual([]);
    away = true;
    // What was read before is no answer any more.
    expect(shown(await series())).toEqual([]);
    expect(unexpected).toEqual([]);
  });

  it('have a bound, and ask nothing a second time that has not answered yet', async () => {
    let asked = 0;
    const { series } = start(
      {
        readLogs: () => {
          asked += 1;
          return new Promise(() => undefined);
        },
      },
      1,
    );
    await series();
    const second = await series();
    expect(asked).toBe(1);
    expect(second['gridpass_reads_failed_total{read="log"}']).toBe(2);
    expect(second).not.toHaveProperty('gridpass_log_entries');
  });

  it('tell what a read meets and nobody named', async () => {
    const error = new TypeError('a mistake');
    const { series, unexpected } = start({
      countOpenChallenges: async () => {
        throw error;
      },
    });
    await series();
    expect(unexpected).toEqual([error]);
  });
});
