import { createHmac } from 'node:crypto';
import { canonicalJson, isJsonObject, memberOf } from '@gridpass/codec';
import { Fault } from '@gridpass/core';
import type { AuditPort, AuditReceipt, AuditRecord, FaultCode, Instant, Refusal, RequestId, TenantId } from '@gridpass/core';
import { within } from './deadline.js';
import type { Decided } from './decide.js';

/** What recording needs. */
export interface RecordPorts {
  readonly tenant: TenantId;
  readonly audit: AuditPort;
  readonly timeoutMs: number;
  /** Key of the commitment to facts and request; who has it and the facts can replay a decision, nobody else learns them. */
  readonly commitmentKey: Uint8Array;
}

let seal: (decided: Decided, receipt: AuditReceipt) => Recorded;

/** Stage 7: a verdict with proof that it stands in the log. {@link RecordedPermit} alone opens the next stage. */
export class Recorded {
  readonly #seal = true;
  readonly decided: Decided;
  readonly receipt: AuditReceipt;
  readonly effect: 'permit' | 'deny';

  private constructor(decided: Decided, receipt: AuditReceipt) {
    this.decided = decided;
    this.receipt = receipt;
    this.effect = decided.decision.effect;
    Object.freeze(this);
  }

  /** Whether a value came out of {@link recordDecision} in this process. */
  static is(value: unknown): value is Recorded {
    return typeof value === 'object' && value !== null && #seal in value && value.#seal;
  }

  static {
    seal = (decided, receipt) => new Recorded(decided, receipt);
  }
}

/** A recorded verdict to let in. */
export type RecordedPermit = Recorded & { readonly effect: 'permit' };

/** Narrows a recorded verdict to a permit. */
export function isPermit(recorded: Recorded): recorded is RecordedPermit {
  return Recorded.is(recorded) && recorded.effect === 'permit';
}

/** Writes a verdict down, permit or deny, before anything follows from it. Throws Fault AUDIT_UNAVAILABLE: no receipt, no grant. */
export async function recordDecision(ports: RecordPorts, decided: Decided): Promise<Recorded> {
  const { asked, subject, decision } = decided;
  const receipt = await append(ports, {
    kind: 'decision',
    requestId: asked.requestId,
    at: asked.at,
    action: `${asked.policySet.channel}:${asked.action}`,
    effect: decision.effect,
    reasons: decision.reasons,
    actor: subject.actor,
    evidence: { ...subject.evidence, policy: decision.policyHash, input: commitTo(ports.commitmentKey, decided) },
  });
  return seal(decided, receipt);
}

/** Writes a refusal of a proven, accredited party down. What anyone can cause is counted instead, or anyone could fill the log. */
export async function recordRefusal(
  ports: RecordPorts,
  request: { readonly requestId: RequestId; readonly at: Instant; readonly action: string },
  refusal: Refusal,
): Promise<AuditReceipt> {
  return append(ports, {
    kind: 'refusal',
    ...request,
    code: refusal.code,
    reasons: [],
    evidence: { stage: refusal.stage, detail: refusal.detail },
  });
}

/** Writes down that something could not be found out; it says nothing about the holder. */
export async function recordFault(
  ports: RecordPorts,
  request: { readonly requestId: RequestId; readonly at: Instant; readonly action: string },
  code: FaultCode,
): Promise<AuditReceipt> {
  return append(ports, { kind: 'fault', ...request, code, reasons: [], evidence: {} });
}

async function append(ports: RecordPorts, record: AuditRecord): Promise<AuditReceipt> {
  const receipt: unknown = await within(ports.timeoutMs, 'AUDIT_UNAVAILABLE', () => ports.audit.appendRecord(ports.tenant, record));
  if (!isReceipt(receipt)) throw new Fault('AUDIT_UNAVAILABLE', 'the log answered without a receipt');
  return receipt;
}

/** A log that answers nonsense has recorded nothing as far as we know. */
function isReceipt(value: unknown): value is AuditReceipt {
  if (!isJsonObject(value)) return false;
  const texts = ['origin', 'leafHash', 'rootHash'].every((name) => typeof memberOf(value, name) === 'string');
  const [index, treeSize] = [memberOf(value, 'index'), memberOf(value, 'treeSize')];
  return (
    texts && typeof index === 'number' && typeof treeSize === 'number' && Number.isSafeInteger(index) && index >= 0 && treeSize > index
  );
}

/** A keyed hash of everything the verdict depends on beside the policies. Amounts and zones are guessable, hence the key. */
export function commitTo(key: Uint8Array, { subject, asked }: Pick<Decided, 'subject' | 'asked'>): string {
  const facts = subject.facts.map((fact) => canonicalJson({ ...fact })).sort();
  const input = canonicalJson({ facts, principal: subject.holderDid, action: asked.action, resource: asked.resource, at: asked.at });
  return `hmac-sha256:${createHmac('sha256', key).update(input).digest('base64url')}`;
}
