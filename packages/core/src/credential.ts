import type { Did, DidUrl, Digest, Instant, PublicJwk, RoleCode, SignatureAlgorithm } from './nouns.js';
import type { JsonObject } from './json.js';

/** The credential types issued here (domain catalogue, groups O, H, D, F). */
export const CREDENTIAL_TYPES = [
  'RegulatorAccreditation',
  'SystemOperatorRole',
  'MarketPartyRole',
  'AggregatorRole',
  'MarketOperatorRole',
  'CustomerStatus',
  'MeteringPointEntitlement',
  'DeviceIdentity',
  'DeviceCommissioning',
  'DeviceOwnership',
  'MarketChannelAdmission',
] as const;
export type CredentialType = (typeof CREDENTIAL_TYPES)[number];

/** Credential formats: VCDM 2.0 secured with JOSE, and SD-JWT VC. */
export const CREDENTIAL_FORMATS = ['vc+jwt', 'dc+sd-jwt'] as const;
export type CredentialFormat = (typeof CREDENTIAL_FORMATS)[number];

/** Where the status of a credential stands. Both mechanisms point at one entry of one published list. */
export type StatusReference =
  | { readonly kind: 'bitstring'; readonly purpose: 'revocation' | 'suspension'; readonly uri: string; readonly index: number }
  | { readonly kind: 'token'; readonly uri: string; readonly index: number };

/** The credential that entitles an issuer: where to read it, and the digest that pins it. */
export interface AuthorityReference {
  readonly uri: string;
  /** The handle (codec's `handleOf`) of the credential at `uri`; in what was issued before 2026-11-27 the SHA-256 of its text. */
  readonly digest: Digest;
}

/**
 * What every suite reads out of a credential. Before the prove stage each field is only *claimed*; the stage types
 * of the verify package say which is which.
 */
export interface CredentialContent {
  readonly format: CredentialFormat;
  readonly type: CredentialType;
  readonly issuer: Did;
  readonly kid: DidUrl;
  readonly alg: SignatureAlgorithm;
  /** The DID the claims are about. */
  readonly subject: Did;
  /** The key the credential is bound to (`cnf.jwk`); absent in `vc+jwt`, where the subject DID's keys count. */
  readonly holderKey?: PublicJwk;
  /** `iat`; the next whole second where it has a fraction. */
  readonly issuedAt: Instant;
  /** The whole second before `iat`, only where `iat` has a fraction; what may not lie before a moment is held against this one. */
  readonly issuedSince?: Instant;
  /** `nbf`, rounded up. */
  readonly validFrom: Instant;
  /** `exp`, rounded down. */
  readonly validUntil: Instant;
  readonly status: readonly StatusReference[];
  readonly authority?: AuthorityReference;
  /** Claims of the type's schema that are disclosed here, without envelope fields. */
  readonly claims: JsonObject;
  /** The handle of the credential (codec's `handleOf`) in store, log, pins and revocation; whoever re-spells the signature changes nothing. */
  readonly digest: Digest;
  /** SHA-256 of the issuer-signed text with its signature, without disclosures: the handle of before, and the name of this one text. */
  readonly textDigest: Digest;
}

/**
 * Members of the payload of an SD-JWT VC that are no claims of its type. They are never disclosures, so each presentation shows
 * those that are there, whatever it discloses.
 */
export const SD_JWT_VC_MEMBERS: ReadonlySet<string> = new Set([
  'vct',
  'vct#integrity',
  'iss',
  'sub',
  'iat',
  'nbf',
  'exp',
  'jti',
  'cnf',
  'status',
  'authority',
]);

/** Whether a handle of either version names the credential. */
export function isNamedBy(content: Pick<CredentialContent, 'digest' | 'textDigest'>, handle: Digest): boolean {
  return handle === content.digest || handle === content.textDigest;
}

/** Static facts about a credential type that issuer, verifier and policy share. */
export interface CatalogueEntry {
  readonly type: CredentialType;
  readonly group: 'organisation' | 'household' | 'device' | 'flexibility';
  /** Longest life in seconds that a credential of this type may have. */
  readonly maxLifeSeconds: number;
  /** Which credential the issuer must itself hold; several entries are alternatives. `root` = a configured trust anchor. */
  readonly issuerMustHold: readonly IssuerRule[];
  /**
   * Claims that may be disclosed selectively in `dc+sd-jwt`; the others are always shown. Claims by which an issuer is
   * bound (grid area, jurisdiction, zone, channel) are never on this list: a withheld area could not be held against
   * the issuer's, and each is coarse and follows from the issuer anyway.
   */
  readonly selectivelyDisclosable: readonly string[];
  /** Whom the claims are about. */
  readonly subject: SubjectKind;
  /** Who may present it, and by which key. */
  readonly holder: HolderRule;
}

/**
 * Whom a credential is about: an organisation; a household (one DID for each relation); whoever takes part in a market or owns a device,
 * be it a household or an organisation; or a device.
 */
export type SubjectKind = 'organisation' | 'household' | 'party' | 'device';

/**
 * How the holder of a credential is bound. What follows from it and from {@link SubjectKind} is asked in `whose-credential.ts`.
 * - `subject`: its subject, by the keys of that DID (`vc+jwt`) or by the key of `cnf`, which the issuer bound to it once the subject had
 *   proven control of `sub`.
 * - `named-key`: whoever has the key of `cnf`. It says nothing about who that is (a household shows the commissioning of its meter).
 */
export type HolderRule = 'subject' | 'named-key';

/** One way to be entitled to issue: holding `type`, with a role code among `roles` where the type carries one. */
export type IssuerRule =
  { readonly kind: 'root' } | { readonly kind: 'holds'; readonly type: CredentialType; readonly roles: readonly RoleCode[] };

