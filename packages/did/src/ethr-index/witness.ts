import type { EthrEvent, EthrEventRepository, EthrIndexName, TenantId } from '@gridpass/core';
import type { ChainReader } from './chain-reader.js';
import { readLogs } from './read-logs.js';
import type { LogRange } from './read-logs.js';
import type { RegistryLog } from './registry-log.js';
import { inconsistent, unavailable } from './rpc.js';

/** How many blocks the second node may be behind finality before it is no second opinion any more. */
const MAX_LAG = 64;

/**
 * Compares what is stored with a second node, up to the newest final block both have: the block's hash, and every log below.
 * Returns the block up to which they agree. Throws Fault CHAIN_INCONSISTENT where they do not, RESOLVER_UNAVAILABLE where the
 * second node cannot be asked or is far behind: who configured two nodes wants both.
 */
export async function compareWithWitness(
  parts: {
    readonly tenant: TenantId;
    readonly name: EthrIndexName;
    readonly repository: EthrEventRepository;
    readonly reader: ChainReader;
    readonly witness: ChainReader;
    readonly range: LogRange;
    readonly pause: (ms: number) => Promise<void>;
  },
  range: { readonly from: number; readonly final: number },
): Promise<number> {
  const { tenant, name, repository, reader, witness } = parts;
  if ((await witness.chainId()) !== name.chainId) throw inconsistent('the second node serves another chain');
  const head = await witness.block('latest');
  if (head === undefined || head.number < range.final - MAX_LAG) throw unavailable('the second node is behind');
  const end = Math.min(range.final, head.number);
  if (end < 0) return range.from - 1;
  const [first, second] = await Promise.all([reader.block(end), witness.block(end)]);
  if (first === undefined || second === undefined) throw unavailable('a node does not have a final block');
  if (first.hash !== second.hash) throw inconsistent('two nodes disagree about a final block');
  let next = range.from;
  while (next <= end) {
    const { to, logs } = await readLogs(witness, parts.range, { from: next, to: end }, parts.pause);
    const stored = await repository.readRange(tenant, name, { from: next, to });
    if (stored.length !== logs.length || !stored.every((event, index) => sameLog(event, logs[index])))
      throw inconsistent('two nodes disagree about the logs of the registry');
    await repository.setWitnessed(tenant, name, to);
    next = to + 1;
  }
  return Math.max(end, range.from - 1);
}

function sameLog(event: EthrEvent, log: RegistryLog | undefined): boolean {
  return (
    log !== undefined &&
    event.block === log.block &&
    event.logIndex === log.logIndex &&
    event.identity === log.identity &&
    event.kind === log.kind &&
    Buffer.compare(event.data, log.data) === 0
  );
}
