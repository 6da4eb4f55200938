import { SpanStatusCode } from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type Sampler,
} from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from '@jest/globals';
import { Fault } from '@gridpass/core';
import { createTraces, type Traces } from '../traces.js';

const CALLER = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };

function open(sampler?: Sampler): { readonly traces: Traces; readonly exporter: InMemorySpanExporter } {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
    ...(sampler === undefined ? {} : { sampler }),
  });
  return { traces: createTraces(provider.getTracer('test'), parseTraceParent), exporter };
}
const LINE = { method: 'GET', route: '/orders/:id', status: 200 } as const;

/** Answers one request and ends its span. */
async function answer(
  traces: Traces,
  work: () => Promise<unknown>,
  line: Parameters<ReturnType<Traces['begin']>['end']>[0] = LINE,
): Promise<void> {
  const span = traces.begin(undefined);
  let done: Promise<unknown> = Promise.resolve();
  span.run(() => {
    done = work();
  });
  await done.catch((error: unknown) => error);
  span.end(line);
}

describe('spans', () => {
  it('of requests at once keep their stages apart, across everything that is awaited', async () => {
    const { traces, exporter } = open();
    await Promise.all([0, 1, 2].map(() => answer(traces, () => traces.time('resolve', () => traces.time('trust', async () => undefined)))));
    const spans = exporter.getFinishedSpans();
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(3);
    for (const outer of spans.filter(({ name }) => name === 'resolve')) {
      const { traceId } = outer.spanContext();
      const inner = spans.find((span) => span.name === 'trust' && span.spanContext().traceId === traceId);
      expect(inner?.parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
    }
  });

  it.each([
    [new Fault('CHAIN_UNAVAILABLE', 'did:web:anna.example is not reached'), 'CHAIN_UNAVAILABLE'],
    [new Error('did:web:anna.example'), 'INTERNAL'],
  ])('tell what is thrown by its code and never by its message, and throw it', async (error, code) => {
    const { traces, exporter } = open();
    await answer(traces, async () => {
      await expect(
        traces.time('resolve', async () => {
          throw error;
        }),
      ).rejects.toBe(error);
    });
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({ name: 'resolve', status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': code }, events: [] });
    expect(JSON.stringify([span?.attributes, span?.status])).not.toContain('anna');
  });

  it.each([
    [499, undefined, undefined],
    [500, undefined, '500'],
    [503, 'CHAIN_UNAVAILABLE', 'CHAIN_UNAVAILABLE'],
  ] as const)('are an error from 500 on alone: %s %s', async (status, code, type) => {
    const { traces, exporter } = open();
    await answer(traces, async () => undefined, { ...LINE, status, ...(code === undefined ? {} : { code }) });
    const [span] = exporter.getFinishedSpans();
    expect([span?.status.code, span?.attributes['error.type']]).toEqual([
      type === undefined ? SpanStatusCode.UNSET : SpanStatusCode.ERROR,
      type,
    ]);
  });

  it('have no method and no route that a client makes up', async () => {
    const { traces, exporter } = open();
    await answer(traces, async () => undefined, { method: 'other', route: 'unmatched', status: 404 });
    expect(exporter.getFinishedSpans()[0]).toMatchObject({
      name: 'HTTP',
      attributes: { 'http.request.method': '_OTHER', 'http.response.status_code': 404 },
    });
    expect(exporter.getFinishedSpans()[0]?.attributes).not.toHaveProperty('http.route');
  });

  it('are not made of what no request asked for, and nobody is told of one then', async () => {
    const { traces, exporter } = open();
    expect(await traces.time('status', async () => traces.traceparent())).toBeUndefined();
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('go on with the trace of a caller and tell the next program of the innermost span', async () => {
    const { traces } = open();
    const told: (string | undefined)[] = [];
    const span = traces.begin(`00-${CALLER.traceId}-${CALLER.spanId}-01`);
    let done: Promise<unknown> = Promise.resolve();
    span.run(() => {
      told.push(traces.traceparent());
      done = traces.time('status', async () => void told.push(traces.traceparent()));
    });
    await done;
    for (const text of told) expect(text).toMatch(new RegExp(`^00-${CALLER.traceId}-[0-9a-f]{16}-01$`));
    expect(new Set([...told, `00-${CALLER.traceId}-${CALLER.spanId}-01`]).size).toBe(3);
  });

  it.each([
    '',
    'made up',
    `00-${'0'.repeat(32)}-${CALLER.spanId}-01`,
    `00-${CALLER.traceId}-${'0'.repeat(16)}-01`,
    `ff-${CALLER.traceId}-${CALLER.spanId}-01`,
  ])('begin a trace of their own where a caller names none: %s', (traceparent) => {
    const { traces } = open();
    let told: string | undefined;
    traces.begin(traceparent).run(() => {
      told = traces.traceparent();
    });
    expect(told).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(told).not.toContain(CALLER.traceId);
  });

  it('that are not sampled are handed on as such, and not kept', async () => {
    const { traces, exporter } = open(new AlwaysOffSampler());
    let told: string | undefined;
    await answer(traces, async () => {
      told = traces.traceparent();
    });
    expect(told).toMatch(/-00$/);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});
