import { createAuditLog, createEvidenceStore, createForgetfulCheckpoints, type EvidenceStore } from '@gridpass/audit';
import { digestOf } from '@gridpass/codec';
import { instant, ok, refuse, tenantId, type DidSigner, type DidUrl, type JsonObject } from '@gridpass/core';
import { toDidJwk } from '@gridpass/did';
import { buildAuthorizationResponse } from '@gridpass/exchange';
import { ownNonceSecrets } from '@gridpass/gate';
import { createGateClient, type ResourceAnswer } from '@gridpass/hold';
import type { ProgramMeter } from '@gridpass/program';
import { createRecordSeals, createSigner, generatePrivateJwk, parseCompactJws } from '@gridpass/keys';
import { createAuditRepository, createEvidenceRepository, createMarketRepository, type Store } from '@gridpass/store';
import { issueSdJwtVc, issueVcJwt, type CredentialInput, type IssuedCredential } from '@gridpass/suite';
import {
  CLAIMS,
  NOON,
  createFakeClock,
  createPaperSociety,
  createParty,
  loopbackFetch,
  openTestStore,
  type FakeClock,
  type PaperSociety,
  freePort,
} from '@gridpass/testkit';
import { composeMarketplace, marketplaceConfig, type Marketplace } from '../index.js';
import { textOf } from '../market/order.js';

export const ZONE = CLAIMS.CustomerStatus.biddingZoneEic;
export const HASH = CLAIMS.DeviceCommissioning.meteringPointHash;
export const OPERATOR_TOKEN = 'operator-token-of-the-test';
export const AUDITOR_TOKEN = 'auditor-token-of-the-test';
export const NEXT = NOON + 900;
const TODAY = Math.floor(NOON / 86_400);

/** A credential with the claims of it that are shown. */
export interface Shown {
  readonly compact: string;
  readonly disclose: readonly string[];
}

/** Somebody with credentials for behind_the_meter, or with a commissioning, and a client that shows them. */
export interface Trader {
  readonly signer: DidSigner;
  readonly shown: readonly Shown[];
  call(method: 'GET' | 'POST' | 'DELETE', path: string, body?: JsonObject): Promise<ResourceAnswer>;
}

/** A composed marketplace on paper parties, a real store and a real log. */
export interface Rig {
  readonly society: PaperSociety;
  readonly clock: FakeClock;
  readonly store: Store;
  readonly marketplace: Marketplace;
  readonly events: object[];
  /** Empty unless `keepEvidenceDays` is above zero. */
  readonly evidence: EvidenceStore;
  readonly repository: ReturnType<typeof createMarketRepository>;
  readonly tenant: ReturnType<typeof tenantId>;
  household(name: string, more?: { readonly maxOpenOrders?: number; readonly ratedActivePowerW?: number }): Promise<Trader>;
  meter(claims?: JsonObject): Promise<Trader & { readonly commissioning: IssuedCredential; readonly input: CredentialInput }>;
  /** A request without any proof or token. */
  plain(
    method: string,
    path: string,
    options?: { readonly token?: string; readonly body?: string },
  ): Promise<{ readonly status: number; readonly body: JsonObject }>;
  close(): Promise<void>;
}

