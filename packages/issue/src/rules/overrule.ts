import { OVERRULABLE, ok, refuse } from '@gridpass/core';
import type { Application, OverrulableRule, Outcome, Overrule } from '@gridpass/core';

/** What an officer asks to set aside, and why. */
export interface OverruleRequest {
  readonly rule: OverrulableRule;
  readonly reason: string;
}

const MAX_REASON = 500;

/** Whether the rule was set aside for this application. */
export function isOverruled({ overrules }: Pick<Application, 'overrules'>, rule: OverrulableRule): boolean {
  return overruleOf({ overrules }, rule) !== undefined;
}

/** How a rule was set aside, if it was. */
export function overruleOf({ overrules }: Pick<Application, 'overrules'>, rule: OverrulableRule): Overrule | undefined {
  return overrules.find((one) => one.rule === rule);
}

/** Refuses REQUEST_MALFORMED unless each rule is named once, with a reason of 1 to 500 characters. */
export function checkOverrules(asked: readonly OverruleRequest[]): Outcome<true> {
  if (new Set(asked.map(({ rule }) => rule)).size !== asked.length)
    return refuse('REQUEST_MALFORMED', 'overrule', 'overrules: a rule is named twice');
  const unfit = asked.find(({ reason }) => reason.trim() === '' || reason.length > MAX_REASON);
  return unfit === undefined
    ? ok(true)
    : refuse('REQUEST_MALFORMED', 'overrule', `overrules/${unfit.rule}: a reason of 1 to ${MAX_REASON} characters`);
}

/** A rule by its name; REQUEST_MALFORMED for one that cannot be set aside. */
export function parseOverrulable(name: string): Outcome<OverrulableRule> {
  const rule = OVERRULABLE.find((candidate) => candidate === name);
  return rule === undefined ? refuse('REQUEST_MALFORMED', 'overrule', `overrules: not one of ${OVERRULABLE.join(', ')}`) : ok(rule);
}
