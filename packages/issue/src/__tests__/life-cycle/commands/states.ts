import fc from 'fast-check';
import type { CredentialHandle } from '@gridpass/core';
import { ALL_WISHES, WANTED, applicationsOf, done, find, nameOf, recordsOf, REFUSED } from '../model.js';
import type { Model, WishName } from '../model.js';
import { closeWish, kinOf, openOf, resume, revoke, suspend } from '../rules.js';
import { nearest, pick } from '../act.js';
import type { Act, AimedAct } from '../act.js';

const wish = fc.constantFrom(...ALL_WISHES);
const number = fc.nat({ max: 7 });
const OPERATOR = 'operator';
const TRANSFER = 'transfer';

/** Changes of state by an officer, and those of a transfer, which tells the copies of the meter's credential apart. */
export const stateActs: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...WANTED), number).map(renew) },
  { weight: 3, arbitrary: fc.tuple(wish, number).map((target) => change('suspend', target)) },
  { weight: 3, arbitrary: fc.tuple(wish, number).map((target) => change('resume', target)) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...WANTED), number).map(revokeWish) },
  // The role of the operator: all that it issued is suspended for good.
  { weight: 1, arbitrary: fc.constant(revokeWish(['role', 0])) },
  { weight: 2, arbitrary: fc.constantFrom<WishName>('anna', 'bo', 'carla', 'dan', 'alias').map(moveOut) },
  { weight: 3, arbitrary: number.map((position) => transfer('hold', position)) },
  { weight: 3, arbitrary: number.map((position) => transfer('release', position)) },
  { weight: 3, arbitrary: number.map((position) => transfer('revokeCopy', position)) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom<WishName>('owner', 'heir'), number).map(handOver) },
);

/** By one credential of it, whichever. */
function byRecord(
  verb: string,
  [name, position]: readonly [WishName, number],
  act: (record: string, name: WishName) => NonNullable<ReturnType<Act['aim']>>,
): Act {
  return {
    name: `${verb} ${name}/${String(position)}`,
    aim: (before) => {
      const target = pick(nearest(before.records, name), position);
      return target === undefined ? undefined : act(target.id, target.wish);
    },
  };
}

export function change(verb: 'suspend' | 'resume', target: readonly [WishName, number]): Act {
  return byRecord(verb, target, (record, name) => ({
    wish: name,
    step: (model) => {
      const records = kinOf(model, name).flatMap((kin) => recordsOf(model, kin));
      if (records.every(({ state }) => state === 'revoked')) return REFUSED;
      const changed = records.map((one) => (verb === 'suspend' ? suspend : resume)(model, one, OPERATOR));
      return changed.includes(true) ? done(verb) : done();
    },
    perform: (engine, context, world) => engine[verb](world.tenantOf(name), world.handleOf(record), 'inquiry', context),
  }));
}

function revokeAll(model: Model, name: WishName) {
  const family = kinOf(model, name);
  const records = family.flatMap((kin) => recordsOf(model, kin));
  const known = family.flatMap((kin) => applicationsOf(model, kin)).some(({ state }) => state !== 'pending' && state !== 'rejected');
  if (records.length === 0 && !known) return REFUSED;
  const closed = family.reduce((sum, kin) => sum + closeWish(model, kin), 0);
  const standing = records.filter(({ state }) => state !== 'revoked');
  for (const record of standing) revoke(model, record, 'by the officer');
  return closed + standing.length > 0 ? done('revoke') : done();
}

export function revokeWish(target: readonly [WishName, number]): Act {
  return byRecord('revoke', target, (record, name) => ({
    wish: name,
    step: (model) => revokeAll(model, name),
    perform: (engine, context, world) => engine.revoke(world.tenantOf(name), world.handleOf(record), 'superseded', context),
  }));
}

/** All that was approved for a household, also where nothing was issued yet. */
export function moveOut(name: WishName): Act {
  return {
    name: `move out ${name}`,
    aim: (before) => {
      const [target] = applicationsOf(before, name);
      if (target === undefined) return undefined;
      return {
        wish: name,
        step: (model) => revokeAll(model, name),
        perform: (engine, context, world) => {
          const handle: CredentialHandle = { kind: 'application', applicationId: world.idOf(target.id) };
          return engine.revoke(world.tenantOf(name), handle, 'moved out', context);
        },
      };
    },
  };
}

export function renew(target: readonly [WishName, number]): Act {
  return byRecord('renew', target, (record, name) => ({
    wish: name,
    step: (model, at) => {
      const renewed = find(model.records, record);
      const application = find(model.applications, renewed.application);
      if (renewed.state === 'revoked' || application.state === 'closed') return REFUSED;
      if (openOf(model, name) !== undefined) return done();
      const { evidence } = application;
      const shown = evidence === undefined ? {} : { evidence };
      model.applications.push({
        id: nameOf(model, 'a'),
        wish: name,
        state: 'approved',
        decidedAt: at,
        decidedOrder: model.order++,
        renews: record,
        ...shown,
      });
      return done('renew');
    },
    perform: (engine, context, world) => engine.renew(world.tenantOf(name), world.handleOf(record), context),
  }));
}

/** The steps of a transfer that the engine is asked for. What was decided about the device before it is not issued after it. */
export function transfer(verb: 'hold' | 'release' | 'revokeCopy', position: number): Act {
  const aimAt = (record: string): AimedAct => ({
    wish: 'meter',
    step: (model, at) => {
      if (verb !== 'release') model.handover = { at, application: '' };
      const copy = find(model.records, record);
      if (verb === 'revokeCopy') {
        if (copy.state === 'revoked') return done();
        revoke(model, copy, TRANSFER);
        return done('revoke');
      }
      if (copy.state === 'revoked') return REFUSED;
      const changed = (verb === 'hold' ? suspend : resume)(model, copy, TRANSFER);
      return changed ? done(verb === 'hold' ? 'suspend' : 'resume') : done();
    },
    perform: (engine, context, world) => {
      if (verb !== 'release') world.handOver('');
      return engine[verb](world.tenantOf('meter'), world.handleOf(record), TRANSFER, context);
    },
  });
  return {
    name: `${verb} meter/${String(position)}`,
    aim: (before) => {
      const target = pick([...recordsOf(before, 'meter')].reverse(), position);
      return target === undefined ? undefined : aimAt(target.id);
    },
  };
}

/**
 * The device goes to another owner: what the former one holds is revoked, copy by copy, and of all that was decided before only the new
 * owner's own application may still be issued.
 */
export function handOver([name, position]: readonly [WishName, number]): Act {
  return {
    name: `handOver ${name}/${String(position)}`,
    aim: (before) => {
      const target = pick([...recordsOf(before, name)].reverse(), position);
      if (target === undefined) return undefined;
      const heir = applicationsOf(before, name === 'owner' ? 'heir' : 'owner').findLast(({ state }) => state === 'approved');
      return {
        wish: name,
        step: (model, at) => {
          model.handover = { at, application: heir?.id ?? '' };
          const copy = find(model.records, target.id);
          if (copy.state === 'revoked') return done();
          revoke(model, copy, TRANSFER);
          return done('revoke');
        },
        perform: (engine, context, world) => {
          world.handOver(heir === undefined ? '' : world.idOf(heir.id));
          return engine.revokeCopy(world.tenantOf(name), world.handleOf(target.id), TRANSFER, context);
        },
      };
    },
  };
}
