import type { Context } from '@cedar-policy/cedar-wasm/nodejs';
import type { Digest, Fact } from '@gridpass/core';
import { toContext, toFactTable } from './context.js';
import type { PolicyRequest } from './context.js';
import { evaluate, evaluateClauses } from './engine.js';
import type { Alternative, PolicySet } from './policy-set.js';

/** A verdict with its reasons, which are fit to be shown: ids of policies, names of clauses, or one of the fixed words below. */
export interface Decision {
  readonly effect: 'permit' | 'deny';
  /**
   * Permit: the `@id`s that decided. Deny: the `@id`s of forbids, else the `@denies` reasons of clauses that do not hold,
   * else `facts-missing`, `facts-conflict`, `facts-unusable`, `action-not-permitted` or `evaluation-error`.
   */
  readonly reasons: readonly string[];
  readonly policyHash: Digest;
}

/** What {@link decide} looks at; nothing else enters the verdict. */
export interface DecisionInput {
  readonly policySet: PolicySet;
  readonly facts: readonly Fact[];
  readonly request: PolicyRequest;
}

/**
 * Decides. Deny is the default; a forbid overrides every permit; any error of the engine, in whatever policy, denies.
 * Facts must come from a presentation that passed proof, status and trust.
 */
export function decide({ policySet, facts, request }: DecisionInput): Decision {
  const deny = (...reasons: readonly string[]): Decision => verdict(policySet, 'deny', reasons);
  const epochDay = policySet.calendarOf(request.resource).epochDayAt(request.at);
  const table = toFactTable(facts);
  if (table === undefined) return deny('facts-conflict');
  const applicable: {
    readonly alternative: Alternative;
    readonly context: Context;
    readonly satisfied: readonly string[];
    readonly allow: boolean;
  }[] = [];
  for (const alternative of policySet.alternatives) {
    const context = toContext(table, alternative.facts, request, epochDay);
    if (context === 'facts-missing') continue;
    if (context === 'facts-unusable') return deny(context);
    const answer = evaluate(alternative.preparedAs, { ...request, channel: policySet.channel }, context);
    if (!answer.usable) return deny('evaluation-error');
    applicable.push({ alternative, context, satisfied: answer.satisfied, allow: answer.allow });
  }
  if (applicable.length === 0) return deny('facts-missing');
  const forbids = applicable.flatMap(({ satisfied }) => satisfied.filter((id) => policySet.forbidIds.includes(id)));
  if (forbids.length > 0) return deny(...forbids);
  const permits = applicable.filter(({ allow }) => allow);
  if (permits.length > 0)
    return verdict(
      policySet,
      'permit',
      permits.flatMap(({ satisfied }) => satisfied),
    );
  return deny(...applicable.flatMap(({ alternative, context }) => explain(policySet, alternative, context, request)));
}

/** The clauses of a permit that do not hold. All hold and yet no permit: its action is another one. */
function explain(policySet: PolicySet, alternative: Alternative, context: Context, request: PolicyRequest): readonly string[] {
  const holding = evaluateClauses(alternative.clausesPreparedAs, { ...request, channel: policySet.channel }, context);
  const failing = alternative.clauseReasons.filter((_reason, index) => !holding.has(String(index)));
  return failing.length === 0 ? ['action-not-permitted'] : failing;
}

function verdict(policySet: PolicySet, effect: Decision['effect'], reasons: readonly string[]): Decision {
  return Object.freeze({ effect, reasons: Object.freeze([...new Set(reasons)]), policyHash: policySet.hash });
}
