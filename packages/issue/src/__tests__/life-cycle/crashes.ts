import type { Act } from './act.js';
import { alone, dying } from './commands.js';
import type { Holding } from './commands.js';
import { apply, approve, close, reject } from './commands/applications.js';
import { offer, redeem, withdraw } from './commands/offers.js';
import { change, handOver, moveOut, renew, revokeWish, transfer } from './commands/states.js';
import type { Crash } from './replica.js';
import type { LifeCycleWorld } from './world.js';

/** Every place where a program may die over an act: each transaction, each entry of the log, each step of the exchange. */
export const ALL_CRASHES: readonly Crash[] = (
  ['before the commit', 'after the commit', 'before the log', 'in the exchange'] as const
).flatMap((where) => [1, 2, 3].map((at) => ({ where, at })));
/** The first of each, and the one that leaves the right to issue with nobody. */
export const FEW_CRASHES: readonly Crash[] = ALL_CRASHES.filter(({ where, at }) => at === 1 || (where === 'in the exchange' && at === 2));

/** Every act there is, in an order in which each has something to do. */
const LIFE: readonly Act[] = [
  ...[apply('anna'), reject(['anna', 0]), apply('anna'), approve(['anna', 0, false]), offer(['anna', 0])],
  ...[redeem(['anna', 0, [0]]), redeem(['anna', 0, [0], 'dc+sd-jwt', 'engine'])],
  ...[change('suspend', ['anna', 0]), change('resume', ['anna', 0])],
  ...[renew(['anna', 0]), offer(['anna', 0]), redeem(['anna', 0, [0, 1]]), offer(['anna', 0]), withdraw(['anna', 0]), moveOut('anna')],
  ...[apply('first'), approve(['first', 0, false]), offer(['first', 0]), redeem(['first', 0, [0], 'vc+jwt'])],
  ...[apply('rival'), approve(['rival', 0, true]), offer(['rival', 0]), redeem(['rival', 0, [0], 'vc+jwt']), close(['rival', 0])],
  ...[apply('device'), approve(['device', 0, false]), offer(['device', 0]), redeem(['device', 0, [0]])],
  ...[apply('owner'), approve(['owner', 0, false]), offer(['owner', 0]), redeem(['owner', 0, [0]])],
  ...[apply('meter'), approve(['meter', 0, false]), offer(['meter', 0]), redeem(['meter', 0, [0]])],
  ...[
    transfer('hold', 0),
    handOver(['owner', 0]),
    apply('heir'),
    approve(['heir', 0, false]),
    offer(['heir', 0]),
    redeem(['heir', 0, [0]]),
  ],
  ...[transfer('release', 0), revokeWish(['device', 0]), transfer('revokeCopy', 0), revokeWish(['role', 0])],
];

/** A whole life in which the program dies over each act, at this place, and somebody asks the other replica for it again. */
export async function liveDying(holding: Holding, world: LifeCycleWorld, crash: Crash): Promise<void> {
  for (const [turn, act] of LIFE.entries()) {
    await dying(act, turn % 2, crash).run(holding, world);
    await alone(act, 1 - (turn % 2)).run(holding, world);
  }
}
