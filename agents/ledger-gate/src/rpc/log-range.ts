import { isJsonObject, memberOf } from '@gridpass/codec';
import { Fault, ok, refuse } from '@gridpass/core';
import type { JsonValue, Outcome } from '@gridpass/core';
import type { NodePort } from './node-port.js';

const MEMBERS: ReadonlySet<string> = new Set(['fromBlock', 'toBlock', 'address', 'topics', 'blockHash']);
const QUANTITY = /^0x(?:0|[1-9a-fA-F][0-9a-fA-F]{0,12})$/;
const HEADS: ReadonlySet<string> = new Set(['latest', 'pending', 'safe', 'finalized']);

/**
 * Whether an `eth_getLogs` spans no more blocks than allowed (EIP-1474: a limit exceeded). Heights that only the node can tell
 * are asked of it. Refuses REQUEST_MALFORMED for a filter of another form: what is not understood cannot be bounded.
 */
export async function checkLogRange(
  filter: JsonValue | undefined,
  { node, maxLogBlocks }: { readonly node: NodePort; readonly maxLogBlocks: number },
): Promise<Outcome<true>> {
  const malformed = (path: string): Outcome<never> => refuse('REQUEST_MALFORMED', 'rpc', path);
  if (filter === undefined || !isJsonObject(filter)) return malformed('filter');
  if (Object.keys(filter).some((name) => !MEMBERS.has(name))) return malformed('filter: an unknown member');
  const [from, to] = [memberOf(filter, 'fromBlock') ?? 'latest', memberOf(filter, 'toBlock') ?? 'latest'];
  const hash = memberOf(filter, 'blockHash');
  if (hash !== undefined && hash !== null) {
    const alone = memberOf(filter, 'fromBlock') === undefined && memberOf(filter, 'toBlock') === undefined;
    return alone && typeof hash === 'string' ? ok(true) : malformed('filter.blockHash');
  }
  if (!isBlockName(from)) return malformed('filter.fromBlock');
  if (!isBlockName(to)) return malformed('filter.toBlock');
  if (from === to) return ok(true);
  const [first, last] = await Promise.all([heightOf(from, node), heightOf(to, node)]);
  return last - first < maxLogBlocks ? ok(true) : refuse('BLOCK_RANGE_TOO_WIDE', 'rpc', `more than ${maxLogBlocks} blocks`);
}

function isBlockName(value: JsonValue): value is string {
  return typeof value === 'string' && (value === 'earliest' || HEADS.has(value) || QUANTITY.test(value));
}

async function heightOf(name: string, node: NodePort): Promise<number> {
  if (name === 'earliest') return 0;
  if (!HEADS.has(name)) return Number(name);
  const [answer] = await node([{ method: 'eth_getBlockByNumber', params: [name, false] }]);
  const block = answer?.result;
  const height = block !== undefined && isJsonObject(block) ? memberOf(block, 'number') : undefined;
  if (typeof height === 'string' && QUANTITY.test(height)) return Number(height);
  // A block that is being built has no number on some nodes, and a young chain has nothing final.
  if (name !== 'latest' && name !== 'pending') return 0;
  if (name === 'pending') return (await heightOf('latest', node)) + 1;
  throw new Fault('CHAIN_UNAVAILABLE', 'the node does not tell its height');
}
