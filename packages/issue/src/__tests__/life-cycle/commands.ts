import fc from 'fast-check';
import type { AsyncCommand } from 'fast-check';
import type { Outcome } from '@gridpass/core';
import { pick } from './act.js';
import type { Act, AimedAct } from './act.js';
import { compare } from './compare.js';
import { applicationActs, apply, approve, close } from './commands/applications.js';
import { offer, offerActs, redeem, withdraw } from './commands/offers.js';
import { change, renew, revokeWish, stateActs } from './commands/states.js';
import { checkStore } from './invariants.js';
import { REFUSED, WANTED, WISHES } from './model.js';
import type { Answer, Model, TenantName, WishName } from './model.js';
import { checkAtGates } from './gates.js';
import { BOUND_SECONDS, Crashed } from './replica.js';
import type { Crash } from './replica.js';
import { decisionOf, settle } from './rules.js';
import { readSnapshot } from './snapshot.js';
import type { LifeCycleWorld } from './world.js';

/** What fast-check hands to each command: the model as it stands, replaced by each command. */
export interface Holding {
  model: Model;
  /** How often each act was answered how, so that one can see that a run was not idle. */
  readonly told: Map<string, number>;
}

type Command = AsyncCommand<Holding, LifeCycleWorld>;
/** What an engine did: its answer, or that it died over it. */
interface Done {
  readonly name: string;
  readonly outcome: 'ok' | 'refused' | 'died';
  readonly code: string;
  /** The acts that stand in the log under this request by now. */
  readonly logged: () => readonly string[];
}
type Step = (model: Model) => readonly Answer[];

/** One more way of issuing is one more arbitrary here. */
const anyAct: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: applicationActs },
  { weight: 6, arbitrary: offerActs },
  { weight: 5, arbitrary: stateActs },
);
const replica = fc.constantFrom(0, 1);
const wanted = fc.constantFrom(...WANTED);

/** All commands, for fc.commands. */
export const COMMANDS: readonly fc.Arbitrary<Command>[] = [
  fc.tuple(anyAct, replica).map(([act, at]) => alone(act, at)),
  fc.tuple(anyAct, replica).map(([act, at]) => alone(act, at)),
  fc.tuple(anyAct, replica).map(([act, at]) => alone(act, at)),
  wanted.map((name) => grant(name)),
  fc.constantFrom<WishName>('first', 'rival').map((name) => grant(name, true)),
  fc.tuple(anyAct, anyAct).map(([one, other]) => atOnce(one, other)),
  fc
    .tuple(wanted, fc.constantFrom(0, 1, 2))
    .chain(([name, rest]) => rival(name).map((act) => atOnce(redeem([name, 0, [rest === 2 ? 1 : 0]]), act))),
  fc.tuple(offerActs, fc.oneof(offerActs, stateActs)).map(([one, other]) => atOnce(one, other)),
  fc
    .tuple(
      anyAct,
      replica,
      fc.constantFrom<Crash['where']>('before the commit', 'after the commit', 'before the log', 'in the exchange'),
      fc.integer({ min: 1, max: 3 }),
    )
    .map(([act, at, where, turn]) => dying(act, at, { where, at: turn })),
  fc
    .tuple(fc.constantFrom<TenantName>('regulator', 'dso', 'maker'), fc.constantFrom<'stays' | 'goes'>('stays', 'stays', 'stays', 'goes'))
    .map(rotate),
  fc.nat({ max: 20 }).map(show),
];

export function alone(act: Act, at: number): Command {
  return {
    check: () => true,
    run: async (holding, world) => {
      const aimed = act.aim(holding.model);
      if (aimed === undefined) return;
      const now = begin(holding, world);
      const answer = await ask(act.name, aimed, world, at);
      await settleAndCompare(holding, world, [answer], [(model) => [aimed.step(model, now)]]);
    },
    toString: () => `${act.name} @${String(at)}`,
  };
}

