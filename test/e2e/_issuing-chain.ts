import { digestOf } from '@gridpass/codec';
import { assertOk, tenantId, type CredentialType, type DidSigner } from '@gridpass/core';
import { acceptOffer } from '@gridpass/exchange';
import { sampleRegister } from '@gridpass/issue';
import { composeIssuer, issuingConfig, type IssuerIdentity } from '@gridpass/issuer';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { openProgram, type Program, type ProgramSettings } from '@gridpass/program';
import { parseVcJwt } from '@gridpass/suite';
import { freePorts } from '@gridpass/testkit';
import type { TrustAnchor } from '@gridpass/trust';
import { freshFetch } from './_fetch.js';

export const ZONE = '10YDK-1--------W';

const MAY_ISSUE: Readonly<Record<string, readonly CredentialType[]>> = {
  root: ['RegulatorAccreditation'],
  regulator: ['SystemOperatorRole', 'MarketPartyRole'],
  supplier: ['CustomerStatus'],
  dso: ['MeteringPointEntitlement', 'DeviceCommissioning'],
};

/** The issuer program with four accredited organisations, each a did:jwk that any resolver can read. */
export interface IssuingChain {
  readonly origin: string;
  readonly rootDid: string;
  /** The roots of trust: for authority, and for what leaves a factory. */
  readonly anchors: readonly TrustAnchor[];
  didOf(tenant: string): string;
  /** Applies, approves and offers as the organisation's operator; the offer's address. Who asks for the same twice is one applicant. */
  offer(tenant: string, type: CredentialType, claims: object, subject?: string, applicant?: string): Promise<string>;
  /** Revokes one credential by its handle. */
  revoke(tenant: string, digest: string): Promise<void>;
  readonly program: Program;
  /** Revokes everything the organisation has issued of that type that still stands. */
  revokeAll(tenant: string, type: CredentialType): Promise<number>;
  close(): Promise<void>;
}

/** Where the program keeps what it knows; in memory unless given. */
export interface ChainPlace extends Pick<ProgramSettings, 'database' | 'checkpointDirectory' | 'tell'> {
  readonly port: number;
  /** The authority was handed down before. */
  readonly again: boolean;
}

/** The tenants of its configuration; `roots` are further ones. */
export const chainTenants = (roots: typeof MAY_ISSUE = {}) =>
  Object.entries({ ...MAY_ISSUE, ...roots }).map(([tenant, mayIssue]) => ({
    tenant,
    displayName: tenant,
    mayIssue,
    provider: 'did:jwk',
    operators: [{ name: 'operator', tokenDigest: digestOf(tokenOf(tenant)), duties: ['import', 'decide', 'status', 'read'] }],
  }));

