import { join } from 'node:path';
import { digestOf } from '@gridpass/codec';
import { assertOk, tenantId } from '@gridpass/core';
import type { AuditLog } from '@gridpass/audit';
import type { CredentialType, DidSigner, FetchPort, JsonObject, JsonValue, Signer, TenantId } from '@gridpass/core';
import { toDidWeb } from '@gridpass/did';
import { acceptOffer } from '@gridpass/exchange';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createKeyRotation, openProgram } from '@gridpass/program';
import type { DidOperations, KeyRotation, Program } from '@gridpass/program';
import { parseVcJwt } from '@gridpass/suite';
import { createFakeClock, createTestEngine, freePort } from '@gridpass/testkit';
import type { FakeClock } from '@gridpass/testkit';
import { composeIssuer, issuingConfig } from '../index.js';
import type { Issuer, IssuerIdentity, IssuerParts } from '../index.js';

export const TOKENS = {
  root: 'root-operator-token-000',
  regulator: 'regulator-operator-token',
  dso: 'dso-operator-token-0000',
  reader: 'dso-reader-token-000000',
  supplier: 'supplier-operator-token',
};

/** What root, regulator and DSO hand down, to parties of the sample register. */
export const CHAIN_CLAIMS = {
  regulator: { jurisdiction: ['DK'], mayAccredit: ['A49', 'A50', 'A12'], legalBasis: 'Directive (EU) 2019/944, Art. 57' },
  dso: {
    party: { scheme: 'eic', value: '44X-000000000253' },
    roleCode: 'A50',
    operatingAreaEic: ['10YDK-1--------W'],
    jurisdictions: ['DK'],
    mayIssue: ['MeteringPointEntitlement', 'CustomerStatus'],
  },
  entitlement: {
    meteringPointHash: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
    direction: 'combined',
    gridAreaEic: '10YDK-1--------W',
    entitledFrom: 20_500,
  },
};

const MAY_ISSUE: Readonly<Record<string, readonly CredentialType[]>> = {
  root: ['RegulatorAccreditation'],
  regulator: ['SystemOperatorRole', 'MarketPartyRole', 'AggregatorRole', 'MarketOperatorRole'],
  dso: ['MeteringPointEntitlement', 'DeviceCommissioning', 'CustomerStatus'],
  supplier: ['CustomerStatus'],
};

export interface Answer {
  readonly status: number;
  readonly body: JsonObject;
  readonly text: string;
  readonly headers: Headers;
}

