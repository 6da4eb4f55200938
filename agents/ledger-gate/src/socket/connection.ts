import { randomBytes } from 'node:crypto';
import { randomToken } from '@gridpass/codec';
import { Fault, ok, refuse } from '@gridpass/core';
import type { Clock, FaultCode, Instant, Outcome, RefusalCode, RequestId } from '@gridpass/core';
import type { WebSocket } from 'ws';
import type { RpcAnswer, RpcSession, SubscriptionPort } from '../rpc/answer.js';
import { toRpcError, toRpcFault } from '../rpc/error.js';
import type { RpcRole } from '../rpc/methods.js';
import type { RateBucket } from '../rpc/rate-bucket.js';
import { isAbout, parseSubscription } from '../rpc/subscription.js';
import type { Subscription } from '../rpc/subscription.js';
import type { ChainNews } from './chain-feed.js';

/** What a connection may cost. */
export interface ConnectionLimits {
  /** Messages answered at the same time; the rest waits in the client's own buffers. */
  readonly inFlight: number;
  /** Bytes that wait for a slow reader; one answer always fits. */
  readonly bufferedBytes: number;
  readonly subscriptions: number;
}

export interface ConnectionParts {
  readonly answer: (body: Uint8Array, session: RpcSession) => Promise<RpcAnswer>;
  readonly clock: Clock;
  readonly role: RpcRole;
  readonly address: string;
  readonly openContracts: ReadonlySet<string>;
  readonly limits: ConnectionLimits;
  readonly perAddress: RateBucket;
  /** In whose name places at the node are taken. */
  readonly client: RpcSession['client'];
  /** Takes calls from what this client may still ask; see RpcSession. */
  readonly spend: (calls: number, at: Instant) => boolean;
  /** Whether the client may open one more subscription, on this connection or any other of its grant. */
  readonly mayListen: () => boolean;
  readonly pings: RateBucket;
  /** Whether the session still stands for one more request; strangers need none. Throws the faults of the gate. */
  readonly checkSession: (request: { readonly requestId: RequestId; readonly at: Instant }) => Promise<Outcome<true>>;
  /** Makes the feed run; throws Fault CHAIN_UNAVAILABLE. */
  readonly listen: () => Promise<void>;
  readonly onEnd: () => void;
  /** Told what a message or a check met and nobody named; the connection ends with it. */
  readonly onUnexpected: (error: unknown) => void;
}

/** One open WebSocket. */
export interface Connection {
  /** How many subscriptions are open. */
  readonly subscriptions: number;
  tell(news: ChainNews): void;
  /** Ends it for a fault of what stands behind the gate. */
  endListening(code: FaultCode): void;
  /** Asks whether the session still stands, and whether anybody is there; ends the connection when not. */
  recheck(): Promise<void>;
  kill(): void;
}

// RFC 6455 7.4.1, and IANA's registry of close codes: 1013 is "try again later", 1014 a gateway's trouble with what is behind it.
const POLICY = 1008;
const NOT_TEXT = 1003;
const FAULT = 1011;
const TRY_LATER = 1013;
const BEHIND = 1014;

