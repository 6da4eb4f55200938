/*
 * The life of credentials as a model: random acts on two replicas over one PostgreSQL, held against plain data of what should be true.
 *
 *   npm run jest -- packages/issue/src/__tests__/life-cycle.parts.test.ts          a short run, always the same
 *   GRIDPASS_LIFE_CYCLE_RUNS=500 npm run jest -- …                                 a longer one with a new seed
 *   GRIDPASS_LIFE_CYCLE_SEED=… GRIDPASS_LIFE_CYCLE_PATH=… npm run jest -- …        a failure again: seed and path are in its message
 *
 * A further way of issuing (refresh, deferred, re-issuance, many at once) joins as one more file in life-cycle/commands/, with its
 * acts and what the model says of each, and one more line in life-cycle/commands.ts. The invariants stay as they are.
 *
 * The second test goes through a whole life and lets the program die over each act: at a few places in the short run, at all of them in
 * a longer one.
 *
 * Not here: HTTP, which only programs speak (what is redeemed goes through the messages of OpenID4VCI, as the issuer's route hands them
 * to the exchange); an application that goes back to the applicant (the engine has no such act); a crash between the log's entry and
 * the removal of it from the outbox, after which an act stands in the log twice by decision (DESIGN.md).
 */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { COMMANDS } from './life-cycle/commands.js';
import type { Holding } from './life-cycle/commands.js';
import { ALL_CRASHES, FEW_CRASHES, liveDying } from './life-cycle/crashes.js';
import { checkLists, checkNothingToBeHad } from './life-cycle/invariants.js';
import { createModel } from './life-cycle/model.js';
import { readSnapshot } from './life-cycle/snapshot.js';
import { createLifeCycleWorld } from './life-cycle/world.js';
import { createTwoStores } from './two-replicas.js';

const asked = (name: string): string | undefined => process.env[`GRIDPASS_LIFE_CYCLE_${name}`];
const [RUNS_ASKED, SEED_ASKED, PATH] = [asked('RUNS'), asked('SEED'), asked('PATH')];
const NEW_SEED = RUNS_ASKED === undefined ? 20_261_127 : Date.now() % 2 ** 31;
const SEED = SEED_ASKED === undefined ? NEW_SEED : Number(SEED_ASKED);
const RUNS = Number(RUNS_ASKED ?? 6);

describe('the life of credentials on two replicas', () => {
  const stores = createTwoStores();

  it('is what the model says, whatever is done, at once, and wherever a program dies', async () => {
    process.stdout.write(`life cycle: seed ${String(SEED)}, ${String(RUNS)} runs\n`);
    const told = new Map<string, number>();
    const property = fc.asyncProperty(fc.commands([...COMMANDS], { maxCommands: 60, size: 'max' }), async (commands) => {
      const world = await createLifeCycleWorld(stores());
      const holding: Holding = { model: createModel(), told };
      await fc.asyncModelRun(() => ({ model: holding, real: world }), commands);
      expect(await checkLists(world, await readSnapshot(world), holding.model)).toEqual([]);
      expect(await checkNothingToBeHad(world, holding.model)).toEqual([]);
    });
    const again = PATH === undefined ? {} : { path: PATH };
    await fc.assert(property, { seed: SEED, numRuns: RUNS, endOnFailure: asked('SHRINK') === undefined, ...again });
    const lines = [...told].map(([name, times]) => `${name} ${String(times)}`).sort();
    process.stdout.write(`life cycle: ${lines.join(', ')}\n`);
  }, 3_600_000);

  it.each(RUNS_ASKED === undefined ? FEW_CRASHES : ALL_CRASHES)(
    'is done wholly or not at all, and can be asked for again, where each act dies $where, time $at',
    async (crash) => {
      const world = await createLifeCycleWorld(stores());
      const holding: Holding = { model: createModel(), told: new Map() };
      await liveDying(holding, world, crash);
      expect(await checkLists(world, await readSnapshot(world), holding.model)).toEqual([]);
      expect(await checkNothingToBeHad(world, holding.model)).toEqual([]);
      // A place that no act comes to would prove nothing.
      if (FEW_CRASHES.includes(crash)) expect(holding.told.get('redeem died') ?? 0).toBeGreaterThan(2);
    },
    3_600_000,
  );
});
