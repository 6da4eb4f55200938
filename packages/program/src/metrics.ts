import type { RequestListener } from 'node:http';
import { performance } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Meter } from '@gridpass/core';
import type { Store } from '@gridpass/store';
import type { Closers } from './closers.js';
import { createGauges, type Gauges, type WatchedProgram } from './gauges.js';
import { listen, type ListenAddress } from './listen.js';
import { of } from './metric-names.js';
import type { Reload } from './reload.js';
import type { RequestLine } from './request-line.js';
import type { Traces } from './traces/traces.js';

/** Counts what a program does, lets it show what it keeps, and has spans of it where traces are switched on. */
export interface ProgramMeter
  extends Meter, Partial<Pick<Traces, 'begin' | 'traceparent'> & Pick<Gauges, 'watchLists' | 'watchQueue' | 'watchCertificates'>> {
  answered(line: Pick<RequestLine, 'method' | 'route' | 'status' | 'durationMs'>): void;
}

/** The member that hands a meter on where there is one. */
export const meterOf = ({ meter }: { readonly meter?: ProgramMeter | undefined }): { readonly meter?: ProgramMeter } =>
  meter === undefined ? {} : { meter };

/** The numbers of one program, in a registry of their own. */
export interface Metrics {
  readonly meter: ProgramMeter;
  /** Shows what lies in the store of a program, and its connections, each time the numbers are read. */
  watch(program: WatchedProgram & { readonly store: Pick<Store, 'connections'> }): void;
  /** All of it in the text format of Prometheus. */
  text(): Promise<string>;
}

/** Numbers that are shown. */
export interface ShownMetrics extends Metrics {
  /** The certificate of their listener, where it has one. */
  readonly reloads: readonly Reload[];
}

/** Seconds, from a look into memory to a slow chain. */
const BUCKETS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10];

/** Starts counting. */
export function createMetrics(program: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ program });
  collectDefaultMetrics({ register: registry });
  const requests = new Counter(of('gridpass_http_requests_total', registry));
  const durations = new Histogram({ ...of('gridpass_http_request_duration_seconds', registry), buckets: BUCKETS });
  const decisions = new Counter(of('gridpass_decisions_total', registry));
  const stages = new Histogram({ ...of('gridpass_stage_duration_seconds', registry), buckets: BUCKETS });
  const lookups = new Counter(of('gridpass_cache_lookups_total', registry));
  const gauges = createGauges(registry);
  return {
    meter: {
      answered: ({ method, route, status, durationMs }) => {
        requests.inc({ method, route, status });
        durations.observe({ route }, durationMs / 1_000);
      },
      decided: (effect, code) => decisions.inc({ effect, code }),
      time: async (stage, run) => {
        const begun = performance.now();
        try {
          return await run();
        } finally {
          stages.observe({ stage }, (performance.now() - begun) / 1_000);
        }
      },
      looked: (cache, hit) => lookups.inc({ cache, result: hit ? 'hit' : 'miss' }),
      watchLists: gauges.watchLists,
      watchQueue: gauges.watchQueue,
      watchCertificates: gauges.watchCertificates,
    },
    watch: (program) => {
      gauges.watchProgram(program);
      const gauge: Gauge<'state'> = new Gauge({
        ...of('gridpass_store_connections', registry),
        collect: () => {
          for (const [state, count] of Object.entries(program.store.connections() ?? {})) gauge.set({ state }, count);
        },
      });
    },
    text: async () => {
      await gauges.refresh();
      return registry.metrics();
    },
  };
}

/** Counts for a program that is configured to, and shows the numbers on a listener of their own. Throws Fault PORT_BUSY. */
export async function openMetrics(program: string, config: ListenAddress | undefined, closers: Closers): Promise<ShownMetrics | undefined> {
  if (config === undefined) return undefined;
  const metrics = createMetrics(program);
  const answer: RequestListener = (request, response) => {
    if (request.url !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404).end();
      return;
    }
    metrics.text().then(
      (text) => response.writeHead(200, { 'Content-Type': Registry.PROMETHEUS_CONTENT_TYPE, 'Cache-Control': 'no-store' }).end(text),
      () => response.writeHead(500).end(),
    );
  };
  const server = await listen(answer, config, { key: 'metrics' });
  closers.add(() => server.close());
  return { ...metrics, reloads: server.reloads };
}
