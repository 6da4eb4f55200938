import { CREDENTIAL_TYPES, EUROPEAN_MARKET_TIME_ZONE } from '@gridpass/core';
import { ENGINE_SETTINGS } from '@gridpass/issue';
import {
  addressConfig,
  checkChains,
  checkTls,
  limitConfig,
  plainTextConfig,
  named,
  ownTokens,
  metricsConfig,
  programConfig,
  stopConfig,
  publicOrigin,
  rateConfig,
  relayerConfig,
  tenantName,
  timeZoneConfig,
  tokenDigestConfig,
} from '@gridpass/program';
import { MAX_LIST_SIZE, MIN_LIST_SIZE, problemOfListTimes } from '@gridpass/status';
import { z } from 'zod';

const operatorConfig = z.strictObject({
  name: plainTextConfig(100).describe('who it is, as the log names them'),
  tokenDigest: tokenDigestConfig('the operator'),
  duties: z
    .array(z.enum(['import', 'decide', 'status', 'read', 'keys']))
    .min(1)
    .describe('import registers, decide on applications, change the status of credentials, read lists and log, change keys and DIDs'),
});

/** One issuing organisation: regulator, system operator, supplier, market operator or manufacturer is what is written here. */
export const tenantConfig = z.strictObject({
  tenant: tenantName.describe('its short name, which stands in addresses and in its rows: it stays for ever'),
  displayName: plainTextConfig(200).describe('its name for people'),
  mayIssue: z.array(z.enum(CREDENTIAL_TYPES)).min(1).describe('the types of credentials it issues, where it is entitled to'),
  operators: z.array(operatorConfig).min(1).check(ownTokens('name')).describe('who acts for it, each with duties'),
  provider: z
    .enum(['did:web', 'did:ethr', 'did:jwk', 'did:key', 'did:peer'])
    .default('did:web')
    .describe('the method of its DID, which is made at the first start'),
});

