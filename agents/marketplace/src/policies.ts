import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { InputError, marketCalendar, type JsonObject, type MarketCalendar } from '@gridpass/core';
import { parsePolicySet, type RequestShape } from '@gridpass/policy';
import { readTextFile, readPolicies, type ChannelPolicies, type ChannelPolicy } from '@gridpass/program';
import { createClaimShapes } from '@gridpass/schema';
import type { MarketplaceConfig } from './config.js';

/** The trading channels that are open here; the others of the field wait for the credentials they ask for. */
export const OPEN_CHANNELS = ['behind_the_meter', 'multi_class'] as const;

/** Everything that has a policy here. */
export const POLICY_CHANNELS = [...OPEN_CHANNELS, 'telemetry'] as const;
type PolicyChannel = (typeof POLICY_CHANNELS)[number];

/** What the routes of the order book hand in with each request, and what an admission counts as. */
const ORDERS: RequestShape = {
  actions: ['admit', 'place', 'list', 'cancel'],
  attributes: {
    zone: { kind: 'text', unit: 'areaEic' },
    orderWh: { kind: 'number', unit: 'wattHours', minimum: 0 },
    jurisdiction: { kind: 'text', unit: 'country' },
    requiredSecurityCents: { kind: 'number', minimum: 0 },
  },
};

/** What comes with a device: nothing when it connects, the metering point and the register with each reading. */
const READINGS: RequestShape = {
  actions: ['connect', 'report'],
  attributes: { meteringPointHash: { kind: 'text', unit: 'digest', optional: true }, obis: { kind: 'text', optional: true } },
};

/** Where the market, and those of its zones that differ, keep their days. */
type MarketDays = Pick<MarketplaceConfig, 'timeZone' | 'zones'>;
type PolicySettings = MarketDays & Pick<MarketplaceConfig, 'policies'>;

/** Reads every policy, those of this program where the configuration names no file; throws InputError CONFIG_INVALID, with the lines that are wrong. */
export const readMarketPolicies = (config: PolicySettings): ChannelPolicies =>
  readPolicies(POLICY_CHANNELS, (channel) => readPolicy(channel, config));

function readPolicy(channel: PolicyChannel, { policies, ...days }: PolicySettings): ChannelPolicy {
  const own = policies[channel];
  const text = readTextFile(`policies.${channel}`, own ?? fileURLToPath(new URL(`../policies/${channel}.cedar`, import.meta.url)));
  const policySet = parsePolicySet({
    channel,
    cedar: text,
    file: own ?? `policies/${channel}.cedar`,
    claims: createClaimShapes(),
    request: channel === 'telemetry' ? READINGS : ORDERS,
    calendar: calendarOf(days),
  });
  return { text, policySet };
}

/** The days of the zone that is asked for; a reading names no zone and has those of the market. */
function calendarOf({ timeZone, zones }: MarketDays): (resource: JsonObject) => MarketCalendar {
  const market = marketCalendar(timeZone);
  const ofZones = new Map(
    Object.entries(zones).map(([zone, own]) => [zone, own.timeZone === undefined ? market : marketCalendar(own.timeZone)]),
  );
  return ({ zone }) => (typeof zone === 'string' ? ofZones.get(zone) : undefined) ?? market;
}

/** Reads every policy for the `check` of a whole configuration, so that `--check-config` tells their lines. */
export function checkPolicies({ value, issues }: z.core.ParsePayload<PolicySettings>): void {
  for (const channel of POLICY_CHANNELS) {
    try {
      readPolicy(channel, value);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      issues.push({ code: 'custom', path: ['policies', channel], message: error.message, input: value });
    }
  }
}
