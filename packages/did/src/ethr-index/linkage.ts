import type { EthrEvent } from '@gridpass/core';

/** An identity whose history has a hole: its event names a change that is not there, or not the one that is there. */
export interface HistoryGap {
  readonly identity: string;
  /** The block of the last change known before. */
  readonly known: number;
  /** The block of the change the chain says came before. */
  readonly named: number;
}

/**
 * ERC-1056: each event names the block of the identity's change before it. Checks events in the order of the chain against
 * the last changes already known; undefined when nothing is missing.
 */
export function findGap(
  events: readonly Pick<EthrEvent, 'identity' | 'block' | 'previous'>[],
  lastChanges: ReadonlyMap<string, number>,
): HistoryGap | undefined {
  const last = new Map(lastChanges);
  for (const { identity, block, previous } of events) {
    const known = last.get(identity) ?? 0;
    if (previous !== known) return { identity, known, named: previous };
    last.set(identity, block);
  }
  return undefined;
}
