import { assertOk } from '@gridpass/core';
import { memberOf, digestOf } from '@gridpass/codec';
import type { ResourceAnswer } from '@gridpass/hold';
import { PARTIES, JURISDICTION, ZONE, type Household, type Organisation } from '../cast.js';
import type { Society } from '../compose.js';
import { assertShown, type Act } from './act.js';
import { give, heldOf } from './give.js';
import { admitToChannel, giveBirth, meteringPointHash } from './households.js';
import { objectIn, textIn } from './read.js';

const nextInterval = (society: Society): number => Math.floor(society.program.clock.now() / 900) * 900 + 1800;

/** Sends an order through the gate, presenting whatever it asks for. */
export async function order(
  society: Society,
  who: Organisation | Household,
  channel: string,
  terms: { readonly side: 'offer' | 'bid'; readonly energyWh: number; readonly priceCentsPerMwh: number },
): Promise<ResourceAnswer> {
  const url = `${society.marketplace.url}/channels/${channel}/orders`;
  return assertOk(
    await society
      .wallet(who)
      .client.accessResource({ url, method: 'POST', body: { ...terms, interval: nextInterval(society), zone: ZONE } }),
  );
}

const codeOf = (answer: ResourceAnswer): string => textIn(answer.json, 'code') || String(answer.status);

const receiptOf = (answer: ResourceAnswer): number => Number(memberOf(objectIn(answer.json, 'receipt'), 'index'));

/** Two prosumers meet behind the meter; what was shown is in the household's own log. */
export const trade: Act = {
  id: 'trade',
  title: 'A household offers energy behind the meter and shows only what the policy needs',
  async play(society, says) {
    const offer = await order(society, 'household-anna', 'behind_the_meter', { side: 'offer', energyWh: 2_000, priceCentsPerMwh: 9_000 });
    assertShown(offer.status === 201, `the offer is taken (${codeOf(offer)})`);
    const bid = await order(society, 'household-bo', 'behind_the_meter', { side: 'bid', energyWh: 1_500, priceCentsPerMwh: 11_000 });
    assertShown(bid.status === 201, `the bid is taken (${codeOf(bid)})`);
    const [shown] = await society.wallet('household-anna').holder.disclosures();
    assertShown(shown !== undefined, 'the household can see what it showed');
    for (const { type, claims } of shown.shown) says(`shown of ${type}: ${claims.join(', ')}`);
    const tooMuch = await order(society, 'household-anna', 'behind_the_meter', {
      side: 'offer',
      energyWh: 30_000,
      priceCentsPerMwh: 9_000,
    });
    assertShown(tooMuch.status === 403, 'an order above the admission is denied');
    says(`2,000 Wh offered, 1,500 Wh bid for; 30,000 Wh is denied: ${reasonsOf(tooMuch)}`);
    const cleared = await clear(society);
    says(`cleared: ${cleared.volumeWh} Wh at ${cleared.priceCentsPerMwh / 100} EUR/MWh`);
    return {
      offerReceipt: receiptOf(offer),
      bidReceipt: receiptOf(bid),
      claimsShown: shown.shown.reduce((sum, { claims }) => sum + claims.length, 0),
      denied: reasonsOf(tooMuch),
      ...cleared,
    };
  },
};

