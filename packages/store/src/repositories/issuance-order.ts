import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';

/** The next place in the order of approvals and changes of state (migration 029); one sequence over all replicas and tenants. */
export const NEXT_ORDER: RawBuilder<number> = sql<number>`nextval('issue_order')`;
