import { utf8 } from '@gridpass/codec';
import { Fault, ok } from '@gridpass/core';
import type { Instant, JsonValue, Outcome, RefusalCode, RequestId } from '@gridpass/core';
import { LEAST_COST, boundCall } from './bounded-call.js';
import type { BoundedCall, CallBounds } from './bounded-call.js';
import { toMethodError, toRpcError, toRpcFault } from './error.js';
import { checkLogRange } from './log-range.js';
import { parametersOf } from './methods.js';
import type { RpcRole } from './methods.js';
import type { HoldPlace, NodeAnswer, NodePort, PassPort } from './node-port.js';
import type { Places, RpcClient } from './places.js';
import { parseRpcRequest } from './request.js';
import type { RpcCall, RpcId, RpcItem } from './request.js';
import type { TransactionGate } from './transaction-gate.js';

/** Who asks, and when. */
export interface RpcSession {
  readonly role: RpcRole;
  readonly requestId: RequestId;
  readonly at: Instant;
  /** In whose name places at the node are taken. */
  readonly client: RpcClient;
  /** Aborts when nobody waits for the answer any more. */
  readonly left: AbortSignal;
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
  /** What a call of a stranger, and one of a session, may make the node do. */
  readonly bounds: { readonly stranger: CallBounds; readonly session: CallBounds };
  /** How much the node is asked at the same time. */
  readonly places: Pick<Places, 'shareOf' | 'enter'>;
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

/** A call that was judged, as it may reach the node. */
interface Judged extends Pick<RpcCall, 'method'>, BoundedCall {}
type Slot = { readonly id: RpcId | null } & ({ readonly ready: object } | { readonly call: Judged });

/** Makes the answerer, which knows nothing of HTTP: a WebSocket asks the same. */
export function createRpcAnswerer(parts: RpcAnswererParts): (body: Uint8Array, session: RpcSession) => Promise<RpcAnswer> {
  const { node, judgeTransaction, places, maxLogBlocks = 10_000 } = parts;

  /** Subscribing is answered here and never reaches the node. */
  async function judgeSubscription({ id, method, params }: RpcCall, subscriptions: SubscriptionPort, session: RpcSession): Promise<Slot> {
    if (method === 'eth_unsubscribe') {
      if (params.length !== 1) return { id, ready: toRpcError(id, 'REQUEST_MALFORMED', session.requestId, 'parameters') };
      return { id, ready: { jsonrpc: '2.0', id, result: subscriptions.end(params[0]) } };
    }
    const opened = await subscriptions.open(params, session.role);
    return {
      id,
      ready: opened.ok
        ? { jsonrpc: '2.0', id, result: opened.value }
        : toRpcError(id, opened.refusal.code, session.requestId, 'parameters'),
    };
  }

  /** The stages of one call: well-formed, allowed, and for a transaction its sender. Most calls wait for nothing. */
  function judge(item: RpcItem, session: RpcSession): Slot | Promise<Slot> {
    const { role, requestId, subscriptions } = session;
    if (item.kind === 'malformed') return { id: item.id, ready: toRpcError(item.id, 'REQUEST_MALFORMED', requestId, item.misread) };
    const { call } = item;
    if (subscriptions !== undefined && role !== 'none' && SUBSCRIBING.has(call.method))
      return orFault(call, requestId, () => judgeSubscription(call, subscriptions, session));
    const { id, method, params } = call;
    const turnedDown = (code: RefusalCode): Slot => ({ id, ready: toRpcError(id, code, requestId, 'parameters') });
    const most = parametersOf(role, method);
    if (most === undefined) return { id, ready: toMethodError(id, method, requestId) };
    if (params.length > most) return turnedDown('REQUEST_MALFORMED');
    const bounded = boundCall(method, params, session.client.stranger ? parts.bounds.stranger : parts.bounds.session);
    if (!bounded.ok) return turnedDown(bounded.refusal.code);
    const slot: Slot = { id, call: { method, ...bounded.value } };
    if (!LOOKED_INTO.has(method)) return slot;
    return orFault(call, requestId, async () => {
      const judged = await judgeParameters(call, session);
      return judged.ok ? slot : turnedDown(judged.refusal.code);
    });
  }

  async function orFault({ id }: RpcCall, requestId: RequestId, run: () => Promise<Slot>): Promise<Slot> {
    try {
      return await run();
    } catch (cause) {
      return { id, ready: toRpcFault(id, cause, requestId) };
    }
  }

  async function judgeParameters({ method, params }: RpcCall, session: RpcSession): Promise<Outcome<unknown>> {
    if (method === 'eth_sendRawTransaction') return judgeTransaction(params[0], session);
    if (method !== 'eth_getLogs') return ok(true);
    // Heights are asked of the node, in the client's own place like everything else.
    return inPlace(LEAST_COST, session, (hold) =>
      checkLogRange(params[0], { node: (calls) => node(calls, session.left, hold), maxLogBlocks }),
    );
  }

  /** Asks the node in a place of the client's, which is given up when the node has ended, and not when the client has gone. */
  async function inPlace<T>(
    cost: number,
    { client, left }: RpcSession,
    ask: (hold: HoldPlace) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const entered = await places.enter(client, cost, left);
    if (!entered.ok) return entered;
    const held: Promise<void>[] = [];
    try {
      return await ask((ended) => held.push(ended));
    } finally {
      if (held.length === 0) entered.value();
      else void Promise.all(held).then(entered.value);
    }
  }

  /** The answers of the node to calls that fit into one place. */
  async function askTogether(calls: readonly Judged[], session: RpcSession): Promise<readonly (NodeAnswer | RefusalCode)[]> {
    const cost = calls.reduce((sum, call) => sum + call.cost, 0);
    const answers = await inPlace(cost, session, async (hold) =>
      ok(
        await node(
          calls.map(({ method, params }) => ({ method, params })),
          session.left,
          hold,
        ),
      ),
    );
    if (!answers.ok) return calls.map(() => answers.refusal.code);
    if (answers.value.length !== calls.length) throw new Fault('CHAIN_INCONSISTENT', 'the node answered another number of calls');
    return answers.value;
  }

  /** In turns where all together are more than the client's share; what was asked for before an answer failed is not asked after it. */
  async function forward(slots: readonly Slot[], session: RpcSession): Promise<readonly object[]> {
    const { requestId } = session;
    const calls = slots.flatMap((slot) => ('call' in slot ? [slot.call] : []));
    const answers: (NodeAnswer | RefusalCode)[] = [];
    let failure: unknown;
    try {
      for (const turn of inTurns(calls, places.shareOf(session.client))) answers.push(...(await askTogether(turn, session)));
    } catch (cause) {
      failure = cause;
    }
    let next = 0;
    return slots.map((slot) => {
      if ('ready' in slot) return slot.ready;
      const answer = answers[next];
      next += 1;
      if (typeof answer === 'string') return toRpcError(slot.id, answer, requestId);
      return answer === undefined ? toRpcFault(slot.id, failure, requestId) : { jsonrpc: '2.0', id: slot.id, ...answer };
    });
  }

  /** One call, whose result is not read here. */
  async function passOn(id: RpcId | null, { method, params, cost }: Judged, pass: PassPort, session: RpcSession): Promise<Uint8Array> {
    const { requestId } = session;
    try {
      const passed = await inPlace(cost, session, async (hold) => ok(await pass({ method, params }, session.left, hold)));
      if (!passed.ok) return toBytes(toRpcError(id, passed.refusal.code, requestId));
      const answer = passed.value;
      if (answer.error !== undefined) return toBytes({ jsonrpc: '2.0', id, error: answer.error });
      return Buffer.concat([utf8(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`), answer.result, CLOSE]);
    } catch (cause) {
      return toBytes(toRpcFault(id, cause, requestId));
    }
  }

  return async (body, session) => {
    const { requestId } = session;
    const request = parseRpcRequest(body, parts);
    if (!request.ok) {
      const misread = request.refusal.stage === 'codec' ? 'json' : 'request';
      return { understood: false, body: toBytes(toRpcError(null, request.refusal.code, requestId, misread)) };
    }
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
      return { understood: true, body: await passOn(only.id, only.call, parts.pass, session) };
    return toAnswer(await forward(slots, session));
  };
}

const CLOSE = utf8('}');

/** Calls one after another, as many at a time as cost no more than the share, and one at least. */
function inTurns(calls: readonly Judged[], share: number): readonly (readonly Judged[])[] {
  const turns: Judged[][] = [];
  let cost = 0;
  for (const call of calls) {
    const turn = turns.at(-1);
    if (turn === undefined || cost + call.cost > share) {
      turns.push([call]);
      cost = call.cost;
    } else {
      turn.push(call);
      cost += call.cost;
    }
  }
  return turns;
}

function toBytes(value: unknown): Uint8Array {
  return utf8(JSON.stringify(value));
}

function idOf(item: RpcItem): RpcId | null {
  return item.kind === 'call' ? item.call.id : item.id;
}
