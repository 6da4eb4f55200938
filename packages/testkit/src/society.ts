import {
  instant,
  tenantId,
  type CredentialContent,
  type Did,
  type DidSigner,
  type Instant,
  type JsonObject,
  type Nonce,
  type Received,
  type RequestId,
  type StatusReference,
} from '@gridpass/core';
import { encodeBase64url, sha256, utf8 } from '@gridpass/codec';
import {
  buildVpJwt,
  issueSdJwtVc,
  issueVcJwt,
  parseSdJwtVc,
  presentSdJwtVc,
  type CredentialInput,
  type IssuedCredential,
} from '@gridpass/suite';
import { createFakeAuthority, type FakeAuthority } from './fake-authority.js';
import { createFakeChallenges } from './fake-challenges.js';
import { createFakeResolver, type FakeResolver } from './fake-resolver.js';
import { createFakeStatus, type FakeStatus } from './fake-status.js';
import { createParty } from './parties.js';

/** 2026-06-01T00:00:00Z, the now of the paper society. */
export const NOON: Instant = instant(1_780_272_000);
const DAY = 86_400;
const AREA = '10YNO-0--------C';
const PARTY = { scheme: 'eic', value: '10X1001A1001A38Y' };

/** Claims that fit the schema of each type and the issuer above it. */
export const CLAIMS = {
  RegulatorAccreditation: { jurisdiction: ['NO'], mayAccredit: ['A49', 'A50', 'A12', 'A08', 'A11', 'A52'], legalBasis: 'Energy Act' },
  SystemOperatorRole: {
    party: PARTY,
    roleCode: 'A50',
    operatingAreaEic: [AREA],
    jurisdictions: ['NO'],
    mayIssue: ['MeteringPointEntitlement', 'DeviceCommissioning', 'CustomerStatus'],
  },
  MarketPartyRole: { party: PARTY, roleCodes: ['A12'], jurisdictions: ['NO'] },
  AggregatorRole: { party: PARTY, roleCode: 'A52', areasEic: [AREA], jurisdictions: ['NO'] },
  MarketOperatorRole: {
    party: PARTY,
    platformDid: 'did:web:market.example',
    channels: ['behind_the_meter'],
    biddingZonesEic: [AREA],
    jurisdictions: ['NO'],
    requestableClaims: [],
  },
  CustomerStatus: {
    customerKind: 'household',
    active: true,
    jurisdiction: 'NO',
    biddingZoneEic: AREA,
    installedCapacityBand: 'up_to_10800_w',
  },
  MeteringPointEntitlement: {
    meteringPointHash: encodeBase64url(sha256('mp')),
    direction: 'combined',
    gridAreaEic: AREA,
    entitledFrom: 20_000,
    exportLimitW: 9_000,
  },
  DeviceCommissioning: {
    deviceDid: 'did:web:meter.example',
    deviceClass: 'smart_meter',
    meteringPointHash: encodeBase64url(sha256('mp')),
    gridAreaEic: AREA,
    commissioned: 20_000,
    accuracyClass: 'B',
    obis: ['1-0:1.8.0*255'],
    sealed: true,
    meterOperatorDid: 'did:web:dso.example',
    readingInterval: 900,
  },
  MarketChannelAdmission: {
    channel: 'behind_the_meter',
    zone: AREA,
    maxOrderWh: 5_000,
    maxOpenOrders: 10,
    policyVersion: '1',
    admittedOn: encodeBase64url(sha256('gate')),
  },
} as const satisfies Record<string, JsonObject>;

/** A society on paper: parties with keys in a fake resolver, their accreditations, and ports that a test can break. */
export interface PaperSociety {
  readonly resolver: FakeResolver;
  readonly status: FakeStatus;
  readonly authority: FakeAuthority;
  readonly challenges: ReturnType<typeof createFakeChallenges>;
  readonly regulator: DidSigner;
  readonly dso: DidSigner;
  readonly supplier: DidSigner;
  readonly house: DidSigner;
  readonly meter: DidSigner;
  readonly stranger: DidSigner;
  readonly accreditation: IssuedCredential;
  readonly dsoRole: IssuedCredential;
  readonly supplierRole: IssuedCredential;
  readonly entitlement: IssuedCredential;
  readonly commissioning: IssuedCredential;
  readonly customer: IssuedCredential;
  /** Publishes the party's key, for signing credentials and presentations. */
  publish(party: DidSigner): void;
  /** Input for a credential; times, status and holder key are filled in. */
  input(type: keyof typeof CLAIMS, issuer: DidSigner, subject: Did, more?: Partial<CredentialInput>): CredentialInput;
  /** Opens a challenge and returns what the verifier expects. */
  challenge(more?: { readonly state?: string; readonly nonce?: string; readonly at?: Instant }): Promise<void>;
  /** The bytes of an OpenID4VP answer by the household, or by `holder`. */
  answer(
    /** `id`: of the query that it answers; that of its type unless told. */
    credentials: readonly { readonly compact: string; readonly disclose: readonly string[]; readonly id?: string }[],
    more?: { readonly holder?: DidSigner; readonly nonce?: string; readonly audience?: string; readonly at?: Instant },
  ): Promise<Received>;
  /** The bytes of a `vp+jwt` by an organisation. */
  present(
    holder: DidSigner,
    credentials: readonly string[],
    more?: { readonly nonce?: string; readonly audience?: string; readonly at?: Instant; readonly lifeSeconds?: number },
  ): Promise<Received>;
}

