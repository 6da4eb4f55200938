import { UNMATCHED, type RequestNotes } from '@gridpass/gate';

/** What is told of one request. A presentation, a token, a path, a query, a header or an address is never in it. */
export interface RequestLine {
  readonly kind: 'request';
  readonly tenant?: string;
  readonly actor?: string;
  readonly method: string;
  /** The pattern of the route, or `unmatched`. */
  readonly route: string;
  /** As it was answered; 101 for a WebSocket, whose line comes at its end; 499 where the client left before. */
  readonly status: number;
  readonly code?: string;
  readonly durationMs: number;
  /** As in the answer and in the log; '' where the request was turned away before it had one. */
  readonly requestId: string;
  readonly cause?: string;
  readonly detail?: string;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE']);

/** The line of a request from what was noted of it. `method` is one of the nine of RFC 9110 and 5789, or `other`: a client may write anything. */
export function toRequestLine(
  { tenant, actor, route, code, cause, detail, requestId = '' }: RequestNotes,
  { method, status, durationMs, tenant: own }: Pick<RequestLine, 'method' | 'status' | 'durationMs' | 'tenant'>,
): RequestLine {
  const whose = tenant ?? own;
  return {
    kind: 'request',
    ...(whose === undefined ? {} : { tenant: whose }),
    ...(actor === undefined ? {} : { actor }),
    method: METHODS.has(method) ? method : 'other',
    route: route ?? UNMATCHED,
    status,
    ...(code === undefined ? {} : { code }),
    durationMs: Math.round(durationMs * 10) / 10,
    requestId,
    ...(cause === undefined ? {} : { cause }),
    ...(detail === undefined ? {} : { detail }),
  };
}
