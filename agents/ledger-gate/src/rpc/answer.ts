import { utf8 } from '@gridpass/codec';
import { Fault, ok } from '@gridpass/core';
import type { Instant, JsonValue, Outcome, RequestId } from '@gridpass/core';
import { toRpcError, toRpcFault } from './error.js';
import { checkLogRange } from './log-range.js';
import { parametersOf } from './methods.js';
import type { RpcRole } from './methods.js';
import type { NodeAnswer, NodePort, PassPort } from './node-port.js';
import { parseRpcRequest } from './request.js';
import type { RpcCall, RpcId, RpcItem } from './request.js';
import type { TransactionGate } from './transaction-gate.js';

/** Who asks, and when. */
export interface RpcSession {
  readonly role: RpcRole;
  readonly requestId: RequestId;
  readonly at: Instant;
  /** Takes so many calls from what the one who asks may still ask; false when it is not that many. */
  readonly spend: (calls: number) => boolean;
  /** What a connection that stays open may be told; without it there are no subscriptions. */
  readonly subscriptions?: SubscriptionPort;
}

/** The subscriptions of one connection. */
export interface SubscriptionPort {
  /** Opens one for the role that asks; throws Fault CHAIN_UNAVAILABLE. */
  open(params: readonly JsonValue[], role: RpcRole): Promise<Outcome<string>>;
  /** Ends one; false when this connection has none of that name. */
  end(id: JsonValue | undefined): boolean;
}

export interface RpcAnswererParts {
  readonly node: NodePort;
  /** Passes the result of a single call on as it came; without it answers are read and written again. */
  readonly pass?: PassPort;
  readonly judgeTransaction: TransactionGate;
  readonly maxBytes: number;
  readonly maxBatch: number;
  /** How many blocks one `eth_getLogs` may span. */
  readonly maxLogBlocks?: number;
}

/** The answer to a whole request; `understood` is false when no single call could be read out of it. */
export interface RpcAnswer {
  readonly understood: boolean;
  /** JSON in UTF-8. */
  readonly body: Uint8Array;
}

/** Methods whose parameters are judged too. */
const LOOKED_INTO: ReadonlySet<string> = new Set(['eth_sendRawTransaction', 'eth_getLogs']);
const SUBSCRIBING: ReadonlySet<string> = new Set(['eth_subscribe', 'eth_unsubscribe']);

type Slot = { readonly id: RpcId | null } & ({ readonly ready: object } | { readonly call: RpcCall });

