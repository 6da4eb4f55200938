import { CREDENTIAL_TYPES } from '@gridpass/core';
import type { ClaimShapes, CredentialType } from '@gridpass/core';
import { findIdleComparisons } from './comparisons.js';
import { checkTypes, readPolicyText } from './engine.js';
import type { EngineFinding, ReadPolicy } from './engine.js';
import { collectPathUses } from './expression.js';
import type { PathUses } from './expression.js';
import { inferRequest } from './infer-request.js';
import { offsetOfPath, placeAt } from './place.js';
import { PolicyFormError, didYouMean } from './problem.js';
import type { PolicyProblem } from './problem.js';
import { ROOTS, shapeOf, shapesOf, toContextType } from './vocabulary.js';
import type { RequestShape, Vocabulary } from './vocabulary.js';

/** What policies are checked against. */
export interface PolicyVocabulary {
  /** Shapes of the claims of each credential type, from its schema. */
  readonly claims: (type: CredentialType) => ClaimShapes;
  /**
   * What the program asks of this channel. Without it (`read-off-the-policies`) a misspelt attribute of the request is not
   * found here: it denies everybody later.
   */
  readonly request: RequestShape | 'read-off-the-policies';
}

/** A policy with its `@id` and everything it reads. */
export interface CheckedPolicy extends ReadPolicy {
  readonly id: string;
  readonly reasons: readonly string[];
  readonly uses: PathUses;
}

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const ANNOTATIONS = ['id', 'denies'];
/** Reasons of our own; a clause of that name would tell an auditor something else. */
const OWN_REASONS = ['facts-missing', 'facts-conflict', 'facts-unusable', 'action-not-permitted', 'evaluation-error'];

/** Everything that is wrong with a policy text whatever anybody shows, in the order of the text, and the policies that are right. */
export function checkPolicyText(
  cedar: string,
  given: PolicyVocabulary,
): { readonly problems: readonly PolicyProblem[]; readonly policies: readonly CheckedPolicy[] } {
  const { policies, findings } = readPolicyText(cedar);
  const problems: (EngineFinding & { readonly policyId?: string })[] = [...findings];
  const checked: CheckedPolicy[] = [];
  const vocabulary = toVocabulary(policies, given);
  const ids = new Set<string>();
  for (const policy of policies) {
    const found = checkForm(policy, ids, vocabulary);
    if ('policy' in found) checked.push(found);
    else problems.push(...found.findings);
  }
  // An empty list must stop the program at start, never let everyone or no one in by surprise.
  if (findings.length === 0 && !policies.some(({ policy }) => policy.effect === 'permit'))
    problems.push({ offset: 0, message: 'no permit policy' });
  const typed = checkTypes(checked, toContextType(vocabulary), vocabulary.request.actions);
  problems.push(...typed.map((finding) => named(finding, checked[finding.index ?? -1])));
  for (const [index, policy] of checked.entries()) {
    const told = typed.filter((finding) => finding.index === index).map(({ offset }) => offset);
    const idle = findIdleComparisons(policy, policy.policy, (path) => shapeOf(vocabulary, path));
    // What the validator has told of a place is not told twice.
    problems.push(...idle.filter(({ offset }) => !told.includes(offset)).map((finding) => named(finding, policy)));
  }
  const inOrder = problems.sort((left, right) => left.offset - right.offset);
  return { problems: inOrder.map((problem) => toProblem(cedar, problem)), policies: checked };
}

function named(finding: EngineFinding, policy: CheckedPolicy | undefined): EngineFinding & { readonly policyId?: string } {
  return policy === undefined ? finding : { ...finding, policyId: policy.id };
}

function toProblem(cedar: string, { offset, message, help, policyId }: EngineFinding & { readonly policyId?: string }): PolicyProblem {
  return {
    ...placeAt(cedar, offset),
    message,
    ...(policyId === undefined ? {} : { policyId }),
    ...(help === undefined ? {} : { help }),
  };
}

function toVocabulary(policies: readonly ReadPolicy[], { claims, request }: PolicyVocabulary): Vocabulary {
  if (request !== 'read-off-the-policies') return { claims, request, requestIsDeclared: true };
  const empty: Vocabulary = { claims, request: { actions: [], attributes: {} }, requestIsDeclared: false };
  const inferred = inferRequest(
    policies.map(({ policy }) => policy),
    (path) => shapeOf(empty, path),
  );
  return { claims, request: inferred, requestIsDeclared: false };
}

type Findings = { readonly findings: readonly (EngineFinding & { readonly policyId?: string })[] };