/** Starts a marketplace on free loopback ports; `change` is written over its configuration. */
export async function startMarket(change: JsonObject = {}, metered: { readonly meter?: ProgramMeter } = {}): Promise<Rig> {
  const [society, store, clock, events] = [await createPaperSociety(), await openTestStore(), createFakeClock(NOON), [] as object[]];
  await store.migrate();
  const operator = createParty('market');
  society.publish(operator);
  const port = await freePort();
  const tenant = tenantId('market');
  const config = marketplaceConfig.omit({ database: true, keyEncryptionKeys: true, anchors: true, chains: true, fetch: true }).parse({
    tenant,
    http: { port },
    mqtt: { port: 0, maxClients: 8, maxPacketBytes: 65_536 },
    publicOrigin: `http://127.0.0.1:${port}`,
    operatorTokenDigest: digestOf(OPERATOR_TOKEN),
    auditorTokenDigest: digestOf(AUDITOR_TOKEN),
    zones: { [ZONE]: { jurisdiction: 'NO' } },
    ...change,
  });
  const audit = createAuditLog({
    checkpoints: createForgetfulCheckpoints(),
    repository: createAuditRepository(store),
    signer: createSigner(generatePrivateJwk('EdDSA')),
    origin: 'market.example',
  });
  const evidence = createEvidenceStore({
    tenant,
    repository: createEvidenceRepository(store),
    seals: createRecordSeals([{ id: 'kek', bytes: new Uint8Array(32).fill(5) }]),
  });
  const { keepEvidence, exportEvidence } = evidence;
  const marketplace = await composeMarketplace(config, {
    store,
    clock,
    signer: operator,
    nonceSecrets: ownNonceSecrets(),
    resolver: society.resolver,
    fetch: loopbackFetch,
    status: society.status,
    authority: society.authority,
    audit,
    exportLog: () => audit.exportLog(tenant),
    evidence: config.keepEvidenceDays === 0 ? { exportEvidence } : { keepEvidence, exportEvidence },
    anchors: [{ did: society.regulator.did, mayIssue: ['RegulatorAccreditation'] }],
    log: (event) => events.push(event),
    ...metered,
    ownDid: async (verb, body, { actor }) =>
      verb === 'rotate' ? ok({ verb, body, actor }) : refuse('CONFLICT', 'lifecycle', 'of the rig'),
  });
  const authority = await authoritiesOf(society, operator);
  return {
    society,
    clock,
    store,
    marketplace,
    events,
    evidence,
    tenant,
    repository: createMarketRepository(store),
    household: async (name, { maxOpenOrders = 10, ratedActivePowerW = 9_000 } = {}) => {
      const signer = createParty(name);
      society.publish(signer);
      const holderKey = signer.publicJwk;
      const issue = (type: keyof typeof CLAIMS, issuer: DidSigner, claims: JsonObject): Promise<IssuedCredential> =>
        issueSdJwtVc(
          society.input(type, issuer, signer.did, { holderKey, claims: { ...CLAIMS[type], ...claims }, authority: authority(issuer) }),
        );
      return traderOf(rigOf(society, clock, marketplace), signer, [
        show(await issue('CustomerStatus', society.supplier, {}), ['active', 'biddingZoneEic']),
        show(await issue('MeteringPointEntitlement', society.dso, {}), ['entitledFrom', 'meteringPointHash']),
        show(await issue('DeviceCommissioning', society.dso, { ratedActivePowerW, conformityUntil: TODAY + 100 }), [
          'deviceClass',
          'meteringPointHash',
          'ratedActivePowerW',
          'conformityUntil',
        ]),
        show(await issue('MarketChannelAdmission', operator, { maxOpenOrders }), ['channel', 'zone', 'maxOrderWh', 'maxOpenOrders']),
      ]);
    },
    meter: async (claims = {}) => {
      const key = createSigner(generatePrivateJwk('ES256'));
      const did = toDidJwk(key.publicJwk);
      const signer: DidSigner = { ...key, did, kid: `${did}#0` as DidUrl };
      society.publish(signer);
      const input = society.input('DeviceCommissioning', society.dso, did, {
        holderKey: key.publicJwk,
        authority: authority(society.dso),
        claims: {
          ...CLAIMS.DeviceCommissioning,
          deviceDid: did,
          conformityUntil: TODAY + 100,
          ratedActivePowerW: 9_800,
          obis: ['1-0:1.8.0*255', '1-0:2.8.0*255'],
          ...claims,
        },
      });
      const commissioning = await issueSdJwtVc(input);
      const shown = [show(commissioning, TELEMETRY)];
      return { ...traderOf(rigOf(society, clock, marketplace), signer, shown), commissioning, input };
    },
    plain: async (method, path, { token, body } = {}) => {
      const response = await fetch(`${marketplace.url}${path}`, {
        method,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body }),
      });
      const text = await response.text();
      return { status: response.status, body: text.startsWith('{') ? (JSON.parse(text) as JsonObject) : { text } };
    },
    close: async () => {
      await marketplace.close();
      await store.close();
    },
  };
}

