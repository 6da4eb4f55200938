import type { Clause, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { digestOf } from '@gridpass/codec';
import { CREDENTIAL_TYPES, InputError } from '@gridpass/core';
import type { Digest, DisclosureNeeds, FactPath, JsonObject, MarketCalendar, Need } from '@gridpass/core';
import { checkPolicyText } from './check-policies.js';
import type { CheckedPolicy, PolicyVocabulary } from './check-policies.js';
import { prepare } from './engine.js';
import type { PathUse } from './expression.js';
import { toProblemLine } from './problem.js';
import { ENVELOPE } from './vocabulary.js';

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
  /** By which `context.request.epochDay` is told, given the attributes of what is asked for. */
  readonly calendarOf: (resource: JsonObject) => MarketCalendar;
}

/** What {@link parsePolicySet} reads. */
export interface PolicySource extends PolicyVocabulary {
  readonly channel: string;
  readonly cedar: string;
  /** How errors name the text; `policies of <channel>` unless given. */
  readonly file?: string;
  /**
   * Where the channel keeps its days: a date in a credential is a day of the market, not of UTC. A function where the area that
   * is asked for decides.
   */
  readonly calendar: MarketCalendar | ((resource: JsonObject) => MarketCalendar);
}

/**
 * Parses the policies of a channel. Throws InputError CONFIG_INVALID with one line for each problem (`file:line:column: ...`):
 * text that does not parse or holds no permit, a policy without `@id`, one that reads anything but claims of a credential type
 * and `context.request.<name>`, types that do not fit the schemas, and comparisons that hold for nobody.
 * `@denies("a, b")` names, clause by clause, the reason shown when that clause does not hold.
 */
export function parsePolicySet(source: PolicySource): PolicySet {
  const { problems, policies } = checkPolicyText(source.cedar, source);
  const file = source.file ?? `policies of ${source.channel}`;
  if (problems.length > 0) throw new InputError('CONFIG_INVALID', problems.map((problem) => toProblemLine(file, problem)).join('\n'));
  const permits = policies.filter(({ policy }) => policy.effect === 'permit');
  const forbids = policies.filter(({ policy }) => policy.effect === 'forbid');
  const { calendar } = source;
  const hash = digestOf(source.cedar);
  const alternatives = permits.map((permit) => toAlternative(hash, permit, forbids));
  return Object.freeze({
    channel: source.channel,
    hash,
    needs: Object.freeze(alternatives.map(({ facts }) => toNeeds([...facts.keys()]))),
    alternatives: Object.freeze(alternatives),
    forbidIds: Object.freeze(forbids.map(({ id }) => id)),
    calendarOf: typeof calendar === 'function' ? calendar : () => calendar,
  });
}

function toAlternative(hash: string, permit: CheckedPolicy, forbids: readonly CheckedPolicy[]): Alternative {
  const facts = new Map<FactPath, PathUse>();
  for (const { uses } of [permit, ...forbids]) {
    for (const [path, kinds] of uses) {
      const factPath = toFactPath(path);
      if (factPath === undefined) continue;
      const all = new Set([...kinds, ...(facts.has(factPath) ? [facts.get(factPath)] : [])]);
      const [only] = all;
      facts.set(factPath, all.size === 1 && only !== undefined ? only : 'value');
    }
  }
  const preparedAs = `${hash}/${permit.id}`;
  const clausesPreparedAs = `${preparedAs}/clauses`;
  prepare(preparedAs, [permit, ...forbids]);
  prepare(
    clausesPreparedAs,
    permit.policy.conditions.map((clause, index) => ({ id: String(index), policy: clausePolicy(clause) })),
  );
  return Object.freeze({ id: permit.id, preparedAs, clausesPreparedAs, clauseReasons: permit.reasons, facts });
}

/** The fact a path stands for, or nothing where it belongs to the request. */
function toFactPath(path: string): FactPath | undefined {
  const [root = ''] = path.split('.');
  const type = CREDENTIAL_TYPES.find((known) => known === root);
  return type === undefined ? undefined : `${type}.${path.slice(root.length + 1)}`;
}

function toNeeds(paths: readonly FactPath[]): readonly Need[] {
  return Object.freeze(
    CREDENTIAL_TYPES.flatMap((type) => {
      const names = paths.filter((path) => path.startsWith(`${type}.`)).map((path) => path.split('.')[1] ?? '');
      const claims = names.filter((name) => !Object.hasOwn(ENVELOPE, name));
      return names.length === 0 ? [] : [Object.freeze({ type, claims: Object.freeze([...new Set(claims)].sort()) })];
    }),
  );
}

function clausePolicy(clause: Clause): PolicyJson {
  return { effect: 'permit', principal: { op: 'All' }, action: { op: 'All' }, resource: { op: 'All' }, conditions: [clause] };
}
