import { keccak256 } from 'ethers';
import { EVENT_TOPICS } from './registry-log.js';

/**
 * Tells whether a block's bloom filter (Ethereum yellow paper 4.3.1) leaves room for a log of the registry. False is certain;
 * true is true but for about one block in a thousand. It catches a node that has a block and not yet, or no more, its logs.
 */
export function createBloomTest(registry: string): (bloom: string) => boolean {
  const address = bitsOf(registry);
  const topics = Object.values(EVENT_TOPICS).map(bitsOf);
  return (bloom) => {
    const bytes = Buffer.from(bloom.slice(2), 'hex');
    const holds = (bits: readonly number[]): boolean => bits.every((bit) => ((bytes[255 - (bit >> 3)] ?? 0) & (1 << (bit & 7))) !== 0);
    return holds(address) && topics.some(holds);
  };
}

/** The three bits of an item: the low 11 bits of the first three pairs of bytes of its hash. */
function bitsOf(item: string): readonly number[] {
  const hash = Buffer.from(keccak256(item).slice(2), 'hex');
  return [0, 2, 4].map((place) => hash.readUInt16BE(place) & 2047);
}
