import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One span as OTLP spells it in JSON. */
export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

/** What takes spans over OTLP/HTTP, and keeps what it was sent. */
export interface OtlpCollector {
  readonly url: string;
  /** Path, media type and body of each delivery. */
  readonly deliveries: readonly { readonly path: string; readonly mediaType: string; readonly body: string }[];
  /** The spans of what was delivered as JSON. */
  spans(): readonly CollectedSpan[];
  close(): Promise<void>;
}

interface Delivered {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly CollectedSpan[] }[] }[];
}

/** Starts a collector on a free port of the loopback; one that `answers` with nothing takes what it is sent and never says so. */
export async function startOtlpCollector({ answers = 200 }: { readonly answers?: number | 'nothing' } = {}): Promise<OtlpCollector> {
  const deliveries: { readonly path: string; readonly mediaType: string; readonly body: string }[] = [];
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      deliveries.push({ path: request.url ?? '', mediaType: request.headers['content-type'] ?? '', body });
      if (answers !== 'nothing') response.writeHead(answers, { 'Content-Type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    deliveries,
    spans: () =>
      deliveries.flatMap(({ body }) =>
        (JSON.parse(body) as Delivered).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      ),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}
