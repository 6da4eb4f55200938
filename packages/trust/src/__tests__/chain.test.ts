import { describe, expect, it } from '@jest/globals';
import {
  assertOk,
  Fault,
  InputError,
  instant,
  ok,
  refuse,
  type AuthorityReference,
  type CredentialContent,
  type CredentialType,
  type Did,
  type DidUrl,
  type Digest,
  type JsonObject,
  type Outcome,
} from '@gridpass/core';
import { assertAnchors, checkAccreditation, type ProvenLink } from '../index.js';

const T = 1_780_272_000;
const did = (name: string): Did => `did:web:${name}.example` as Did;
const reference = (digest: string): AuthorityReference => ({ uri: `https://x.example/${digest}`, digest: digest as Digest });

function link(
  type: CredentialType,
  issuer: string,
  subject: string,
  claims: JsonObject,
  digest: string,
  authority?: string,
): CredentialContent {
  return {
    format: 'vc+jwt',
    type,
    issuer: did(issuer),
    kid: `${did(issuer)}#1` as DidUrl,
    alg: 'ES256',
    subject: did(subject),
    issuedAt: instant(T),
    validFrom: instant(T),
    validUntil: instant(T + 9),
    status: [],
    claims,
    digest: digest as Digest,
    textDigest: `text of ${digest}` as Digest,
    ...(authority === undefined ? {} : { authority: reference(authority) }),
  };
}

const root = link('RegulatorAccreditation', 'root', 'nra', { jurisdiction: ['NO'], mayAccredit: ['A50'] }, 'root');
const role = link(
  'SystemOperatorRole',
  'nra',
  'dso',
  { roleCode: 'A50', operatingAreaEic: ['A'], jurisdictions: ['NO'], mayIssue: ['MeteringPointEntitlement'] },
  'role',
  'root',
);
const leaf = link('MeteringPointEntitlement', 'dso', 'house', { gridAreaEic: 'A' }, 'leaf', 'role');
const anchors = [{ did: did('root'), mayIssue: ['RegulatorAccreditation'] as const }];

function prove(...links: readonly CredentialContent[]): (wanted: AuthorityReference) => Promise<Outcome<ProvenLink>> {
  const byDigest = new Map(links.map((content) => [content.digest, { content }]));
  return async ({ digest }) => {
    const found = byDigest.get(digest);
    return found === undefined ? refuse('ISSUER_NOT_ACCREDITED', 'trusted', 'none') : ok(found);
  };
}

describe('checkAccreditation', () => {
  it('walks to the root and tells the path', async () => {
    const path = assertOk(await checkAccreditation({ credential: leaf, anchors, proveAuthority: prove(role, root), maxDepth: 2 }));
    expect(path).toMatchObject({ digests: ['role', 'root'], depth: 2, anchor: did('root') });
  });

  it('stops at once where the credential is by the root', async () => {
    expect(assertOk(await checkAccreditation({ credential: root, anchors, proveAuthority: prove(), maxDepth: 0 })).depth).toBe(0);
  });

  it.each([
    ['a chain longer than allowed', 'CHAIN_TOO_LONG', leaf, [role, root], 1],
    ['no authority', 'ISSUER_NOT_ACCREDITED', link('MeteringPointEntitlement', 'dso', 'house', { gridAreaEic: 'A' }, 'x'), [role, root], 5],
    ['a root for another type', 'ISSUER_NOT_ACCREDITED', link('DeviceIdentity', 'root', 'meter', {}, 'x'), [], 5],
    [
      'an authority that refers to itself',
      'CHAIN_CYCLE',
      link('MeteringPointEntitlement', 'dso', 'house', { gridAreaEic: 'A' }, 'leaf', 'leaf'),
      [leaf],
      5,
    ],
    ['an accreditation by nobody', 'ISSUER_NOT_ACCREDITED', leaf, [role, { ...root, issuer: did('stranger') }], 5],
    ['a link that cannot be proven', 'ISSUER_NOT_ACCREDITED', leaf, [root], 5],
  ] as const)('refuses %s', async (_name, code, credential, links, maxDepth) => {
    expect((await checkAccreditation({ credential, anchors, proveAuthority: prove(...links), maxDepth })).refusal?.code).toBe(code);
  });

  it('refuses issuers that accredit each other', async () => {
    const upper = { ...root, issuer: did('dso'), digest: 'upper' as Digest, authority: reference('never') };
    const middle = { ...role, authority: reference('upper') };
    expect((await checkAccreditation({ credential: leaf, anchors, proveAuthority: prove(middle, upper), maxDepth: 9 })).refusal?.code).toBe(
      'CHAIN_CYCLE',
    );
  });

  it('sees a circle whichever of its handles a link is pinned by', async () => {
    const upper = { ...root, issuer: did('upper'), digest: 'upper' as Digest, authority: reference('text of role') };
    const middle = { ...role, authority: reference('upper') };
    const both = async (wanted: AuthorityReference): Promise<Outcome<ProvenLink>> =>
      ok({ content: wanted.digest === 'upper' ? upper : middle });
    expect((await checkAccreditation({ credential: leaf, anchors, proveAuthority: both, maxDepth: 9 })).refusal?.code).toBe('CHAIN_CYCLE');
  });

  it('takes nobody for a root of a type that has none, whatever the anchors say', async () => {
    const wrong = [{ did: did('dso'), mayIssue: ['MeteringPointEntitlement'] as const }];
    const { authority: _authority, ...alone } = leaf;
    const outcome = await checkAccreditation({ credential: alone, anchors: wrong, proveAuthority: prove(), maxDepth: 9 });
    expect(outcome.refusal?.code).toBe('ISSUER_NOT_ACCREDITED');
  });

  it('refuses a link other than the one pinned, however well the chain goes on above it', async () => {
    const twin = { ...role, digest: 'twin' as Digest };
    const swapped = async (wanted: AuthorityReference): Promise<Outcome<ProvenLink>> =>
      ok({ content: wanted.digest === 'role' ? twin : root });
    expect((await checkAccreditation({ credential: leaf, anchors, proveAuthority: swapped, maxDepth: 5 })).refusal).toMatchObject({
      code: 'ISSUER_NOT_ACCREDITED',
      detail: 'the authority is not the one pinned',
    });
  });

  it('goes as deep as it may and not one link deeper', async () => {
    const walk = (maxDepth: number) => checkAccreditation({ credential: leaf, anchors, proveAuthority: prove(role, root), maxDepth });
    expect([(await walk(2)).ok, (await walk(1)).refusal?.code, (await walk(0)).refusal?.code]).toEqual([
      true,
      'CHAIN_TOO_LONG',
      'CHAIN_TOO_LONG',
    ]);
  });

  it('passes a fault through', async () => {
    const down = async (): Promise<never> => {
      throw new Fault('TRUST_UNAVAILABLE', 'down');
    };
    await expect(checkAccreditation({ credential: leaf, anchors, proveAuthority: down, maxDepth: 5 })).rejects.toMatchObject({
      code: 'TRUST_UNAVAILABLE',
    });
  });
});

describe('assertAnchors', () => {
  it.each([[[]], [[{ did: did('x'), mayIssue: [] }]], [[{ did: did('x'), mayIssue: ['CustomerStatus'] as const }]]])(
    'refuses %j',
    (list) => {
      expect(() => assertAnchors(list)).toThrow(InputError);
    },
  );
});
