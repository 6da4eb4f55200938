import type { EthrEvent, EthrEventKind } from '@gridpass/core';
import { isJsonObject, memberOf } from '@gridpass/codec';
import { inconsistent } from './rpc.js';

/** First topics of the three events of ERC-1056. */
export const EVENT_TOPICS: Readonly<Record<EthrEventKind, string>> = {
  owner: '0x38a5a6e68f30ed1ab45860a4afb34bcb2fc00f22ca462d249b8a8d40cda6f7a3',
  delegate: '0x5a5084339536bcab65f20799fcc58724588145ca054bd2be626174b27ba156f7',
  attribute: '0x18ab6b2ae3d64306c00ce663125f2bd680e441a098de1635bd7ad8b0d44965e4',
};
const KIND_OF_TOPIC: ReadonlyMap<string, EthrEventKind> = new Map([
  [EVENT_TOPICS.owner, 'owner'],
  [EVENT_TOPICS.delegate, 'delegate'],
  [EVENT_TOPICS.attribute, 'attribute'],
]);

const WORD = 64;
const PLACE_OF_PREVIOUS: Readonly<Record<EthrEventKind, number>> = { owner: 1, delegate: 3, attribute: 3 };
const ADDRESS_TOPIC = /^0x0{24}[0-9a-f]{40}$/;
const HASH = /^0x[0-9a-f]{64}$/;

/** A log with the hash of its block; `time` is absent where the node does not say it. */
export type RegistryLog = Omit<EthrEvent, 'time'> & { readonly blockHash: string; readonly time: number | undefined };

/** Reads one entry of an eth_getLogs answer. A registry emits nothing else, so that anything else is a Fault CHAIN_INCONSISTENT. */
export function parseRegistryLog(registry: string, log: unknown): RegistryLog {
  if (!isJsonObject(log)) throw foreign();
  const topics = memberOf(log, 'topics');
  const list: readonly unknown[] = Array.isArray(topics) ? topics : [];
  const [topic, identityTopic] = list;
  const data = memberOf(log, 'data');
  const address = memberOf(log, 'address');
  const blockHash = memberOf(log, 'blockHash');
  const kind = typeof topic === 'string' ? KIND_OF_TOPIC.get(topic) : undefined;
  if (typeof address !== 'string' || address.toLowerCase() !== registry || kind === undefined || memberOf(log, 'removed') === true)
    throw foreign();
  if (
    typeof identityTopic !== 'string' ||
    !ADDRESS_TOPIC.test(identityTopic) ||
    typeof data !== 'string' ||
    typeof blockHash !== 'string' ||
    !HASH.test(blockHash)
  )
    throw foreign();
  const stamp = memberOf(log, 'blockTimestamp');
  return {
    block: quantity(memberOf(log, 'blockNumber')),
    logIndex: quantity(memberOf(log, 'logIndex')),
    blockHash,
    time: stamp === undefined || stamp === null ? undefined : quantity(stamp),
    identity: `0x${identityTopic.slice(26)}`,
    kind,
    previous: previousOf(kind, data),
    data: bytesOf(data),
  };
}

function bytesOf(data: string): Uint8Array {
  const bytes = Buffer.from(data.slice(2), 'hex');
  // Reading ends where no hex is.
  if (!data.startsWith('0x') || bytes.length * 2 !== data.length - 2) throw foreign();
  return new Uint8Array(bytes);
}

function previousOf(kind: EthrEventKind, data: string): number {
  const start = 2 + PLACE_OF_PREVIOUS[kind] * WORD;
  // Attribute data is head, length word and padded bytes; the others are heads alone.
  const whole = kind === 'attribute' ? data.length >= start + 2 * WORD : data.length === start + WORD;
  if (!whole) throw foreign();
  return quantity(`0x${data.slice(start, start + WORD)}`);
}

/** A number in JSON-RPC hex. */
export function quantity(value: unknown): number {
  const number = typeof value === 'string' && value.startsWith('0x') ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number) || number < 0) throw inconsistent('a number in the answer of the node is none');
  return number;
}

const foreign = () => inconsistent('the registry holds a log that is not one of ERC-1056');
