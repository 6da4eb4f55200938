import type { Act } from './act.js';
import { accreditRegulator, importRegister, issueRoles } from './accreditation.js';
import { auditLogs } from './audit.js';
import { reportReading, settleHouseholds } from './households.js';
import { admitAccount } from './ledger.js';
import { admitNode } from './node.js';
import { judgeByPastKey } from './past-key.js';
import { serveOtherWallets } from './other-wallets.js';
import { rotateKey } from './rotation.js';
import { transferBattery } from './transfer.js';
import { denyAggregator, revokeEntitlement, trade } from './market.js';

/** The acts in their order; each stands on those before it. */
export const ACTS: readonly Act[] = [
  accreditRegulator,
  importRegister,
  issueRoles,
  settleHouseholds,
  reportReading,
  trade,
  denyAggregator,
  revokeEntitlement,
  admitAccount,
  judgeByPastKey,
  rotateKey,
  transferBattery,
  admitNode,
  serveOtherWallets,
  auditLogs,
];
