import { describe, expect, it } from '@jest/globals';
import { createAgent } from '@veramo/core';
import type { IDIDManager, IKeyManager } from '@veramo/core-types';
import { DIDManager, MemoryDIDStore } from '@veramo/did-manager';
import { KeyDIDProvider } from '@veramo/did-provider-key';
import { KeyManager, MemoryKeyStore, MemoryPrivateKeyStore } from '@veramo/key-manager';
import { KeyManagementSystem } from '@veramo/kms-local';
import { assertOk, tenantId } from '@gridpass/core';
import type { Nonce } from '@gridpass/core';
import { createDidResolver, parseDid } from '@gridpass/did';
import { createSchemas } from '@gridpass/schema';
import { CLAIMS, createFakeAuthority, createFakeChallenges, createFakeClock, createFakeStatus, loopbackFetch } from '@gridpass/testkit';
import { createVerifier } from '@gridpass/verify';
import { GridpassPlugin, createDidProviders } from '../index.js';
import type { IGridpass } from '../index.js';

const clock = createFakeClock();
const schemas = createSchemas();
const STATUS = [
  { kind: 'bitstring', purpose: 'revocation', uri: 'https://nve.example/status/1', index: 7 },
  { kind: 'bitstring', purpose: 'suspension', uri: 'https://nve.example/status/2', index: 7 },
];
const AUDIENCE = 'decentralized_identifier:did:web:market.example';

/** An agent as anybody might have it: Veramo's own key management and stores, our plugin beside them. */
async function createForeignAgent() {
  const agent = createAgent<IKeyManager & IDIDManager & IGridpass>({ schemaValidation: true, plugins: [] });
  expect(agent.availableMethods()).toEqual([]);
  const keys = new KeyManager({ store: new MemoryKeyStore(), kms: { local: new KeyManagementSystem(new MemoryPrivateKeyStore()) } });
  const dids = new DIDManager({
    store: new MemoryDIDStore(),
    defaultProvider: 'did:key',
    providers: { ...createDidProviders({ chains: [], defaultKms: 'local' }), 'did:key': new KeyDIDProvider({ defaultKms: 'local' }) },
  });
  const setUp = createAgent<IKeyManager & IDIDManager>({ plugins: [keys, dids] });
  const root = await setUp.didManagerCreate({ provider: 'did:key' });
  const challenges = createFakeChallenges();
  const status = createFakeStatus();
  const verifier = createVerifier({
    resolver: createDidResolver({ methods: ['key', 'jwk'], chains: [], fetch: loopbackFetch, clock, cacheSeconds: 60, maxEntries: 100 }),
    status,
    authority: createFakeAuthority(),
    challenges,
    schemas,
    anchors: [{ did: assertOk(parseDid(root.did)), mayIssue: ['RegulatorAccreditation'] }],
    algorithms: ['ES256', 'EdDSA', 'ES256K'],
    methods: ['key', 'jwk'],
    limits: { maxDepth: 3, maxCredentials: 4, presentationMaxAgeSeconds: 120, clockSkewSeconds: 0 },
  });
  const plugin = new GridpassPlugin({ verifier, schemas, clock, presentationLifeSeconds: 60 });
  return {
    root: root.did,
    challenges,
    status,
    agent: createAgent<IKeyManager & IDIDManager & IGridpass>({ schemaValidation: true, plugins: [keys, dids, plugin] }),
  };
}

const issuance = (issuer: string, subject: string) => ({
  issuer,
  subject,
  format: 'vc+jwt',
  type: 'RegulatorAccreditation',
  claims: CLAIMS.RegulatorAccreditation,
  validFrom: clock.now(),
  validUntil: clock.now() + 86_400,
  status: STATUS,
});

