import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openAll, openMetrics } from '@gridpass/program';
import { createBacklogRepository } from '@gridpass/store';
import { freePort } from '@gridpass/testkit';
import { ZONE, startMarket, type Rig } from './market-rig.js';

const BOOK = '/channels/behind_the_meter/orders';

describe('the numbers of a marketplace', () => {
  let rig: Rig;
  let origin: string;
  const unexpected: unknown[] = [];
  let opened: { close(): Promise<void> };

  beforeAll(async () => {
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    opened = await openAll(async (closers) => {
      const metrics = await openMetrics('marketplace', { host: '127.0.0.1', port }, closers);
      if (metrics === undefined) throw new Error('nothing is counted');
      rig = await startMarket({}, { meter: metrics.meter });
      metrics.watch({ ...rig, backlog: createBacklogRepository(rig.store), onUnexpected: (error) => unexpected.push(error) });
      closers.add(() => rig.close());
      return {};
    });
  });
  afterAll(() => opened.close());

  const read = async (): Promise<string> => (await fetch(`${origin}/metrics`)).text();
  /** The sum of all series of a name that hold this text. */
  const sumOf = (text: string, name: string, part: string): number =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) && line.includes(part))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);

  it('move when somebody is let in, and when somebody is not', async () => {
    const before = await read();
    const anna = await rig.household('anna');
    expect(await anna.call('GET', `${BOOK}?zone=${ZONE}`)).toMatchObject({ status: 200 });
    expect(await rig.plain('GET', `${BOOK}?zone=${ZONE}`)).toMatchObject({ status: 401 });
    const after = await read();
    const grown = (name: string, part: string): number => sumOf(after, name, part) - sumOf(before, name, part);
    // Once at the admission, and once for the request itself.
    expect(grown('gridpass_decisions_total', 'effect="permit"')).toBe(2);
    expect(grown('gridpass_decisions_total', 'code="GRANT_REQUIRED"')).toBeGreaterThanOrEqual(1);
    expect(grown('gridpass_http_requests_total', `route="${BOOK}",status="200"`)).toBe(1);
    for (const stage of ['resolve', 'prove', 'status', 'trust', 'record', 'grant'])
      expect(grown('gridpass_stage_duration_seconds_count', `stage="${stage}"`)).toBeGreaterThanOrEqual(1);
    expect(sumOf(after, 'gridpass_log_entries', '')).toBeGreaterThan(sumOf(before, 'gridpass_log_entries', ''));
    expect(sumOf(after, 'gridpass_challenges_open', '')).toBeGreaterThanOrEqual(0);
    expect(after).toContain('gridpass_challenges_open{');
    expect(sumOf(after, 'gridpass_queue_places', 'queue="mqtt",state="proven"')).toBe(0);
    expect(after).toContain('process_cpu_user_seconds_total{program="marketplace"}');
  });

  it('have no more series for paths, methods and names that clients make up, and show none of them', async () => {
    await rig.plain('GET', '/made-up-0');
    const seriesIn = (text: string): number => text.split('\n').filter((line) => line.startsWith('gridpass_http')).length;
    const before = await read();
    for (let made = 0; made < 50; made += 1) await rig.plain('GET', `/made-up-${made}?name=made-up-${made}`);
    const after = await read();
    expect(seriesIn(after)).toBe(seriesIn(before));
    expect(sumOf(after, 'gridpass_http_requests_total', 'route="unmatched"')).toBe(51);
    expect(after).not.toMatch(/made-up|did:|127\.0\.0\.1/);
  });

  it('are at one address alone, and not where clients are', async () => {
    for (const path of ['/', '/metrics/', '/metrics?x', '/livez']) expect((await fetch(`${origin}${path}`)).status).toBe(404);
    expect((await fetch(`${origin}/metrics`, { method: 'POST' })).status).toBe(404);
    expect((await rig.plain('GET', '/metrics')).status).toBe(404);
    expect(unexpected).toEqual([]);
  });
});
