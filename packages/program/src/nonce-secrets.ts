import { randomBytes } from 'node:crypto';
import type { Clock, NonceSecrets, TenantId } from '@gridpass/core';
import { createRecordSeals, type KeyEncryptionKey, type RecordName } from '@gridpass/keys';
import { createNonceSecretRepository, type Store } from '@gridpass/store';

const SECRET_BYTES = 32;

/** Makes the secret of this start, and reads those of later starts of any replica. */
export async function openNonceSecrets(
  { store, keks, clock }: { readonly store: Store; readonly keks: readonly KeyEncryptionKey[]; readonly clock: Clock },
  tenant: TenantId,
): Promise<NonceSecrets> {
  const repository = createNonceSecretRepository(store);
  const seals = createRecordSeals(keks);
  const nameOf = (epoch: number): RecordName => ['nonce-secret', tenant, String(epoch)];
  const own = { epoch: await repository.takeEpoch(), secret: new Uint8Array(randomBytes(SECRET_BYTES)) };
  await repository.keepSecret(tenant, { epoch: own.epoch, record: seals.sealRecord(nameOf(own.epoch), own.secret), at: clock.now() });
  return {
    own,
    readLater: async (after) =>
      (await repository.listLater(tenant, after)).map(({ epoch, record }) => ({ epoch, secret: seals.openRecord(nameOf(epoch), record) })),
  };
}
