import { isJsonObject, memberOf } from '@gridpass/codec';
import { ok, refuse } from '@gridpass/core';
import type { JsonObject, JsonValue, Outcome } from '@gridpass/core';
import { parametersOf } from './methods.js';
import type { RpcRole } from './methods.js';

/** What a connection may be told of: new blocks, or logs of open contracts. */
export type Subscription =
  | { readonly kind: 'newHeads' }
  | { readonly kind: 'logs'; readonly addresses: ReadonlySet<string>; readonly topics: readonly (ReadonlySet<string> | null)[] };

const ADDRESS = /^0x[0-9a-f]{40}$/;
const TOPIC = /^0x[0-9a-f]{64}$/;
const MOST_CHOICES = 32;

/**
 * Reads the parameters of `eth_subscribe`. Whoever may ask for a thing may be told of it: METHOD_NOT_ALLOWED for other roles,
 * other kinds (transactions that wait are nobody's business), and logs of other contracts than the open ones.
 */
export function parseSubscription(
  params: readonly JsonValue[],
  { role, open }: { readonly role: RpcRole; readonly open: ReadonlySet<string> },
): Outcome<Subscription> {
  const closed = (detail: string): Outcome<never> => refuse('METHOD_NOT_ALLOWED', 'rpc', detail);
  const [kind, filter] = params;
  if (typeof kind !== 'string') return refuse('REQUEST_MALFORMED', 'rpc', 'params[0]');
  if (kind === 'newHeads') {
    if (parametersOf(role, 'eth_getBlockByNumber') === undefined) return closed('newHeads');
    return params.length === 1 ? ok({ kind }) : refuse('REQUEST_MALFORMED', 'rpc', 'params');
  }
  if (kind !== 'logs' || parametersOf(role, 'eth_getLogs') === undefined) return closed('subscription');
  if (params.length !== 2 || filter === undefined || !isJsonObject(filter)) return closed('logs without a filter');
  if (Object.keys(filter).some((name) => name !== 'address' && name !== 'topics')) return refuse('REQUEST_MALFORMED', 'rpc', 'params[1]');
  const addresses = choicesOf(memberOf(filter, 'address'), ADDRESS);
  if (addresses === undefined || [...addresses].some((address) => !open.has(address))) return closed('logs of a contract that is not open');
  const topics = topicsOf(memberOf(filter, 'topics') ?? []);
  return topics === undefined ? refuse('REQUEST_MALFORMED', 'rpc', 'params[1].topics') : ok({ kind, addresses, topics });
}

/** Whether a log is one that a subscription is about. */
export function isAbout(subscription: Subscription, log: JsonObject): boolean {
  if (subscription.kind !== 'logs') return false;
  const address = memberOf(log, 'address');
  const topics = memberOf(log, 'topics');
  if (typeof address !== 'string' || !Array.isArray(topics) || !subscription.addresses.has(address.toLowerCase())) return false;
  const named: readonly JsonValue[] = topics;
  return subscription.topics.every((wanted, index) => {
    const topic = named[index];
    return topic === undefined ? false : wanted === null || (typeof topic === 'string' && wanted.has(topic.toLowerCase()));
  });
}

function choicesOf(value: JsonValue | undefined, form: RegExp): ReadonlySet<string> | undefined {
  const items: readonly (JsonValue | undefined)[] = Array.isArray(value) ? value : [value];
  const texts = items.flatMap((item) => (typeof item === 'string' && form.test(item.toLowerCase()) ? [item.toLowerCase()] : []));
  return texts.length === items.length && texts.length > 0 && texts.length <= MOST_CHOICES ? new Set(texts) : undefined;
}

function topicsOf(value: JsonValue): readonly (ReadonlySet<string> | null)[] | undefined {
  if (!Array.isArray(value) || value.length > 4) return undefined;
  const read = value.map((item: JsonValue) =>
    item === null || (Array.isArray(item) && item.length === 0) ? null : choicesOf(item, TOPIC),
  );
  const topics = read.flatMap((item) => (item === undefined ? [] : [item]));
  return topics.length === read.length ? topics : undefined;
}
