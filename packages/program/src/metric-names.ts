import type { Registry } from 'prom-client';

/** What is counted and timed as it happens. */
const COUNTED = {
  gridpass_http_requests_total: { help: 'requests by method, pattern of the route and status', labels: ['method', 'route', 'status'] },
  gridpass_http_request_duration_seconds: { help: 'how long requests took, by pattern of the route', labels: ['route'] },
  gridpass_decisions_total: { help: 'decisions by effect (permit, deny, refusal, fault) and code', labels: ['effect', 'code'] },
  gridpass_stage_duration_seconds: { help: 'how long the stages of a decision took', labels: ['stage'] },
  gridpass_cache_lookups_total: { help: 'questions to a cache, by whether it knew (hit, miss)', labels: ['cache', 'result'] },
  gridpass_store_connections: { help: 'connections to PostgreSQL, by state (open, idle, waiting for one)', labels: ['state'] },
  gridpass_reads_failed_total: { help: 'reads of the numbers below that failed or took more than two seconds', labels: ['read'] },
} as const;

/** What is read when somebody asks for it. */
export const GAUGES = {
  gridpass_outbox_entries: { help: 'what waits to be done, by outbox', labels: ['outbox'] },
  gridpass_outbox_oldest_seconds: { help: 'how long the oldest of it has waited', labels: ['outbox'] },
  gridpass_logs: { help: 'audit logs', labels: [] },
  gridpass_log_entries: { help: 'entries of all audit logs together', labels: [] },
  gridpass_status_lists: { help: 'status lists that count, those published here (own) and those of others in memory', labels: ['of'] },
  gridpass_status_list_oldest_seconds: { help: 'how long ago the oldest of them was signed', labels: ['of'] },
  gridpass_challenges_open: { help: 'presentation requests that wait for an answer', labels: [] },
  gridpass_certificate_seconds_left: {
    help: 'time until a certificate ends that a listener (http, mqtt, metrics) serves, or one it rests on; below 0 once it has',
    labels: ['listener'],
  },
  gridpass_queue_places: { help: 'places in memory, by queue (mqtt, node) and state', labels: ['queue', 'state'] },
} as const;
export type GaugeName = keyof typeof GAUGES;

/** Every number of a program beside those of its process. The labels of each have few values, whoever asks for what. */
export const METRICS = { ...COUNTED, ...GAUGES } as const;
type MetricName = keyof typeof METRICS;

/** How a number is made in a registry. */
export const of = <N extends MetricName>(
  name: N,
  registry: Registry,
): { readonly name: N; help: string; labelNames: (typeof METRICS)[N]['labels'][number][]; registers: Registry[] } => ({
  name,
  help: METRICS[name].help,
  labelNames: [...METRICS[name].labels],
  registers: [registry],
});