/** Serves JSON-RPC on a WebSocket: a text message is what the body of a request is over HTTP, under the same bounds. */
export function openConnection(socket: WebSocket, parts: ConnectionParts): Connection {
  const { clock, limits, role } = parts;
  const name = randomToken(16);
  const subscriptions = new Map<string, { readonly what: Subscription; told: boolean }>();
  const waiting: Uint8Array[] = [];
  let running = 0;
  let unsent = 0;
  let ended = false;
  let unheard = 0;
  let asked = false;
  const leaving = new AbortController();

  function kill(): void {
    forget();
    socket.terminate();
  }

  function close(code: number, reason: RefusalCode | FaultCode): void {
    if (ended) return;
    forget();
    // What was held back holds the answer to the close.
    socket.resume();
    socket.close(code, reason);
  }

  function forget(): void {
    ended = true;
    leaving.abort();
    waiting.length = 0;
    subscriptions.clear();
  }

  function send(text: Uint8Array | string): void {
    if (ended) return;
    const length = Buffer.byteLength(text);
    // A reader that does not read is let go: memory is not lent. The close waits behind what it has not read, for a bounded time.
    if (unsent > 0 && unsent + length > limits.bufferedBytes) return close(TRY_LATER, 'RATE_LIMITED');
    unsent += length;
    socket.send(text, { binary: false }, () => {
      unsent -= length;
    });
  }

  /** The subscriptions as one message sees them; `opened` gets the names of those it opens. */
  const portFor = (opened: string[]): SubscriptionPort => ({
    open: async (params, asking) => {
      const parsed = parseSubscription(params, { role: asking, open: parts.openContracts });
      if (!parsed.ok) return parsed;
      if (subscriptions.size >= limits.subscriptions || !parts.mayListen())
        return refuse('RATE_LIMITED', 'rpc', 'subscriptions of one connection or grant');
      const id = `0x${randomBytes(16).toString('hex')}`;
      subscriptions.set(id, { what: parsed.value, told: false });
      try {
        await parts.listen();
      } catch (cause) {
        subscriptions.delete(id);
        throw cause;
      }
      opened.push(id);
      return ok(id);
    },
    end: (id) => typeof id === 'string' && subscriptions.delete(id),
  });

  /** False when the session has ended, and with it the connection. */
  async function stands(requestId: RequestId, at: Instant): Promise<boolean> {
    const standing = await parts.checkSession({ requestId, at });
    if (!standing.ok) close(POLICY, standing.refusal.code);
    return standing.ok && !ended;
  }

  async function answerMessage(body: Uint8Array): Promise<void> {
    const requestId = randomToken(16) as RequestId;
    const at = clock.now();
    if (!parts.perAddress.take(parts.address, at)) return send(JSON.stringify(toRpcError(null, 'RATE_LIMITED', requestId)));
    try {
      if (!(await stands(requestId, at))) return;
    } catch (cause) {
      return send(JSON.stringify(toRpcFault(null, cause, requestId)));
    }
    asked = true;
    const opened: string[] = [];
    const spend = (calls: number): boolean => parts.spend(calls, at);
    const { body: answer } = await parts.answer(body, {
      role,
      requestId,
      at,
      client: parts.client,
      left: leaving.signal,
      spend,
      subscriptions: portFor(opened),
    });
    send(answer);
    // A client must know the name of a subscription before it hears of it.
    for (const id of opened) {
      const subscription = subscriptions.get(id);
      if (subscription !== undefined) subscription.told = true;
    }
  }

  function next(): void {
    while (!ended && running < limits.inFlight && unsent <= limits.bufferedBytes) {
      const body = waiting.shift();
      if (body === undefined) return socket.resume();
      running += 1;
      void answerMessage(body)
        .catch((error: unknown) => {
          close(FAULT, 'INTERNAL');
          parts.onUnexpected(error);
        })
        .finally(() => {
          running -= 1;
          next();
        });
    }
    if (!ended) socket.pause();
  }

  socket.on('message', (data, isBinary) => {
    unheard = 0;
    if (isBinary || !Buffer.isBuffer(data)) return close(NOT_TEXT, 'MEDIA_TYPE_UNSUPPORTED');
    if (ended) return;
    waiting.push(new Uint8Array(data));
    next();
  });
  socket.on('ping', (data) => {
    unheard = 0;
    if (!parts.pings.take(name, clock.now())) return kill();
    if (unsent <= limits.bufferedBytes) {
      unsent += data.length;
      socket.pong(data, false, () => {
        unsent -= data.length;
      });
    }
  });
  socket.on('pong', () => {
    unheard = 0;
  });
  // The reason is a client's doing (a frame out of form or too large) and ws has answered it with a close.
  socket.on('error', forget);
  // Until then it counts, lest those who linger be more than the bound.
  socket.on('close', () => {
    forget();
    parts.onEnd();
  });

  return {
    get subscriptions() {
      return subscriptions.size;
    },
    endListening: (code) => {
      if (subscriptions.size > 0) close(BEHIND, code);
    },
    tell: (news) => {
      for (const [subscription, { what, told }] of subscriptions) {
        if (!told) continue;
        const result =
          news.kind === 'head' ? (what.kind === 'newHeads' ? news.head : undefined) : isAbout(what, news.log) ? news.log : undefined;
        if (result !== undefined) send(JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params: { subscription, result } }));
      }
    },
    recheck: async () => {
      if (unheard >= 2) return kill();
      unheard += 1;
      socket.ping();
      // Whoever asked meanwhile was checked then.
      const idle = !asked;
      asked = false;
      if (!idle) return;
      try {
        await stands(randomToken(16) as RequestId, clock.now());
      } catch (error) {
        // Not known to stand: nothing more is told.
        close(FAULT, 'STATUS_UNAVAILABLE');
        if (!(error instanceof Fault)) parts.onUnexpected(error);
      }
    },
    kill,
  };
}
