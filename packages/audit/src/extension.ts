import type { AuditExtension, AuditHead } from '@gridpass/core';
import { CompactRange, EMPTY_HEAD } from './merkle.js';

/** What leaves add to a head; pure. */
export function extensionOf(
  leaves: readonly { readonly entry: string; readonly leaf: Uint8Array }[],
): (before?: AuditHead) => AuditExtension {
  return (before = EMPTY_HEAD) => {
    const range = new CompactRange(before);
    const nodes: AuditExtension['nodes'][number][] = [];
    const entries = leaves.map(({ entry, leaf }) => {
      const index = range.size;
      range.append(leaf, (node) => nodes.push(node));
      return { index, leaf, entry };
    });
    return { head: range.head(), entries, nodes };
  };
}
