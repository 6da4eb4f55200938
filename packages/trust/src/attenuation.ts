import { memberOf } from '@gridpass/codec';
import type { CredentialContent, CredentialType, JsonValue } from '@gridpass/core';

/** One way in which a credential is narrower than the one that entitles its issuer. */
export interface Dimension {
  readonly name: string;
  /** What the child claims along this dimension; empty when it does not show it. */
  readonly asked: (child: CredentialContent) => readonly string[];
  /** What the parent may give. */
  readonly granted: (parent: CredentialContent) => readonly string[];
}

/** Reads a claim that is a text or a list of texts; anything else counts as not shown. */
export function textsOf(content: CredentialContent, claim: string): readonly string[] {
  const value: JsonValue | undefined = memberOf(content.claims, claim);
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return [];
  const texts = (value as readonly JsonValue[]).filter((text) => typeof text === 'string');
  // A list with something else in it is not shown at all, rather than shown in part.
  return texts.length === value.length ? texts : [];
}

/** The market roles a credential gives; a market operator is A11 by its type. */
export function roleCodesOf(content: CredentialContent): readonly string[] {
  if (content.type === 'MarketOperatorRole') return ['A11'];
  return content.type === 'MarketPartyRole' ? textsOf(content, 'roleCodes') : textsOf(content, 'roleCode');
}

const claim =
  (name: string) =>
  (content: CredentialContent): readonly string[] =>
    textsOf(content, name);

const ROLE: Dimension = { name: 'role', asked: roleCodesOf, granted: claim('mayAccredit') };
const TYPE: Dimension = { name: 'type', asked: ({ type }) => [type], granted: claim('mayIssue') };
// Domain catalogue O3: a TSO accredits balance responsible parties and balancing service providers, nobody else.
const BALANCING_ROLES: Dimension = { name: 'role', asked: roleCodesOf, granted: () => ['A08', 'A46'] };
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
