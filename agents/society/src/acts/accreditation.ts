import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { InputError } from '@gridpass/core';
import { sampleRegister } from '@gridpass/issue';
import { JURISDICTION, PARTIES, ZONE } from '../cast.js';
import { assertShown, type Act } from './act.js';
import { adoptRole, give } from './give.js';

/** The root accredits the regulator; from here on every credential leads back to it. */
export const accreditRegulator: Act = {
  id: 'accreditation',
  title: 'The trust root accredits the regulator',
  async play(society, says) {
    const subject = society.did('regulator');
    await give(society, {
      issuer: 'root',
      holder: society.wallet('regulator').holder,
      reason: 'listed by law',
      wish: {
        type: 'RegulatorAccreditation',
        applicant: subject,
        subject,
        claims: {
          jurisdiction: [JURISDICTION],
          mayAccredit: ['A49', 'A50', 'A12', 'A47', 'A08', 'A52', 'A11'],
          legalBasis: 'Elforsyningsloven',
        },
      },
    });
    await adoptRole(society, { tenant: 'regulator', by: 'root', type: 'RegulatorAccreditation' });
    says(`${subject} may accredit in ${JURISDICTION}`);
    return { regulator: subject };
  },
};

/** A register of parties is imported; its bad rows are told, not swallowed. */
export const importRegister: Act = {
  id: 'register',
  title: 'The regulator imports a register of parties',
  async play(society, says) {
    const { register } = society.config;
    const csv = register === undefined ? sampleRegister() : Readable.toWeb(createReadStream(register));
    const report = await society.admin('regulator').importRegister(csv);
    const { rows, rejected } = { rows: Number(report['rows']), rejected: Number(report['rejected']) };
    assertShown(rows > 0, 'the register has rows');
    says(`${rows} rows, ${rejected} rejected${register === undefined ? ' (the built-in sample)' : ''}`);
    return { rows, rejected, source: register === undefined ? 'sample' : 'file' };
  },
};

/** Roles for the system operators and the market; an inactive party gets none. */
export const issueRoles: Act = {
  id: 'roles',
  title: 'The regulator issues roles to operators, supplier, aggregator and market',
  async play(society, says) {
    const wishes = [
      {
        tenant: 'tso',
        type: 'SystemOperatorRole',
        claims: {
          party: PARTIES.tso,
          roleCode: 'A49',
          operatingAreaEic: [ZONE],
          jurisdictions: [JURISDICTION],
          licenceId: 'DK-TSO-1',
          unbundled: true,
          mayIssue: ['MarketPartyRole'],
        },
      },
      {
        tenant: 'dso',
        type: 'SystemOperatorRole',
        claims: {
          party: PARTIES.dso,
          roleCode: 'A50',
          operatingAreaEic: [ZONE],
          jurisdictions: [JURISDICTION],
          voltageLevels: ['low', 'medium'],
          licenceId: 'DK-DSO-1',
          unbundled: true,
          mayIssue: ['MeteringPointEntitlement', 'DeviceCommissioning', 'DeviceOwnership', 'CustomerStatus'],
        },
      },
      {
        tenant: 'market-operator',
        type: 'MarketPartyRole',
        claims: {
          party: PARTIES['market-operator'],
          roleCodes: ['A08'],
          licenceId: 'DK-BRP-1',
          jurisdictions: [JURISDICTION],
        },
      },
      {
        tenant: 'supplier',
        type: 'MarketPartyRole',
        claims: {
          party: PARTIES.supplier,
          roleCodes: ['A12'],
          licenceId: 'DK-SUP-1',
          jurisdictions: [JURISDICTION],
          brpDid: society.did('market-operator'),
          financialSecurityCents: 25_000_000,
        },
      },
      {
        tenant: 'aggregator',
        type: 'AggregatorRole',
        claims: {
          party: PARTIES.aggregator,
          roleCode: 'A52',
          jurisdictions: [JURISDICTION],
          independent: true,
          products: ['mfrr'],
          brpDid: society.did('market-operator'),
          maxPooledPowerW: 2_000_000,
          areasEic: [ZONE],
        },
      },
      {
        tenant: 'market-operator',
        type: 'MarketOperatorRole',
        claims: {
          party: PARTIES['market-operator'],
          roleCode: 'A11',
          platformDid: society.did('market-operator'),
          channels: ['behind_the_meter', 'multi_class'],
          jurisdictions: [JURISDICTION],
          biddingZonesEic: [ZONE],
          requestableClaims: REQUESTABLE,
        },
      },
    ] as const;
    for (const { tenant, type, claims } of wishes) {
      const subject = society.did(tenant);
      await give(society, {
        issuer: 'regulator',
        holder: society.wallet(tenant).holder,
        reason: 'licence checked',
        wish: { type, claims, applicant: subject, subject },
        mayOverrule: {
          ...(type === 'MarketOperatorRole'
            ? { 'register-function': 'runs the market by licence; the register lists another function' }
            : {}),
          area: 'western Denmark; the register of areas is not imported here, or names no country',
        },
      });
      says(`${tenant}: ${type} for ${claims.party.scheme} ${claims.party.value}`);
    }
    await adoptRole(society, { tenant: 'dso', by: 'regulator', type: 'SystemOperatorRole' });
    await adoptRole(society, { tenant: 'supplier', by: 'regulator', type: 'MarketPartyRole' });
    await adoptRole(society, { tenant: 'market-operator', by: 'regulator', type: 'MarketOperatorRole' });

    const code = await refusedWith(() =>
      society.admin('regulator').apply({
        type: 'SystemOperatorRole',
        applicant: society.did('tso'),
        subject: society.did('tso'),
        claims: { party: PARTIES.inactive, roleCode: 'A49', operatingAreaEic: [ZONE], jurisdictions: [JURISDICTION], mayIssue: [] },
      }),
    );
    assertShown(code === 'PARTY_INACTIVE', 'an inactive party gets no role');
    says(`${PARTIES.inactive.value} is refused: ${code}`);
    return { roles: wishes.length, inactiveParty: code };
  },
};

/** What the market may ask people and parties for: exactly what its policies read. */
const REQUESTABLE = [
  { type: 'MarketPartyRole', claims: ['brpDid', 'financialSecurityCents', 'jurisdictions', 'roleCodes'] },
  { type: 'AggregatorRole', claims: ['areasEic', 'brpDid', 'roleCode'] },
  { type: 'CustomerStatus', claims: ['active', 'biddingZoneEic'] },
  { type: 'MeteringPointEntitlement', claims: ['entitledFrom', 'meteringPointHash'] },
  {
    type: 'DeviceCommissioning',
    claims: ['commissioned', 'conformityUntil', 'deviceClass', 'deviceDid', 'meteringPointHash', 'obis', 'ratedActivePowerW'],
  },
  { type: 'MarketChannelAdmission', claims: ['channel', 'maxOpenOrders', 'maxOrderWh', 'zone'] },
];

async function refusedWith(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof InputError) return error.code;
    throw error;
  }
  return 'none';
}
