import { ok, refuse } from '@gridpass/core';
import type { CredentialHandle, CredentialType, Digest, IssuedRecord, Outcome, TenantId } from '@gridpass/core';
import type { Acts } from './acts.js';
import { checkDuty } from './duty.js';
import { lockNamed } from './family.js';
import type { EngineParts, Operator } from './parts.js';

/** Credentials of one type. */
export interface TypeCount {
  readonly type: CredentialType;
  readonly count: number;
}

/** What stands on others and changes with them. */
export interface Falling extends TypeCount {
  /** Whose credentials they are. */
  readonly tenant: TenantId;
  readonly what: 'revoked' | 'suspended';
}

/** What a revocation would do now. */
export interface RevocationPreview {
  /** What is named, with its copies and successors, and is not revoked yet. */
  readonly credentials: readonly TypeCount[];
  /** How many applications would be closed. */
  readonly applications: number;
  readonly falls: readonly Falling[];
  /** False where more stands on it than is looked at. */
  readonly complete: boolean;
}

/** Telling before an act what would follow from it. */
export interface Preview {
  /** Changes nothing and writes no log. Duty `status`, as for the act; NOT_FOUND as there. */
  previewRevoke(tenant: TenantId, handle: CredentialHandle, operator: Operator): Promise<Outcome<RevocationPreview>>;
}

/** The most credentials of a tree that are looked at. */
const MOST = 10_000;

/** Follows the same dependencies as the cascade, by the same rule: what stands on a prerequisite is revoked with it, all else suspended. */
export function createPreview(parts: EngineParts, acts: Acts): Preview {
  return {
    previewRevoke: async (tenant, handle, operator) => {
      const allowed = checkDuty(operator, 'status');
      if (!allowed.ok) return allowed;
      const { applications, records } = await acts.perform(tenant, (tx) => lockNamed(parts, tenant, handle, tx));
      const closing = applications.filter(({ state }) => state === 'approved' || state === 'issued');
      const known = applications.some(({ state }) => state !== 'pending' && state !== 'rejected');
      if (records.length === 0 && !known) return refuse('NOT_FOUND', 'revoke', 'nothing of this tenant goes by that handle');
      const standing = records.filter(({ state }) => state !== 'revoked');
      const { fallen, complete } = await followFrom(parts, standing);
      return ok({
        credentials: countBy(standing, ({ type }) => type).map(([one, count]) => ({ type: one.type, count })),
        applications: closing.length,
        falls: countBy(fallen, ({ record, what }) => [record.tenant, what, record.type].join(' ')).map(([{ record, what }, count]) => ({
          tenant: record.tenant,
          what,
          type: record.type,
          count,
        })),
        complete,
      });
    },
  };
}

interface Fallen {
  readonly record: IssuedRecord;
  readonly what: 'revoked' | 'suspended';
}

/** Everything below the roots, once each; what would be revoked by one way and suspended by another is revoked. */
async function followFrom(
  { repository, tenants }: Pick<EngineParts, 'repository' | 'tenants'>,
  roots: readonly IssuedRecord[],
): Promise<{ readonly fallen: readonly Fallen[]; readonly complete: boolean }> {
  const fallen = new Map<Digest, Fallen>();
  const named = new Set(roots.map(({ digest }) => digest));
  const open: { readonly digest: Digest; readonly what: Fallen['what'] }[] = roots.map(({ digest }) => ({ digest, what: 'revoked' }));
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const { tenant } of tenants) {
      for (const { record, kind } of await repository.listDependants(tenant, at.digest)) {
        const what = at.what === 'revoked' && kind === 'prerequisite' ? 'revoked' : 'suspended';
        const before = fallen.get(record.digest)?.what;
        const isMore = record.state !== 'revoked' && (before === undefined || (before === 'suspended' && what === 'revoked'));
        if (!isMore || named.has(record.digest)) continue;
        if (fallen.size >= MOST && before === undefined) return { fallen: [...fallen.values()], complete: false };
        fallen.set(record.digest, { record, what });
        open.push({ digest: record.digest, what });
      }
    }
  }
  return { fallen: [...fallen.values()], complete: true };
}

/** One of each kind, with how many there are, in the order of the kinds. */
function countBy<T>(all: readonly T[], kindOf: (one: T) => string): readonly (readonly [T, number])[] {
  const groups = new Map<string, [T, number]>();
  for (const one of all) {
    const group = groups.get(kindOf(one));
    if (group === undefined) groups.set(kindOf(one), [one, 1]);
    else group[1] += 1;
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}
