import type { IssuanceRepository, TenantId, TransactionHandle } from '@gridpass/core';
import type { SoleReader } from '../rules/same-holder.js';

/** Reads for {@link SoleReader}: with a transaction through it and holding the records, without one as they are now. */
export function readerOf(
  repository: Pick<IssuanceRepository, 'findIssued' | 'lockIssued' | 'readApplication'>,
  tenant: TenantId,
  tx?: TransactionHandle,
): SoleReader {
  return {
    find: (handle) => (tx === undefined ? repository.findIssued(tenant, handle) : repository.lockIssued(tenant, handle, tx)),
    read: (applicationId) => repository.readApplication(tenant, applicationId, tx),
  };
}
