import {
  EUROPEAN_MARKET_TIME_ZONE,
  SIGNATURE_ALGORITHMS,
  marketCalendar,
  tenantId,
  type CredentialType,
  type DidSigner,
} from '@gridpass/core';
import type { GateSettings } from '@gridpass/gate';
import { parsePolicySet, type PolicySet, type RequestShape } from '@gridpass/policy';
import { createClaimShapes, createSchemas } from '@gridpass/schema';
import type { SignedAgeBounds } from '@gridpass/status';
import { createChallengeRepository, createGrantRepository } from '@gridpass/store';
import { createAuthoritySource } from '@gridpass/trust';
import { createVerifier } from '@gridpass/verify';
import { parseAnchors } from './anchors.js';
import { logNameOf } from './below-path.js';
import { meterOf } from './metrics.js';
import type { Program } from './open-program.js';
import { openStatusChecker } from './status-checking.js';

/** What a gate of one's own needs to be told; everything else has a default here that errs on the strict side. */
export interface GateRequest {
  /** Whose rows and whose DID these are. */
  readonly tenant: string;
  /** Where clients reach this program, e.g. `https://market.example`. */
  readonly publicOrigin: string;
  /** The roots of trust and what each may issue. */
  readonly anchors: readonly { readonly did: string; readonly mayIssue: readonly CredentialType[] }[];
  /** Cedar text by channel name; checked against the schemas of the credentials. */
  readonly policies: Readonly<Record<string, string>>;
  /** What each channel is asked for, so that policies are checked against it too; without it a misspelt attribute denies everybody. */
  readonly requests?: Readonly<Record<string, RequestShape>>;
  /** The IANA time zone whose days the dates in credentials are; that of the European market unless told, `Etc/UTC` for UTC. */
  readonly timeZone?: string;
  /** How long a status list counts after it was fetched: the bound within which a revocation ends live tokens. */
  readonly stalenessBoundSeconds?: number;
  /** How long a status list counts after it was signed: the same bound where somebody replays old lists; 300 s unless given. */
  readonly signedAge?: SignedAgeBounds;
  readonly tokenLifeSeconds?: number;
  /** For how many days what each decision was taken on is kept, encrypted, to decide it anew; nothing is kept, and what was is erased, unless given. */
  readonly keepEvidenceDays?: number;
  /** The verifier's own DID and key; made in the vault, as did:jwk, unless given. */
  readonly signer?: DidSigner;
  readonly log?: GateSettings['log'];
}

const LIMITS = { maxDepth: 4, maxCredentials: 8, presentationMaxAgeSeconds: 300, clockSkewSeconds: 5 };

/** The settings of a gate over an open program; hand them to `createGate`. Throws InputError CONFIG_INVALID for a policy that is none. */
export async function gateSettings(program: Program, request: GateRequest): Promise<GateSettings> {
  const { store, resolver, clock, fetch } = program;
  const metered = meterOf(program);
  const tenant = tenantId(request.tenant);
  // First of all: nothing is signed beside a log that is not the one that was signed.
  const audit = await program.auditLog(tenant, logNameOf(request.publicOrigin));
  const { keepEvidence } = await program.keptEvidence(tenant, { keepDays: request.keepEvidenceDays ?? 0 });
  const status = openStatusChecker(program, { stalenessBoundSeconds: request.stalenessBoundSeconds ?? 60, signedAge: request.signedAge });
  const challenges = createChallengeRepository(store);
  return {
    tenant,
    status,
    challenges,
    clock,
    ...metered,
    grants: createGrantRepository(store),
    signer:
      request.signer ?? (await program.identity(tenant, { alias: 'gate', provider: 'did:jwk', keyType: 'Secp256r1', namespace: 'gate' })),
    audit,
    nonceSecrets: await program.nonceSecrets(tenant),
    ...(keepEvidence === undefined ? {} : { keepEvidence }),
    policies: toPolicySets(request),
    publicOrigin: request.publicOrigin,
    tokenLifeSeconds: request.tokenLifeSeconds ?? 900,
    verifier: createVerifier({
      resolver,
      status,
      challenges,
      schemas: createSchemas(),
      ...metered,
      authority: createAuthoritySource({ fetch }),
      limits: LIMITS,
      anchors: parseAnchors(request.anchors),
      algorithms: SIGNATURE_ALGORITHMS,
      methods: ['ethr', 'web', 'jwk', 'key', 'peer'],
      ...(program.history === undefined ? {} : { history: program.history }),
    }),
    ...(request.log === undefined ? {} : { log: request.log }),
  };
}

function toPolicySets({ policies, requests, timeZone = EUROPEAN_MARKET_TIME_ZONE }: GateRequest): Readonly<Record<string, PolicySet>> {
  const claims = createClaimShapes();
  const calendar = marketCalendar(timeZone);
  return Object.fromEntries(
    Object.entries(policies).map(([channel, cedar]) => [
      channel,
      parsePolicySet({ channel, cedar, claims, calendar, request: requests?.[channel] ?? 'read-off-the-policies' }),
    ]),
  );
}
