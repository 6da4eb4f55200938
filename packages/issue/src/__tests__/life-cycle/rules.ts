import { ALL_WISHES, WISHES, applicationsOf, find, personOf, recordsOf } from './model.js';
import type { Model, ModelApplication, ModelRecord, WishName } from './model.js';

/** Closes what could still be issued from, with its offers. */
export function closeWish(model: Model, wish: WishName): number {
  const open = applicationsOf(model, wish).filter(({ state }) => state === 'approved' || state === 'issued');
  for (const application of open) endApplication(model, application, 'closed');
  return open.length;
}

export function endApplication(model: Model, application: ModelApplication, state: 'closed' | 'rejected'): void {
  application.state = state;
  if (state === 'closed') application.closedOrder = model.order++;
  for (const offer of model.offers) if (offer.application === application.id) offer.withdrawn = true;
}

export function revoke(model: Model, record: ModelRecord, reason: string): void {
  record.state = 'revoked';
  record.changedOrder = model.order++;
  record.reason = reason;
  model.news.push({ what: 'revoked', record: record.id });
}

export function suspend(model: Model, record: ModelRecord, cause: string): boolean {
  if (record.state === 'revoked' || record.causes.includes(cause)) return false;
  record.causes.push(cause);
  if (record.state === 'active') model.news.push({ what: 'suspended', record: record.id });
  record.state = 'suspended';
  record.changedOrder = model.order++;
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
export function checkSole(model: Model, application: ModelApplication, asked?: readonly number[]): readonly ModelRecord[] | undefined {
  const { wish, takeOver = [] } = application;
  const { party, point } = WISHES[wish];
  const others = model.records.filter((record) => record.wish !== wish && record.state !== 'revoked');
  if (party !== undefined) {
    const holders = others.filter((record) => WISHES[record.wish].party === party);
    return holders.every((record) => takeOver.includes(record.wish)) ? holders : undefined;
  }
  return point === undefined || fitsPoint(model, application, point, asked) ? [] : undefined;
}

/** Whether the shares of all other holders leave room. At approval no key is known, and whoever applies under one name passes for one. */
function fitsPoint(
  model: Model,
  application: ModelApplication,
  point: { readonly name: string; readonly share: number },
  asked: readonly number[] | undefined,
): boolean {
  const own = [approvalOf(model, application), ...(asked ?? []).map((key) => `${personOf(application.wish)} ${String(key)}`)];
  let holders: { readonly names: readonly string[]; readonly share: number }[] = [];
  for (const { wish, state, application: of, key } of model.records) {
    const held = WISHES[wish].point;
    if (state === 'revoked' || held?.name !== point.name || (asked === undefined && wish === application.wish)) continue;
    const names = [approvalOf(model, find(model.applications, of)), `${personOf(wish)} ${String(key)}`];
    const same = holders.filter((holder) => holder.names.some((name) => names.includes(name)));
    const joined = {
      names: [...names, ...same.flatMap((holder) => holder.names)],
      share: Math.max(held.share, ...same.map(({ share }) => share)),
    };
    holders = [joined, ...holders.filter((holder) => !same.includes(holder))];
  }
  const others = holders.filter(({ names }) => !names.some((name) => own.includes(name)));
  return others.reduce((sum, { share }) => sum + share, point.share) <= 1_000_000;
}

/** The approval that renewals go back to. */
function approvalOf(model: Model, application: ModelApplication): string {
  const { id, renews } = application;
  return renews === undefined ? id : approvalOf(model, find(model.applications, find(model.records, renews).application));
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

/**
 * The wishes that change their state together: those of one person for the very same, once one key was issued both. `asked` are keys that
 * are to be issued to, and count as if they were.
 */
export function kinOf(model: Model, wish: WishName, asked: readonly number[] = []): readonly WishName[] {
  const own = new Set([...asked, ...recordsOf(model, wish).map(({ key }) => key)]);
  const isKin = (other: WishName): boolean => personOf(other) === personOf(wish) && recordsOf(model, other).some(({ key }) => own.has(key));
  return ALL_WISHES.filter((other) => other === wish || isKin(other));
}

/**
 * Whether something of the kin is suspended, or one of the keys lost the very same after this was decided. What a newer one took the place
 * of is lost with that newer one, and when its approval is closed.
 */
export function isHeldBack(model: Model, { wish, decidedOrder = 0 }: ModelApplication, asked: readonly number[]): boolean {
  const records = kinOf(model, wish, asked).flatMap((kin) => recordsOf(model, kin));
  const held = records.filter(({ key }) => asked.includes(key));
  const isLost = (lost: ModelRecord): boolean => {
    const { state, closedOrder = 0 } = find(model.applications, lost.application);
    return (
      lost.state === 'revoked' &&
      (lost.reason !== SUPERSEDED || state === 'closed') &&
      Math.max(lost.changedOrder, closedOrder) >= decidedOrder &&
      held.some((record) => record === lost || (record.reason === SUPERSEDED && record.wish === lost.wish))
    );
  };
  return records.some((record) => record.state === 'suspended' || isLost(record));
}

export const SUPERSEDED = 'superseded';
