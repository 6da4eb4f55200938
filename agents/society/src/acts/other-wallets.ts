import { JURISDICTION, PARTIES, ZONE } from '../cast.js';
import type { Act } from './act.js';
import { adoptRole, give } from './give.js';

/**
 * Households may have a wallet that others made. What it is offered and asked is signed with ES256 by a DID that it knows: supplier, market
 * operator and manufacturer have one, and so has a second grid operator. It gets its role in an act of its own, so that a society which was
 * played before has it too.
 */
export const serveOtherWallets: Act = {
  id: 'other-wallets',
  title: 'A municipal grid operator signs what wallets of others can read',
  async play(society, says) {
    const subject = society.did('dso-town');
    await give(society, {
      issuer: 'regulator',
      holder: society.wallet('dso-town').holder,
      reason: 'licence checked',
      wish: {
        type: 'SystemOperatorRole',
        applicant: subject,
        subject,
        claims: {
          party: PARTIES['dso-town'],
          roleCode: 'A50',
          operatingAreaEic: [ZONE],
          jurisdictions: [JURISDICTION],
          voltageLevels: ['low'],
          licenceId: 'DK-DSO-2',
          unbundled: true,
          mayIssue: ['MeteringPointEntitlement', 'DeviceCommissioning', 'CustomerStatus'],
        },
      },
      mayOverrule: { area: 'western Denmark; the register of areas is not imported here, or names no country' },
    });
    await adoptRole(society, { tenant: 'dso-town', by: 'regulator', type: 'SystemOperatorRole' });
    says(`${subject.slice(0, 24)}... issues to wallets of others, as supplier, market operator and manufacturer do`);
    return { operator: subject };
  },
};
