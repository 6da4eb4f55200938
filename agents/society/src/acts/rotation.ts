import { assertOk } from '@gridpass/core';
import { decodeBase64url, isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import { JURISDICTION, ZONE } from '../cast.js';
import { assertShown, type Act } from './act.js';

/** The grid operator changes its key: no gas, one signed bundle, and what it issues next is accepted at once. */
export const rotateKey: Act = {
  id: 'rotation',
  title: 'The distribution system operator rotates its key, and goes on issuing',
  async play(society, says) {
    const dso = society.admin('dso');
    const before = await society.program.resolver.resolveDid(society.did('dso'), { fresh: true });
    const rotated = await dso.ask('POST', 'did/rotate', {});
    const kid = String(rotated['kid']);
    const { keys } = assertOk(await society.program.resolver.resolveDid(society.did('dso'), { fresh: true }));
    assertShown(keys.length === 1 && keys[0]?.id === kid, 'the new key is the only one');
    assertShown(before.ok && before.value.keys.every(({ id }) => id !== kid), 'it was not there before');
    says(`${kid} signs from block ${String(rotated['block'])} on; the operator's relayer paid`);

    const offer = await dso.offer(
      {
        type: 'CustomerStatus',
        applicant: 'household-bo',
        claims: {
          customerKind: 'household',
          active: true,
          jurisdiction: JURISDICTION,
          biddingZoneEic: ZONE,
          installedCapacityBand: 'up_to_10800_w',
        },
      },
      'issued after the rotation',
    );
    // The wallet verifies issuer, status and accreditation before it keeps anything.
    const [received] = assertOk(await society.wallet('household-bo').holder.receiveOffer(offer));
    assertShown(received !== undefined && kidOf(received.compact) === kid, 'the wallet keeps a credential of the new key');
    says('a wallet verified and kept a credential that the new key signed');
    return { kid, transactions: Array.isArray(rotated['transactions']) ? rotated['transactions'].length : 0 };
  },
};

function kidOf(compact: string): unknown {
  const header = parseJson(assertOk(decodeBase64url(compact.split('.')[0] ?? '')));
  return header.ok && isJsonObject(header.value) ? memberOf(header.value, 'kid') : undefined;
}