/** What a composition of issuers reads, alone or inside a society. */
export const issuingConfig = z.strictObject({
  http: addressConfig(4100),
  publicOrigin,
  ...limitConfig,
  tenants: z
    .array(tenantConfig)
    .min(1)
    .check(named('tenant'))
    .describe("the organisations this program issues for, with the digests of their operators' tokens"),
  stalenessBoundSeconds: programConfig.stalenessBoundSeconds,
  signedAge: programConfig.signedAge,
  timeZone: timeZoneConfig.default(EUROPEAN_MARKET_TIME_ZONE),
  maxDepth: z.int().min(1).max(16).default(4).describe('most links between a credential and its root'),
  listSize: z
    .int()
    .min(MIN_LIST_SIZE)
    .max(MAX_LIST_SIZE)
    .multipleOf(8)
    .default(MIN_LIST_SIZE)
    .describe('entries in a status list; every reader here takes lists of each size that may be written'),
  listLifeSeconds: z
    .int()
    .positive()
    .default(3_600)
    .describe('how long after its signature a status list says of itself that it counts (`exp`)'),
  listTtlSeconds: z.int().positive().default(30).describe('how long readers may keep a status list before they ask again'),
  listResignSeconds: z
    .int()
    .positive()
    .default(120)
    .describe(
      "how long after its signature a status list is signed anew, changed or not; with listTtlSeconds less than the readers' `signedAge`",
    ),
  authorityGraceSeconds: z
    .int()
    .min(0)
    .default(ENGINE_SETTINGS.authorityGraceSeconds)
    .describe("how long credentials go on after their issuer's own is revoked"),
  maxOpenApplications: z.int().positive().default(ENGINE_SETTINGS.maxOpenApplications).describe('most open applications of one applicant'),
  maxStrangersApplications: z
    .int()
    .min(0)
    .default(ENGINE_SETTINGS.maxStrangersApplications)
    .describe('most applications without evidence that wait for a decision, for each tenant; 0 takes none in'),
  strangersWaitDays: z
    .int()
    .min(1)
    .max(3_650)
    .default(ENGINE_SETTINGS.strangersWaitSeconds / 86_400)
    .describe('how many days an application without evidence waits for a decision before it lapses and makes room'),
  strangersRateLimit: rateConfig('applications without evidence of one client address', { burst: 20, perMinute: 1 }),
  claimsRetentionSeconds: z
    .int()
    .min(3_600)
    .default(ENGINE_SETTINGS.claimsRetentionSeconds)
    .describe('how long claims of an application are kept once it is rejected or nothing that came of it stands'),
  registerDeadlineSeconds: z
    .int()
    .positive()
    .default(ENGINE_SETTINGS.registerDeadlineSeconds)
    .describe('how long a role may stand once the register no longer bears it, before it is suspended'),
  registerCheckSeconds: z.int().positive().default(3_600).describe('how often that deadline is looked at'),
  prerequisiteWatchSeconds: z
    .int()
    .min(2)
    .default(60)
    .describe('how long at most between two looks at what credentials rest on that other programs issued'),
  accreditationSeconds: z
    .int()
    .positive()
    .default(60)
    .describe("how often the tenants' own accreditations are looked after: received, adopted and renewed"),
  accreditationRenewDays: z
    .int()
    .min(1)
    .max(3_650)
    .default(30)
    .describe('how many days before its end an accreditation is applied for again, in the last third of its life at the earliest'),
  accreditationRetrySeconds: z
    .int()
    .positive()
    .default(86_400)
    .describe('how long after a superior turned a renewal down it is asked again'),
  offerLifeSeconds: z.int().positive().default(86_400).describe('how long an offer can be redeemed'),
  maxBodyBytes: z.int().min(1_024).default(262_144).describe('longest request body, but for a register'),
  maxRegisterBytes: z.int().min(1_024).default(268_435_456).describe('longest party register that is taken in'),
  anchorSeconds: z
    .int()
    .positive()
    .default(300)
    .describe('how often logs are anchored on the chain, and so how much is lost when a key goes that nobody anchored before'),
  housekeepingSeconds: z
    .int()
    .positive()
    .default(15)
    .describe('how often news is delivered, lost acts are recorded and expired sessions dropped'),
});

/** Everything the stand-alone program reads at start. */
export const issuerConfig = z
  .strictObject({
    ...programConfig,
    ...stopConfig,
    ...metricsConfig,
    ...issuingConfig.shape,
    relayer: relayerConfig,
    anchorAccountKeyFile: z
      .string()
      .optional()
      .describe('file with the private key of the account that anchors logs; without it the key is made in the vault at the first start'),
  })
  .check(checkChains)
  .check(checkTls)
  .check(checkListTimes);

const KEYS = { lifeSeconds: 'listLifeSeconds', ttlSeconds: 'listTtlSeconds', resignSeconds: 'listResignSeconds' } as const;

/** Lists that readers would not take prevent the start. */
function checkListTimes({ value, issues }: z.core.ParsePayload<Pick<IssuingConfig, (typeof KEYS)[keyof typeof KEYS]>>): void {
  const { listLifeSeconds: lifeSeconds, listTtlSeconds: ttlSeconds, listResignSeconds: resignSeconds } = value;
  const problem = problemOfListTimes({ lifeSeconds, ttlSeconds, resignSeconds });
  if (problem !== undefined) issues.push({ code: 'custom', path: [KEYS[problem.key]], message: problem.says, input: value });
}

export type IssuingConfig = z.infer<typeof issuingConfig>;
export type IssuerConfig = z.infer<typeof issuerConfig>;
export type TenantConfig = z.infer<typeof tenantConfig>;

/** How long at most a change of what a credential rests on, made public by whichever program issued it, stays unseen here: the pause between looks, and how long a list counts meanwhile. */
export const watchBoundOf = (config: Pick<IssuingConfig, 'prerequisiteWatchSeconds' | 'stalenessBoundSeconds'>): number =>
  config.prerequisiteWatchSeconds + config.stalenessBoundSeconds;