export const TENANT = tenantId('market');
export const AUDIENCE = 'decentralized_identifier:did:web:market.example';
export const CHANNEL = 'behind_the_meter';

/** Wraps bytes as a transport would. */
export function received(mediaType: Received['mediaType'], text: string, at: Instant = NOON): Received {
  return { transport: 'http', mediaType, bytes: utf8(text), requestId: 'request-1' as RequestId, at };
}

/** A pair of status entries for `vc+jwt`, one entry for `dc+sd-jwt`; another index at each call. */
function createAllocator(): (format: CredentialContent['format'], issuer: Did) => readonly StatusReference[] {
  let index = 0;
  return (format, issuer) => {
    index += 1;
    const origin = `https://${issuer.slice('did:web:'.length)}`;
    if (format === 'dc+sd-jwt') return [{ kind: 'token', uri: `${origin}/status/3`, index }];
    return (['revocation', 'suspension'] as const).map((purpose) => ({
      kind: 'bitstring',
      purpose,
      uri: `${origin}/status/${purpose}`,
      index,
    }));
  };
}

/** Builds the society; every signature is real. The regulator is the root. */
export async function createPaperSociety(): Promise<PaperSociety> {
  const [regulator, dso, supplier, house, meter, stranger] = ['regulator', 'dso', 'supplier', 'house', 'meter', 'stranger'].map((name) =>
    createParty(name),
  ) as [DidSigner, DidSigner, DidSigner, DidSigner, DidSigner, DidSigner];
  const resolver = createFakeResolver();
  const authority = createFakeAuthority();
  const challenges = createFakeChallenges();
  const allocate = createAllocator();
  const publish = (party: DidSigner): void => resolver.publishKey(party.did, party.kid, party.publicJwk);
  [regulator, dso, supplier, house, meter, stranger].forEach(publish);

  const input: PaperSociety['input'] = (type, issuer, subject, more = {}) => {
    const format = more.holderKey === undefined ? 'vc+jwt' : 'dc+sd-jwt';
    return {
      type,
      issuer,
      subject,
      claims: CLAIMS[type],
      issuedAt: instant(NOON - 10 * DAY),
      validFrom: instant(NOON - 10 * DAY),
      validUntil: instant(NOON + 20 * DAY),
      status: allocate(format, issuer.did),
      ...more,
    };
  };
  const accreditation = await issueVcJwt(
    input('RegulatorAccreditation', regulator, regulator.did, {
      issuedAt: instant(NOON - 100 * DAY),
      validFrom: instant(NOON - 100 * DAY),
      validUntil: instant(NOON + 200 * DAY),
    }),
  );
  const root = authority.publish(accreditation.compact);
  const early = {
    issuedAt: instant(NOON - 50 * DAY),
    validFrom: instant(NOON - 50 * DAY),
    validUntil: instant(NOON + 100 * DAY),
    authority: root,
  };
  const dsoRole = await issueVcJwt(input('SystemOperatorRole', regulator, dso.did, early));
  const supplierRole = await issueVcJwt(input('MarketPartyRole', regulator, supplier.did, early));
  const byDso = { authority: authority.publish(dsoRole.compact), holderKey: house.publicJwk };
  const entitlement = await issueSdJwtVc(input('MeteringPointEntitlement', dso, house.did, byDso));
  const commissioning = await issueSdJwtVc(input('DeviceCommissioning', dso, meter.did, byDso));
  const customer = await issueSdJwtVc(
    input('CustomerStatus', supplier, house.did, {
      authority: authority.publish(supplierRole.compact),
      holderKey: house.publicJwk,
    }),
  );

  return {
    resolver,
    status: createFakeStatus(),
    authority,
    challenges,
    regulator,
    dso,
    supplier,
    house,
    meter,
    stranger,
    accreditation,
    dsoRole,
    supplierRole,
    entitlement,
    commissioning,
    customer,
    publish,
    input,
    challenge: ({ state = 'state-1', nonce = 'nonce-1', at = NOON } = {}) =>
      challenges.issueChallenge({
        tenant: TENANT,
        nonce: nonce as Nonce,
        state,
        audience: AUDIENCE,
        channel: CHANNEL,
        sessionThumbprint: '',
        expiresAt: instant(at + 300),
      }),
    answer: async (credentials, { holder = house, nonce = 'nonce-1', audience = AUDIENCE, at = NOON } = {}) => {
      const entries = await Promise.all(
        credentials.map(
          async ({ compact, disclose, id }, i) =>
            [
              id ?? queryIdOf(compact) ?? `c${String(i)}`,
              [await presentSdJwtVc({ compact, disclose, holder, audience, nonce: nonce as Nonce, at })],
            ] as const,
        ),
      );
      return received('openid4vp', JSON.stringify(Object.fromEntries(entries)), at);
    },
    present: async (holder, credentials, { nonce = 'nonce-1', audience = AUDIENCE, at = NOON, lifeSeconds = 60 } = {}) =>
      received('vp+jwt', await buildVpJwt({ holder, credentials, audience, nonce: nonce as Nonce, at, lifeSeconds }), at),
  };
}

/** The id that a query for a credential of this type has; nothing for a text that is none. */
function queryIdOf(compact: string): string | undefined {
  return parseSdJwtVc(compact).value?.content.type;
}
