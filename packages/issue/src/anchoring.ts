import type { AuditLog } from '@gridpass/audit';
import { checkCheckpoint } from '@gridpass/audit';
import { Fault, issuanceLogOf, ok, refuse } from '@gridpass/core';
import type { AnchoredHead, Did, Outcome, PublicJwk, TenantId } from '@gridpass/core';
import type { Account, AnchorReader, AnchorWriter } from '@gridpass/ledger';

/** One log that is anchored: whose it is, and how to read it. */
export interface AnchoredLog {
  readonly tenant: TenantId;
  /** The DIDs the tenant issues under, now and before; the log is anchored for each of them. */
  readonly issuers: readonly Did[];
  readonly audit: Pick<AuditLog, 'checkpoint' | 'consistencyProof'>;
  /** The key that signs the checkpoints of the log. */
  readonly auditKey: PublicJwk;
}

export interface AnchoringParts {
  readonly reader: Pick<AnchorReader, 'latestCheckpoint' | 'writerOf'>;
  readonly writer: Pick<AnchorWriter, 'anchorCheckpoint' | 'registerLog'>;
  /** The account that anchors. */
  readonly account: Account;
}

/** Writes checkpoints of issuers' logs to the chain. The chain keeps what was written, so that nothing is lost or doubled by a crash. */
export interface Anchoring {
  /**
   * Anchors a log as it stands and returns once the chain has it; what is anchored already costs no transaction. Call it
   * before a key is rotated. LOG_INCONSISTENT when the log does not extend what the chain knows of it.
   */
  anchorNow(log: AnchoredLog): Promise<Outcome<readonly AnchoredHead[]>>;
}

const ATTEMPTS = 3;

/** Creates the anchoring over one account. Throws Fault CHAIN_UNAVAILABLE or CHAIN_INCONSISTENT. */
export function createAnchoring(parts: AnchoringParts): Anchoring {
  const { reader, writer, account } = parts;
  return {
    anchorNow: async (log) => {
      const heads: AnchoredHead[] = [];
      for (const issuer of log.issuers) {
        const name = issuanceLogOf(issuer);
        if ((await reader.writerOf(name)) === undefined) await writer.registerLog(name, account);
        const head = await anchorFor(parts, log, name);
        if (!head.ok) return head;
        if (head.value !== undefined) heads.push(head.value);
      }
      return ok(heads);
    },
  };
}

/** Undefined where there is nothing to anchor: a log without entries. */
async function anchorFor({ reader, writer }: AnchoringParts, log: AnchoredLog, name: string): Promise<Outcome<AnchoredHead | undefined>> {
  for (let attempt = 1; ; attempt += 1) {
    const before = await reader.latestCheckpoint(name);
    const note = checkCheckpoint(await log.audit.checkpoint(log.tenant), log.auditKey);
    if (!note.ok) return note;
    const step = nextStep(before, note.value);
    if (step === 'rewritten') return refuse('LOG_INCONSISTENT', 'anchor', 'the log is not the one that was anchored before');
    if (step === 'nothing') return ok(before);
    const { size, root } = note.value;
    const proof = before === undefined ? [] : await log.audit.consistencyProof(log.tenant, before.size, size);
    const written = await writer.anchorCheckpoint({ origin: name, size, root, proof });
    const after = await reader.latestCheckpoint(name);
    if (written.ok && (after?.size ?? 0) < size) throw new Fault('CHAIN_INCONSISTENT', 'the chain does not have the anchor it took');
    if (written.ok) return ok(after);
    // Another replica may have been first: what it anchored covers this log or is built upon.
    if (attempt >= ATTEMPTS || after?.size === before?.size) return written;
  }
}

function nextStep(before: AnchoredHead | undefined, now: Pick<AnchoredHead, 'size' | 'root'>): 'nothing' | 'anchor' | 'rewritten' {
  if (before === undefined) return now.size === 0 ? 'nothing' : 'anchor';
  if (now.size > before.size) return 'anchor';
  return now.size === before.size && isSame(before.root, now.root) ? 'nothing' : 'rewritten';
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);