/** From the wish to the credential, so that there is something to change. */
export function grant(name: WishName, asTakeOver = false): Command {
  const wishes: readonly WishName[] = [...(WISHES[name].standsOn === undefined ? [] : [WISHES[name].standsOn]), name];
  const acts = wishes.flatMap((wish) => [apply(wish), approve([wish, 0, asTakeOver]), offer([wish, 0]), redeem([wish, 0, [0]])]);
  return {
    check: () => true,
    run: async (holding, world) => {
      for (const [turn, act] of acts.entries()) await alone(act, turn % 2).run(holding, world);
    },
    toString: () => `grant ${name}${asTakeOver ? ' as a take-over' : ''}`,
  };
}

/** What may come in between when something of a wish is redeemed. */
function rival(name: WishName): fc.Arbitrary<Act> {
  const others = {
    first: 'rival',
    rival: 'first',
    anna: 'bo',
    bo: 'anna',
    carla: 'dan',
    dan: 'carla',
    device: 'meter',
    meter: 'device',
    role: 'role',
    owner: 'heir',
    heir: 'owner',
    alias: 'anna',
  } as const;
  const other = others[name];
  return fc.constantFrom(
    redeem([name, 0, [0]]),
    redeem([name, 0, [1]]),
    redeem([name, 0, [0], 'vc+jwt']),
    redeem([name, 0, [0], 'dc+sd-jwt', 'engine']),
    redeem([name, 1, [0]]),
    redeem([other, 0, [0]]),
    revokeWish([name, 0]),
    revokeWish([other, 0]),
    change('suspend', [name, 0]),
    change('suspend', ['role', 0]),
    change('suspend', [other, 0]),
    change('resume', [name, 0]),
    renew([name, 0]),
    close([name, 0]),
    withdraw([name, 0]),
  );
}

/** Two acts, one on each replica; what comes of them must be what comes of one after the other. */
export function atOnce(one: Act, other: Act): Command {
  return {
    check: () => true,
    run: async (holding, world) => {
      const [first, second] = [one.aim(holding.model), other.aim(holding.model)];
      if (first === undefined || second === undefined || one.name.startsWith('offer') || other.name.startsWith('offer')) return;
      const now = begin(holding, world);
      const answers = await Promise.all([ask(one.name, first, world, 0), ask(other.name, second, world, 1)]);
      await settleAndCompare(holding, world, answers, [
        (model) => [stepped(first, model, now), stepped(second, model, now)],
        (model) => [stepped(second, model, now), stepped(first, model, now)].reverse(),
        ...(first.claim === undefined || first.claim !== second.claim
          ? []
          : [(model: Model) => [stepped(first, model, now), REFUSED], (model: Model) => [REFUSED, stepped(second, model, now)]]),
      ]);
    },
    toString: () => `(${one.name} || ${other.name})`,
  };
}

/** The time of a command, for the model too. */
function begin({ model }: Holding, { clock }: LifeCycleWorld): number {
  model.now = clock.now();
  return model.now;
}

function stepped(act: AimedAct, model: Model, now: number): Answer {
  const answer = act.step(model, now);
  settle(model);
  return answer;
}

/** The replica dies over the act and starts anew; the act is done wholly or not at all. */
export function dying(act: Act, at: number, crash: Crash): Command {
  return {
    check: () => true,
    run: async (holding, world) => {
      const aimed = act.aim(holding.model);
      if (aimed === undefined || act.name.startsWith('offer')) return;
      const now = begin(holding, world);
      world.restart(at, crash);
      const answer = await ask(act.name, aimed, world, at);
      world.restart(at);
      const nothing: Step = () => [{ outcome: 'refused', logged: [] }];
      const all: Step = (model) => [aimed.step(model, now)];
      // In the exchange: the nonce is used, the right to issue is taken, and given back once all is done.
      const began = crash.where === 'in the exchange' ? crash.at > 2 : crash.where !== 'before the commit' || crash.at > 1;
      await settleAndCompare(holding, world, [answer], answer.outcome === 'died' && !began ? [nothing] : [all]);
    },
    toString: () => `${act.name} @${String(at)} dies ${crash.where} ${String(crash.at)}`,
  };
}

