import { textsIn } from '@gridpass/codec';
import { CREDENTIAL_TYPES } from '@gridpass/core';
import type { CredentialContent, CredentialType } from '@gridpass/core';

/** One way in which a credential is narrower than the one that entitles its issuer. */
export interface Dimension {
  readonly name: string;
  /** What the child claims along this dimension; empty when it does not show it. */
  readonly asked: (child: CredentialContent) => readonly string[];
  /** What the parent may give. */
  readonly granted: (parent: CredentialContent) => readonly string[];
}

/** The claim that names the market roles of a type; a market operator is A11 by its type. A type that is missing here gives none. */
const ROLE_CLAIMS: Readonly<Partial<Record<CredentialType, string>>> = {
  SystemOperatorRole: 'roleCode',
  MarketPartyRole: 'roleCodes',
  AggregatorRole: 'roleCode',
};

/**
 * The market roles that such a credential gives, or an application asks for; undefined where its type gives none. Empty where its type
 * gives some and its claims do not show which: a caller whose rule is about each of the roles must refuse that itself, for the rule
 * holds of none. A caller that looks for one role in it need not.
 */
export function roleCodesOf({ type, claims }: Pick<CredentialContent, 'type' | 'claims'>): readonly string[] | undefined {
  if (type === 'MarketOperatorRole') return ['A11'];
  const name = ROLE_CLAIMS[type];
  return name === undefined ? undefined : textsIn(claims, name);
}

const claim =
  (name: string) =>
  ({ claims }: CredentialContent): readonly string[] =>
    textsIn(claims, name);
const roles = (content: CredentialContent): readonly string[] => roleCodesOf(content) ?? [];

const ROLE: Dimension = { name: 'role', asked: roles, granted: claim('mayAccredit') };
const TYPE: Dimension = { name: 'type', asked: ({ type }) => [type], granted: claim('mayIssue') };
// Domain catalogue O3: a TSO accredits balance responsible parties and balancing service providers, nobody else.
const BALANCING_ROLES: Dimension = { name: 'role', asked: roles, granted: () => ['A08', 'A46'] };
const GRID_AREA: Dimension = { name: 'area', asked: claim('gridAreaEic'), granted: claim('operatingAreaEic') };
const ZONE: Dimension = { name: 'zone', asked: claim('zone'), granted: claim('biddingZonesEic') };
const CHANNEL: Dimension = { name: 'channel', asked: claim('channel'), granted: claim('channels') };
/** Countries of an organisation within those of its regulator. */
const COUNTRIES: Dimension = { name: 'jurisdiction', asked: claim('jurisdictions'), granted: claim('jurisdiction') };
const COUNTRIES_OF_OPERATOR: Dimension = { name: 'jurisdiction', asked: claim('jurisdictions'), granted: claim('jurisdictions') };
const COUNTRY_OF_CUSTOMER: Dimension = { name: 'jurisdiction', asked: claim('jurisdiction'), granted: claim('jurisdictions') };

/**
 * Parent type → child type → the dimensions along which the child must stay within the parent. A pair that is missing
 * here is refused, so that a new pair of types cannot slip through unchecked.
 */
export const ATTENUATION: Readonly<Partial<Record<CredentialType, Readonly<Partial<Record<CredentialType, readonly Dimension[]>>>>>> = {
  RegulatorAccreditation: {
    SystemOperatorRole: [ROLE, COUNTRIES],
    MarketPartyRole: [ROLE, COUNTRIES],
    AggregatorRole: [ROLE, COUNTRIES],
    MarketOperatorRole: [ROLE, COUNTRIES],
  },
  SystemOperatorRole: {
    MarketPartyRole: [TYPE, BALANCING_ROLES, COUNTRIES_OF_OPERATOR],
    CustomerStatus: [TYPE, COUNTRY_OF_CUSTOMER],
    MeteringPointEntitlement: [TYPE, GRID_AREA],
    DeviceCommissioning: [TYPE, GRID_AREA],
    DeviceOwnership: [TYPE, GRID_AREA],
  },
  MarketPartyRole: { CustomerStatus: [COUNTRY_OF_CUSTOMER] },
  MarketOperatorRole: { MarketChannelAdmission: [CHANNEL, ZONE] },
};

/** The types of credentials that entitle whom they are about to issue others: what else may be held entitles to nothing. */
export const ENTITLING_TYPES: readonly CredentialType[] = CREDENTIAL_TYPES.filter((type) => ATTENUATION[type] !== undefined);
