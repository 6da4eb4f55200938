import type { RequestListener } from 'node:http';
import { performance } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Meter } from '@gridpass/core';
import type { Store } from '@gridpass/store';
import type { Closers } from './closers.js';
import { listen, type ListenAddress } from './listen.js';
import type { Reload } from './reload.js';
import type { RequestLine } from './request-line.js';
import type { Traces } from './traces/traces.js';

/** Every number of a program beside those of its process. The labels of each have few values, whoever asks for what. */
export const METRICS = {
  gridpass_http_requests_total: { help: 'requests by method, pattern of the route and status', labels: ['method', 'route', 'status'] },
  gridpass_http_request_duration_seconds: { help: 'how long requests took, by pattern of the route', labels: ['route'] },
  gridpass_decisions_total: { help: 'decisions by effect (permit, deny, refusal, fault) and code', labels: ['effect', 'code'] },
  gridpass_stage_duration_seconds: { help: 'how long the stages of a decision took', labels: ['stage'] },
  gridpass_cache_lookups_total: { help: 'questions to a cache, by whether it knew (hit, miss)', labels: ['cache', 'result'] },
  gridpass_store_connections: { help: 'connections to PostgreSQL, by state (open, idle, waiting for one)', labels: ['state'] },
} as const;

/** Counts what a program does, and has spans of it where traces are switched on. */
export interface ProgramMeter extends Meter, Partial<Pick<Traces, 'begin' | 'traceparent'>> {
  answered(line: Pick<RequestLine, 'method' | 'route' | 'status' | 'durationMs'>): void;
}

/** The member that hands a meter on where there is one. */
export const meterOf = ({ meter }: { readonly meter?: ProgramMeter | undefined }): { readonly meter?: ProgramMeter } =>
  meter === undefined ? {} : { meter };

/** The numbers of one program, in a registry of their own. */
export interface Metrics {
  readonly meter: ProgramMeter;
  /** Shows how many connections the store has, each time the numbers are read. */
  watchStore(store: Pick<Store, 'connections'>): void;
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
  const of = <N extends keyof typeof METRICS>(name: N) => ({
    name,
    help: METRICS[name].help,
    labelNames: [...METRICS[name].labels],
    registers: [registry],
  });
  const requests = new Counter(of('gridpass_http_requests_total'));
  const durations = new Histogram({ ...of('gridpass_http_request_duration_seconds'), buckets: BUCKETS });
  const decisions = new Counter(of('gridpass_decisions_total'));
  const stages = new Histogram({ ...of('gridpass_stage_duration_seconds'), buckets: BUCKETS });
  const lookups = new Counter(of('gridpass_cache_lookups_total'));
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
    },
    watchStore: (store) => {
      const gauge: Gauge<'state'> = new Gauge({
        ...of('gridpass_store_connections'),
        collect: () => {
          for (const [state, count] of Object.entries(store.connections() ?? {})) gauge.set({ state }, count);
        },
      });
    },
    text: () => registry.metrics(),
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