export function rotate([tenant, old]: readonly [TenantName, 'stays' | 'goes']): Command {
  return {
    check: () => true,
    run: async ({ model }, world) => {
      world.rotate(tenant, old);
      if (old === 'goes') model.goneKeys.push(`${tenant} ${String(model.keys[tenant])}`);
      model.keys[tenant] += 1;
    },
    toString: () => `rotate the key of ${tenant}, the old one ${old}`,
  };
}

/** A holder shows a credential at the gates. */
export function show(position: number): Command {
  return {
    check: () => true,
    run: async ({ model, told }, world) => {
      const record = pick(model.records, position);
      const wrong = record === undefined ? [] : await checkAtGates(world, model, record.id);
      if (wrong.length > 0) throw new Error(wrong.join('\n'));
      const decided = record === undefined ? 'nothing' : decisionOf(model, record.id);
      told.set(`show ${decided}`, (told.get(`show ${decided}`) ?? 0) + 1);
    },
    toString: () => `show ${String(position)}`,
  };
}

async function ask(name: string, act: AimedAct, world: LifeCycleWorld, at: number): Promise<Done> {
  const asked = world.context();
  const { engine } = world.replicas[at]!.world;
  const done = (outcome: Done['outcome'], code: string): Done => ({
    name: name.split(' ')[0] ?? '',
    outcome,
    code,
    logged: () =>
      world.log.filter(({ requestId, kind }) => requestId === asked.requestId && kind === 'act').map(({ action }) => action ?? ''),
  });
  const outcome = await act.perform(engine, asked, world).catch((error: unknown): Outcome<unknown> | 'died' => {
    if (error instanceof Crashed) return 'died';
    throw error;
  });
  if (outcome === 'died') return done('died', 'died');
  return outcome.ok ? done('ok', 'ok') : done('refused', `${outcome.refusal.code} ${outcome.refusal.detail}`);
}

/** Lets both replicas do what was left, then holds the store against what each order of the acts would have made of the model. */
async function settleAndCompare(holding: Holding, world: LifeCycleWorld, answers: readonly Done[], orders: readonly Step[]): Promise<void> {
  for (const { name, outcome } of answers) holding.told.set(`${name} ${outcome}`, (holding.told.get(`${name} ${outcome}`) ?? 0) + 1);
  world.clock.advance(2 * BOUND_SECONDS + 2);
  await Promise.all(world.replicas.map(({ world: { engine } }) => engine.recover()));
  const snapshot = await readSnapshot(world);
  const wrong = checkStore(snapshot, world.log);
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  const tried: string[] = [];
  for (const order of orders) {
    const model = structuredClone(holding.model);
    const expected = order(model);
    settle(model);
    const { names, differences } = compare(model, snapshot, world);
    const more = expected.flatMap((answer, index) => differ(answer, answers[index]));
    if (differences.length + more.length > 0) {
      tried.push([...more, ...differences].join('\n'));
      continue;
    }
    holding.model = model;
    for (const [name, id] of names) world.names.set(name, id);
    return;
  }
  throw new Error(tried.join('\n-- or in the other order --\n'));
}

function differ(expected: Answer, found: Done | undefined): readonly string[] {
  const logs = [[...expected.logged].sort().join(), [...(found?.logged() ?? [])].sort().join()];
  return [
    ...(found?.outcome === 'died' || found?.outcome === expected.outcome
      ? []
      : [`expected ${expected.outcome}, was told ${found?.code ?? ''}`]),
    ...(logs[0] === logs[1] ? [] : [`expected in the log: ${logs[0] ?? ''}; found: ${logs[1] ?? ''}`]),
  ];
}
