import { policySetTextToParts, policyToJson, preparsePolicySet, statefulIsAuthorized, validate } from '@cedar-policy/cedar-wasm/nodejs';
import type { Context, DetailedError, PolicyJson, Type } from '@cedar-policy/cedar-wasm/nodejs';
import { prepareWasmHost } from '@gridpass/codec';
import { Fault, InputError } from '@gridpass/core';
import { offsetOfByte } from './place.js';
import type { PolicyText } from './place.js';

/** A policy of a set with its id, taken from the `@id` annotation. */
export interface NamedPolicy {
  readonly id: string;
  readonly policy: PolicyJson;
}

/** What the engine said. `usable: false` is any error at all, also one in a policy that did not decide. */
export type Verdict =
  { readonly usable: true; readonly allow: boolean; readonly satisfied: readonly string[] } | { readonly usable: false };

/** A policy as it stands in its file. */
export interface ReadPolicy extends PolicyText {
  readonly policy: PolicyJson;
}

/** Types as the engine's schemas write them. */
export type AttributeType =
  | { readonly type: 'String' | 'Long' | 'Boolean'; readonly required?: boolean }
  | { readonly type: 'Set'; readonly element: AttributeType; readonly required?: boolean }
  | { readonly type: 'Record'; readonly attributes: Readonly<Record<string, AttributeType>>; readonly required?: boolean };

/** What the engine found wrong, at an offset of the whole text. */
export interface EngineFinding {
  readonly offset: number;
  readonly message: string;
  readonly help?: string;
  readonly index?: number;
}

/** Splits policy text and reads each policy as JSON, or tells where the text cannot be read. */
export function readPolicyText(cedar: string): { readonly policies: readonly ReadPolicy[]; readonly findings: readonly EngineFinding[] } {
  prepareWasmHost();
  const parts = policySetTextToParts(cedar);
  if (parts.type === 'failure')
    return { policies: [], findings: parts.errors.slice(0, 1).map((error) => toFinding({ text: cedar, offset: 0 }, error)) };
  const templates = parts.policy_templates.map((text) => ({
    offset: Math.max(0, cedar.indexOf(text)),
    message: 'templates are not read here',
  }));
  const policies: ReadPolicy[] = [];
  let from = 0;
  for (const text of parts.policies) {
    // The engine gives each policy as it is written, in the order of the file.
    const offset = Math.max(from, cedar.indexOf(text, from));
    from = offset + text.length;
    const answer = policyToJson(text);
    if (answer.type === 'failure')
      return { policies: [], findings: answer.errors.slice(0, 1).map((error) => toFinding({ text, offset }, error)) };
    policies.push({ text, offset, policy: answer.json });
  }
  return { policies, findings: templates };
}

function toFinding(policy: PolicyText, error: DetailedError): EngineFinding {
  const [where] = error.sourceLocations ?? [];
  const help = error.help ?? where?.label ?? undefined;
  return {
    offset: policy.offset + offsetOfByte(policy.text, where?.start ?? 0),
    // The engine names policies by what they were called for it, which is not their @id.
    message: plain(error.message),
    ...(help === undefined ? {} : { help: plain(help) }),
  };
}

function plain(message: string): string {
  return message.replace(/for policy `[^`]*`, /g, '');
}

/**
 * Holds policies against what a context can hold, by the engine's own validator in its strict mode. A warning counts as an
 * error: the validator warns of policies that can never decide and of texts that look like others.
 */
export function checkTypes(policies: readonly ReadPolicy[], context: AttributeType, actions: readonly string[]): readonly EngineFinding[] {
  const appliesTo = { principalTypes: ['Holder'], resourceTypes: ['Channel'], context: context as Type<string> };
  const answer = validate({
    schema: {
      '': { entityTypes: { Holder: {}, Channel: {} }, actions: Object.fromEntries(actions.map((action) => [action, { appliesTo }])) },
    },
    policies: { staticPolicies: Object.fromEntries(policies.map(({ text }, index) => [String(index), text])) },
    validationSettings: { mode: 'strict' },
  });
  if (answer.type === 'failure') throw new Fault('INTERNAL', `the policy engine does not validate: ${answer.errors[0]?.message ?? ''}`);
  const wrong = new Set(answer.validationErrors.map(({ policyId }) => policyId));
  const warnings = answer.validationWarnings.filter(({ policyId }) => !wrong.has(policyId));
  return [...answer.validationErrors, ...warnings].flatMap(({ policyId, error }) => {
    const policy = policies[Number(policyId)];
    return policy === undefined ? [] : [{ ...toFinding(policy, error), index: Number(policyId) }];
  });
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
