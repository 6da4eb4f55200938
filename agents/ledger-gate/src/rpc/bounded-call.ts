import { isJsonObject, memberOf } from '@gridpass/codec';
import { ok, refuse } from '@gridpass/core';
import type { JsonObject, JsonValue, Outcome } from '@gridpass/core';

/** What one call may make the node do: gas to run, and bytes to run it on. */
export interface CallBounds {
  readonly gas: number;
  readonly dataBytes: number;
}

/** A call as it may reach the node, and what it may cost it there, in gas. */
export interface BoundedCall {
  readonly params: readonly JsonValue[];
  readonly cost: number;
}

/** What any answer costs at least, in gas: a look-up is no computation, but a connection and an answer. */
export const LEAST_COST = 1_000_000;
/** A node runs an estimate again and again, halving the gap. */
const ESTIMATE_RUNS = 4;
const LOGS_COST = 8 * LEAST_COST;
const FEE_HISTORY_BLOCKS = 1_024;
const PERCENTILES = 100;
const LISTED = 1_000;
const AUTHORIZATIONS = 16;

// EIP-1474: no leading zeros; the prefix in lower case. 32 bytes hold every quantity there is.
const QUANTITY = /^0x(?:0|[1-9a-fA-F][0-9a-fA-F]{0,63})$/;
const BYTES = /^0x(?:[0-9a-fA-F]{2})*$/;
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const HASH = /^0x[0-9a-fA-F]{64}$/;
const BLOCK_NAMES: ReadonlySet<string> = new Set(['earliest', 'latest', 'pending', 'safe', 'finalized']);
const AMOUNTS = ['gas', 'gasPrice', 'maxFeePerGas', 'maxPriorityFeePerGas', 'value', 'nonce', 'type', 'chainId'];
const PARTIES = ['from', 'to'];
const DATA = ['data', 'input'];
/** EIP-4844 members are left out: what carries blobs is not sent here, and a node would check each of them. */
const MEMBERS: ReadonlySet<string> = new Set([...PARTIES, ...DATA, ...AMOUNTS, 'accessList', 'authorizationList']);

const malformed = (path: string): Outcome<never> => refuse('REQUEST_MALFORMED', 'rpc', path);

/**
 * Bounds a call before the node sees it. Calls that run code are written anew: gas is given and at most the bound, whatever was
 * asked for; data are given once. Refuses REQUEST_MALFORMED for what is not understood, for it cannot be bounded, and
 * CALL_TOO_LARGE for more data, lists or blocks than one call may bring.
 */
export function boundCall(method: string, params: readonly JsonValue[], bounds: CallBounds): Outcome<BoundedCall> {
  switch (method) {
    case 'eth_call':
      return boundExecution(params, bounds, 1);
    case 'eth_estimateGas':
      return boundExecution(params, bounds, ESTIMATE_RUNS);
    case 'eth_feeHistory':
      return boundFeeHistory(params);
    case 'eth_getLogs':
      return boundLogs(params);
    default:
      return ok({ params, cost: LEAST_COST });
  }
}

function boundExecution([call, block, ...rest]: readonly JsonValue[], bounds: CallBounds, runs: number): Outcome<BoundedCall> {
  if (call === undefined || !isJsonObject(call)) return malformed('call');
  if (rest.length > 0) return malformed('call: state or block overrides');
  if (block !== undefined && !isBlock(block)) return malformed('block');
  // A library writes null for what it leaves out.
  const given = Object.entries(call).filter(([, value]) => value !== null);
  const members = checkMembers(given);
  if (!members.ok) return members;
  const data = oneDataOf(call, bounds);
  if (!data.ok) return data;
  const lists = checkLists(call);
  if (!lists.ok) return lists;
  const asked = memberOf(call, 'gas');
  const gas = typeof asked === 'string' ? smaller(BigInt(asked), bounds.gas) : bounds.gas;
  const bounded: JsonObject = {
    ...Object.fromEntries(given.filter(([name]) => !DATA.includes(name))),
    ...data.value,
    gas: `0x${gas.toString(16)}`,
  };
  return ok({ params: block === undefined ? [bounded] : [bounded, block], cost: Math.max(LEAST_COST, gas * runs) });
}

function checkMembers(given: readonly (readonly [string, JsonValue])[]): Outcome<true> {
  for (const [name, value] of given) {
    if (!MEMBERS.has(name)) return malformed('call: an unknown member');
    if (PARTIES.includes(name) && !(typeof value === 'string' && ADDRESS.test(value))) return malformed(`call.${name}`);
    if (AMOUNTS.includes(name) && !(typeof value === 'string' && QUANTITY.test(value))) return malformed(`call.${name}`);
  }
  return ok(true);
}

