import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import { ok, refuse } from '@gridpass/core';
import type { JsonValue, Outcome } from '@gridpass/core';

/** What could not be read of a request: its JSON, its form, or the parameters of a call. */
export type Misread = 'json' | 'request' | 'parameters';

/** The name a client gave a call. */
export type RpcId = string | number;

/** One call, well-formed; whether it is allowed is another matter. */
export interface RpcCall {
  readonly id: RpcId;
  readonly method: string;
  readonly params: readonly JsonValue[];
}

/** One item of a request: a call, or what to answer in its place. */
export type RpcItem =
  | { readonly kind: 'call'; readonly call: RpcCall }
  | { readonly kind: 'malformed'; readonly id: RpcId | null; readonly detail: string; readonly misread: Misread };

/** A request as sent: one item, or a batch. */
export interface RpcRequest {
  readonly batch: boolean;
  readonly items: readonly RpcItem[];
}

const MEMBERS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'method', 'params']);
const MAX_DEPTH = 12;

/**
 * Reads the body of a JSON-RPC 2.0 request. Refuses REQUEST_MALFORMED for what is not strict JSON (a member given twice
 * could be read one way here and another way by the node), for an empty or oversized batch, and for a batch in which two
 * calls have one id: their answers could not be told apart. A malformed item, a batch in the batch among them, is
 * answered by itself.
 */
export function parseRpcRequest(body: Uint8Array, limits: { readonly maxBytes: number; readonly maxBatch: number }): Outcome<RpcRequest> {
  const json = parseJson(body, { maxBytes: limits.maxBytes, maxDepth: MAX_DEPTH });
  if (!json.ok) return json;
  if (!Array.isArray(json.value)) return ok({ batch: false, items: [toItem(json.value)] });
  const values: readonly JsonValue[] = json.value;
  if (values.length === 0) return refuse('REQUEST_MALFORMED', 'rpc', 'an empty batch');
  if (values.length > limits.maxBatch) return refuse('REQUEST_MALFORMED', 'rpc', `a batch of more than ${limits.maxBatch}`);
  const items = values.map(toItem);
  const ids = items.map((item) => (item.kind === 'call' ? item.call.id : item.id)).filter((id) => id !== null);
  if (new Set(ids.map((id) => `${typeof id} ${id}`)).size !== ids.length) return refuse('REQUEST_MALFORMED', 'rpc', 'an id is there twice');
  return ok({ batch: true, items });
}

function toItem(value: JsonValue): RpcItem {
  if (!isJsonObject(value)) return { kind: 'malformed', id: null, detail: 'not an object', misread: 'request' };
  const id = idOf(memberOf(value, 'id'));
  const malformed = (detail: string, misread: Misread = 'request'): RpcItem => ({ kind: 'malformed', id: id ?? null, detail, misread });
  // A call without an id gets no answer (a notification): whoever is turned down must be told.
  if (id === undefined) return malformed('id');
  if (memberOf(value, 'jsonrpc') !== '2.0') return malformed('jsonrpc');
  if (Object.keys(value).some((name) => !MEMBERS.has(name))) return malformed('an unknown member');
  const method = memberOf(value, 'method');
  if (typeof method !== 'string' || method.length > 64) return malformed('method');
  const params = memberOf(value, 'params') ?? [];
  if (!Array.isArray(params)) return malformed('params', 'parameters');
  return { kind: 'call', call: { id, method, params } };
}

function idOf(value: JsonValue | undefined): RpcId | undefined {
  if (typeof value === 'string') return value.length <= 128 ? value : undefined;
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}
