import { sql } from 'kysely';
import { Fault, instant } from '@gridpass/core';
import type {
  CredentialFormat,
  CredentialType,
  Did,
  Digest,
  Disclosure,
  HeldCredential,
  TenantId,
  Thumbprint,
  WalletRelation,
  WalletRepository,
} from '@gridpass/core';
import type { StoreTransaction } from '../database.js';
import type { Store } from '../open.js';
import { isUniqueViolation } from '../faults.js';
import { toKeyRow } from './keys.js';
import type { WalletTables } from '../tables/wallet.js';
import { createWalletApplicationPart } from './wallet-applications.js';

/** The contents of wallets in SQL, one wallet a tenant. */
export function createWalletRepository(store: Pick<Store, 'db' | 'transaction'>): WalletRepository {
  const { db } = store;
  return {
    ...createWalletApplicationPart(store),
    async keepRelation(tenant, relation) {
      await db.insertInto('wallet_relation').values(toRow(tenant, relation)).execute();
    },
    async relations(tenant) {
      const rows = await db
        .selectFrom('wallet_relation')
        .selectAll()
        .where('tenant', '=', tenant)
        .orderBy('created_at')
        .orderBy('relation_id')
        .execute();
      return rows.map(toRelation);
    },
    async assignRelation(tenant, claim) {
      try {
        const rows = await db
          .updateTable('wallet_relation')
          .set({ audience: claim.audience })
          .where('tenant', '=', tenant)
          .where('relation_id', '=', claim.relationId)
          .where('audience', 'is', null)
          .returning('relation_id')
          .execute();
        return rows.length === 1;
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        throw error;
      }
    },
    async succeedRelation(tenant, { relationId, retiredAs, successor }) {
      try {
        return await store.transaction(async (tx) => {
          const retired = await tx
            .updateTable('wallet_relation')
            .set({ audience: retiredAs })
            .where('tenant', '=', tenant)
            .where('relation_id', '=', relationId)
            .where('audience', '=', successor.audience ?? '')
            .returning('relation_id')
            .execute();
          if (retired.length === 0) return false;
          await tx.insertInto('wallet_relation').values(toRow(tenant, successor)).execute();
          return true;
        });
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        throw error;
      }
    },
    async keepCredential(tenant, credential) {
      await db
        .insertInto('wallet_credential')
        .values(toCredentialRow(tenant, credential))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    async credentials(tenant) {
      const rows = await db
        .selectFrom('wallet_credential')
        .selectAll()
        .where('tenant', '=', tenant)
        .orderBy('received_at', 'desc')
        .orderBy('credential_id')
        .execute();
      return rows.map(toHeldCredential);
    },
    async setCredentialState(tenant, change) {
      await db
        .updateTable('wallet_credential')
        .set({ state: change.state, state_at: change.at })
        .where('tenant', '=', tenant)
        .where('credential_id', '=', change.credentialId)
        .execute();
    },
    async removeCredential(tenant, credentialId) {
      const rows = await db
        .deleteFrom('wallet_credential')
        .where('tenant', '=', tenant)
        .where('credential_id', '=', credentialId)
        .returning('credential_id')
        .execute();
      return rows.length === 1;
    },
    async keepDisclosure(tenant, disclosure) {
      await db
        .insertInto('wallet_disclosure')
        .values(toDisclosureRow(tenant, disclosure))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    async setDisclosureAnswer(tenant, change) {
      await db
        .updateTable('wallet_disclosure')
        .set({ answer: change.answer })
        .where('tenant', '=', tenant)
        .where('disclosure_id', '=', change.disclosureId)
        .execute();
    },
    async disclosures(tenant) {
      const rows = await db
        .selectFrom('wallet_disclosure')
        .selectAll()
        .where('tenant', '=', tenant)
        .orderBy('at', 'desc')
        .orderBy('disclosure_id', 'desc')
        .execute();
      return rows.map(toDisclosure);
    },
    async removeDisclosures(tenant) {
      const result = await db.deleteFrom('wallet_disclosure').where('tenant', '=', tenant).executeTakeFirst();
      return Number(result.numDeletedRows);
    },
    removeAll: (tenant, faceKeyIds) => store.transaction((tx) => emptyWallet(tx, tenant, faceKeyIds)),
    async fillWallet(tenant, { keys, relations, credentials, disclosures }) {
      if (keys.some((key) => key.namespace !== 'holding' || key.tenant !== tenant))
        throw new Fault('INTERNAL', 'a wallet is filled with keys of its own faces alone');
      return store.transaction(async (tx) => {
        // Two who fill one wallet at once: the second finds it full.
        await sql`select pg_advisory_xact_lock(hashtextextended(${`${tenant} wallet`}, 23))`.execute(tx);
        const before = await tx.selectFrom('wallet_relation').select(['key_id', 'audience']).where('tenant', '=', tenant).execute();
        const held = await tx.selectFrom('wallet_credential').select('credential_id').where('tenant', '=', tenant).limit(1).execute();
        const applied = await tx.selectFrom('wallet_application').select('id').where('tenant', '=', tenant).limit(1).execute();
        if (held.length + applied.length > 0 || before.some(({ audience }) => audience !== null)) return false;
        await emptyWallet(
          tx,
          tenant,
          before.map(({ key_id }) => key_id),
        );
        // By its thumbprint: a key that is there already is the same one.
        for (const key of keys)
          await tx
            .insertInto('vault_key')
            .values(toKeyRow(key))
            .onConflict((same) => same.doNothing())
            .execute();
        for (const relation of relations) await tx.insertInto('wallet_relation').values(toRow(tenant, relation)).execute();
        for (const credential of credentials)
          await tx.insertInto('wallet_credential').values(toCredentialRow(tenant, credential)).execute();
        for (const disclosure of disclosures)
          await tx.insertInto('wallet_disclosure').values(toDisclosureRow(tenant, disclosure)).execute();
        return true;
      });
    },
  };
}

/** INVARIANT: of the vault nothing but faces: whatever ids are named here, a key of another namespace stays. */
async function emptyWallet(tx: StoreTransaction, tenant: TenantId, faceKeyIds: readonly string[]): Promise<void> {
  await tx.deleteFrom('wallet_disclosure').where('tenant', '=', tenant).execute();
  await tx.deleteFrom('wallet_application').where('tenant', '=', tenant).execute();
  await tx.deleteFrom('wallet_credential').where('tenant', '=', tenant).execute();
  await tx.deleteFrom('wallet_relation').where('tenant', '=', tenant).execute();
  if (faceKeyIds.length === 0) return;
  await tx
    .deleteFrom('vault_key')
    .where('tenant', '=', tenant)
    .where('namespace', '=', 'holding')
    .where('key_id', 'in', [...faceKeyIds])
    .execute();
}

const toCredentialRow = (tenant: TenantId, credential: HeldCredential) => ({
  tenant,
  credential_id: credential.credentialId,
  relation_id: credential.relationId,
  type: credential.type,
  format: credential.format,
  issuer: credential.issuer,
  digest: credential.digest,
  compact: credential.compact,
  valid_from: credential.validFrom,
  valid_until: credential.validUntil,
  received_at: credential.receivedAt,
  state: credential.state,
  state_at: credential.stateAt,
});

const toDisclosureRow = (tenant: TenantId, disclosure: Disclosure) => ({
  tenant,
  disclosure_id: disclosure.disclosureId,
  at: disclosure.at,
  relation_id: disclosure.relationId,
  verifier: disclosure.verifier,
  response_uri: disclosure.responseUri,
  shown: JSON.stringify(disclosure.shown),
  answer: disclosure.answer,
});

const toRow = (tenant: TenantId, relation: WalletRelation) => ({
  tenant,
  relation_id: relation.relationId,
  key_id: relation.keyId,
  did: relation.did,
  thumbprint: relation.thumbprint,
  audience: relation.audience ?? null,
  created_at: relation.createdAt,
});

// Rows of ours: what is read back as a brand was that brand when it was written.
const toRelation = (row: WalletTables['wallet_relation']): WalletRelation => ({
  relationId: row.relation_id,
  keyId: row.key_id,
  did: row.did as Did,
  thumbprint: row.thumbprint as Thumbprint,
  createdAt: instant(row.created_at),
  ...(row.audience === null ? {} : { audience: row.audience }),
});

const toHeldCredential = (row: WalletTables['wallet_credential']): HeldCredential => ({
  credentialId: row.credential_id,
  relationId: row.relation_id,
  type: row.type as CredentialType,
  format: row.format as CredentialFormat,
  issuer: row.issuer as Did,
  digest: row.digest as Digest,
  compact: row.compact,
  validFrom: instant(row.valid_from),
  validUntil: instant(row.valid_until),
  receivedAt: instant(row.received_at),
  state: row.state as HeldCredential['state'],
  stateAt: instant(row.state_at),
});

function toDisclosure(row: WalletTables['wallet_disclosure']): Disclosure {
  const shown: unknown = JSON.parse(row.shown);
  if (!Array.isArray(shown)) throw new Fault('STORE_UNAVAILABLE', 'a disclosure row cannot be read');
  return {
    disclosureId: row.disclosure_id,
    at: instant(row.at),
    relationId: row.relation_id,
    verifier: row.verifier,
    responseUri: row.response_uri,
    shown: shown as Disclosure['shown'],
    answer: row.answer as Disclosure['answer'],
  };
}