/** `data` and `input` are two names of one thing: both are taken where they say the same, and one is passed on. */
function oneDataOf(call: JsonObject, { dataBytes }: CallBounds): Outcome<JsonObject> {
  const [data, input] = DATA.map((name) => memberOf(call, name) ?? undefined);
  for (const value of [data, input]) {
    if (value === undefined) continue;
    if (typeof value !== 'string') return malformed('call.data');
    if (value.length > 2 + 2 * dataBytes) return refuse('CALL_TOO_LARGE', 'rpc', `more than ${dataBytes} bytes of data`);
    if (!BYTES.test(value)) return malformed('call.data');
  }
  if (data === undefined) return ok(input === undefined ? {} : { input });
  if (typeof data === 'string' && typeof input === 'string' && data.toLowerCase() !== input.toLowerCase())
    return malformed('call: data and input differ');
  return ok({ data });
}

function checkLists(call: JsonObject): Outcome<true> {
  const access = memberOf(call, 'accessList') ?? [];
  const authorizations = memberOf(call, 'authorizationList') ?? [];
  if (!Array.isArray(access)) return malformed('call.accessList');
  let listed = 0;
  for (const entry of access as readonly JsonValue[]) {
    if (!isJsonObject(entry)) return malformed('call.accessList');
    const [address, keys] = [memberOf(entry, 'address'), memberOf(entry, 'storageKeys')];
    const named = typeof address === 'string' && ADDRESS.test(address) && Object.keys(entry).length === 2;
    if (!named || !Array.isArray(keys) || !keys.every((key: JsonValue) => typeof key === 'string' && HASH.test(key)))
      return malformed('call.accessList');
    listed += 1 + keys.length;
  }
  if (listed > LISTED) return refuse('CALL_TOO_LARGE', 'rpc', `an access list of more than ${LISTED} entries`);
  if (!Array.isArray(authorizations) || !authorizations.every((item: JsonValue) => isJsonObject(item)))
    return malformed('call.authorizationList');
  // Each of them is a signature to recover (EIP-7702).
  return authorizations.length > AUTHORIZATIONS ? refuse('CALL_TOO_LARGE', 'rpc', `more than ${AUTHORIZATIONS} authorizations`) : ok(true);
}

function boundFeeHistory([count, newest, percentiles]: readonly JsonValue[]): Outcome<BoundedCall> {
  const asNumber = typeof count === 'number' && Number.isSafeInteger(count) && count >= 0;
  if (!asNumber && !(typeof count === 'string' && QUANTITY.test(count))) return malformed('blockCount');
  if (newest === undefined || !isBlock(newest)) return malformed('newestBlock');
  const list = percentiles ?? [];
  if (!Array.isArray(list) || !list.every((item: JsonValue) => typeof item === 'number')) return malformed('rewardPercentiles');
  if (BigInt(count) > BigInt(FEE_HISTORY_BLOCKS) || list.length > PERCENTILES)
    return refuse('CALL_TOO_LARGE', 'rpc', `more than ${FEE_HISTORY_BLOCKS} blocks or ${PERCENTILES} percentiles`);
  const blocks = Number(count);
  // With percentiles the node reads all receipts of each block.
  const cost = LEAST_COST + blocks * (list.length > 0 ? 50_000 : 1_000);
  const counted = `0x${blocks.toString(16)}`;
  return ok({ params: percentiles === undefined ? [counted, newest] : [counted, newest, list], cost });
}

/** How many blocks are spanned is another question, asked of the node; here, how much is looked for in each. */
function boundLogs(params: readonly JsonValue[]): Outcome<BoundedCall> {
  const [filter] = params;
  if (filter === undefined || !isJsonObject(filter)) return malformed('filter');
  const addresses = memberOf(filter, 'address') ?? [];
  const topics = memberOf(filter, 'topics') ?? [];
  if (!Array.isArray(topics) || topics.length > 4) return malformed('filter.topics');
  const looked = [addresses, ...(topics as readonly JsonValue[])].reduce<number>(
    (sum, item) => sum + (Array.isArray(item) ? item.length : 1),
    0,
  );
  if (looked > LISTED) return refuse('CALL_TOO_LARGE', 'rpc', `more than ${LISTED} addresses and topics`);
  return ok({ params, cost: LOGS_COST });
}

/** EIP-1898: a height, a name, or an object that says which of the two is meant. */
function isBlock(value: JsonValue): boolean {
  if (typeof value === 'string') return BLOCK_NAMES.has(value) || QUANTITY.test(value) || HASH.test(value);
  if (!isJsonObject(value)) return false;
  const names = Object.keys(value);
  return names.length > 0 && names.every((name) => name === 'blockHash' || name === 'blockNumber' || name === 'requireCanonical');
}

function smaller(asked: bigint, bound: number): number {
  return asked < BigInt(bound) ? Number(asked) : bound;
}
