import { createHmac, randomBytes } from 'node:crypto';
import type { AuditRepository, TenantId } from '@gridpass/core';

/** Names people in the log by salted hashes whose salts can be forgotten. */
export interface Pseudonyms {
  /** The name under which a person is logged, the same each time until it is erased. */
  pseudonymOf(tenant: TenantId, subjectRef: string): Promise<string>;
  /** Forgets the person: the log stays whole, and nothing in it can be linked to them any more. */
  erase(tenant: TenantId, subjectRef: string): Promise<boolean>;
}

/** Creates pseudonyms over the erasable salt table. */
export function createPseudonyms(repository: Pick<AuditRepository, 'keepSalt' | 'eraseSalt'>): Pseudonyms {
  return {
    pseudonymOf: async (tenant, subjectRef) => {
      const salt = await repository.keepSalt(tenant, subjectRef, new Uint8Array(randomBytes(32)));
      return `salted:${createHmac('sha256', salt).update(subjectRef).digest('base64url')}`;
    },
    erase: (tenant, subjectRef) => repository.eraseSalt(tenant, subjectRef),
  };
}
