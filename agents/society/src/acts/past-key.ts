import { setTimeout as sleep } from 'node:timers/promises';
import { assertOk, tenantId } from '@gridpass/core';
import { issueSdJwtVc, parseSdJwtVc } from '@gridpass/suite';
import { JURISDICTION, ZONE } from '../cast.js';
import type { Society } from '../compose.js';
import { assertShown, type Act } from './act.js';
import { verify } from './verify.js';

const CLAIMS = {
  customerKind: 'household',
  active: true,
  jurisdiction: JURISDICTION,
  biddingZoneEic: ZONE,
  installedCapacityBand: 'up_to_10800_w',
} as const;

/** A key goes, and with it what a thief signs; what it honestly signed before stays. */
export const judgeByPastKey: Act = {
  id: 'past-key',
  title: "The operator's key is rotated: yesterday's credential is still accepted, a forgery with the old key is refused",
  async play(society, says) {
    const dso = society.admin('dso');
    const offer = await dso.offer({ type: 'CustomerStatus', applicant: 'household-bo', claims: CLAIMS }, 'customer of this operator');
    const [yesterday] = assertOk(await society.wallet('household-bo').holder.receiveOffer(offer));
    assertShown(yesterday !== undefined, 'the household holds a credential of the operator');
    // What a thief has: the key of today, copied before it is rotated.
    const stolen = { ...(await society.operations.liveSigner(tenantId('dso'), society.did('dso'))) };
    await dso.ask('POST', 'did/rotate', {});
    await society.program.resolver.resolveDid(society.did('dso'), { fresh: true });
    await untilNowIsPastTheChain(society);

    const accepted = assertOk(await verify(society, yesterday.compact));
    assertShown('pastKeys' in accepted.evidence, 'it is accepted by the key of the past');
    says('the old credential is accepted: the chain knew of its entry in the log before the key went');

    const { content } = assertOk(parseSdJwtVc(yesterday.compact));
    const forged = await issueSdJwtVc({ ...content, issuer: stolen, claims: { ...content.claims, customerKind: 'large' } });
    const refused = await verify(society, forged.compact);
    assertShown(!refused.ok, 'a forgery with the old key, dated back, is refused');
    says(`a forgery with the old key, dated back to the same second, is refused: ${refused.refusal.code}`);
    return { accepted: true, forgery: refused.refusal.code };
  },
};

/** A node that mines at once gives each block a second of its own and so runs ahead of everybody's clock. */
async function untilNowIsPastTheChain({ chain, program }: Society): Promise<void> {
  const block = await chain.use((provider) => provider.getBlock('latest'));
  while (program.clock.now() <= (block?.timestamp ?? 0)) await sleep(200);
}
