import { endsAfter, instant, isFaultOfOthers } from '@gridpass/core';
import type { HeldApplication, JsonObject } from '@gridpass/core';
import { digestOf, memberOf } from '@gridpass/codec';
import type { Faces } from './faces.js';
import type { IssuerClient } from './issuer-client.js';
import type { HolderParts } from './parts.js';

/** A name that an issuer gave an application; undefined for what could not stand in an address. */
export function readApplicationId(json: JsonObject, name: 'applicationId' | 'renewedBy'): string | undefined {
  const id = memberOf(json, name);
  return typeof id === 'string' && /^[A-Za-z0-9_-]{1,100}$/u.test(id) ? id : undefined;
}

/** How often an issuer is asked about one application that was received, unless told. */
const ASKED_EVERY_SECONDS = 3_600;

/** What operators renewed of what a wallet received. */
export interface Renewals {
  /**
   * Asks about each application that was received, once in `renewalSeconds` at most, keeps what renews it as an application of its own, and gives those that
   * are new. Each has one renewal: while that is open, or once it was received, it is asked about no more. An origin among those that did
   * `notAnswer` in this round is not asked; one that does not answer now is put there.
   */
  find(notAnswer: Set<string>): Promise<readonly HeldApplication[]>;
}

/**
 * What an operator renews is another application at the issuer, which tells who applied for the first one. An issuer that cannot tell now is
 * asked at the next turn; an application that it knows no more is closed here.
 */
export function createRenewals(
  {
    tenant,
    repository,
    clock,
    renewalSeconds = ASKED_EVERY_SECONDS,
  }: Pick<HolderParts, 'tenant' | 'repository' | 'clock' | 'renewalSeconds'>,
  faces: Pick<Faces, 'signerOf'>,
  issuers: Pick<IssuerClient, 'call'>,
): Renewals {
  /** The issuer's name of the renewal; undefined where there is none, or the issuer cannot tell now. */
  async function askFor(received: HeldApplication, notAnswer: Set<string>): Promise<string | undefined> {
    const face = (await repository.relations(tenant)).find(({ relationId }) => relationId === received.relationId);
    if (face === undefined) return undefined;
    try {
      const url = `${received.endpoint}/${received.applicationId}`;
      const answer = await issuers.call(await faces.signerOf(face), { method: 'GET', url });
      await repository.noteReceivedChecked(tenant, { id: received.id, at: clock.now() });
      if (answer.ok) return readApplicationId(answer.value.json, 'renewedBy');
      if (answer.refusal.code === 'NOT_FOUND') await repository.closeApplication(tenant, received.id);
      return undefined;
    } catch (error) {
      if (!isFaultOfOthers(error)) throw error;
      notAnswer.add(originOf(received));
      return undefined;
    }
  }

  return {
    async find(notAnswer) {
      const found: HeldApplication[] = [];
      const all = await repository.applications(tenant);
      for (const received of all) {
        if (received.receivedAt === undefined || received.state === 'closed') continue;
        const id = renewalIdOf(received);
        const before = all.find((one) => one.id === id);
        if (before !== undefined && (before.receivedAt !== undefined || !isTurnedDown(before))) continue;
        if (endsAfter(instant(received.checkedAt + renewalSeconds), clock.now()) || notAnswer.has(originOf(received))) continue;
        const applicationId = await askFor(received, notAnswer);
        const { endpoint, issuer, relationId, type } = received;
        if (applicationId === undefined || all.some((one) => one.endpoint === endpoint && one.applicationId === applicationId)) continue;
        const at = clock.now();
        const told = { state: 'approved', reason: 'renewal', submittedAt: at, checkedAt: at, problem: '' } as const;
        // What was turned down makes room: so a new name at each ask adds no rows.
        if (before !== undefined) await repository.removeApplication(tenant, before.id);
        const renewal = { id, relationId, issuer, endpoint, applicationId, type, ...told };
        found.push(await repository.keepApplication(tenant, renewal));
      }
      return found;
    },
  };
}

/** Every replica and every round names the renewal of one application alike, so that there is one. */
const renewalIdOf = ({ id }: HeldApplication): string => digestOf(`renewal of ${id}`).replace(/^.*:/u, '').slice(0, 24);

const isTurnedDown = ({ state }: HeldApplication): boolean => state === 'rejected' || state === 'closed';

export const originOf = ({ endpoint }: HeldApplication): string => new URL(endpoint).origin;
