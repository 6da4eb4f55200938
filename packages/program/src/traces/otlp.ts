import { ExportResultCode, parseTraceParent } from '@opentelemetry/core';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { TraceSettings } from './settings.js';
import { createTraces, type Traces } from './traces.js';

/** Whether spans reach the collector: told where that changes, and so once for as long as it lasts. */
export type Delivery = 'undelivered' | 'delivered';

/** Traces that are delivered over OTLP. `close` delivers what is left. */
export interface DeliveredTraces extends Traces {
  close(): Promise<void>;
}

/** How long the end of a program waits for its last spans at most, in milliseconds. */
const FLUSH_MS = 5_000;

/**
 * Opens the SDK; where to, how much of it and under which name is in the variables of the specification. INVARIANT: imported by `import()` alone, and only where
 * traces are switched on: a program without them loads none of it.
 */
export async function openOtlp(program: string, settings: TraceSettings, tell: (delivery: Delivery) => void): Promise<DeliveredTraces> {
  const exporter = tellDelivery(await createExporter(settings), tell);
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': `gridpass-${program}` }))
      .merge(detectResources({ detectors: [envDetector] })),
    // Spans wait in a queue with a bound and are sent beside the requests; what finds it full is dropped.
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  return {
    ...createTraces(provider.getTracer('gridpass'), parseTraceParent),
    close: () => withinFlush(provider.shutdown()),
  };
}

async function createExporter({ protocol, timeoutMillis }: TraceSettings): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter(timeoutMillis === undefined ? {} : { timeoutMillis });
}

/** Tells of a collector that does not take spans once, and once that it takes them again. */
function tellDelivery(exporter: SpanExporter, tell: (delivery: Delivery) => void): SpanExporter {
  let last: Delivery = 'delivered';
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const now = result.code === ExportResultCode.SUCCESS ? 'delivered' : 'undelivered';
        if (now !== last) tell(now);
        last = now;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush === undefined ? {} : { forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve() }),
  };
}

async function withinFlush(shutdown: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FLUSH_MS);
  });
  // What does not reach the collector was told by then; a program that ends does not fail by it.
  await Promise.race([shutdown.catch((error: unknown) => void error), late]);
  clearTimeout(timer);
}