export interface RunningIssuer {
  readonly origin: string;
  /** Where it listens itself. */
  readonly port: number;
  readonly program: Program;
  readonly issuer: Issuer;
  readonly clock: FakeClock;
  readonly rotation: KeyRotation;
  readonly identities: Readonly<Record<string, IssuerIdentity>>;
  ask(
    path: string,
    options?: {
      readonly method?: string;
      readonly token?: string;
      readonly json?: JsonValue;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): Promise<Answer>;
  /** Submits, approves and offers as the tenant's operator. */
  offer(
    tenant: keyof typeof TOKENS,
    type: CredentialType,
    claims: JsonObject,
    options?: { readonly subject?: string; readonly txCode?: boolean; readonly evidence?: readonly string[] },
  ): Promise<{ readonly offerUri: string; readonly txCode?: string; readonly applicationId: string }>;
  /** Redeems an offer with a wallet's key; a `fetch` of one's own sees what the wallet asks. */
  redeem(offerUri: string, holder: DidSigner | Signer | undefined, txCode?: string, fetch?: FetchPort): ReturnType<typeof acceptOffer>;
  /** One link of the chain: offered, redeemed by the other tenant, and adopted as what it issues under. */
  accredit(
    by: 'root' | 'regulator',
    who: 'regulator' | 'dso',
    type: 'RegulatorAccreditation' | 'SystemOperatorRole',
    claims: JsonObject,
  ): Promise<Answer>;
  close(): Promise<void>;
}

/** Where an issuer comes back after it was stopped; `directory` is seeded by the caller. */
export interface IssuerPlace {
  readonly directory: string;
  readonly port: number;
  readonly clock: FakeClock;
}

/** Issuers of four tenants on a free loopback port, with a real store, real keys, real did:web and real status lists. */
export async function startIssuer(
  options: {
    readonly operations?: DidOperations;
    readonly place?: IssuerPlace;
    readonly log?: IssuerParts['log'];
    readonly publicOrigin?: string;
  } = {},
): Promise<RunningIssuer> {
  const { place, publicOrigin, ...given } = options;
  const port = place?.port ?? (await freePort());
  // Behind a proxy it is reached there alone.
  const origin = publicOrigin ?? `http://127.0.0.1:${port}`;
  const clock = place?.clock ?? createFakeClock();
  const program = await openProgram({
    database:
      place === undefined
        ? { kind: 'pglite', engine: await createTestEngine() }
        : { kind: 'pglite', directory: join(place.directory, 'data') },
    checkpointDirectory: place === undefined ? 'forget-at-exit' : join(place.directory, 'checkpoints'),
    keks: [{ id: 'k1', bytes: new Uint8Array(32).fill(7) }],
    chains: [],
    fetch: { allow: [new URL(origin).origin], allowPrivate: true },
    clock,
  });
  const names = Object.keys(MAY_ISSUE);
  const logs = new Map<TenantId, AuditLog>();
  const rotation = createKeyRotation({
    program,
    audit: { appendRecord: async (tenant, record) => logs.get(tenant)!.appendRecord(tenant, record) },
  });
  const identities: Record<string, IssuerIdentity> = {};
  for (const name of names) {
    const tenant = tenantId(name);
    const alias = toDidWeb(`${origin}/t/${name}`).slice('did:web:'.length);
    const audit = await program.auditLog(tenant, '127.0.0.1');
    logs.set(tenant, audit);
    const did = await program.didOf(tenant, { alias, provider: 'did:web', keyType: 'Secp256r1', namespace: 'issuing' });
    identities[name] = {
      signer: await rotation.liveSigner(tenant, did),
      audit,
      auditKey: await program.auditKey(tenant),
    };
  }
  const config = issuingConfig.parse({
    http: { port },
    publicOrigin: origin,
    stalenessBoundSeconds: 1,
    listTtlSeconds: 1,
    // Tests speak for clients of other addresses as a proxy on the loopback would.
    trustedProxies: ['127.0.0.1'],
    maxBodyBytes: 65_536,
    maxRegisterBytes: 1_000_000,
    tenants: names.map((name) => ({
      tenant: name,
      displayName: name,
      mayIssue: MAY_ISSUE[name],
      operators: [
        {
          name: `${name}-ops`,
          tokenDigest: digestOf(TOKENS[name as keyof typeof TOKENS]),
          duties: ['import', 'decide', 'status', 'read', 'keys'],
        },
        ...(name === 'dso' ? [{ name: 'reader', tokenDigest: digestOf(TOKENS.reader), duties: ['read'] }] : []),
      ],
    })),
  });
  const issuer = await composeIssuer(config, {
    store: program.store,
    resolver: program.resolver,
    fetch: program.fetch,
    clock,
    identities,
    ...(options.operations === undefined ? { rotation } : {}),
    log: () => undefined,
    ...given,
    anchors: [{ did: identities['root']!.signer.did, mayIssue: ['RegulatorAccreditation'] }],
  });

  const ask: RunningIssuer['ask'] = async (path, options = {}) => {
    const response = await fetch(`${origin}${path}`, {
      method: options.method ?? (options.json === undefined && options.body === undefined ? 'GET' : 'POST'),
      headers: {
        ...(options.json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        ...options.headers,
      },
      ...(options.json === undefined ? {} : { body: JSON.stringify(options.json) }),
      ...(options.body === undefined ? {} : { body: options.body }),
    });
    const text = await response.text();
    const json =
      (response.headers.get('content-type') ?? '').includes('json') && !text.includes('}\n{') ? JSON.parse(text === '' ? '{}' : text) : {};
    return { status: response.status, body: json, text, headers: response.headers };
  };
  const running: RunningIssuer = {
    origin,
    port,
    program,
    issuer,
    clock,
    rotation,
    identities,
    ask,
    offer: async (tenant, type, claims, options = {}) => {
      const token = TOKENS[tenant];
      const base = `/t/${tenant}/admin/applications`;
      const submitted = await ask(base, {
        token,
        json: {
          applicant: 'test',
          type,
          claims,
          ...(options.subject === undefined ? {} : { subject: options.subject }),
          ...(options.evidence === undefined ? {} : { evidence: options.evidence }),
        },
      });
      const applicationId = textOf(submitted.body['applicationId']);
      const approved = await ask(`${base}/${applicationId}/approve`, { token, json: { reason: 'checked' } });
      if (approved.status !== 200) throw new Error(`${submitted.text} ${approved.text}`);
      const made = await ask(`${base}/${applicationId}/offers`, { token, json: { txCode: options.txCode ?? false } });
      return {
        offerUri: textOf(made.body['offerUri']),
        applicationId,
        ...(made.body['txCode'] === undefined ? {} : { txCode: textOf(made.body['txCode']) }),
      };
    },
    redeem: (offerUri, holder, txCode, fetch = program.fetch) => {
      const key = holder ?? createSigner(generatePrivateJwk('ES256'));
      return acceptOffer({
        offerUri,
        fetch,
        clock,
        dpop: createSigner(generatePrivateJwk('ES256')),
        choose: (configurations) => configurations.map(({ id }) => id),
        keys: [holder !== undefined && 'kid' in holder ? { signer: key, kid: holder.kid } : { signer: key }],
        ...(txCode === undefined ? {} : { txCode }),
      });
    },
    accredit: async (by, who, type, claims) => {
      const { signer } = identities[who]!;
      const { offerUri } = await running.offer(by, type, claims, { subject: signer.did });
      const { credentials } = assertOk(await running.redeem(offerUri, signer));
      const document = credentials.find(({ format }) => format === 'vc+jwt')?.compact ?? '';
      const { digest } = assertOk(parseVcJwt(document)).content;
      const json = { uri: `${origin}/t/${by}/authority/${digest}`, digest };
      return ask(`/t/${who}/admin/authorities`, { method: 'PUT', token: TOKENS[who], json });
    },
    close: async () => {
      await issuer.close();
      await program.close();
    },
  };
  return running;
}

const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
