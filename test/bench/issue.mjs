// Issuance and verification of one role credential, against Veramo 7 doing the same work in the same process: the same
// claims, the same kind of key, a signed JWT out; then from text to a verdict on signature, times and issuer.
// Ours does more on the way in: strict parsing, status references, agreement of envelope and claims. Keys stay warm.
import { createAgent } from '@veramo/core';
import { CredentialPlugin } from '@veramo/credential-w3c';
import { CredentialProviderJWT } from '@veramo/credential-jwt';
import { DIDManager, MemoryDIDStore } from '@veramo/did-manager';
import { KeyDIDProvider } from '@veramo/did-provider-key';
import { JwkDIDProvider } from '@veramo/did-provider-jwk';
import { DIDResolverPlugin } from '@veramo/did-resolver';
import { KeyManager, MemoryKeyStore, MemoryPrivateKeyStore } from '@veramo/key-manager';
import { KeyManagementSystem } from '@veramo/kms-local';
import { createDidResolver, toDidJwk, toDidKey, verificationMethodOf } from '@gridpass/did';
import { createSigner, generatePrivateJwk, toPublicJwk } from '@gridpass/keys';
import { checkProof, issueCredential, parseSdJwtVc, parseVcJwt } from '@gridpass/suite';

const claims = {
  party: { scheme: 'eic', value: '10X1001A1001A248' },
  roleCode: 'A49',
  operatingAreaEic: ['10YDK-1--------W'],
  mayIssue: ['MarketPartyRole'],
  licenceId: 'DK-TSO-1',
  unbundled: true,
};
const now = Math.floor(Date.now() / 1000);
const clock = { now: () => Math.floor(Date.now() / 1000) };
const subject = 'did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv';

export default async function bench({ rate, table }) {
  const resolver = createDidResolver({
    methods: ['key', 'jwk'],
    chains: [],
    clock,
    cacheSeconds: 60,
    maxEntries: 100,
    fetch: { fetchDocument: () => Promise.reject(new Error('no network')) },
  });
  const veramo = createAgent({
    plugins: [
      new KeyManager({ store: new MemoryKeyStore(), kms: { local: new KeyManagementSystem(new MemoryPrivateKeyStore()) } }),
      new DIDManager({
        store: new MemoryDIDStore(),
        defaultProvider: 'did:key',
        providers: { 'did:key': new KeyDIDProvider({ defaultKms: 'local' }), 'did:jwk': new JwkDIDProvider({ defaultKms: 'local' }) },
      }),
      // The very resolver that we use, so that the difference is not one of caches.
      new DIDResolverPlugin({ resolver: resolver.resolver }),
      new CredentialPlugin([new CredentialProviderJWT()]),
    ],
  });
  const rows = [];
  for (const [alg, provider, keyType, toDid] of [
    ['EdDSA', 'did:key', 'Ed25519', toDidKey],
    ['ES256', 'did:jwk', 'Secp256r1', toDidJwk],
  ]) {
    const privateJwk = generatePrivateJwk(alg);
    const publicJwk = toPublicJwk(privateJwk);
    const did = toDid(publicJwk);
    const issuer = { ...createSigner(privateJwk), did, kid: verificationMethodOf(did, publicJwk) };
    const input = {
      type: 'SystemOperatorRole',
      issuer,
      subject,
      claims,
      issuedAt: now,
      validFrom: now,
      validUntil: now + 86_400,
      status: [
        { kind: 'bitstring', purpose: 'revocation', uri: 'https://issuer.example/status/1', index: 4711 },
        { kind: 'bitstring', purpose: 'suspension', uri: 'https://issuer.example/status/2', index: 815 },
      ],
      authority: { uri: 'https://issuer.example/authority/1', digest: 'A'.repeat(42) + 'A' },
    };
    const sdInput = { ...input, holderKey: publicJwk, status: [{ kind: 'token', uri: 'https://issuer.example/status/3', index: 42 }] };
    const theirs = await veramo.didManagerCreate({ provider, options: { keyType } });
    const credential = {
      '@context': ['https://www.w3.org/2018/credentials/v1'],
      type: ['VerifiableCredential', 'SystemOperatorRole'],
      issuer: { id: theirs.did },
      issuanceDate: new Date(now * 1000).toISOString(),
      expirationDate: new Date((now + 86_400) * 1000).toISOString(),
      credentialSubject: { id: subject, ...claims },
    };
    const sign = () => veramo.createVerifiableCredential({ credential, proofFormat: 'jwt', save: false });
    const made = await issueCredential('vc+jwt', input);
    const sd = await issueCredential('dc+sd-jwt', sdInput);
    const foreign = (await sign()).proof.jwt;
    const key = async (parsed) => (await resolver.resolveDid(parsed.content.issuer)).value.keys.find(({ id }) => id === parsed.content.kid);
    const check = async (parse, compact) => {
      const parsed = parse(compact);
      if (!parsed.ok) throw new Error(parsed.refusal.detail);
      const proof = checkProof(parsed.value, await key(parsed.value));
      if (!proof.ok) throw new Error(proof.refusal.detail);
    };
    const verifyTheirs = async () => {
      if (!(await veramo.verifyCredential({ credential: foreign })).verified) throw new Error('veramo refused its own');
    };
    const base = { issue: await rate(sign), verify: await rate(verifyTheirs) };
    const figures = [
      ['Veramo 7, VCDM 1.1 JWT', base.issue, base.verify],
      ['Gridpass, vc+jwt', await rate(() => issueCredential('vc+jwt', input)), await rate(() => check(parseVcJwt, made.compact))],
      ['Gridpass, dc+sd-jwt', await rate(() => issueCredential('dc+sd-jwt', sdInput)), await rate(() => check(parseSdJwtVc, sd.compact))],
    ];
    for (const [name, issue, verify] of figures) {
      rows.push([
        alg,
        name,
        issue.toFixed(0),
        `${(issue / base.issue).toFixed(1)}x`,
        verify.toFixed(0),
        `${(verify / base.verify).toFixed(1)}x`,
      ]);
    }
  }
  table(['key', 'what', 'issue/s', 'vs Veramo', 'verify/s', 'vs Veramo'], rows);
}
