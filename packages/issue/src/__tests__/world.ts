import { instant, marketCalendar, ok, refuse, tenantId } from '@gridpass/core';
import type {
  AuditPort,
  AuditRecord,
  AuthorityReference,
  CredentialFormat,
  CredentialType,
  Did,
  DidSigner,
  HeldEvidence,
  JsonObject,
  Outcome,
  RequestId,
  Signer,
  StatusPort,
  StatusReference,
  TenantId,
} from '@gridpass/core';
import { toDidJwk } from '@gridpass/did';
import { createSigner, generatePrivateJwk, thumbprintOf } from '@gridpass/keys';
import { createSchemas } from '@gridpass/schema';
import { createIssuanceRepository, createRegisterRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { parseSdJwtVc, parseVcJwt } from '@gridpass/suite';
import type { IssuedCredential } from '@gridpass/suite';
import { createFakeClock, createFakeResolver, createParty } from '@gridpass/testkit';
import type { FakeClock } from '@gridpass/testkit';
import { ENGINE_SETTINGS, createIssuerEngine, sampleRegister } from '../index.js';
import type { ActContext, EngineParts, HolderKey, IssuerEngine, Operator } from '../index.js';

export const ROOT = tenantId('root');
export const REGULATOR = tenantId('regulator');
export const DSO = tenantId('dso');
export const SUPPLIER = tenantId('supplier');
export const MARKET = tenantId('market');
export const MAKER = tenantId('maker');

export const operator: Operator = { name: 'ops', duties: ['import', 'decide', 'status', 'read'] };
let requests = 0;
export const context = (): ActContext => ({ operator, requestId: `r-${(requests += 1)}` as RequestId });

export const CLAIMS = {
  regulator: {
    jurisdiction: ['DK'],
    mayAccredit: ['A49', 'A50', 'A12', 'A08', 'A52', 'A11'],
    legalBasis: 'Directive (EU) 2019/944, Art. 57',
  },
  dso: {
    party: { scheme: 'eic', value: '44X-000000000253' },
    roleCode: 'A50',
    operatingAreaEic: ['10YDK-1--------W'],
    jurisdictions: ['DK'],
    mayIssue: ['MeteringPointEntitlement', 'DeviceCommissioning', 'DeviceOwnership', 'CustomerStatus'],
  },
  tso: {
    party: { scheme: 'eic', value: '10X1001A1001A248' },
    roleCode: 'A49',
    operatingAreaEic: ['10YDK-1--------W'],
    jurisdictions: ['DK'],
    mayIssue: [],
  },
  /** A balance responsible party; it answers for the supplier too. */
  balance: { party: { scheme: 'eic', value: '11XNORDPOOLSPOT2' }, roleCodes: ['A08'], jurisdictions: ['DK'] },
  /** The supplier's role without the DID of who is balance responsible for it. */
  supplier: { party: { scheme: 'eic', value: '45X000000000077U' }, roleCodes: ['A12'], jurisdictions: ['DK'] },
  market: {
    party: { scheme: 'gln', value: '9436465792104' },
    roleCode: 'A11',
    platformDid: 'did:web:market.example',
    channels: ['behind_the_meter'],
    biddingZonesEic: ['10YDK-1--------W'],
    jurisdictions: ['DK'],
    requestableClaims: [],
  },
  customer: { customerKind: 'household', active: true, jurisdiction: 'DK', biddingZoneEic: '10YDK-1--------W' },
  entitlement: {
    meteringPointHash: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
    direction: 'combined',
    gridAreaEic: '10YDK-1--------W',
    entitledFrom: 20_500,
  },
  admission: {
    channel: 'behind_the_meter',
    zone: '10YDK-1--------W',
    maxOrderWh: 20_000,
    maxOpenOrders: 10,
    policyVersion: '2026-11',
    admittedOn: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  },
  device: {
    deviceClass: 'heat_pump',
    maker: 'QDS',
    model: 'Q3Dx',
    serialHash: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
    keyAlg: 'ES256',
  },
} as const;

/** A wallet with one key. */
export interface Holder {
  readonly signer: Signer;
  readonly did: Did;
  readonly key: HolderKey;
}

export function createWallet(): Holder {
  const signer = createSigner(generatePrivateJwk('ES256'));
  return { signer, did: toDidJwk(signer.publicJwk), key: { publicJwk: signer.publicJwk, thumbprint: thumbprintOf(signer.publicJwk) } };
}

export type StatusFake = Pick<EngineParts, 'statusIssuer' | 'status'> & { failing: boolean; readonly marks: Map<string, string> };

/** Status in memory: issuer and checker over the same marks. */
export function createStatusFake(): StatusFake {
  const marks = new Map<string, string>();
  let next = 0;
  const keyOf = (reference: StatusReference): string => `${reference.uri}#${String(reference.index)}`;
  const status: StatusPort = {
    checkStatus: async ({ references, at }) => {
      const mark = references.map((reference) => marks.get(keyOf(reference))).find((found) => found !== undefined && found !== 'valid');
      if (mark !== undefined) return refuse(mark === 'revoked' ? 'REVOKED' : 'SUSPENDED', 'current', 'marked');
      return ok(references.map(({ uri }) => ({ uri, listIssuedAt: at, goodUntil: instant(at + 60) })));
    },
  };
  return {
    failing: false,
    marks,
    status,
    statusIssuer: {
      allocateStatus: async (tenant: TenantId, format: CredentialFormat): Promise<readonly StatusReference[]> => {
        const index = (next += 1);
        const uri = `https://issuer.example/t/${tenant}/status/`;
        return format === 'vc+jwt'
          ? [
              { kind: 'bitstring', purpose: 'revocation', uri: `${uri}r`, index },
              { kind: 'bitstring', purpose: 'suspension', uri: `${uri}s`, index },
            ]
          : [{ kind: 'token', uri: `${uri}t`, index }];
      },
      setStatus: async (_tenant: TenantId, references: readonly StatusReference[], state: string) => {
        for (const reference of references) marks.set(keyOf(reference), state);
        return ok(true);
      },
    },
  };
}

export interface World {
  readonly engine: IssuerEngine;
  readonly parts: EngineParts;
  readonly clock: FakeClock;
  readonly audit: { readonly records: AuditRecord[]; failing: boolean };
  readonly statusFake: StatusFake;
  readonly signers: Readonly<Record<string, DidSigner>>;
  /** Applies, is approved, and is issued to. */
  grant(
    tenant: TenantId,
    type: CredentialType,
    claims: JsonObject,
    holder: Holder | DidSigner,
    options?: { readonly evidence?: readonly IssuedCredential[]; readonly format?: CredentialFormat; readonly subject?: Did },
  ): Promise<Outcome<readonly IssuedCredential[]>>;
  /** Gives every tenant the accreditation it needs. */
  accredit(): Promise<Readonly<Record<'regulator' | 'dso' | 'supplier' | 'market', AuthorityReference>>>;
}

let offers = 0;

/** Six tenants over one store; everything below the engine is real but status, DIDs and the fetch of authorities. */
export function createWorld(store: Store, overrides: Partial<EngineParts> = {}, signers = createSigners()): World {
  const clock = createFakeClock();
  const repository = createIssuanceRepository(store);
  const resolver = createFakeResolver();
  for (const signer of Object.values(signers)) resolver.publishKey(signer.did, signer.kid, signer.publicJwk);
  const statusFake = createStatusFake();
  const audit = { records: [] as AuditRecord[], failing: false };
  const auditPort: AuditPort = {
    appendRecord: async (_tenant, record) => {
      if (audit.failing) throw new Error('the log is down');
      audit.records.push(record);
      return { index: audit.records.length - 1 } as never;
    },
  };
  const proveAuthority: EngineParts['proveAuthority'] = async ({ digest }) => {
    for (const tenant of [ROOT, REGULATOR, DSO, SUPPLIER, MARKET]) {
      const [record] = await repository.findIssued(tenant, { kind: 'digest', digest });
      if (record?.document === undefined) continue;
      const standing = await statusFake.status.checkStatus({ references: record.status, issuer: record.issuer, at: clock.now() });
      if (!standing.ok) return refuse('ISSUER_NOT_ACCREDITED', 'trusted', standing.refusal.code);
      const parsed = parseVcJwt(record.document);
      return parsed.ok ? ok({ content: parsed.value.content }) : parsed;
    }
    return refuse('ISSUER_NOT_ACCREDITED', 'trusted', 'not found');
  };
  const parts: EngineParts = {
    tenants: [
      { tenant: ROOT, displayName: 'Root', mayIssue: ['RegulatorAccreditation'] },
      {
        tenant: REGULATOR,
        displayName: 'Regulator',
        mayIssue: ['SystemOperatorRole', 'MarketPartyRole', 'AggregatorRole', 'MarketOperatorRole'],
      },
      {
        tenant: DSO,
        displayName: 'DSO',
        mayIssue: ['MeteringPointEntitlement', 'DeviceCommissioning', 'DeviceOwnership', 'CustomerStatus'],
      },
      { tenant: SUPPLIER, displayName: 'Supplier', mayIssue: ['CustomerStatus', 'MeteringPointEntitlement'] },
      { tenant: MARKET, displayName: 'Market', mayIssue: ['MarketChannelAdmission'] },
      { tenant: MAKER, displayName: 'Maker', mayIssue: ['DeviceIdentity', 'DeviceOwnership'] },
    ],
    settings: ENGINE_SETTINGS,
    anchors: [
      { did: signers.root.did, mayIssue: ['RegulatorAccreditation'] },
      { did: signers.maker.did, mayIssue: ['DeviceIdentity', 'DeviceOwnership'] },
    ],
    maxDepth: 4,
    proveAuthority,
    repository,
    register: createRegisterRepository(store),
    audit: auditPort,
    clock,
    calendar: marketCalendar('Europe/Oslo'),
    resolver: { resolveDid: async (did, options) => (did.startsWith('did:jwk:') ? resolveJwk(did) : resolver.resolveDid(did, options)) },
    schemas: createSchemas(),
    statusIssuer: statusFake.statusIssuer,
    status: statusFake.status,
    signerOf: async (tenant) => signers[tenant as keyof typeof signers],
    onUnexpected: (error) => {
      throw error;
    },
    ...overrides,
  };
  const engine = createIssuerEngine(parts);
  const world: World = {
    engine,
    parts,
    clock,
    audit,
    statusFake,
    signers,
    grant: async (tenant, type, claims, holder, options = {}) => {
      const key: HolderKey = 'key' in holder ? holder.key : { publicJwk: holder.publicJwk, thumbprint: thumbprintOf(holder.publicJwk) };
      const subject = options.subject ?? ('kid' in holder ? holder.did : undefined);
      const submitted = await engine.submitApplication(tenant, {
        applicant: holder.did,
        type,
        claims,
        evidence: (options.evidence ?? []).map(toHeld),
        requestId: context().requestId,
        ...(subject === undefined ? {} : { subject }),
      });
      if (!submitted.ok) return submitted;
      const approved = await engine.approve(tenant, submitted.value.applicationId, 'fine', context());
      if (!approved.ok) return approved;
      const format = options.format ?? ('kid' in holder ? 'vc+jwt' : 'dc+sd-jwt');
      return engine.issueTo(tenant, {
        offerId: `o-${(offers += 1)}`,
        applicationId: submitted.value.applicationId,
        type,
        format,
        holderKeys: [key],
        requestId: context().requestId,
      });
    },
    accredit: async () => {
      await engine.importRegister({ tenant: REGULATOR, input: textOf(sampleRegister()), requestId: context().requestId }, operator);
      const give = async (issuer: TenantId, type: CredentialType, claims: JsonObject, to: TenantId): Promise<AuthorityReference> => {
        const issued = await world.grant(issuer, type, claims, signers[to as keyof typeof signers]);
        if (!issued.ok) throw new Error(`${type}: ${issued.refusal.code} ${issued.refusal.detail}`);
        const reference = {
          uri: `https://issuer.example/t/${issuer}/authority/${issued.value[0]!.digest}`,
          digest: issued.value[0]!.digest,
        };
        const adopted = await engine.adoptAuthority(to, reference, context());
        if (!adopted.ok) throw new Error(adopted.refusal.detail);
        return reference;
      };
      const giveSupplier = async (): Promise<AuthorityReference> => {
        const balance = await world.grant(REGULATOR, 'MarketPartyRole', CLAIMS.balance, signers.balance);
        if (!balance.ok) throw new Error(`balance: ${balance.refusal.code} ${balance.refusal.detail}`);
        return give(REGULATOR, 'MarketPartyRole', { ...CLAIMS.supplier, brpDid: signers.balance.did }, SUPPLIER);
      };
      return {
        regulator: await give(ROOT, 'RegulatorAccreditation', CLAIMS.regulator, REGULATOR),
        dso: await give(REGULATOR, 'SystemOperatorRole', CLAIMS.dso, DSO),
        supplier: await giveSupplier(),
        market: await give(REGULATOR, 'MarketOperatorRole', CLAIMS.market, MARKET),
      };
    },
  };
  return world;
}

export function createSigners() {
  return {
    root: createParty('root'),
    regulator: createParty('regulator', 'ES256K'),
    dso: createParty('dso'),
    supplier: createParty('supplier', 'EdDSA'),
    market: createParty('market'),
    balance: createParty('balance'),
    maker: createParty('maker'),
  };
}

/** What a verifier would have found in a credential that was shown. */
export function toHeld(credential: IssuedCredential): HeldEvidence {
  const parsed = credential.format === 'vc+jwt' ? parseVcJwt(credential.compact) : parseSdJwtVc(credential.compact);
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  const { type, digest, issuer, subject, validUntil, status, holderKey } = parsed.value.content;
  return {
    type,
    digest,
    issuer,
    subject,
    validUntil,
    status,
    ...(holderKey === undefined ? {} : { holderThumbprint: thumbprintOf(holderKey) }),
  };
}

export async function* textOf(text: string): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(text);
}

export async function resolveJwk(did: Did) {
  const publicJwk = JSON.parse(Buffer.from(did.slice('did:jwk:'.length), 'base64url').toString('utf8'));
  return ok({
    did,
    keys: [{ id: `${did}#0`, alg: 'ES256', publicJwk, relationships: ['authentication', 'assertionMethod'] }],
    services: [],
    fetchedAt: instant(0),
    documentDigest: '',
  } as never);
}