interface ClientParts {
  readonly society: PaperSociety;
  readonly clock: FakeClock;
  readonly marketplace: Pick<Marketplace, 'url'>;
}

const rigOf = (society: PaperSociety, clock: FakeClock, marketplace: Marketplace): ClientParts => ({ society, clock, marketplace });
/** What the telemetry policy reads of a commissioning. */
const TELEMETRY = ['commissioned', 'conformityUntil', 'deviceClass', 'deviceDid', 'meteringPointHash', 'obis', 'ratedActivePowerW'];
const show = ({ compact }: IssuedCredential, disclose: readonly string[]): Shown => ({ compact, disclose });

async function authoritiesOf(
  society: PaperSociety,
  operator: DidSigner,
): Promise<(issuer: DidSigner) => ReturnType<PaperSociety['authority']['publish']>> {
  const root = society.authority.publish(society.accreditation.compact);
  const life = { issuedAt: instant(NOON - 4_320_000), validFrom: instant(NOON - 4_320_000), validUntil: instant(NOON + 8_640_000) };
  const operatorRole = await issueVcJwt(society.input('MarketOperatorRole', society.regulator, operator.did, { ...life, authority: root }));
  const published = new Map([
    [operator.did, society.authority.publish(operatorRole.compact)],
    [society.dso.did, society.authority.publish(society.dsoRole.compact)],
    [society.supplier.did, society.authority.publish(society.supplierRole.compact)],
  ]);
  return ({ did }) => published.get(did) ?? root;
}

/** The real gate client; only the wallet behind it is made of paper. */
export function traderOf({ society, clock, marketplace }: ClientParts, signer: DidSigner, shown: readonly Shown[]): Trader {
  const client = createGateClient({
    clock,
    fetch: loopbackFetch,
    holder: {
      signersFor: async () => [signer],
      present: async (uri) => {
        const requestObject = await (await fetch(new URL(uri).searchParams.get('request_uri') ?? '')).text();
        const answer = await answerRequest({ society, clock }, { signer, shown }, requestObject);
        const response = await fetch(answer.responseUri, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: buildAuthorizationResponse(answer),
        });
        return ok({ disclosureId: 'none', status: response.status, body: (await response.json()) as JsonObject });
      },
    },
  });
  return {
    signer,
    shown,
    call: async (method, path, body) => {
      const answer = await client.accessResource({ url: `${marketplace.url}${path}`, method, ...(body === undefined ? {} : { body }) });
      if (!answer.ok) throw new Error(answer.refusal.detail);
      return answer.value;
    },
  };
}

/** What a wallet does with a request object: shows the credentials to its sender, for its nonce. */
export async function answerRequest(
  { society, clock }: Pick<ClientParts, 'society' | 'clock'>,
  { signer, shown }: Pick<Trader, 'signer' | 'shown'>,
  requestObject: string,
): Promise<{ readonly state: string; readonly responseUri: string; readonly vpToken: JsonObject }> {
  const parsed = parseCompactJws(requestObject);
  if (!parsed.ok) throw new Error(`no request object: ${requestObject.slice(0, 200)}`);
  const { payload } = parsed.value;
  const [nonce, audience, state, responseUri] = ['nonce', 'client_id', 'state', 'response_uri'].map((name) => textOf(payload[name]));
  const { bytes } = await society.answer(shown, { holder: signer, nonce: nonce ?? '', audience: audience ?? '', at: clock.now() });
  return { state: state ?? '', responseUri: responseUri ?? '', vpToken: JSON.parse(new TextDecoder().decode(bytes)) as JsonObject };
}
