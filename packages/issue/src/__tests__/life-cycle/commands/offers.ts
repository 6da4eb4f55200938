import fc from 'fast-check';
import { ok } from '@gridpass/core';
import type { CredentialFormat } from '@gridpass/core';
import { done, find, nameOf, REFUSED, WANTED, WISHES } from '../model.js';
import type { Answer, Model, ModelApplication, ModelOffer, ModelRecord, WishName } from '../model.js';
import type { RedeemWay } from '../redeem.js';
import { SUPERSEDED, checkSole, closeWish, isHeldBack, isWilling, revoke } from '../rules.js';
import { nearest, pick } from '../act.js';
import type { Act } from '../act.js';

const wish = fc.constantFrom(...WANTED);
const number = fc.nat({ max: 7 });
/** One key, another one, or both in one request. */
const keys = fc.constantFrom<readonly number[]>([0], [0], [0], [1], [0, 1]);
/** Of these only an organisation gets both. */
const format = fc.constantFrom<CredentialFormat>('dc+sd-jwt', 'dc+sd-jwt', 'vc+jwt');
/** By the messages of OpenID4VCI, or as the engine is asked once those are judged. */
const way = fc.constantFrom<RedeemWay>('messages', 'messages', 'engine');
/** From one offer the same keys are issued to so many times: the first answer and two that were lost. */
const MAX_SETS = 3;

type Redemption = readonly [WishName, number, readonly number[], CredentialFormat?, RedeemWay?];

/** Offer, withdraw, and redeem: again, with another key, with two, after the token was given out. */
export const offerActs: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(wish, number).map(offer) },
  { weight: 1, arbitrary: fc.tuple(wish, number).map(withdraw) },
  { weight: 6, arbitrary: fc.tuple(wish, number, keys, format, way).map(redeem) },
);

export function offer([name, position]: readonly [WishName, number]): Act {
  return {
    name: `offer ${name}/${String(position)}`,
    aim: (before) => {
      // The program makes offers of nothing else.
      const open = before.applications.filter(({ state }) => state === 'approved' || state === 'issued');
      const target = pick(nearest(open, name), position);
      if (target === undefined) return undefined;
      const id = `o${String(before.next)}`;
      return {
        wish: target.wish,
        step: (model) => {
          nameOf(model, 'o');
          model.offers.push({ id, application: target.id, withdrawn: false });
          return done();
        },
        perform: async (_engine, _context, world) => {
          await world.makeOffer(target.wish, id, target.id);
          return ok(true);
        },
      };
    },
  };
}

const offersOf = (model: Model, name: WishName) => {
  const rows = model.offers.map(({ id, application }) => ({ id, wish: find(model.applications, application).wish }));
  return nearest(rows, name);
};

export function withdraw([name, position]: readonly [WishName, number]): Act {
  return {
    name: `withdraw ${name}/${String(position)}`,
    aim: (before) => {
      const target = pick(offersOf(before, name), position);
      if (target === undefined) return undefined;
      return {
        wish: target.wish,
        step: (model) => {
          const made = find(model.offers, target.id);
          if (made.withdrawn) return done();
          if (model.records.some(({ offer, state }) => offer === made.id && state !== 'revoked')) return REFUSED;
          made.withdrawn = true;
          return done('withdraw');
        },
        perform: (engine, context, world) => engine.withdrawOffer(world.tenantOf(target.wish), world.offerOf(target.id), 'wrong', context),
      };
    },
  };
}

export function redeem([name, position, asked, as = 'dc+sd-jwt', by = 'messages']: Redemption): Act {
  return {
    name: `redeem ${name}/${String(position)} with ${asked.join('+')} as ${as} by ${by}`,
    aim: (before) => {
      const target = pick(offersOf(before, name), position);
      if (target === undefined) return undefined;
      return {
        wish: target.wish,
        ...(by === 'messages' ? { claim: `${target.id} ${as}` } : {}),
        step: (model) => issue(model, find(model.offers, target.id), { asked, format: as }),
        perform: (engine, { requestId }, world) =>
          world.redeem(engine, { wish: target.wish, offer: target.id, keys: asked, format: as, way: by, requestId }),
      };
    },
  };
}

interface Request {
  readonly asked: readonly number[];
  readonly format: CredentialFormat;
}

function issue(model: Model, made: ModelOffer, request: Request): Answer {
  const { asked, format } = request;
  const application = find(model.applications, made.application);
  const { wish: name } = application;
  const rule = WISHES[name];
  if (made.withdrawn || (application.state !== 'approved' && application.state !== 'issued')) return REFUSED;
  if (isHeldBack(model, application, asked) || !isWilling(model, application)) return REFUSED;
  if (rule.organisation === undefined && format === 'vc+jwt') return REFUSED;
  if (rule.oneKey && asked.some((key) => key !== 0)) return REFUSED;
  const earlier = model.records.filter((record) => record.application === application.id);
  const repeated = earlier.filter((record) => record.offer === made.id && record.format === format);
  if (!isSameSet(repeated, asked)) return REFUSED;
  const ended = checkSole(model, application, asked);
  if (ended === undefined) return REFUSED;
  // What was taken over is not to be had again from any approval that was made before.
  for (const record of ended) {
    revoke(model, record, 'taken over');
    closeWish(model, record.wish);
  }
  const replaced = rule.organisation ? repeated : [...earlier, ...renewedBy(model, application)];
  for (const record of replaced) if (record.state !== 'revoked') revoke(model, record, SUPERSEDED);
  application.state = 'issued';
  for (const key of asked) model.records.push(toRecord(model, application, { offer: made.id, format, key }));
  return done('issue', ...(ended.length === 0 ? [] : ['take-over']));
}

function isSameSet(repeated: readonly ModelRecord[], asked: readonly number[]): boolean {
  if (repeated.some(({ state, reason }) => state === 'suspended' || (state === 'revoked' && reason !== SUPERSEDED))) return false;
  if (repeated.length >= asked.length * MAX_SETS) return false;
  const had = new Set(repeated.map(({ key }) => key));
  return had.size === 0 || (had.size === asked.length && asked.every((key) => had.has(key)));
}

function renewedBy(model: Model, { renews }: ModelApplication): readonly ModelRecord[] {
  if (renews === undefined) return [];
  const renewed = find(model.records, renews);
  return model.records.filter(({ application }) => application === renewed.application);
}

function toRecord(model: Model, application: ModelApplication, by: Pick<ModelRecord, 'offer' | 'format' | 'key'>): ModelRecord {
  const { underRole, tenant } = WISHES[application.wish];
  return {
    id: nameOf(model, 'r'),
    wish: application.wish,
    application: application.id,
    ...by,
    signedWith: model.keys[tenant],
    issuedAt: model.now,
    changedOrder: 0,
    state: 'active',
    reason: '',
    causes: [],
    on: [
      ...(underRole ? [{ record: 'r0', kind: 'authority' as const }] : []),
      ...(application.evidence === undefined ? [] : [{ record: application.evidence, kind: 'prerequisite' as const }]),
    ],
  };
}