/** Starts the program on a free loopback port and has root and regulator hand down their authority. `roots` are further tenants, each a root for its types. */
export async function startIssuingChain(place?: ChainPlace, roots: typeof MAY_ISSUE = {}): Promise<IssuingChain> {
  const port = place?.port ?? (await freePorts(8));
  const origin = `http://127.0.0.1:${port}`;
  const program = await openProgram({
    database: place?.database ?? { kind: 'pglite' },
    checkpointDirectory: place?.checkpointDirectory ?? 'forget-at-exit',
    ...(place?.tell === undefined ? {} : { tell: place.tell }),
    keks: [{ id: 'k1', bytes: new Uint8Array(32).fill(7) }],
    chains: [],
    fetch: { allow: [origin], allowPrivate: true },
  });
  const identities: Record<string, IssuerIdentity> = {};
  for (const name of Object.keys({ ...MAY_ISSUE, ...roots })) {
    const tenant = tenantId(name);
    identities[name] = {
      signer: await program.identity(tenant, { alias: 'organisation', provider: 'did:jwk', keyType: 'Secp256r1', namespace: 'issuing' }),
      audit: await program.auditLog(tenant, '127.0.0.1'),
      auditKey: await program.auditKey(tenant),
    };
  }
  const signerOf = (name: string): DidSigner => {
    const identity = identities[name];
    if (identity === undefined) throw new TypeError(`nobody is called ${name}`);
    return identity.signer;
  };
  const anchors: readonly TrustAnchor[] = [
    { did: signerOf('root').did, mayIssue: ['RegulatorAccreditation'] },
    ...Object.entries(roots).map(([name, mayIssue]) => ({ did: signerOf(name).did, mayIssue })),
  ];
  const issuer = await composeIssuer(
    issuingConfig.parse({
      http: { port },
      publicOrigin: origin,
      stalenessBoundSeconds: 1,
      listTtlSeconds: 1,
      tenants: chainTenants(roots),
    }),
    {
      ...program,
      identities,
      anchors,
      log: () => undefined,
    },
  );

  async function ask(tenant: string, method: string, path: string, body?: object | string): Promise<Readonly<Record<string, unknown>>> {
    const response = await freshFetch(`${origin}/t/${tenant}/admin/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${tokenOf(tenant)}`,
        ...(body === undefined ? {} : { 'content-type': typeof body === 'string' ? 'text/csv' : 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} as ${tenant}: ${response.status} ${text}`);
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  }
  const offer: IssuingChain['offer'] = async (tenant, type, claims, subject, applicant = subject ?? 'somebody') => {
    const wish = { type, claims, applicant, ...(subject === undefined ? {} : { subject }) };
    const application = `applications/${String((await ask(tenant, 'POST', 'applications', wish))['applicationId'])}`;
    await ask(tenant, 'POST', `${application}/approve`, { reason: 'checked' });
    return String((await ask(tenant, 'POST', `${application}/offers`, {}))['offerUri']);
  };
  const accredit = async (by: string, who: string, type: CredentialType, claims: object): Promise<void> => {
    const signer = signerOf(who);
    const received = assertOk(
      await acceptOffer({
        offerUri: await offer(by, type, claims, signer.did),
        fetch: program.fetch,
        clock: program.clock,
        dpop: createSigner(generatePrivateJwk('ES256')),
        choose: (configurations) => configurations.map(({ id }) => id),
        keys: [{ signer, kid: signer.kid }],
      }),
    );
    const document = received.credentials.find(({ format }) => format === 'vc+jwt')?.compact ?? '';
    const { digest } = assertOk(parseVcJwt(document)).content;
    await ask(who, 'PUT', 'authorities', { uri: `${origin}/t/${by}/authority/${digest}`, digest });
  };

  const handDown = async (): Promise<void> => {
    const jurisdictions = ['DK'];
    await accredit('root', 'regulator', 'RegulatorAccreditation', {
      jurisdiction: jurisdictions,
      mayAccredit: ['A12', 'A08', 'A50'],
      legalBasis: 'Directive (EU) 2019/944, Art. 57',
    });
    await ask('regulator', 'POST', 'register', sampleRegister());
    await accredit('regulator', 'supplier', 'MarketPartyRole', {
      party: { scheme: 'gln', value: '0847976000005' },
      roleCodes: ['A12', 'A08'],
      licenceId: 'DK-SUP-1',
      jurisdictions,
      brpDid: signerOf('supplier').did,
      financialSecurityCents: 25_000_000,
    });
    await accredit('regulator', 'dso', 'SystemOperatorRole', {
      party: { scheme: 'gln', value: '5790001089030' },
      roleCode: 'A50',
      operatingAreaEic: [ZONE],
      jurisdictions,
      mayIssue: ['MeteringPointEntitlement', 'DeviceCommissioning'],
    });
  };
  if (place?.again !== true) await handDown();

  return {
    origin,
    rootDid: signerOf('root').did,
    anchors,
    didOf: (tenant) => signerOf(tenant).did,
    offer,
    program,
    revoke: async (tenant, digest) => void (await ask(tenant, 'POST', 'credentials/revoke', { digest, reason: 'moved out' })),
    revokeAll: async (tenant, type) => {
      const { rows } = (await ask(tenant, 'GET', 'credentials?state=active')) as {
        readonly rows: readonly { readonly digest: string; readonly type: string }[];
      };
      const digests = rows.filter((row) => row.type === type).map(({ digest }) => digest);
      for (const digest of digests) await ask(tenant, 'POST', 'credentials/revoke', { digest, reason: 'moved out' });
      return digests.length;
    },
    close: async () => {
      await issuer.close();
      await program.close();
    },
  };
}

export const tokenOf = (tenant: string): string => `operator-token-of-${tenant}-0123456789`;
