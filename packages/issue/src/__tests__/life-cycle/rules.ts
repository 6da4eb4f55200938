import { ALL_WISHES, WISHES, applicationsOf, find, recordsOf } from './model.js';
import type { Model, ModelApplication, ModelRecord, WishName } from './model.js';

/** Closes what could still be issued from, with its offers. */
export function closeWish(model: Model, wish: WishName): number {
  const open = applicationsOf(model, wish).filter(({ state }) => state === 'approved' || state === 'issued');
  for (const application of open) endApplication(model, application, 'closed');
  return open.length;
}

export function endApplication(model: Model, application: ModelApplication, state: 'closed' | 'rejected'): void {
  application.state = state;
  for (const offer of model.offers) if (offer.application === application.id) offer.withdrawn = true;
}

export function revoke(model: Model, record: ModelRecord, reason: string): void {
  record.state = 'revoked';
  record.changedAt = model.now;
  record.reason = reason;
  model.news.push({ what: 'revoked', record: record.id });
}

export function suspend(model: Model, record: ModelRecord, cause: string): boolean {
  if (record.state === 'revoked' || record.causes.includes(cause)) return false;
  record.causes.push(cause);
  if (record.state === 'active') model.news.push({ what: 'suspended', record: record.id });
  record.state = 'suspended';
  record.changedAt = model.now;
  return true;
}

export function resume(model: Model, record: ModelRecord, cause: string): boolean {
  if (record.state === 'revoked' || !record.causes.includes(cause)) return false;
  record.causes = record.causes.filter((one) => one !== cause);
  if (record.causes.length > 0) return true;
  record.state = 'active';
  model.news.push({ what: 'resumed', record: record.id });
  return true;
}

/** Carries what happened to what stands on it: suspended with its authority, revoked with its prerequisite, and so on. */
export function settle(model: Model): void {
  for (let news = model.news.shift(); news !== undefined; news = model.news.shift()) {
    for (const child of model.records) {
      const ground = child.on.find(({ record }) => record === news.record);
      if (ground === undefined || child.state === 'revoked') continue;
      const cause = `${ground.kind}:${news.record}`;
      if (news.what === 'resumed') resume(model, child, cause);
      else if (news.what === 'revoked' && ground.kind === 'prerequisite') {
        revoke(model, child, 'prerequisite-revoked');
        closeWish(model, child.wish);
      } else suspend(model, child, cause);
    }
  }
}

/** Whether the key that a credential was signed with is still one of its issuer. */
export function isKeyThere(model: Model, record: string): boolean {
  const { wish, signedWith } = find(model.records, record);
  return !model.goneKeys.includes(`${WISHES[wish].tenant} ${String(signedWith)}`);
}

/** What a gate says of a credential past the bound: the code of the first stage that does not hold. */
export function decisionOf(model: Model, id: string): string {
  const { wish, state } = find(model.records, id);
  if (!isKeyThere(model, id)) return 'KEY_NOT_AUTHORIZED';
  if (state !== 'active') return state.toUpperCase();
  if (WISHES[wish].underRole !== true) return 'permit';
  return find(model.records, 'r0').state === 'active' && isKeyThere(model, 'r0') ? 'permit' : 'ISSUER_NOT_ACCREDITED';
}

/** Whether the issuer would issue it now, but for what one alone may hold. */
export function isWilling(model: Model, { id, wish, decidedAt, evidence }: ModelApplication): boolean {
  if (WISHES[wish].underRole && (find(model.records, 'r0').state !== 'active' || !isKeyThere(model, 'r0'))) return false;
  if (evidence !== undefined && find(model.records, evidence).state !== 'active') return false;
  const { handover } = model;
  if (WISHES[wish].ofDevice === undefined || handover === undefined || decidedAt === undefined) return true;
  return decidedAt > handover.at || handover.application === id;
}

/** Whom a take-over would have to end; undefined where somebody holds it whom nobody may end. */
export function checkSole(model: Model, { wish, takeOver = [] }: ModelApplication): readonly ModelRecord[] | undefined {
  const { party, point } = WISHES[wish];
  const others = model.records.filter((record) => record.wish !== wish && record.state !== 'revoked');
  if (party !== undefined) {
    const holders = others.filter((record) => WISHES[record.wish].party === party);
    return holders.every((record) => takeOver.includes(record.wish)) ? holders : undefined;
  }
  if (point === undefined) return [];
  const sharers = new Set(others.map((record) => record.wish).filter((other) => WISHES[other].point?.name === point.name));
  const sum = [...sharers].reduce((total, other) => total + (WISHES[other].point?.share ?? 0), point.share);
  return sum <= 1_000_000 ? [] : undefined;
}

/** Everybody who ever held a party but the one who asks. */
export function everHeld(model: Model, wish: WishName): WishName[] {
  const { party } = WISHES[wish];
  const held = model.records.filter((record) => record.wish !== wish && WISHES[record.wish].party === party);
  return [...new Set(held.map((record) => record.wish))];
}

/** The application that is open, of which there is one at most. */
export const openOf = (model: Model, wish: WishName): ModelApplication | undefined =>
  applicationsOf(model, wish).find(({ state }) => state === 'pending' || state === 'approved');

export const isHeldBack = (model: Model, wish: WishName): boolean => recordsOf(model, wish).some(({ state }) => state === 'suspended');

/** What a newer one took the place of is over by itself. */
const REPLACED: ReadonlySet<string> = new Set(['superseded', 'taken over']);

/**
 * Whether one of the keys held the very same by another approval and lost it: what is suspended holds back, what was revoked counts for
 * all that was decided before. Asked only where TWO_APPLICANTS_WITH_ONE_KEY.
 */
export function isLostByTwin(model: Model, { wish, decidedAt = 0 }: ModelApplication, asked: readonly number[]): boolean {
  const twins = ALL_WISHES.filter((other) => WISHES[other].twin === wish || WISHES[wish].twin === other);
  return model.records
    .filter((record) => twins.includes(record.wish) && asked.includes(record.key))
    .some(
      ({ state, reason, changedAt }) => state === 'suspended' || (state === 'revoked' && !REPLACED.has(reason) && changedAt >= decidedAt),
    );
}
