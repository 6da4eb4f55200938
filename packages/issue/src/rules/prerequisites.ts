import { ok, refuse } from '@gridpass/core';
import type { CredentialType, JsonObject, Outcome } from '@gridpass/core';
import { memberOf } from '@gridpass/codec';

/** What must be held before a credential is issued: one type, all of several rules, or any of several rules. */
export type Prerequisite =
  | { readonly kind: 'holds'; readonly type: CredentialType }
  | { readonly kind: 'allOf'; readonly of: readonly Prerequisite[] }
  | { readonly kind: 'anyOf'; readonly of: readonly Prerequisite[] };

const holds = (type: CredentialType): Prerequisite => ({ kind: 'holds', type });
const allOf = (...of: readonly Prerequisite[]): Prerequisite => ({ kind: 'allOf', of });
const anyOf = (...of: readonly Prerequisite[]): Prerequisite => ({ kind: 'anyOf', of });
const NOTHING = allOf();

// The channel gates of the domain catalogue, as far as their credential types are issued here.
const BY_CHANNEL: Readonly<Record<string, Prerequisite>> = {
  behind_the_meter: allOf(holds('CustomerStatus'), holds('MeteringPointEntitlement'), holds('DeviceCommissioning')),
  local_flexibility: allOf(holds('MeteringPointEntitlement'), holds('DeviceCommissioning')),
  multi_class: anyOf(holds('CustomerStatus'), holds('MarketPartyRole'), holds('AggregatorRole')),
  federated_power_plant: holds('AggregatorRole'),
};

/** The rule for a type; admission to a market depends on the channel in the claims. An unknown channel can be met by nothing. */
export function prerequisiteFor(type: CredentialType, claims: JsonObject): Prerequisite {
  switch (type) {
    case 'MarketChannelAdmission': {
      const channel = memberOf(claims, 'channel');
      return typeof channel === 'string' && Object.hasOwn(BY_CHANNEL, channel) ? (BY_CHANNEL[channel] ?? anyOf()) : anyOf();
    }
    case 'DeviceCommissioning':
    // What was never born, or is recalled, is nobody's: an ownership falls with the device's birth identity.
    case 'DeviceOwnership':
      return holds('DeviceIdentity');
    default:
      return NOTHING;
  }
}

/** Whether the held types satisfy the rule. `allOf` nothing is met by everyone, `anyOf` nothing by no one. */
export function isMet(rule: Prerequisite, held: ReadonlySet<CredentialType>): boolean {
  switch (rule.kind) {
    case 'holds':
      return held.has(rule.type);
    case 'allOf':
      return rule.of.every((part) => isMet(part, held));
    case 'anyOf':
      return rule.of.some((part) => isMet(part, held));
    default:
      return false;
  }
}

/** Refuses PREREQUISITE_MISSING with the rule in words. */
export function checkPrerequisites(type: CredentialType, claims: JsonObject, held: readonly CredentialType[]): Outcome<true> {
  const rule = prerequisiteFor(type, claims);
  return isMet(rule, new Set(held)) ? ok(true) : refuse('PREREQUISITE_MISSING', 'prerequisites', `needs ${describe(rule)}`);
}

function describe(rule: Prerequisite): string {
  if (rule.kind === 'holds') return rule.type;
  const parts = rule.of.map(describe).join(rule.kind === 'allOf' ? ' and ' : ' or ');
  return parts === '' ? 'a known channel' : `(${parts})`;
}
