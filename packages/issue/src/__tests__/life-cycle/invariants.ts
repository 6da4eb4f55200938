import { issuedDigestOf } from '@gridpass/audit';
import type { JsonValue, Outcome } from '@gridpass/core';
import { checkAtGates } from './gates.js';
import { WISHES, find, personOf } from './model.js';
import type { Model } from './model.js';
import { BOUND_SECONDS } from './replica.js';
import { SUPERSEDED } from './rules.js';
import type { Snapshot } from './snapshot.js';
import type { LifeCycleWorld } from './world.js';

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'ok' : outcome.refusal.code);

/** What holds of the store by itself, whatever the model says; asked after each command. */
export function checkStore({ applications, records }: Snapshot, log: LifeCycleWorld['log']): readonly string[] {
  const wrong: string[] = [];
  const entries = records.flatMap(({ status }) => status.map(({ kind, uri, index }) => `${kind} ${uri}#${String(index)}`));
  if (new Set(entries).size !== entries.length) wrong.push('a status index was given to two credentials');
  const standing = records.filter(({ state }) => state !== 'revoked');
  for (const party of new Set(standing.flatMap(({ wish }) => WISHES[wish].party ?? []))) {
    const holders = new Set(standing.filter(({ wish }) => WISHES[wish].party === party).map(({ subject }) => subject));
    if (holders.size > 1) wrong.push(`the party ${party} is held by ${String(holders.size)}`);
  }
  for (const point of ['one', 'shared', 'of the device']) {
    const holders = [...new Set(standing.map(({ wish }) => personOf(wish)))].filter((wish) => WISHES[wish].point?.name === point);
    const sum = holders.reduce((total, wish) => total + (WISHES[wish].point?.share ?? 0), 0);
    if (sum > 1_000_000) wrong.push(`the point ${point} is held by ${holders.join(' and ')}: ${String(sum)}`);
  }
  const issued = log.flatMap((record) => issuedDigestOf(record as unknown as JsonValue) ?? []);
  for (const { digest, wish } of records) {
    const times = issued.filter((one) => one === digest).length;
    // The operator's role was given before the log was read.
    if (wish !== 'role' && times !== 1) wrong.push(`the issuance of ${wish} stands in the log ${String(times)} times`);
  }
  const fallen = log.flatMap(({ action, evidence }) => {
    const told = evidence as { readonly what?: string; readonly of?: string; readonly credentials?: readonly string[] };
    return action === 'cascade' && told.what === 'revoked' ? (told.credentials ?? []).map((one) => `${told.of ?? ''} ${one}`) : [];
  });
  if (new Set(fallen).size !== fallen.length) wrong.push('a cascade stands in the log twice');
  return [...wrong, ...checkTwins({ applications, records })];
}

/** What was revoked or suspended of one approval is not had from another one of the very same claims that was decided before. */
function checkTwins({ applications, records }: Pick<Snapshot, 'applications' | 'records'>): readonly string[] {
  const decidedAt = new Map(applications.map((one) => [one.applicationId, one.decidedAt ?? 0]));
  return records.flatMap((record) => {
    const lost = records.filter(
      (other) =>
        other.subject === record.subject &&
        other.wish !== record.wish &&
        personOf(other.wish) === personOf(record.wish) &&
        other.stateAt < record.issuedAt &&
        (other.state === 'suspended' ||
          (other.state === 'revoked' && other.reason !== SUPERSEDED && (decidedAt.get(record.applicationId) ?? 0) < other.stateAt)),
    );
    return record.state === 'active' ? lost.map((other) => `${record.wish} was issued after ${other.wish} was ${other.state}`) : [];
  });
}

/** Past the bound, the list says what the record says, and the verifier of every replica decides by them. */
export async function checkLists(world: LifeCycleWorld, { records }: Snapshot, model: Model): Promise<readonly string[]> {
  const wrong: string[] = [];
  world.clock.advance(BOUND_SECONDS + 1);
  for (const { checker } of world.replicas) {
    for (const { status, issuer, state, wish } of records) {
      const standing = await checker.checkStatus({ references: status, issuer, at: world.clock.now() });
      const decided = standing.ok ? 'active' : standing.refusal.code.toLowerCase();
      if (decided !== state) wrong.push(`the list says ${decided} of ${wish}, the record ${state}`);
    }
  }
  for (const { id } of model.records) wrong.push(...(await checkAtGates(world, model, id)));
  return wrong;
}

/**
 * Everything that is over is tried once more: by every offer that was ever made, with each key and with both, with the code and with
 * the token that was given for it.
 */
export async function checkNothingToBeHad(world: LifeCycleWorld, model: Model): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const { id, application, withdrawn } of model.offers) {
    const { wish, state } = find(model.applications, application);
    const over = state === 'closed' || state === 'rejected';
    if (!withdrawn && !over) continue;
    if (await world.isOpen(wish, id)) wrong.push(`the token of ${id} (${wish}) still opens something`);
    for (const [turn, keys] of [[0], [1], [0, 1]].entries()) {
      const { engine } = world.replicas[turn % 2]!.world;
      const way = turn === 1 ? 'messages' : 'engine';
      const outcome = await world.redeem(engine, { wish, offer: id, keys, way, format: 'dc+sd-jwt', requestId: world.context().requestId });
      if (outcome.ok) wrong.push(`${id} of ${wish}, whose application is ${state}, gives with keys ${keys.join()}: ${codeOf(outcome)}`);
    }
  }
  return wrong;
}
