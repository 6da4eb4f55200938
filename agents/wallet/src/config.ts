import {
  addressConfig,
  checkChains,
  checkTls,
  named,
  ownTokens,
  plainTextConfig,
  metricsConfig,
  programConfig,
  publicOrigin,
  relayerConfig,
  stopConfig,
  tenantName,
  tokenDigestConfig,
} from '@gridpass/program';
import { z } from 'zod';

/** What `spareFaces` is for a household that says none. */
export const SPARE_FACES = 4;

/** One wallet: a person's, with a face for each verifier, or an organisation's, with its DID. */
export const walletTenantConfig = z
  .strictObject({
    tenant: tenantName.describe('its short name, which stands in addresses and in its rows: it stays for ever'),
    displayName: plainTextConfig(200).describe('its name for people'),
    tokenDigest: tokenDigestConfig('the owner'),
    kind: z.enum(['household', 'organisation']).describe('another DID for every verifier, or one DID that everybody may know'),
    spareFaces: z
      .int()
      .min(1)
      .max(16)
      .optional()
      .describe(
        `how many verifiers a household may meet before its credentials are issued again; ${SPARE_FACES} unless given, and nothing for an organisation`,
      ),
    provider: z
      .enum(['did:web', 'did:ethr', 'did:jwk', 'did:key', 'did:peer'])
      .default('did:jwk')
      .describe("how an organisation's DID is made; a household has none that everybody may know"),
  })
  .check(({ value, issues }) => {
    const say = (key: 'provider' | 'spareFaces', message: string): void =>
      void issues.push({ code: 'custom', path: [key], message, input: value });
    if (value.kind === 'household' && value.provider !== 'did:jwk')
      say('provider', 'a household has another did:jwk for every verifier; leave it out');
    if (value.kind === 'organisation' && value.spareFaces !== undefined)
      say('spareFaces', 'an organisation has one DID for every verifier; leave it out');
  });

/** What a composition of wallets reads, alone or inside a society. */
export const walletsConfig = z.strictObject({
  http: addressConfig(4200),
  publicOrigin,
  wallets: z
    .array(walletTenantConfig)
    .min(1)
    .check(named('tenant'))
    .check(ownTokens('tenant'))
    .describe("the wallets this program keeps, with the digests of their owners' tokens"),
  stalenessBoundSeconds: programConfig.stalenessBoundSeconds,
  signedAge: programConfig.signedAge,
  maxDepth: z.int().min(1).max(16).default(4).describe("most links between a verifier's registration and its root"),
  unregisteredVerifiers: z
    .enum(['answerUnregistered', 'refuseUnregistered'])
    .default('answerUnregistered')
    .describe('what happens to requests whose verifier shows no registration'),
  refreshSeconds: z
    .int()
    .positive()
    .default(300)
    .describe('how often the status of held credentials, and how applications stand, is asked for'),
  maxBodyBytes: z.int().min(1_024).default(16_777_216).describe('longest request body; an archive is one'),
});

/** Everything the stand-alone program reads at start. */
export const walletConfig = z
  .strictObject({ ...programConfig, ...stopConfig, ...metricsConfig, ...walletsConfig.shape, relayer: relayerConfig })
  .check(checkChains)
  .check(checkTls);

export type WalletsConfig = z.infer<typeof walletsConfig>;
export type WalletConfig = z.infer<typeof walletConfig>;
export type WalletTenantConfig = z.infer<typeof walletTenantConfig>;