/** Makes the answerer, which knows nothing of HTTP: a WebSocket asks the same. */
export function createRpcAnswerer(parts: RpcAnswererParts): (body: Uint8Array, session: RpcSession) => Promise<RpcAnswer> {
  const { node, judgeTransaction, maxLogBlocks = 10_000 } = parts;

  /** Subscribing is answered here and never reaches the node. */
  async function judgeSubscription({ id, method, params }: RpcCall, subscriptions: SubscriptionPort, session: RpcSession): Promise<Slot> {
    if (method === 'eth_unsubscribe') {
      if (params.length !== 1) return { id, ready: toRpcError(id, 'REQUEST_MALFORMED', session.requestId) };
      return { id, ready: { jsonrpc: '2.0', id, result: subscriptions.end(params[0]) } };
    }
    const opened = await subscriptions.open(params, session.role);
    return { id, ready: opened.ok ? { jsonrpc: '2.0', id, result: opened.value } : toRpcError(id, opened.refusal.code, session.requestId) };
  }

  /** The stages of one call: well-formed, allowed, and for a transaction its sender. Most calls wait for nothing. */
  function judge(item: RpcItem, session: RpcSession): Slot | Promise<Slot> {
    const { role, requestId, subscriptions } = session;
    if (item.kind === 'malformed') return { id: item.id, ready: toRpcError(item.id, 'REQUEST_MALFORMED', requestId) };
    const { call } = item;
    if (subscriptions !== undefined && role !== 'none' && SUBSCRIBING.has(call.method))
      return orFault(call, requestId, () => judgeSubscription(call, subscriptions, session));
    const most = parametersOf(role, call.method);
    if (most === undefined) return { id: call.id, ready: toRpcError(call.id, 'METHOD_NOT_ALLOWED', requestId) };
    if (call.params.length > most) return { id: call.id, ready: toRpcError(call.id, 'REQUEST_MALFORMED', requestId) };
    if (!LOOKED_INTO.has(call.method)) return { id: call.id, call };
    return orFault(call, requestId, async () => {
      const judged = await judgeParameters(call, session);
      return judged.ok ? { id: call.id, call } : { id: call.id, ready: toRpcError(call.id, judged.refusal.code, requestId) };
    });
  }

  async function orFault({ id }: RpcCall, requestId: RequestId, run: () => Promise<Slot>): Promise<Slot> {
    try {
      return await run();
    } catch (cause) {
      return { id, ready: toRpcFault(id, cause, requestId) };
    }
  }

  async function judgeParameters(
    { method, params }: RpcCall,
    request: { readonly requestId: RequestId; readonly at: Instant },
  ): Promise<Outcome<unknown>> {
    if (method === 'eth_sendRawTransaction') return judgeTransaction(params[0], request);
    return method === 'eth_getLogs' ? checkLogRange(params[0], { node, maxLogBlocks }) : ok(true);
  }

  async function forward(slots: readonly Slot[], requestId: RequestId): Promise<readonly object[]> {
    const calls = slots.flatMap((slot) => ('call' in slot ? [slot.call] : []));
    let answers: readonly NodeAnswer[] = [];
    let failure: unknown;
    if (calls.length > 0) {
      try {
        answers = await node(calls.map(({ method, params }) => ({ method, params })));
        if (answers.length !== calls.length) throw new Fault('CHAIN_INCONSISTENT', 'the node answered another number of calls');
      } catch (cause) {
        failure = cause;
      }
    }
    let next = 0;
    return slots.map((slot) => {
      if ('ready' in slot) return slot.ready;
      const answer = answers[next];
      next += 1;
      return failure !== undefined || answer === undefined
        ? toRpcFault(slot.id, failure, requestId)
        : { jsonrpc: '2.0', id: slot.id, ...answer };
    });
  }

  /** One call, whose result is not read here. */
  async function passOn({ id, method, params }: RpcCall, pass: PassPort, requestId: RequestId): Promise<Uint8Array> {
    try {
      const answer = await pass({ method, params });
      if (answer.error !== undefined) return toBytes({ jsonrpc: '2.0', id, error: answer.error });
      return Buffer.concat([utf8(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`), answer.result, CLOSE]);
    } catch (cause) {
      return toBytes(toRpcFault(id, cause, requestId));
    }
  }

  return async (body, session) => {
    const { requestId } = session;
    const request = parseRpcRequest(body, parts);
    if (!request.ok) return { understood: false, body: toBytes(toRpcError(null, request.refusal.code, requestId)) };
    const { items, batch } = request.value;
    const toAnswer = (answers: readonly object[]): RpcAnswer => ({ understood: true, body: toBytes(batch ? answers : answers[0]) });
    // Each call counts, or a batch would be the way around the limit.
    if (!session.spend(items.length)) return toAnswer(items.map((item) => toRpcError(idOf(item), 'RATE_LIMITED', requestId)));
    const slots: Slot[] = [];
    // In order: a later transaction of the batch may rest on an earlier one.
    for (const item of items) {
      const judged = judge(item, session);
      slots.push(judged instanceof Promise ? await judged : judged);
    }
    const [only] = slots;
    if (!batch && only !== undefined && 'call' in only && parts.pass !== undefined)
      return { understood: true, body: await passOn(only.call, parts.pass, requestId) };
    return toAnswer(await forward(slots, requestId));
  };
}

const CLOSE = utf8('}');

function toBytes(value: unknown): Uint8Array {
  return utf8(JSON.stringify(value));
}

function idOf(item: RpcItem): RpcId | null {
  return item.kind === 'call' ? item.call.id : item.id;
}
