import { digestOf } from '@gridpass/codec';
import { tenantId } from '@gridpass/core';
import type { AuditLog } from '@gridpass/audit';
import type { CredentialType, DidSigner, JsonObject, JsonValue, Signer, TenantId } from '@gridpass/core';
import { toDidWeb } from '@gridpass/did';
import { acceptOffer } from '@gridpass/exchange';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createKeyRotation, openProgram } from '@gridpass/program';
import type { DidOperations, Program } from '@gridpass/program';
import { createFakeClock, createTestEngine, freePort } from '@gridpass/testkit';
import type { FakeClock } from '@gridpass/testkit';
import { composeIssuer, issuingConfig } from '../index.js';
import type { Issuer, IssuerIdentity } from '../index.js';

export const TOKENS = {
  root: 'root-operator-token-000',
  regulator: 'regulator-operator-token',
  dso: 'dso-operator-token-0000',
  reader: 'dso-reader-token-000000',
  supplier: 'supplier-operator-token',
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
  readonly program: Program;
  readonly issuer: Issuer;
  readonly clock: FakeClock;
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
  /** Redeems an offer with a wallet's key. */
  redeem(offerUri: string, holder: DidSigner | Signer | undefined, txCode?: string): ReturnType<typeof acceptOffer>;
  close(): Promise<void>;
}

/** Issuers of four tenants on a free loopback port, with a real store, real keys, real did:web and real status lists. */
export async function startIssuer(options: { readonly operations?: DidOperations } = {}): Promise<RunningIssuer> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const clock = createFakeClock();
  const program = await openProgram({
    database: { kind: 'pglite', engine: await createTestEngine() },
    checkpointDirectory: 'forget-at-exit',
    keks: [{ id: 'k1', bytes: new Uint8Array(32).fill(7) }],
    chains: [],
    fetch: { allow: [origin], allowPrivate: true },
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
    ...options,
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
  return {
    origin,
    program,
    issuer,
    clock,
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
    redeem: (offerUri, holder, txCode) => {
      const key = holder ?? createSigner(generatePrivateJwk('ES256'));
      return acceptOffer({
        offerUri,
        fetch: program.fetch,
        clock,
        dpop: createSigner(generatePrivateJwk('ES256')),
        choose: (configurations) => configurations.map(({ id }) => id),
        keys: [holder !== undefined && 'kid' in holder ? { signer: key, kid: holder.kid } : { signer: key }],
        ...(txCode === undefined ? {} : { txCode }),
      });
    },
    close: async () => {
      await issuer.close();
      await program.fetch.close();
      await program.close();
    },
  };
}

const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