describe('our verbs in a plain Veramo agent', () => {
  it.each(['Secp256r1', 'Secp256k1', 'Ed25519'])('issue, verify, present and verify a presentation by a %s holder', async (type) => {
    const { agent, root, challenges, status } = await createForeignAgent();
    const holder = (await agent.didManagerCreate({ provider: 'did:jwk', options: { key: { type } } })).did;
    const issued = await agent.gridpassIssueCredential(issuance(root, holder));
    if (!issued.ok) throw new Error(issued.code);
    expect(await agent.gridpassVerifyCredential({ credential: issued.credential })).toMatchObject({
      ok: true,
      type: 'RegulatorAccreditation',
      issuer: root,
      subject: holder,
      claims: CLAIMS.RegulatorAccreditation,
      goodUntil: clock.now() + 86_400,
    });

    await challenges.issueChallenge({
      tenant: tenantId('market'),
      nonce: 'nonce-of-32-characters-at-least-0' as Nonce,
      state: 's1',
      audience: AUDIENCE,
      channel: 'multi_class',
      sessionThumbprint: '',
      expiresAt: clock.now(),
    });
    const presented = await agent.gridpassPresent({
      holder,
      credentials: [issued.credential],
      disclose: [],
      audience: AUDIENCE,
      nonce: 'nonce-of-32-characters-at-least-0',
    });
    const asked = {
      ...presented,
      tenant: 'market',
      state: 's1',
      channel: 'multi_class',
      needs: [[{ type: 'RegulatorAccreditation' as const, claims: ['jurisdiction'] }]],
      requestId: 'r1',
    };
    // The challenge above had ended already; a fresh one is answered once.
    expect(await agent.gridpassVerifyPresentation(asked)).toMatchObject({ ok: false, code: 'CHALLENGE_UNKNOWN' });
    await challenges.issueChallenge({
      tenant: tenantId('market'),
      nonce: 'nonce-of-32-characters-at-least-0' as Nonce,
      state: 's1',
      audience: AUDIENCE,
      channel: 'multi_class',
      sessionThumbprint: '',
      expiresAt: (clock.now() + 60) as ReturnType<typeof clock.now>,
    });
    expect(await agent.gridpassVerifyPresentation(asked)).toMatchObject({
      ok: true,
      holder,
      credentials: [{ type: 'RegulatorAccreditation', issuer: root, digest: issued.digest }],
    });
    expect(await agent.gridpassVerifyPresentation(asked)).toEqual({ ok: false, code: 'CHALLENGE_UNKNOWN', stage: expect.any(String) });

    status.mark([{ kind: 'bitstring', purpose: 'revocation', uri: 'https://nve.example/status/1', index: 7 }], 'revoked');
    expect(await agent.gridpassVerifyCredential({ credential: issued.credential })).toMatchObject({ ok: false, code: 'REVOKED' });
  });

  it('refuses claims that do not fit their schema, and tells no more than the code', async () => {
    const { agent, root } = await createForeignAgent();
    expect(await agent.gridpassIssueCredential({ ...issuance(root, root), claims: { jurisdiction: 'NO' } })).toEqual({
      ok: false,
      code: 'SCHEMA_VIOLATION',
      stage: expect.any(String),
    });
  });

  it('refuses a credential whose issuer nobody accredited', async () => {
    const { agent } = await createForeignAgent();
    const stranger = (await agent.didManagerCreate({ provider: 'did:jwk' })).did;
    const issued = await agent.gridpassIssueCredential(issuance(stranger, stranger));
    if (!issued.ok) throw new Error(issued.code);
    expect(await agent.gridpassVerifyCredential({ credential: issued.credential })).toMatchObject({
      ok: false,
      code: 'ISSUER_NOT_ACCREDITED',
    });
  });

  it('binds an SD-JWT to the holder and shows what was named only', async () => {
    const { agent, root } = await createForeignAgent();
    const holder = (await agent.didManagerCreate({ provider: 'did:jwk' })).did;
    const { publicKeyHex } = (await agent.didManagerGet({ did: holder })).keys[0] ?? { publicKeyHex: '' };
    expect(publicKeyHex).not.toBe('');
    const holderKey = JSON.parse(Buffer.from(holder.slice('did:jwk:'.length), 'base64url').toString());
    const issued = await agent.gridpassIssueCredential({
      ...issuance(root, holder),
      format: 'dc+sd-jwt',
      type: 'CustomerStatus',
      claims: CLAIMS.CustomerStatus,
      holderKey,
      status: [{ kind: 'token', uri: 'https://nve.example/status/3', index: 1 }],
    });
    if (!issued.ok) throw new Error(issued.code);
    const { mediaType, presentation } = await agent.gridpassPresent({
      holder,
      credentials: [issued.credential],
      disclose: ['active'],
      audience: AUDIENCE,
      nonce: 'n',
    });
    expect(mediaType).toBe('dc+sd-jwt');
    const shown = presentation
      .split('~')
      .slice(1, -1)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString())[1]);
    expect(shown).toEqual(['active']);
  });

  it.each([
    ['type', { type: 'toString' }],
    ['format', { format: 'jwt_vc' }],
    ['subject', { subject: 'did:web:EVIL' }],
    ['validFrom', { validFrom: 1.5 }],
    ['status', { status: [{ kind: 'token', uri: 'u', index: -1 }] }],
    ['authority', { authority: { uri: 'https://a.example', digest: 'short' } }],
    ['holderKey', { holderKey: { kty: 'oct', k: 'AA' } }],
  ])('refuses a wrong %s as a mistake of the caller', async (_name, more) => {
    const { agent, root } = await createForeignAgent();
    await expect(agent.gridpassIssueCredential({ ...issuance(root, root), ...more })).rejects.toThrow();
  });

  it('takes no unknown arguments where the agent checks schemas', async () => {
    const { agent, root } = await createForeignAgent();
    await expect(
      agent.gridpassVerifyCredential({ credential: 'a.b.c', policies: { credentialStatus: false } } as { credential: string }),
    ).rejects.toThrow();
    await expect(
      agent.gridpassPresent({ holder: root, credentials: [], disclose: [], audience: AUDIENCE, nonce: 'n' }),
    ).rejects.toMatchObject({ code: 'REQUEST_MALFORMED' });
  });
});
