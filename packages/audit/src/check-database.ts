import { encodeBase64url } from '@gridpass/codec';
import { ok, refuse } from '@gridpass/core';
import type { AuditNode, AuditRepository, Outcome, PublicJwk, TenantId } from '@gridpass/core';
import { checkCheckpoint } from './checkpoint.js';
import type { LogSummary } from './check-export.js';
import { CompactRange, EMPTY_HEAD } from './merkle.js';
import { sameHash } from './proofs.js';
import { storedLeaves } from './stored-leaves.js';

const bad = (detail: string): Outcome<never> => refuse('LOG_INCONSISTENT', 'audit', detail);

/** Rebuilds a tenant's log from its entries and compares leaves, inner nodes, checkpoints and head with what is stored. */
export async function checkDatabase({
  repository,
  tenant,
  origin,
  publicJwk,
}: {
  readonly repository: AuditRepository;
  readonly tenant: TenantId;
  readonly origin: string;
  readonly publicJwk: PublicJwk;
}): Promise<Outcome<LogSummary>> {
  // The head first: entries appended while this runs lie beyond it.
  const head = (await repository.readHead(tenant)) ?? EMPTY_HEAD;
  const checkpoints = await repository.listCheckpoints(tenant, Number.MAX_SAFE_INTEGER);
  const range = new CompactRange();
  let next = 0;
  const checkpointsHere = (): Outcome<true> => {
    for (; checkpoints[next]?.size === range.size; next += 1) {
      const read = checkCheckpoint(checkpoints[next]?.note ?? '', publicJwk);
      if (!read.ok) return read;
      if (read.value.origin !== origin || read.value.size !== range.size || !sameHash(read.value.root, range.head().root))
        return bad(`the checkpoint of size ${range.size} is of another log`);
    }
    return ok(true);
  };
  let nodeCount = 0;
  const atStart = checkpointsHere();
  if (!atStart.ok) return atStart;
  for await (const page of storedLeaves({ repository, tenant }, 0, head.size)) {
    if (!page.ok) return page;
    const nodes: AuditNode[] = [];
    for (const leaf of page.value) {
      range.append(leaf, (node) => nodes.push(node));
      const here = checkpointsHere();
      if (!here.ok) return here;
    }
    nodeCount += nodes.length;
    const stored = nodes.length === 0 ? [] : await repository.readNodes(tenant, nodes);
    const wrong = nodes.find((node, i) => !sameHash(node.hash, stored[i] ?? new Uint8Array()));
    if (wrong !== undefined) return bad(`node ${wrong.level}/${wrong.index} is not the one that was written`);
  }
  const rebuilt = range.head();
  if (!sameHash(rebuilt.root, head.root) || rebuilt.range.some((hash, i) => !sameHash(hash, head.range[i] ?? new Uint8Array())))
    return bad('the head is not that of the entries');
  if (checkpoints.slice(next).some(({ size }) => size <= head.size)) return bad('a checkpoint does not fit the log');
  if ((await repository.countNodes(tenant)) < nodeCount) return bad('a node is missing');
  return ok({ origin, size: head.size, rootHash: encodeBase64url(head.root), checkpoints: next });
}
