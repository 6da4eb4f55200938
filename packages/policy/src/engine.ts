import { policySetTextToParts, policyToJson, preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import type { Context, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { prepareWasmHost } from '@gridpass/codec';
import { InputError } from '@gridpass/core';

/** A policy of a set with its id, taken from the `@id` annotation. */
export interface NamedPolicy {
  readonly id: string;
  readonly policy: PolicyJson;
}

/** What the engine said. `usable: false` is any error at all, also one in a policy that did not decide. */
export type Verdict =
  { readonly usable: true; readonly allow: boolean; readonly satisfied: readonly string[] } | { readonly usable: false };

/** Splits policy text and reads each policy as JSON; InputError CONFIG_INVALID tells where the text is wrong. */
export function readPolicyText(channel: string, cedar: string): readonly PolicyJson[] {
  prepareWasmHost();
  const parts = policySetTextToParts(cedar);
  if (parts.type === 'failure') throw unreadable(channel, cedar, parts.errors);
  if (parts.policy_templates.length > 0) throw new InputError('CONFIG_INVALID', `policies of ${channel}: templates are not read here`);
  return parts.policies.map((text) => {
    const answer = policyToJson(text);
    if (answer.type === 'failure') throw unreadable(channel, text, answer.errors);
    return answer.json;
  });
}

function unreadable(
  channel: string,
  cedar: string,
  errors: readonly { readonly message: string; readonly sourceLocations?: readonly { readonly start: number }[] }[],
): InputError {
  const [first] = errors;
  const start = first?.sourceLocations?.[0]?.start;
  const line = start === undefined ? '' : ` in line ${cedar.slice(0, start).split('\n').length}`;
  return new InputError('CONFIG_INVALID', `policies of ${channel}: ${first?.message ?? 'cannot be read'}${line}`);
}

/**
 * Hands a set of policies to the engine once, under a name made of their hash, so that a decision does not parse.
 * The same name always stands for the same policies.
 */
export function prepare(name: string, policies: readonly NamedPolicy[]): void {
  const answer = preparsePolicySet(name, { staticPolicies: Object.fromEntries(policies.map(({ id, policy }) => [id, policy])) });
  if (answer.type === 'failure')
    throw new InputError('CONFIG_INVALID', `policies ${name}: ${answer.errors[0]?.message ?? 'cannot be prepared'}`);
}

/** Evaluates a prepared set. Cedar skips a policy whose evaluation fails; here any failure makes the whole answer unusable. */
export function evaluate(
  name: string,
  request: { readonly principal: string; readonly action: string; readonly channel: string },
  context: Context,
): Verdict {
  const answer = statefulIsAuthorized({
    principal: { type: 'Holder', id: request.principal },
    action: { type: 'Action', id: request.action },
    resource: { type: 'Channel', id: request.channel },
    context,
    preparsedPolicySetId: name,
    entities: [],
  });
  if (answer.type === 'failure' || answer.response.diagnostics.errors.length > 0) return { usable: false };
  return { usable: true, allow: answer.response.decision === 'allow', satisfied: answer.response.diagnostics.reason };
}

/** Evaluates clauses on their own, for the explanation of a deny: the names of those that hold. An error counts as not holding. */
export function evaluateClauses(
  name: string,
  request: { readonly principal: string; readonly action: string; readonly channel: string },
  context: Context,
): ReadonlySet<string> {
  const answer = statefulIsAuthorized({
    principal: { type: 'Holder', id: request.principal },
    action: { type: 'Action', id: request.action },
    resource: { type: 'Channel', id: request.channel },
    context,
    preparsedPolicySetId: name,
    entities: [],
  });
  return new Set(answer.type === 'failure' ? [] : answer.response.diagnostics.reason);
}
