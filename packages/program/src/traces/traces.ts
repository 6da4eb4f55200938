import { AsyncLocalStorage } from 'node:async_hooks';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { Fault, type Meter, type Stage } from '@gridpass/core';
import { UNMATCHED } from '@gridpass/gate';
import type { RequestLine } from '../request-line.js';

/** What a span says of a request: of its line, nothing but what has few values. */
export type SpanLine = Pick<RequestLine, 'method' | 'route' | 'status' | 'code'>;

/** The span of one request, from its head to the end of its answer. */
export interface RequestSpan {
  /** Runs what answers it: stages that are timed meanwhile are spans within it. */
  run(answer: () => void): void;
  end(line: SpanLine): void;
}

/** Spans of what a program is asked. */
export interface Traces {
  /** Begins the span of a request, within the span that a W3C `traceparent` names. */
  begin(traceparent: string | undefined): RequestSpan;
  /** Runs a stage as a span of the request under way; where there is none, without one. */
  readonly time: Meter['time'];
  /** What another program is told of the span under way; undefined where there is none. */
  traceparent(): string | undefined;
}

/** Reads a `traceparent`; nothing where it is none. */
export type ParseTraceParent = (text: string) => { readonly traceId: string; readonly spanId: string; readonly traceFlags: number } | null;

const SAMPLED = 1;

/**
 * Spans of a tracer. INVARIANT: a name or an attribute is of a closed set: the pattern of a route, a method, a status, a code, a stage. What is thrown is told
 * by its code and never by its message. The span under way is kept here and not in the global context of the API: several programs of one process have a
 * tracer each.
 */
export function createTraces(tracer: Tracer, parse: ParseTraceParent): Traces {
  const current = new AsyncLocalStorage<Span>();
  return {
    begin: (traceparent) => {
      const span = tracer.startSpan('HTTP', { kind: SpanKind.SERVER }, within(parse, traceparent));
      return {
        run: (answer) => current.run(span, answer),
        end: (line) => endRequest(span, line),
      };
    },
    time: async <T>(stage: Stage, run: () => Promise<T>): Promise<T> => {
      const parent = current.getStore();
      if (parent === undefined) return run();
      const span = tracer.startSpan(stage, { kind: SpanKind.INTERNAL }, trace.setSpan(ROOT_CONTEXT, parent));
      try {
        return await current.run(span, run);
      } catch (error) {
        span.setAttribute('error.type', error instanceof Fault ? error.code : 'INTERNAL');
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    },
    traceparent: () => {
      const span = current.getStore()?.spanContext();
      return span === undefined ? undefined : `00-${span.traceId}-${span.spanId}-${(span.traceFlags & SAMPLED) === SAMPLED ? '01' : '00'}`;
    },
  };
}

function within(parse: ParseTraceParent, traceparent: string | undefined): Context {
  const parent = traceparent === undefined ? null : parse(traceparent);
  if (parent === null) return ROOT_CONTEXT;
  // Its `tracestate` stays where it is: it is text that a client chooses.
  return trace.setSpanContext(ROOT_CONTEXT, { ...parent, traceFlags: parent.traceFlags & SAMPLED, isRemote: true });
}

/** Names and attributes as in the semantic conventions for HTTP. */
function endRequest(span: Span, { method, route, status, code }: SpanLine): void {
  const known = method === 'other' ? 'HTTP' : method;
  span.updateName(route === UNMATCHED ? known : `${known} ${route}`);
  span.setAttributes({
    'http.request.method': method === 'other' ? '_OTHER' : method,
    'http.response.status_code': status,
    ...(route === UNMATCHED ? {} : { 'http.route': route }),
    ...(code === undefined ? {} : { 'gridpass.code': code }),
  });
  if (status >= 500) {
    span.setAttribute('error.type', code ?? String(status));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