/** Name, reasons, scope and everything read; what is wrong here would only confuse the validator. */
function checkForm(policy: ReadPolicy, ids: Set<string>, vocabulary: Vocabulary): CheckedPolicy | Findings {
  const id = annotation(policy, 'id');
  const at = (message: string, help?: string, offset = policy.offset): Findings => ({
    findings: [{ offset, message, ...(help === undefined ? {} : { help }), ...(id === undefined ? {} : { policyId: id }) }],
  });
  if (id === undefined || !NAME.test(id)) return at('needs an @id of lower-case words');
  if (ids.has(id)) return at(`@id ${id} is there twice`);
  ids.add(id);
  const [unknown] = Object.keys(policy.policy.annotations ?? {}).filter((name) => !ANNOTATIONS.includes(name));
  if (unknown !== undefined)
    return at(`@${unknown} has no meaning here`, didYouMean(unknown, ANNOTATIONS) ?? `there are @${ANNOTATIONS.join(' and @')}`);
  // Who asks and for what is the gate's matter; a policy that singled out a DID would also be no fit reason to show.
  if (policy.policy.principal.op !== 'All' || policy.policy.resource.op !== 'All') return at('principal and resource stay unconstrained');
  const reasons = reasonsOf(policy, id);
  if (typeof reasons === 'string') return at(reasons);
  try {
    const uses = collectPathUses(policy.policy);
    const findings = [...uses.keys()].flatMap((path) => checkPath(policy, path.split('.'), vocabulary));
    if (findings.length > 0) {
      const idle = findIdleComparisons(policy, policy.policy, (path) => shapeOf(vocabulary, path));
      return { findings: [...findings, ...idle].map((finding) => ({ ...finding, policyId: id })) };
    }
    const credentials = [...uses.keys()].some((path) => !path.startsWith('request.'));
    if (policy.policy.effect === 'permit' && !credentials) return at('reads no credential and would let anyone in');
    return { ...policy, id, reasons, uses };
  } catch (error) {
    if (!(error instanceof PolicyFormError)) throw error;
    return at(error.message, undefined, error.path === undefined ? policy.offset : offsetOfPath(policy, error.path));
  }
}

/** A path that no credential and no request has. */
function checkPath(policy: ReadPolicy, path: readonly string[], vocabulary: Vocabulary): readonly EngineFinding[] {
  const [root = '', ...rest] = path;
  const name = rest.join('.');
  const finding = (message: string, offset: number, help?: string): readonly EngineFinding[] => [
    { offset, message, ...(help === undefined ? {} : { help }) },
  ];
  const shapes = shapesOf(vocabulary, root);
  if (shapes === undefined)
    return finding(
      `context.${root} is no credential type`,
      offsetOfPath(policy, [root]),
      didYouMean(root, ROOTS) ?? `there are ${CREDENTIAL_TYPES.join(', ')}`,
    );
  const offset = offsetOfPath(policy, path);
  const known = Object.keys(shapes);
  const what = root === 'request' ? 'the request' : root;
  const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
  if (shape === undefined)
    return finding(`${what} has no ${root === 'request' ? 'attribute' : 'claim'} ${name}`, offset, didYouMean(name, known));
  if (shape.kind === 'no-fact') return finding(`${root}.${name} is a list of objects, which no policy can read`, offset);
  if (shape.kind !== 'group' || root === 'request') return [];
  const below = known.filter((other) => other.startsWith(`${name}.`));
  return finding(`${root}.${name} is a group; a policy reads what is in it`, offset, `there are ${below.join(', ')}`);
}

/** For each clause of a permit the reason shown when it does not hold; a text says what is wrong with them. */
function reasonsOf(policy: ReadPolicy, id: string): readonly string[] | string {
  const denies = annotation(policy, 'denies');
  const { conditions, effect } = policy.policy;
  if (denies === undefined) return Object.freeze(conditions.map((_clause, index) => `${id}-${index + 1}`));
  if (effect === 'forbid') return '@denies has no meaning on a forbid, whose reason is its @id';
  const reasons = denies.split(',').map((reason) => reason.trim());
  if (reasons.length !== conditions.length || !reasons.every((reason) => NAME.test(reason)))
    return `@denies names one reason of lower-case words for each of the ${conditions.length} when and unless clauses`;
  const own = reasons.find((reason) => OWN_REASONS.includes(reason));
  return own === undefined ? Object.freeze(reasons) : `@denies names ${own}, which says something else in a decision`;
}

function annotation({ policy }: ReadPolicy, name: string): string | undefined {
  return policy.annotations !== undefined && Object.hasOwn(policy.annotations, name) ? (policy.annotations[name] ?? undefined) : undefined;
}
