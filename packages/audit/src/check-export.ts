import { canonicalJson, encodeBase64url, isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import { ok, refuse } from '@gridpass/core';
import type { AuditHead, AuditReceipt, JsonObject, Outcome, PublicJwk } from '@gridpass/core';
import { checkCheckpoint } from './checkpoint.js';
import { CompactRange, leafHashOf, rootOf } from './merkle.js';
import { sameHash } from './proofs.js';

/** What a log that agrees with itself amounts to. */
export interface LogSummary {
  readonly origin: string;
  readonly size: number;
  readonly rootHash: string;
  readonly checkpoints: number;
}

interface Expected {
  /** The log's key, from elsewhere than the export. */
  readonly publicJwk: PublicJwk;
  /** Checkpoints and receipts kept from earlier: what they state must still be so. They show a log cut short or rewritten. */
  readonly checkpoints?: readonly string[];
  readonly receipts?: readonly AuditReceipt[];
  /** Heads from elsewhere that carry no signature of the log, such as anchored ones. */
  readonly heads?: readonly Pick<AuditHead, 'size' | 'root'>[];
  /** Told each entry in order, once its place in the log is known; what it learns counts only if the outcome is ok. */
  readonly onEntry?: (index: number, entry: JsonObject) => void;
}

const bad = (detail: string): Outcome<never> => refuse('LOG_INCONSISTENT', 'audit', detail);

/** Checks an export offline, line by line in constant memory; refuses LOG_INCONSISTENT and names the line. */
export async function checkLogExport(lines: AsyncIterable<string> | Iterable<string>, expected: Expected): Promise<Outcome<LogSummary>> {
  const known = readKnown(expected);
  if (!known.ok) return known;
  const reader = new ExportReader(expected, known.value);
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (line === '') continue;
    const read = reader.read(line);
    if (!read.ok) return bad(`line ${number}: ${read.refusal.detail}`);
  }
  return reader.summary();
}

interface Known {
  readonly origins: ReadonlySet<string>;
  /** Root hash at a size. */
  readonly roots: ReadonlyMap<number, string>;
  /** Leaf hash at an index. */
  readonly leaves: ReadonlyMap<number, string>;
}

function readKnown({ checkpoints = [], receipts = [], heads = [], publicJwk }: Expected): Outcome<Known> {
  const origins = new Set<string>();
  const roots = new Map<number, string>();
  const leaves = new Map<number, string>();
  const note = <K>(map: Map<K, string>, key: K, value: string): boolean => {
    const before = map.get(key);
    map.set(key, value);
    return before === undefined || before === value;
  };
  for (const text of checkpoints) {
    const read = checkCheckpoint(text, publicJwk);
    if (!read.ok) return read;
    origins.add(read.value.origin);
    if (!note(roots, read.value.size, encodeBase64url(read.value.root))) return bad('two known checkpoints of one size differ');
  }
  for (const receipt of receipts) {
    origins.add(receipt.origin);
    if (!note(roots, receipt.treeSize, receipt.rootHash) || !note(leaves, receipt.index, receipt.leafHash))
      return bad('two known receipts contradict each other');
  }
  for (const { size, root } of heads)
    if (!note(roots, size, encodeBase64url(root))) return bad('a head from elsewhere contradicts a known checkpoint or receipt');
  return ok({ origins, roots, leaves });
}

class ExportReader {
  readonly #expected: Expected;
  readonly #known: Known;
  readonly #range = new CompactRange();
  #origin: string | undefined;
  #ended = false;
  #checkpoints = 0;

  constructor(expected: Expected, known: Known) {
    this.#expected = expected;
    this.#known = known;
  }

  read(line: string): Outcome<true> {
    const parsed = parseJson(line);
    if (!parsed.ok || !isJsonObject(parsed.value)) return bad('not a JSON object');
    // One spelling only: nothing can hide in a line that is not hashed.
    if (canonicalJson(parsed.value) !== line) return bad('not canonical JSON');
    if (this.#ended) return bad('something follows the final checkpoint');
    const type = memberOf(parsed.value, 'type');
    if ((type === 'header') !== (this.#origin === undefined)) return bad('the header comes first and once');
    switch (type) {
      case 'header':
        return this.#header(parsed.value);
      case 'entry':
        return this.#entry(parsed.value);
      case 'checkpoint':
        return this.#checkpoint(parsed.value);
      case 'final':
        this.#ended = true;
        return this.#checkpoint(parsed.value);
      default:
        return bad('a line of unknown type');
    }
  }

  summary(): Outcome<LogSummary> {
    if (this.#origin === undefined || !this.#ended) return bad('the export ends before its final checkpoint');
    const { size, root } = this.#range.head();
    for (const at of this.#known.roots.keys()) if (at > size) return bad('the log is shorter than it is known to have been');
    return ok({ origin: this.#origin, size, rootHash: encodeBase64url(root), checkpoints: this.#checkpoints });
  }

  #header(line: JsonObject): Outcome<true> {
    const origin = memberOf(line, 'origin');
    const key = memberOf(line, 'key');
    if (typeof origin !== 'string' || memberOf(line, 'version') !== 1 || key === undefined || Object.keys(line).length !== 4)
      return bad('not a header of version 1');
    if (canonicalJson(key) !== canonicalJson({ ...this.#expected.publicJwk })) return bad('the log of another key');
    for (const known of this.#known.origins) if (known !== origin) return bad('the log of another origin');
    this.#origin = origin;
    return ok(true);
  }

  #entry(line: JsonObject): Outcome<true> {
    const entry = memberOf(line, 'entry');
    const index = memberOf(line, 'index');
    if (!isJsonObject(entry) || Object.keys(line).length !== 3) return bad('not an entry');
    if (index !== this.#range.size) return bad('an entry is missing or out of order');
    const leaf = leafHashOf(canonicalJson(entry));
    const expectedLeaf = this.#known.leaves.get(this.#range.size);
    if (expectedLeaf !== undefined && expectedLeaf !== encodeBase64url(leaf)) return bad('not the entry a receipt was given for');
    this.#range.append(leaf);
    const expectedRoot = this.#known.roots.get(this.#range.size);
    if (expectedRoot !== undefined && expectedRoot !== encodeBase64url(rootOf(this.#range.head().range)))
      return bad('not the log a known checkpoint or receipt saw');
    this.#expected.onEntry?.(index, entry);
    return ok(true);
  }

  #checkpoint(line: JsonObject): Outcome<true> {
    const note = memberOf(line, 'note');
    if (typeof note !== 'string' || Object.keys(line).length !== 2) return bad('not a checkpoint');
    const checkpoint = checkCheckpoint(note, this.#expected.publicJwk);
    if (!checkpoint.ok) return checkpoint;
    const { size, root } = this.#range.head();
    if (checkpoint.value.origin !== this.#origin) return bad('a checkpoint of another log');
    if (checkpoint.value.size !== size || !sameHash(checkpoint.value.root, root))
      return bad('the entries so far are not those the checkpoint covers');
    this.#checkpoints += 1;
    return ok(true);
  }
}
