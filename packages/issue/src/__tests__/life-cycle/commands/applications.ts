import fc from 'fast-check';
import { applicationsOf, done, find, nameOf, recordsOf, REFUSED, WANTED, WISHES } from '../model.js';
import type { Model, ModelApplication, WishName } from '../model.js';
import { checkSole, endApplication, everHeld, isWilling, openOf } from '../rules.js';
import { pick } from '../act.js';
import type { Act, AimedAct } from '../act.js';

const wish = fc.constantFrom(...WANTED);
const number = fc.nat({ max: 5 });

/** Apply, approve (also as a take-over), reject and close. There is no act by which an application goes back to the applicant. */
export const applicationActs: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: wish.map(apply) },
  { weight: 4, arbitrary: fc.tuple(wish, number, fc.constant(false)).map(approve) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom<WishName>('first', 'rival'), number, fc.constant(true)).map(approve) },
  { weight: 1, arbitrary: fc.tuple(wish, number).map(reject) },
  { weight: 1, arbitrary: fc.tuple(wish, number).map(close) },
);

export function apply(name: WishName): Act {
  return {
    name: `apply ${name}`,
    aim: (before) => {
      const { standsOn } = WISHES[name];
      const evidence = standsOn === undefined ? undefined : recordsOf(before, standsOn).at(-1)?.id;
      if (standsOn !== undefined && evidence === undefined) return undefined;
      return {
        wish: name,
        step: (model) => {
          if (openOf(model, name) !== undefined) return done();
          const shown = evidence === undefined ? {} : { evidence };
          model.applications.push({ id: nameOf(model, 'a'), wish: name, state: 'pending', ...shown });
          return done('apply');
        },
        perform: async (engine, { requestId }, world) =>
          engine.submitApplication(world.tenantOf(name), await world.inputOf(name, requestId, evidence)),
      };
    },
  };
}

/** An act of an officer about one application. */
function decision(
  verb: string,
  [name, position]: readonly [WishName, number],
  step: (model: Model, application: ModelApplication, at: number) => ReturnType<AimedAct['step']>,
  perform: (world: Parameters<AimedAct['perform']>, application: string) => ReturnType<AimedAct['perform']>,
): Act {
  return {
    name: `${verb} ${name}/${String(position)}`,
    aim: (before) => {
      // The newest first: it is the one that matters.
      const target = pick([...applicationsOf(before, name)].reverse(), position);
      if (target === undefined) return undefined;
      return {
        wish: name,
        step: (model, at) => step(model, find(model.applications, target.id), at),
        perform: (...world) => perform(world, target.id),
      };
    },
  };
}

export function approve([name, position, asTakeOver]: readonly [WishName, number, boolean]): Act {
  return decision(
    asTakeOver ? 'take-over' : 'approve',
    [name, position],
    (model, application, at) => {
      if (application.state === 'approved' || application.state === 'issued')
        return asTakeOver && application.takeOver === undefined ? REFUSED : done();
      const takeOver = everHeld(model, name);
      const ended = isWilling(model, application) ? checkSole(model, asTakeOver ? { ...application, takeOver } : application) : undefined;
      if (application.state !== 'pending' || ended === undefined || (asTakeOver && ended.length === 0)) return REFUSED;
      application.state = 'approved';
      application.decidedAt = at;
      application.decidedOrder = model.order++;
      if (asTakeOver) application.takeOver = takeOver;
      return done('approve');
    },
    ([engine, context, world], application) =>
      engine.approve(
        world.tenantOf(name),
        world.idOf(application),
        'fine',
        context,
        asTakeOver ? [{ rule: 'take-over', reason: 'merger' }] : [],
      ),
  );
}

export function reject(target: readonly [WishName, number]): Act {
  return decision(
    'reject',
    target,
    (model, application) => {
      if (application.state === 'rejected') return done();
      if (application.state !== 'pending' && application.state !== 'approved') return REFUSED;
      endApplication(model, application, 'rejected');
      return done('reject');
    },
    ([engine, context, world], application) => engine.reject(world.tenantOf(target[0]), world.idOf(application), 'no', context),
  );
}

export function close(target: readonly [WishName, number]): Act {
  return decision(
    'close',
    target,
    (model, application) => {
      if (application.state === 'closed') return done();
      if (application.state !== 'approved' && application.state !== 'issued') return REFUSED;
      endApplication(model, application, 'closed');
      return done('close');
    },
    ([engine, context, world], application) => engine.close(world.tenantOf(target[0]), world.idOf(application), 'stop', context),
  );
}
