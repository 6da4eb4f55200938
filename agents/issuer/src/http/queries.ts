import { ENGINE_SETTINGS } from '@gridpass/issue';
import type { QueryTable } from '@gridpass/gate';

/** States of applications that can be asked for. */
export const APPLICATION_STATES = ['pending', 'approved', 'rejected', 'issued', 'closed'] as const;
/** Days ahead that an expiring credential can be looked for. */
const MAX_DAYS = 9_999;

const PAGE = { limit: { kind: 'whole', from: 1, to: ENGINE_SETTINGS.maxPage }, after: { kind: 'text' } } as const;
const admin = '/t/:tenant/admin';

/** What operators' routes read of their queries; all others read nothing. */
export const OPERATOR_QUERIES: QueryTable = {
  [`GET ${admin}/applications`]: { ...PAGE, state: { kind: 'one-of', values: APPLICATION_STATES } },
  [`GET ${admin}/credentials`]: {
    ...PAGE,
    state: { kind: 'one-of', values: ['all', 'active', 'expiring', 'suspended', 'revoked'] },
    days: { kind: 'whole', from: 0, to: MAX_DAYS },
  },
  [`GET ${admin}/offers`]: { ...PAGE, applicationId: { kind: 'text' } },
  [`POST ${admin}/register`]: { whole: { kind: 'text' }, mayVanish: { kind: 'whole', from: 0, to: 999_999_999 } },
};
