import type { Migration } from 'kysely/migration';
import { keysMigration } from './001-keys.js';
import { statusMigration } from './002-status.js';
import { auditMigration } from './003-audit.js';
import { challengeMigration } from './004-challenges.js';
import { grantMigration } from './005-grants.js';
import { issuanceMigration } from './006-issuance.js';
import { walletMigration } from './007-wallet.js';
import { ledgerMigration } from './008-ledger.js';
import { marketMigration } from './009-market.js';
import { exchangeMigration } from './010-exchange.js';
import { ethrIndexMigration } from './011-ethr-index.js';
import { didLifeCycleMigration } from './012-did-life-cycle.js';
import { issuanceEntryMigration } from './013-issuance-entry.js';
import { ownershipTransferMigration } from './015-ownership-transfer.js';
import { claimsPurgeMigration } from './016-claims-purge.js';
import { didWebMigration } from './017-did-web.js';
import { credentialHandleMigration } from './018-credential-handle.js';
import { closedApprovalsMigration } from './019-closed-approvals.js';
import { soleHoldersMigration } from './021-sole-holders.js';
import { registerVanishedMigration } from './022-register-vanished.js';
import { keyNamespacesMigration } from './023-key-namespaces.js';
import { statusSeenMigration } from './026-status-seen.js';
import { decisionEvidenceMigration } from './028-decision-evidence.js';
import { provenHolderMigration } from './029-proven-holder.js';
import { outboxTurnsMigration } from './030-outbox-turns.js';
import { registerSeenMigration } from './031-register-seen.js';
import { renewalsMigration } from './033-renewals.js';
import { registerWholeMigration } from './034-register-whole.js';
import { statusBurnMigration } from './035-status-burn.js';
import { applyingFromOutsideMigration } from './036-applying-from-outside.js';
import { unprovenCredentialsMigration } from './045-unproven-credentials.js';
import { becauseOfApplicationsMigration } from './046-because-of-applications.js';
import { failingSinceMigration } from './047-failing-since.js';
import { walletApplicationsMigration } from './037-wallet-applications.js';
import { nonceSecretsMigration } from './039-nonce-secrets.js';
import { authorizedConfigurationsMigration } from './041-authorized-configurations.js';
import { accreditationsMigration } from './042-accreditations.js';
import { watchedPrerequisitesMigration } from './043-watched-prerequisites.js';

/** All migrations by name; they run in the order of their numbers. One line each. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '001-keys': keysMigration,
  '002-status': statusMigration,
  '003-audit': auditMigration,
  '004-challenges': challengeMigration,
  '005-grants': grantMigration,
  '006-issuance': issuanceMigration,
  '007-wallet': walletMigration,
  '008-ledger': ledgerMigration,
  '009-market': marketMigration,
  '010-exchange': exchangeMigration,
  '011-ethr-index': ethrIndexMigration,
  '012-did-life-cycle': didLifeCycleMigration,
  '013-issuance-entry': issuanceEntryMigration,
  '015-ownership-transfer': ownershipTransferMigration,
  '016-claims-purge': claimsPurgeMigration,
  '017-did-web': didWebMigration,
  '018-credential-handle': credentialHandleMigration,
  '019-closed-approvals': closedApprovalsMigration,
  '021-sole-holders': soleHoldersMigration,
  '022-register-vanished': registerVanishedMigration,
  '023-key-namespaces': keyNamespacesMigration,
  '026-status-seen': statusSeenMigration,
  '028-decision-evidence': decisionEvidenceMigration,
  '029-proven-holder': provenHolderMigration,
  '030-outbox-turns': outboxTurnsMigration,
  '031-register-seen': registerSeenMigration,
  '033-renewals': renewalsMigration,
  '034-register-whole': registerWholeMigration,
  '035-status-burn': statusBurnMigration,
  '036-applying-from-outside': applyingFromOutsideMigration,
  '037-wallet-applications': walletApplicationsMigration,
  '039-nonce-secrets': nonceSecretsMigration,
  '041-authorized-configurations': authorizedConfigurationsMigration,
  '042-accreditations': accreditationsMigration,
  '043-watched-prerequisites': watchedPrerequisitesMigration,
  '045-unproven-credentials': unprovenCredentialsMigration,
  '046-because-of-applications': becauseOfApplicationsMigration,
  '047-failing-since': failingSinceMigration,
};
