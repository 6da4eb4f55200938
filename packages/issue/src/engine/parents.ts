import { instant, ok, refuse } from '@gridpass/core';
import type {
  CredentialType,
  Dependency,
  Did,
  Digest,
  HeldEvidence,
  Instant,
  IssuedRecord,
  Outcome,
  StatusReference,
  TenantId,
  TransactionHandle,
  WatchedPrerequisite,
} from '@gridpass/core';
import { canonicalJson } from '@gridpass/codec';
import type { Entitlement } from '../rules/entitlement.js';
import type { EngineParts } from './parts.js';

/** What a new credential stands on. */
interface Grounds {
  readonly entitlement: Pick<Entitlement, 'authority' | 'authorityStatus'>;
  readonly evidence: readonly Pick<HeldEvidence, 'digest' | 'issuer' | 'status' | 'type'>[];
}

/** Who issues, and when it looked at what the new credential stands on. */
interface Asking {
  readonly tenant: TenantId;
  readonly at: Instant;
}

/** What one credential was found to stand on. */
export type Grounded = readonly Omit<Dependency, 'digest'>[];

interface Parent {
  readonly kind: Dependency['kind'];
  readonly type: CredentialType | 'authority';
  readonly shown: Digest;
  /** Who issued it; of an authority nobody asks here. */
  readonly issuer?: Did;
  readonly status: readonly StatusReference[];
}

/**
 * Names what a credential stands on as this program keeps it, and holds those records until the transaction ends: a parent
 * that is revoked meanwhile finds its dependant, or the dependant is not issued. Looked up by status entry, so that
 * whatever spelling was shown, and by whatever handle the record is kept, the cascade goes by one name; a credential of
 * another program goes by the handle that was shown, and a prerequisite of it is watched from now on. Refuses NOT_ENTITLED or PREREQUISITE_MISSING where one does not stand.
 */
async function holdParents(parts: HoldingParts, grounds: Grounds & Asking, tx: TransactionHandle): Promise<Outcome<Grounded>> {
  const parents = toParents(grounds);
  const statuses = parents.flatMap(({ status }) => (status.length === 0 ? [] : [status]));
  const tenants = parts.tenants.map(({ tenant }) => tenant);
  const records = new Map((await parts.repository.shareIssued(tenants, statuses, tx)).map((record) => [keyOf(record.status), record]));
  const dependencies = new Map<string, Omit<Dependency, 'digest'>>();
  for (const parent of parents) {
    const { kind, type, shown, status } = parent;
    const record = records.get(keyOf(status));
    if (record !== undefined && record.state !== 'active') {
      return kind === 'authority'
        ? refuse('NOT_ENTITLED', 'entitlement', `the authority is ${record.state}`)
        : refuse('PREREQUISITE_MISSING', 'evidence', `${type}: ${record.state}`);
    }
    const foreign = record === undefined ? await shareForeign(parts, parent, grounds, tx) : 'valid';
    if (foreign !== 'valid') return refuse('PREREQUISITE_MISSING', 'evidence', `${type}: ${foreign}`);
    const dependsOn = record?.digest ?? shown;
    // What is authority and prerequisite in one is the stricter: with a prerequisite its dependant is revoked, not suspended.
    if (kind === 'prerequisite' || !dependencies.has(dependsOn)) dependencies.set(dependsOn, { dependsOn, kind });
  }
  return ok([...dependencies.values()]);
}

type HoldingParts = Pick<EngineParts, 'repository' | 'tenants'> & {
  readonly settings: Pick<EngineParts['settings'], 'prerequisiteRecheckSeconds'>;
};

/** What was heard last of a prerequisite of another program. An authority is asked for at every gate, and at each issuance. */
async function shareForeign(
  { repository, settings }: HoldingParts,
  { shown, issuer, status }: Parent,
  { tenant, at }: Asking,
  tx: TransactionHandle,
): Promise<WatchedPrerequisite['state']> {
  if (issuer === undefined) return 'valid';
  const dueAt = instant(at + settings.prerequisiteRecheckSeconds);
  return repository.shareWatched({ tenant, digest: shown, issuer, status, state: 'valid', checkedAt: at, dueAt, problem: '' }, tx);
}

/**
 * Holds what each of several credentials stands on, before anything is written for one of them. Refuses PREREQUISITE_MISSING too
 * for what stands on a credential that ends by the very issuance.
 */
export async function holdGrounds(
  parts: HoldingParts,
  wish: Asking & {
    readonly targets: readonly Pick<Grounds, 'entitlement'>[];
    readonly evidence: Grounds['evidence'];
    readonly ended: readonly Pick<IssuedRecord, 'digest'>[];
  },
  tx: TransactionHandle,
): Promise<Outcome<readonly Grounded[]>> {
  const ending = new Set(wish.ended.map(({ digest }) => digest));
  const grounds: Grounded[] = [];
  for (const { entitlement } of wish.targets) {
    const held = await holdParents(parts, { ...wish, entitlement }, tx);
    if (!held.ok) return held;
    if (held.value.some(({ dependsOn }) => ending.has(dependsOn)))
      return refuse('PREREQUISITE_MISSING', 'evidence', 'it stands on what is taken over');
    grounds.push(held.value);
  }
  return ok(grounds);
}

function toParents({ entitlement, evidence }: Grounds): readonly Parent[] {
  const { authority, authorityStatus = [] } = entitlement;
  return [
    ...(authority === undefined
      ? []
      : [{ kind: 'authority', type: 'authority', shown: authority.digest, status: authorityStatus } as const]),
    ...evidence.map(({ type, digest, issuer, status }): Parent => ({ kind: 'prerequisite', type, shown: digest, issuer, status })),
  ];
}

const keyOf = (status: readonly StatusReference[]): string => canonicalJson(status);
