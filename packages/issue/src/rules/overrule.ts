import { OVERRULABLE, ok, refuse } from '@gridpass/core';
import type { Application, OverrulableRule, Outcome, Overrule } from '@gridpass/core';
import { checkReason } from './reason.js';

/** What an officer asks to set aside, and why. */
export interface OverruleRequest {
  readonly rule: OverrulableRule;
  readonly reason: string;
}

/** Whether the rule was set aside for this application. */
export function isOverruled({ overrules }: Pick<Application, 'overrules'>, rule: OverrulableRule): boolean {
  return overruleOf({ overrules }, rule) !== undefined;
}

/** How a rule was set aside, if it was. */
export function overruleOf({ overrules }: Pick<Application, 'overrules'>, rule: OverrulableRule): Overrule | undefined {
  return overrules.find((one) => one.rule === rule);
}

/** Refuses REQUEST_MALFORMED unless each rule is named once, with a reason. */
export function checkOverrules(asked: readonly OverruleRequest[]): Outcome<true> {
  if (new Set(asked.map(({ rule }) => rule)).size !== asked.length)
    return refuse('REQUEST_MALFORMED', 'overrule', 'overrules: a rule is named twice');
  for (const { rule, reason } of asked) {
    const told = checkReason('overrule', reason, `overrules/${rule}`);
    if (!told.ok) return told;
  }
  return ok(true);
}

/** A rule by its name; REQUEST_MALFORMED for one that cannot be set aside. */
export function parseOverrulable(name: string): Outcome<OverrulableRule> {
  const rule = OVERRULABLE.find((candidate) => candidate === name);
  return rule === undefined ? refuse('REQUEST_MALFORMED', 'overrule', `overrules: not one of ${OVERRULABLE.join(', ')}`) : ok(rule);
}
