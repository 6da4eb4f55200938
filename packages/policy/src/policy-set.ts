import type { Clause, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { digestOf } from '@gridpass/codec';
import { CREDENTIAL_TYPES, InputError } from '@gridpass/core';
import type { CredentialType, Digest, DisclosureNeeds, FactPath, Need } from '@gridpass/core';
import { prepare, readPolicyText } from './engine.js';
import type { NamedPolicy } from './engine.js';
import { collectPathUses } from './expression.js';
import type { PathUse, PathUses } from './expression.js';

/** One permit policy together with every forbid: one way to be let in. */
export interface Alternative {
  /** The `@id` of the permit policy. */
  readonly id: string;
  /** Names under which the engine holds the set, and its clauses one by one. */
  readonly preparedAs: string;
  readonly clausesPreparedAs: string;
  /** For each clause of the permit policy the reason shown when it does not hold. */
  readonly clauseReasons: readonly string[];
  /** Facts that must be at hand, with what may stand in for them. */
  readonly facts: ReadonlyMap<FactPath, PathUse>;
}

/** The policies of one channel, parsed and checked; made by {@link parsePolicySet} alone. */
export interface PolicySet {
  readonly channel: string;
  /** SHA-256 over the policy text as it stands in the file. */
  readonly hash: Digest;
  readonly needs: DisclosureNeeds;
  readonly alternatives: readonly Alternative[];
  readonly forbidIds: readonly string[];
}

/** What {@link parsePolicySet} reads. */
export interface PolicySource {
  readonly channel: string;
  readonly cedar: string;
  /** Claim names of a type's schema; when given, a policy that reads any other claim is an error. */
  readonly claimNames?: (type: CredentialType) => readonly string[];
}

/** Facts that every credential yields beside its claims: they need no disclosure. */
const ENVELOPE: ReadonlySet<string> = new Set(['issuer', 'subject']);
const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/**
 * Parses the policies of a channel. Throws InputError CONFIG_INVALID when the text does not parse, holds no permit,
 * lacks an `@id`, or reads anything but `context.<CredentialType>.<claim>` and `context.request.<name>`.
 * `@denies("a, b")` names, clause by clause, the reason shown when that clause does not hold.
 */
export function parsePolicySet(source: PolicySource): PolicySet {
  const policies = toNamed(source.channel, readPolicyText(source.channel, source.cedar));
  const permits = policies.filter(({ policy }) => policy.effect === 'permit');
  const forbids = policies.filter(({ policy }) => policy.effect === 'forbid');
  // An empty list must stop the program at start, never let everyone or no one in by surprise.
  if (permits.length === 0) throw new InputError('CONFIG_INVALID', `policies of ${source.channel}: no permit policy`);
  const hash = digestOf(source.cedar);
  const forbidUses = forbids.map((forbid) => collectPathUses(forbid.policy, forbid.id));
  const alternatives = permits.map((permit) => toAlternative(source, hash, permit, forbids, forbidUses));
  return Object.freeze({
    channel: source.channel,
    hash,
    needs: Object.freeze(alternatives.map(({ facts }) => toNeeds([...facts.keys()]))),
    alternatives: Object.freeze(alternatives),
    forbidIds: Object.freeze(forbids.map(({ id }) => id)),
  });
}

function toNamed(channel: string, policies: readonly PolicyJson[]): readonly NamedPolicy[] {
  const seen = new Set<string>();
  return policies.map((policy, index) => {
    const id = annotation(policy, 'id');
    if (id === undefined || !NAME.test(id))
      throw new InputError('CONFIG_INVALID', `policies of ${channel}: policy ${index + 1} needs an @id of lower-case words`);
    if (seen.has(id)) throw new InputError('CONFIG_INVALID', `policies of ${channel}: @id ${id} is there twice`);
    seen.add(id);
    // Who asks and for what is the gate's matter; a policy that singled out a DID would also be no fit reason to show.
    if (policy.principal.op !== 'All' || policy.resource.op !== 'All')
      throw new InputError('CONFIG_INVALID', `policy ${id}: principal and resource stay unconstrained`);
    return { id, policy };
  });
}

function toAlternative(
  source: PolicySource,
  hash: string,
  permit: NamedPolicy,
  forbids: readonly NamedPolicy[],
  forbidUses: readonly PathUses[],
): Alternative {
  const facts = new Map<FactPath, PathUse>();
  for (const uses of [collectPathUses(permit.policy, permit.id), ...forbidUses]) {
    for (const [path, kinds] of uses) {
      const factPath = toFactPath(source, permit.id, path);
      if (factPath === undefined) continue;
      const all = new Set([...kinds, ...(facts.has(factPath) ? [facts.get(factPath)] : [])]);
      const [only] = all;
      facts.set(factPath, all.size === 1 && only !== undefined ? only : 'value');
    }
  }
  if (facts.size === 0) throw new InputError('CONFIG_INVALID', `policy ${permit.id}: reads no credential and would let anyone in`);
  const preparedAs = `${hash}/${permit.id}`;
  const clausesPreparedAs = `${preparedAs}/clauses`;
  prepare(preparedAs, [permit, ...forbids]);
  prepare(
    clausesPreparedAs,
    permit.policy.conditions.map((clause, index) => ({ id: String(index), policy: clausePolicy(clause) })),
  );
  return Object.freeze({ id: permit.id, preparedAs, clausesPreparedAs, clauseReasons: toClauseReasons(permit), facts });
}

/** The fact a path stands for, or nothing where it belongs to the request. */
function toFactPath(source: PolicySource, policyId: string, path: string): FactPath | undefined {
  const [root = '', claim = ''] = path.split('.');
  if (root === 'request') return undefined;
  const type = CREDENTIAL_TYPES.find((known) => known === root);
  if (type === undefined) throw new InputError('CONFIG_INVALID', `policy ${policyId}: context.${root} is no credential type`);
  if (source.claimNames !== undefined && !ENVELOPE.has(claim) && !source.claimNames(type).includes(claim)) {
    throw new InputError('CONFIG_INVALID', `policy ${policyId}: ${type} has no claim ${claim}`);
  }
  return `${type}.${path.slice(root.length + 1)}`;
}

function toNeeds(paths: readonly FactPath[]): readonly Need[] {
  return Object.freeze(
    CREDENTIAL_TYPES.flatMap((type) => {
      const names = paths.filter((path) => path.startsWith(`${type}.`)).map((path) => path.split('.')[1] ?? '');
      const claims = names.filter((name) => !ENVELOPE.has(name));
      return names.length === 0 ? [] : [Object.freeze({ type, claims: Object.freeze([...new Set(claims)].sort()) })];
    }),
  );
}

function toClauseReasons({ id, policy }: NamedPolicy): readonly string[] {
  const denies = annotation(policy, 'denies');
  if (denies === undefined) return Object.freeze(policy.conditions.map((_clause, index) => `${id}-${index + 1}`));
  const reasons = denies.split(',').map((reason) => reason.trim());
  if (reasons.length !== policy.conditions.length || !reasons.every((reason) => NAME.test(reason))) {
    throw new InputError(
      'CONFIG_INVALID',
      `policy ${id}: @denies names one reason of lower-case words for each of the ${policy.conditions.length} when and unless clauses`,
    );
  }
  return Object.freeze(reasons);
}

function clausePolicy(clause: Clause): PolicyJson {
  return { effect: 'permit', principal: { op: 'All' }, action: { op: 'All' }, resource: { op: 'All' }, conditions: [clause] };
}

function annotation(policy: PolicyJson, name: string): string | undefined {
  return policy.annotations !== undefined && Object.hasOwn(policy.annotations, name) ? policy.annotations[name] : undefined;
}