const DAY = 86_400;
const YEAR = 366 * DAY;

const holds = (type: CredentialType, ...roles: readonly RoleCode[]): IssuerRule => ({ kind: 'holds', type, roles });
const ROOT: IssuerRule = { kind: 'root' };

export const CATALOGUE: Readonly<Record<CredentialType, CatalogueEntry>> = {
  RegulatorAccreditation: {
    type: 'RegulatorAccreditation',
    group: 'organisation',
    maxLifeSeconds: 5 * YEAR,
    issuerMustHold: [ROOT],
    selectivelyDisclosable: [],
    subject: 'organisation',
    holder: 'subject',
  },
  SystemOperatorRole: {
    type: 'SystemOperatorRole',
    group: 'organisation',
    maxLifeSeconds: 3 * YEAR,
    issuerMustHold: [holds('RegulatorAccreditation')],
    selectivelyDisclosable: [],
    subject: 'organisation',
    holder: 'subject',
  },
  MarketPartyRole: {
    type: 'MarketPartyRole',
    group: 'organisation',
    maxLifeSeconds: 2 * YEAR,
    issuerMustHold: [holds('RegulatorAccreditation'), holds('SystemOperatorRole', 'A49')],
    selectivelyDisclosable: ['brpDid', 'financialSecurityCents', 'balanceGroupEic'],
    subject: 'organisation',
    holder: 'subject',
  },
  AggregatorRole: {
    type: 'AggregatorRole',
    group: 'organisation',
    maxLifeSeconds: YEAR,
    issuerMustHold: [holds('RegulatorAccreditation')],
    selectivelyDisclosable: ['products', 'maxPooledPowerW'],
    subject: 'organisation',
    holder: 'subject',
  },
  MarketOperatorRole: {
    type: 'MarketOperatorRole',
    group: 'organisation',
    maxLifeSeconds: 2 * YEAR,
    issuerMustHold: [holds('RegulatorAccreditation')],
    selectivelyDisclosable: [],
    subject: 'organisation',
    holder: 'subject',
  },
  CustomerStatus: {
    type: 'CustomerStatus',
    group: 'household',
    maxLifeSeconds: YEAR,
    issuerMustHold: [holds('MarketPartyRole', 'A12'), holds('SystemOperatorRole', 'A50')],
    selectivelyDisclosable: ['customerKind', 'active', 'biddingZoneEic', 'supplierDid', 'installedCapacityBand'],
    subject: 'household',
    holder: 'subject',
  },
  MeteringPointEntitlement: {
    type: 'MeteringPointEntitlement',
    group: 'household',
    maxLifeSeconds: YEAR,
    issuerMustHold: [holds('SystemOperatorRole', 'A50')],
    selectivelyDisclosable: [
      'meteringPoint',
      'meteringPointHash',
      'direction',
      'gridOperatorDid',
      'connectionCapacityW',
      'exportLimitW',
      'smartMeter',
      'entitledFrom',
      'sharePpm',
    ],
    subject: 'household',
    holder: 'subject',
  },
  DeviceIdentity: {
    type: 'DeviceIdentity',
    group: 'device',
    maxLifeSeconds: 20 * YEAR,
    issuerMustHold: [ROOT],
    selectivelyDisclosable: [
      'deviceClass',
      'maker',
      'model',
      'serialHash',
      'lfdi',
      'ski',
      'certFingerprint',
      'firmware',
      'secureElement',
      'keyAlg',
    ],
    subject: 'device',
    holder: 'subject',
  },
  DeviceCommissioning: {
    type: 'DeviceCommissioning',
    group: 'device',
    maxLifeSeconds: 2 * YEAR,
    issuerMustHold: [holds('SystemOperatorRole', 'A50')],
    selectivelyDisclosable: [
      'deviceDid',
      'deviceClass',
      'meteringPointHash',
      'gatewayDid',
      'installerDid',
      'location',
      'ratedActivePowerW',
      'storageCapacityWh',
      'exportLimitW',
      'controllable',
      'direction',
      'obis',
      'commissioned',
      'conformityUntil',
      'accuracyClass',
      'sealed',
      'meterOperatorDid',
      'readingInterval',
      'assetType',
      'gridCode',
      'reactiveMinVar',
      'reactiveMaxVar',
      'maxChargeW',
      'maxDischargeW',
      'chemistry',
      'cRatePpm',
      'usableDepthPpm',
      'pcidHash',
      'batteryWh',
      'bidirectional',
      'contractHash',
      'evseId',
      'maxPowerW',
      'connector',
      'ocppVersion',
      'iso15118',
      'protocols',
      'attachedDevicesRoot',
      'outboundOnly',
      'quantity',
      'unit',
      'accuracyPpm',
      'commands',
      'safeState',
      'operatorRole',
    ],
    subject: 'device',
    holder: 'named-key',
  },
  // The witness of offer and acceptance signs: a manufacturer the first owner, the grid operator whoever follows (catalogue, D4).
  DeviceOwnership: {
    type: 'DeviceOwnership',
    group: 'device',
    maxLifeSeconds: 20 * YEAR,
    issuerMustHold: [ROOT, holds('SystemOperatorRole', 'A50')],
    selectivelyDisclosable: ['deviceDid', 'acquired', 'sharePpm', 'delegatee', 'transferable'],
    subject: 'party',
    holder: 'subject',
  },
  MarketChannelAdmission: {
    type: 'MarketChannelAdmission',
    group: 'flexibility',
    maxLifeSeconds: YEAR,
    issuerMustHold: [holds('MarketOperatorRole', 'A11')],
    selectivelyDisclosable: ['maxOrderWh', 'maxOpenOrders', 'pseudonym', 'policyVersion', 'admittedOn'],
    subject: 'party',
    holder: 'subject',
  },
};
