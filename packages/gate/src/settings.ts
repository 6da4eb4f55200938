import { randomBytes } from 'node:crypto';
import type { DecisionEvidence } from '@gridpass/audit';
import { Fault, InputError, NO_METER } from '@gridpass/core';
import type {
  AuditPort,
  ChallengePort,
  Clock,
  DidSigner,
  GrantRepository,
  Instant,
  JsonObject,
  Meter,
  NonceSecrets,
  StatusPort,
  StoredGrant,
  TenantId,
} from '@gridpass/core';
import { mayUsePlainHttp } from '@gridpass/exchange';
import type { PolicySet } from '@gridpass/policy';
import type { Verifier } from '@gridpass/verify';
import type { ForwardingHeader } from './forwarding.js';
import { ownNonceSecrets } from './nonce.js';
import type { RateLimit } from './rate-limit.js';

/** A channel: its policies, and what counts as asked when somebody is let in before any particular request is known. */
export interface GateChannel {
  readonly policySet: PolicySet;
  /** Attributes read as `context.request.<name>` at admission; each later request brings its own. */
  readonly admission?: JsonObject;
  /** The action judged at admission; `admit` unless told. */
  readonly admissionAction?: string;
}

/** One line for operators: codes and ids, never a presentation, token or claim. */
export interface GateEvent {
  /** Of a line that is about no answer: what the gate did by itself, or a connection that ended badly. */
  readonly kind?: 'work' | 'connection';
  readonly requestId: string;
  readonly status: number;
  readonly code: string;
  /** The class of an unexpected error, without its message. */
  readonly cause?: string;
}

/** Everything a gate is made of. All security parameters are required; the optional ones bound memory, time and rates. */
export interface GateSettings {
  readonly tenant: TenantId;
  readonly verifier: Pick<Verifier, 'verify' | 'checkHolder'>;
  readonly audit: AuditPort;
  readonly challenges: ChallengePort & {
    readonly dropExpiredChallenges?: (tenant: TenantId, query: { readonly at: Instant; readonly limit: number }) => Promise<number>;
  };
  readonly grants: GrantRepository;
  readonly status: StatusPort;
  /** Signs request objects and access tokens. */
  readonly signer: DidSigner;
  readonly clock: Clock;
  /** By channel name; empty is an error at start. */
  readonly policies: Readonly<Record<string, PolicySet | GateChannel>>;
  /** Where clients reach this program, e.g. `https://market.example`, or below a path, `https://x.example/market`. Every URL and audience is built from it, none from a Host header. */
  readonly publicOrigin: string;
  readonly tokenLifeSeconds: number;
  /**
   * `holder` (default): the key that asks must be the key that presents, so a link passed to a victim is worth nothing.
   * `session`: for third-party wallets with keys of their own; the response code then travels by redirect on one device.
   */
  readonly bindTo?: 'holder' | 'session';
  readonly basePath?: string;
  readonly requestLifeSeconds?: number;
  readonly responseCodeLifeSeconds?: number;
  readonly proofMaxAgeSeconds?: number;
  readonly nonceSlotSeconds?: number;
  readonly portTimeoutMs?: number;
  readonly grantCacheSeconds?: number;
  readonly cacheEntries?: number;
  readonly maxResponseBytes?: number;
  /** At the gate's own endpoints, for each client address (an IPv6 /64 is one) and each key; and for everybody together. */
  readonly rateLimit?: RateLimit;
  readonly rateLimitTogether?: RateLimit;
  /** What anyone can cause is counted and written into the log as one record for each so many seconds; a crash loses at most as much. */
  readonly refusalSummarySeconds?: number;
  /** Addresses and networks of proxies in front whose forwarding header is believed; nobody's unless given. */
  readonly trustedProxies?: readonly string[];
  /** The one header that these write: `X-Forwarded-For` unless given, or `Forwarded` (RFC 7239). */
  readonly forwardingHeader?: ForwardingHeader;
  /** Credentials about this verifier, attached to each request object (OpenID4VP 1.0 5.11); they tell wallets who asks and what it may ask for. */
  readonly verifierInfo?: () => Promise<readonly JsonObject[]>;
  /** Names persons and devices in the log by something that can be forgotten; a keyed hash unless given. */
  readonly pseudonyms?: { pseudonymOf(tenant: TenantId, subjectRef: string): Promise<string> };
  /**
   * Secrets of the nonces of DPoP proofs. Replicas behind one address share them, or each turns down what was made for another; secrets of
   * this process alone unless given.
   */
  readonly nonceSecrets?: NonceSecrets;
  /** Keys hashes in the log: the commitment to facts and, without `pseudonyms`, persons' names. A fresh one for each process unless given. */
  readonly commitmentKey?: Uint8Array;
  /**
   * Keeps, beside the log, what each decision was taken on, so that it can be decided anew under a changed policy. It holds
   * personal data: whoever gives this encrypts and erases it. Nothing is kept unless given; while it fails nobody is let in.
   */
  readonly keepEvidence?: (evidence: DecisionEvidence) => Promise<void>;
  readonly log?: (event: GateEvent) => void;
  /** Counts what was decided and times the stages; nobody does unless given. */
  readonly meter?: Meter;
}

export type ResolvedSettings = Required<Omit<GateSettings, 'policies' | 'verifierInfo' | 'pseudonyms'>> &
  Pick<GateSettings, 'verifierInfo' | 'pseudonyms'> & {
    /** As they are now: `replacePolicies` changes them while the gate runs. */
    readonly channels: Map<string, Required<GateChannel>>;
  };

