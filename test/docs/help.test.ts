// What `--help` of each program says of its configuration: a meaning for every key, what counts where it is left out, and of a number
// what it counts. The keys come from the schemas, so that a new one cannot be left out.
import { describe, expect, it } from '@jest/globals';
import { describeConfig } from '@gridpass/config';
import { deviceConfig } from '@gridpass/device';
import { issuerConfig } from '@gridpass/issuer';
import { ledgerGateConfig } from '@gridpass/ledger-gate';
import { marketplaceConfig } from '@gridpass/marketplace';
import { walletConfig } from '@gridpass/wallet';

const PROGRAMS = {
  device: deviceConfig,
  issuer: issuerConfig,
  'ledger-gate': ledgerGateConfig,
  marketplace: marketplaceConfig,
  wallet: walletConfig,
};
/** What a number counts where its name does not end with its unit. */
const COUNTED =
  /\b(?:seconds|blocks?|calls|requests|connections|messages|subscriptions|transactions|pings|orders|applications|accounts|entries|links|verifiers|rounds|gas|port|number of (?:the|its) chain|how deep)\b/;

describe.each(Object.entries(PROGRAMS))('--help of the %s', (_name, schema) => {
  const keys = describeConfig(schema);

  it('gives every key a meaning', () => {
    expect(keys.filter(({ says }) => says.length < 10).map(({ key }) => key)).toEqual([]);
    // What is said of two keys in the same words tells them not apart.
    const named = keys.filter(({ inside }) => !inside).map(({ says }) => says);
    expect(named.filter((says, at) => named.indexOf(says) !== at)).toEqual([]);
  });

  it('says of every key that may be left out what counts then', () => {
    const silent = keys.filter((key) => !key.required && key.default === undefined);
    expect(
      silent.filter(({ says }) => !/unless given|without|if not|where the two disagree|it waits/.test(says)).map(({ key }) => key),
    ).toEqual([]);
  });

  it('says of every number what it counts', () => {
    const bare = keys.filter(({ isNumber, unit, says }) => isNumber && unit === undefined && !COUNTED.test(says));
    expect(bare.map(({ key }) => key)).toEqual([]);
  });
});
