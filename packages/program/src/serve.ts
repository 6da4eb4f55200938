import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectNotes } from '@gridpass/gate';
import type { ProgramMeter } from './metrics.js';
import type { Readiness } from './readiness.js';
import { toRequestLine, type RequestLine } from './request-line.js';

/** How a program that listens is operated. */
export interface Serving {
  readonly readiness: Readiness;
  readonly log: (line: RequestLine) => void;
  readonly meter?: Pick<ProgramMeter, 'answered' | 'begin'>;
  /** The one tenant of a program that has one. */
  readonly tenant?: string;
}

/**
 * Stands before everything else of a program: answers `GET /livez` and `GET /readyz`, and tells of each other request once it is done.
 * Neither probe asks who asks, and neither says anything that is not for everybody.
 */
export function serve(handler: RequestListener, { readiness, log, meter, tenant }: Serving): RequestListener {
  return (request, response) => {
    const probe = request.method === 'GET' || request.method === 'HEAD' ? PROBES[request.url ?? ''] : undefined;
    if (probe !== undefined) {
      void probe(readiness).then(({ status, body }) => answerProbe(response, status, body));
      return;
    }
    const { notes, answered } = collectNotes(request);
    const begun = performance.now();
    const span = meter?.begin?.(oneOf(request.headers['traceparent']));
    const tell = (status: number): void => {
      const line = toRequestLine(notes, {
        method: request.method ?? '',
        status,
        durationMs: performance.now() - begun,
        ...(tenant === undefined ? {} : { tenant }),
      });
      log(line);
      meter?.answered(line);
      span?.end(line);
    };
    whenDone(request, response, (status) => {
      if (status !== undefined) return tell(status);
      // Nobody reads the answer; why there is none is found out by whoever is still at it.
      void Promise.race([answered, sleep(LEFT_MS, undefined, { ref: false })]).then(() =>
        tell(notes.code === undefined ? CLIENT_LEFT : response.statusCode),
      );
    });
    if (span === undefined) handler(request, response);
    else span.run(() => handler(request, response));
  };
}

/** A header that was sent once. */
const oneOf = (header: string | readonly string[] | undefined): string | undefined => (typeof header === 'string' ? header : undefined);

type Probe = (readiness: Readiness) => Promise<{ readonly status: number; readonly body: object }>;

/** A null prototype: a path is looked up in it. */
const PROBES: Readonly<Record<string, Probe | undefined>> = Object.assign(Object.create(null) as Record<string, Probe>, {
  // The process answers; a dependency that fails is no reason to start it again.
  '/livez': async () => ({ status: 200, body: { status: 'alive' } }),
  '/readyz': async (readiness) => {
    const state = await readiness.state();
    return { status: state.status === 'ready' ? 200 : 503, body: state };
  },
} satisfies Record<string, Probe>);

function answerProbe(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...(status === 503 ? { 'Retry-After': '1' } : {}),
    })
    .end(text);
}

const SWITCHED = 101;
/** What nginx counts a client as that left before it was answered. */
const CLIENT_LEFT = 499;

/** How long the line about a client that left waits for the code of what was under way. */
const LEFT_MS = 2_000;

/** Tells the status once, when the answer is out or the connection is gone; undefined where it never got out. */
function whenDone(request: IncomingMessage, response: ServerResponse, tell: (status: number | undefined) => void): void {
  let done = false;
  const end = (status: () => number | undefined) => (): void => {
    if (done) return;
    done = true;
    tell(status());
  };
  response.once(
    'close',
    end(() => (response.writableFinished ? response.statusCode : undefined)),
  );
  // The answer of a connection that became a WebSocket is never closed; its socket is.
  if (request.headers.upgrade !== undefined)
    request.socket.once(
      'close',
      end(() => (response.headersSent ? response.statusCode : SWITCHED)),
    );
}