const DEFAULTS = {
  bindTo: 'holder',
  basePath: '/.gridpass',
  requestLifeSeconds: 300,
  responseCodeLifeSeconds: 120,
  proofMaxAgeSeconds: 300,
  nonceSlotSeconds: 60,
  portTimeoutMs: 10_000,
  grantCacheSeconds: 5,
  cacheEntries: 10_000,
  maxResponseBytes: 262_144,
  rateLimit: { burst: 600, perMinute: 1_200 },
  rateLimitTogether: { burst: 6_000, perMinute: 60_000 },
  refusalSummarySeconds: 60,
  trustedProxies: [],
  forwardingHeader: 'x-forwarded-for',
  keepEvidence: () => Promise.resolve(),
  log: (): void => undefined,
  meter: NO_METER,
} as const satisfies Partial<GateSettings>;

/** Fills in what was left out and refuses settings under which a gate would let everyone or no one in. */
export function resolveSettings(settings: GateSettings): ResolvedSettings {
  const channels = new Map(Object.entries(settings.policies).map(([name, channel]) => [name, toChannel(name, channel)]));
  if (channels.size === 0) throw new InputError('CONFIG_INVALID', 'policies: a gate needs at least one channel');
  assertPublicOrigin(settings.publicOrigin);
  const resolved = {
    ...DEFAULTS,
    commitmentKey: new Uint8Array(randomBytes(32)),
    nonceSecrets: ownNonceSecrets(),
    ...settings,
    clock: toSoundClock(settings.clock),
    channels,
  };
  const counts = [
    'tokenLifeSeconds',
    'requestLifeSeconds',
    'responseCodeLifeSeconds',
    'proofMaxAgeSeconds',
    'nonceSlotSeconds',
    'portTimeoutMs',
    'cacheEntries',
    'refusalSummarySeconds',
    'maxResponseBytes',
  ] as const;
  for (const name of counts) {
    if (!Number.isSafeInteger(resolved[name]) || resolved[name] <= 0)
      throw new InputError('CONFIG_INVALID', `${name}: a whole number above zero`);
  }
  if (!Number.isSafeInteger(resolved.grantCacheSeconds) || resolved.grantCacheSeconds < 0)
    throw new InputError('CONFIG_INVALID', 'grantCacheSeconds: a whole number');
  if (!/^(?:\/[\w.-]+)+$/.test(resolved.basePath)) throw new InputError('CONFIG_INVALID', 'basePath: /segments without a slash at the end');
  return Object.freeze(resolved);
}

/** NaN compares false with every end; a clock that shows no time must stop the gate and not its checks. */
function toSoundClock(clock: Clock): Clock {
  return {
    now() {
      const at = clock.now();
      if (!Number.isSafeInteger(at) || at <= 0) throw new Fault('INTERNAL', 'the clock shows no time');
      return at;
    },
  };
}

/**
 * Whether a grant may be used here. INVARIANT: two gates of one tenant share what they granted; where one binds to sessions, what it granted to
 * whoever asked is nothing to one that binds to holders.
 */
export function isBoundAsHere(
  { bindTo }: Pick<ResolvedSettings, 'bindTo'>,
  grant: Pick<StoredGrant, 'sessionThumbprint' | 'holderThumbprint'>,
): boolean {
  return bindTo === 'session' || grant.sessionThumbprint === grant.holderThumbprint;
}

/**
 * Other policies for channels that are there, for all of them at once or for none. Throws InputError CONFIG_INVALID for a channel that is not there,
 * and for policies of another.
 */
export function replacePolicies({ channels }: Pick<ResolvedSettings, 'channels'>, policies: Readonly<Record<string, PolicySet>>): void {
  const next = Object.entries(policies).map(([name, policySet]) => {
    const channel = channels.get(name);
    if (channel === undefined) throw new InputError('CONFIG_INVALID', `policies.${name}: there is no such channel here`);
    return [name, toChannel(name, { ...channel, policySet })] as const;
  });
  for (const [name, channel] of next) channels.set(name, channel);
}

function toChannel(name: string, channel: PolicySet | GateChannel): Required<GateChannel> {
  const given: GateChannel = 'policySet' in channel ? channel : { policySet: channel };
  if (given.policySet.channel !== name)
    throw new InputError('CONFIG_INVALID', `policies.${name}: these are the policies of ${given.policySet.channel}`);
  return Object.freeze({ admission: {}, admissionAction: 'admit', ...given });
}

/** Segments that mean the same everywhere: in an address, a did:web and a path that a proxy compares. None begins with a dot. */
const PUBLIC_PATH = /^(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/**
 * Throws InputError CONFIG_INVALID for an address that no program can be reached at: https, and http on the loopback alone. It may have a
 * path, below which the program then is.
 */
export function assertPublicOrigin(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const loopback = url !== undefined && mayUsePlainHttp(url.hostname);
  const path = url === undefined || url.pathname === '/' ? '' : url.pathname;
  if (
    url === undefined ||
    `${url.origin}${path}` !== text ||
    !PUBLIC_PATH.test(path) ||
    !(url.protocol === 'https:' || (url.protocol === 'http:' && loopback))
  ) {
    throw new InputError(
      'CONFIG_INVALID',
      'publicOrigin: https://host[:port], with a path or without, without a slash at its end; http only on the loopback',
    );
  }
}
