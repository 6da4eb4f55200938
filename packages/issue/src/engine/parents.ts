import { ok, refuse } from '@gridpass/core';
import type { CredentialType, Dependency, Digest, HeldEvidence, Outcome, StatusReference, TransactionHandle } from '@gridpass/core';
import { canonicalJson } from '@gridpass/codec';
import type { Entitlement } from '../rules/entitlement.js';
import type { EngineParts } from './parts.js';

/** What a new credential stands on. */
export interface Grounds {
  readonly entitlement: Pick<Entitlement, 'authority' | 'authorityStatus'>;
  readonly evidence: readonly Pick<HeldEvidence, 'digest' | 'status' | 'type'>[];
}

interface Parent {
  readonly kind: Dependency['kind'];
  readonly type: CredentialType | 'authority';
  readonly shown: Digest;
  readonly status: readonly StatusReference[];
}

/**
 * Names what a credential stands on as this program keeps it, and holds those records until the transaction ends: a parent
 * that is revoked meanwhile finds its dependant, or the dependant is not issued. Looked up by status entry, so that
 * whatever spelling was shown, and by whatever handle the record is kept, the cascade goes by one name; a credential of
 * another program goes by the handle that was shown. Refuses NOT_ENTITLED or PREREQUISITE_MISSING where one does not stand.
 */
export async function holdParents(
  parts: Pick<EngineParts, 'repository' | 'tenants'>,
  grounds: Grounds,
  tx: TransactionHandle,
): Promise<Outcome<readonly Omit<Dependency, 'digest'>[]>> {
  const parents = toParents(grounds);
  const statuses = parents.flatMap(({ status }) => (status.length === 0 ? [] : [status]));
  const tenants = parts.tenants.map(({ tenant }) => tenant);
  const records = new Map((await parts.repository.shareIssued(tenants, statuses, tx)).map((record) => [keyOf(record.status), record]));
  const dependencies = new Map<string, Omit<Dependency, 'digest'>>();
  for (const { kind, type, shown, status } of parents) {
    const record = records.get(keyOf(status));
    if (record !== undefined && record.state !== 'active') {
      return kind === 'authority'
        ? refuse('NOT_ENTITLED', 'entitlement', `the authority is ${record.state}`)
        : refuse('PREREQUISITE_MISSING', 'evidence', `${type}: ${record.state}`);
    }
    const dependsOn = record?.digest ?? shown;
    if (!dependencies.has(dependsOn)) dependencies.set(dependsOn, { dependsOn, kind });
  }
  return ok([...dependencies.values()]);
}

function toParents({ entitlement, evidence }: Grounds): readonly Parent[] {
  const { authority, authorityStatus = [] } = entitlement;
  return [
    ...(authority === undefined
      ? []
      : [{ kind: 'authority', type: 'authority', shown: authority.digest, status: authorityStatus } as const]),
    ...evidence.map(({ type, digest, status }): Parent => ({ kind: 'prerequisite', type, shown: digest, status })),
  ];
}

const keyOf = (status: readonly StatusReference[]): string => canonicalJson(status);
