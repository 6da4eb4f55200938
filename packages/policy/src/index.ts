// Policy text is parsed once per channel and held against the schemas: every policy must carry an @id, may read only
// `context`, and may compare only what can be equal; each problem is told with its line and column.
// Walking the policies yields the needs, i.e. what a holder is asked to show, one alternative per permit policy.
// To decide, proven facts are laid out as `context.<CredentialType>.<claim>` beside `context.request`, for exactly the
// paths a policy names; a proven bound stands in for a value only where every use of it is monotone to the safe side.
// The engine's answer counts only when no policy had an error; a deny names the clauses that did not hold.
export { parsePolicySet } from './policy-set.js';
export type { Alternative, PolicySet, PolicySource } from './policy-set.js';
export { decide } from './decide.js';
export type { Decision, DecisionInput } from './decide.js';
export type { PolicyRequest } from './context.js';
export type { PathUse } from './expression.js';
export { checkPolicyText } from './check-policies.js';
export type { PolicyVocabulary } from './check-policies.js';
export { toProblemLine } from './problem.js';
export type { PolicyProblem } from './problem.js';
export type { RequestAttribute, RequestShape } from './vocabulary.js';
export { parseDecisionTable, runDecisionTable } from './decision-table.js';
export type { DecisionRow, DecisionTable, RowDifference } from './decision-table.js';