async function clear(society: Society): Promise<{ readonly volumeWh: number; readonly priceCentsPerMwh: number }> {
  const url = `${society.marketplace.url}/channels/behind_the_meter/intervals/${ZONE}/${nextInterval(society)}/clear`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${society.state().tokens['operator:marketplace'] ?? ''}` },
  });
  const body = (await response.json()) as { readonly cleared?: { readonly volumeWh: number; readonly priceCentsPerMwh: number } };
  assertShown(response.ok && body.cleared !== undefined, 'the interval is cleared');
  return { volumeWh: body.cleared.volumeWh, priceCentsPerMwh: body.cleared.priceCentsPerMwh };
}

function reasonsOf(answer: ResourceAnswer): string {
  const reasons = answer.json && memberOf(answer.json, 'reasons');
  return Array.isArray(reasons) ? reasons.join(', ') : '';
}

/** An aggregator is a customer too, with a large site; behind the meter is not for it, multi-class trading is. */
export const denyAggregator: Act = {
  id: 'aggregator',
  title: 'The aggregator is denied behind the meter, with reasons, and trades multi-class',
  async play(society, says) {
    const { holder } = society.wallet('aggregator');
    const did = society.did('aggregator');
    const hash = meteringPointHash('541453800000001269');
    const today = Math.floor(society.program.clock.now() / 86_400);
    const own = { applicant: did, subject: did };
    await give(society, {
      issuer: 'supplier',
      holder,
      reason: 'customer of this supplier',
      wish: {
        ...own,
        type: 'CustomerStatus',
        claims: { customerKind: 'medium', active: true, jurisdiction: JURISDICTION, biddingZoneEic: ZONE },
      },
    });
    await give(society, {
      issuer: 'dso',
      holder,
      reason: 'metering point register',
      wish: {
        ...own,
        type: 'MeteringPointEntitlement',
        claims: { meteringPointHash: hash, direction: 'combined', gridAreaEic: ZONE, entitledFrom: today - 100 },
      },
    });
    const meter = society.device('meter-site');
    const birth = await giveBirth(society, 'meter-site');
    await give(society, {
      issuer: 'dso',
      holder,
      reason: 'site meter',
      wish: {
        type: 'DeviceCommissioning',
        applicant: did,
        subject: meter.did,
        evidence: [birth.compact],
        claims: {
          deviceDid: meter.did,
          deviceClass: 'smart_meter',
          meteringPointHash: hash,
          gridAreaEic: ZONE,
          commissioned: today - 50,
          conformityUntil: today + 500,
          ratedActivePowerW: 500_000,
          accuracyClass: 'C',
          obis: ['1-0:1.8.0*255'],
          sealed: true,
          meterOperatorDid: society.did('dso'),
          readingInterval: 900,
        },
      },
    });
    await admitToChannel(society, holder, {
      applicant: did,
      channel: 'multi_class',
      maxOrderWh: 1_000_000,
      evidenceTypes: ['CustomerStatus'],
    });
    const denied = await order(society, 'aggregator', 'behind_the_meter', { side: 'offer', energyWh: 100, priceCentsPerMwh: 9_000 });
    assertShown(denied.status === 403, `the aggregator is denied (${codeOf(denied)})`);
    says(`behind_the_meter: ${reasonsOf(denied)}`);
    const permitted = await order(society, 'aggregator', 'multi_class', { side: 'offer', energyWh: 500_000, priceCentsPerMwh: 7_500 });
    assertShown(permitted.status === 201, `the aggregator trades multi-class (${codeOf(permitted)})`);
    says(`multi_class: 500 kWh offered by ${PARTIES.aggregator.value}`);
    return { denied: reasonsOf(denied), permittedReceipt: receiptOf(permitted) };
  },
};

/** A revoked entitlement ends a live token within the published bound. */
export const revokeEntitlement: Act = {
  id: 'revocation',
  title: "The DSO revokes an entitlement; the household's live token stops working",
  async play(society, says) {
    const { client, holder } = society.wallet('household-bo');
    const url = `${society.marketplace.url}/channels/behind_the_meter/orders?zone=${ZONE}`;
    const before = assertOk(await client.accessResource({ url }));
    assertShown(before.status === 200, 'the token works before');
    const entitlements = await heldOf(holder, 'MeteringPointEntitlement', 'dc+sd-jwt');
    let revoked = 0;
    for (const { digest } of entitlements) revoked += await society.admin('dso').revoke({ digest }, 'moved out');
    const started = performance.now();
    const bound = society.config.stalenessBoundSeconds * 1000 + 3000;
    for (;;) {
      const answer = await client.accessResource({ url });
      if (!answer.ok || answer.value.status >= 400) break;
      assertShown(performance.now() - started < bound, 'the token ends within the bound');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    says(`${revoked} credentials revoked; the live token was refused after ${seconds} s (bound ${society.config.stalenessBoundSeconds} s)`);
    return {
      revoked,
      seconds,
      boundSeconds: society.config.stalenessBoundSeconds,
      evidence: digestOf(entitlements.map(({ digest }) => digest).join(' ')),
    };
  },
};
