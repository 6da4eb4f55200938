import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EthereumDIDRegistry } from 'ethr-did-registry';
import { Interface, computeAddress, hexlify } from 'ethers';
import { SIGNATURE_ALGORITHMS, assertOk, instant, tenantId } from '@gridpass/core';
import type { DidSigner, DidUrl, Instant, Outcome, RequestId } from '@gridpass/core';
import { digestOf } from '@gridpass/codec';
import { compressPoint, createSigner, generatePrivateJwk, rawPublicKeyOf, thumbprintOf } from '@gridpass/keys';
import { accountFromPrivateKey, connectChain, deployContracts } from '@gridpass/ledger';
import type { Account, Chain, ContractAddresses } from '@gridpass/ledger';
import { openProgram } from '@gridpass/program';
import type { Program } from '@gridpass/program';
import { createSchemas } from '@gridpass/schema';
import { SIGNED_AGE_BOUNDS, createForgetfulSeenLists, createStatusChecker } from '@gridpass/status';
import { createChallengeRepository } from '@gridpass/store';
import { issueVcJwt, parseVcJwt } from '@gridpass/suite';
import type { IssuedCredential } from '@gridpass/suite';
import { CLAIMS, DEVELOPMENT_KEYS, startAnvil, createTestEngine, freePort } from '@gridpass/testkit';
import { createAuthoritySource } from '@gridpass/trust';
import { createVerifier } from '@gridpass/verify';
import type { VerifiedCredential } from '@gridpass/verify';
import { composeIssuer, issuingConfig } from '../index.js';
import type { Issuer } from '../index.js';

const ROOT = tenantId('root');
const REGISTRY = new Interface(EthereumDIDRegistry.abi);
const operator = { name: 'ops', duties: ['import', 'decide', 'status', 'read'] } as const;
const account = accountFromPrivateKey(DEVELOPMENT_KEYS[0]);

describe('an issuer that rotates its key on a real chain', () => {
  let node: Awaited<ReturnType<typeof startAnvil>>;
  let chain: Chain;
  let contracts: ContractAddresses;
  let program: Program;
  let issuer: Issuer;
  let origin: string;
  let signer: DidSigner;
  let subject: DidSigner;
  let now: Instant;
  const clock = { now: () => now };

  beforeAll(async () => {
    node = await startAnvil();
    chain = connectChain({ rpcUrl: node.rpcUrl, chainId: node.chainId });
    contracts = await deployContracts({ chain, deployer: account, gate: account.account, channels: [] });
    await pass(1);
    origin = `http://127.0.0.1:${await freePort()}`;
    program = await openProgram({
      database: { kind: 'pglite', engine: await createTestEngine() },
      checkpointDirectory: 'forget-at-exit',
      keks: [{ id: 'k1', bytes: new Uint8Array(32).fill(7) }],
      chains: [{ chainId: node.chainId, rpcUrl: node.rpcUrl, registry: contracts.DidRegistry, auditAnchor: contracts.AuditAnchor }],
      fetch: { allow: [origin, node.rpcUrl], allowPrivate: true },
      clock,
    });
    signer = await program.identity(ROOT, { alias: 'issuer', provider: 'did:ethr', keyType: 'Secp256k1', namespace: 'issuing' });
    subject = await program.identity(tenantId('regulator'), {
      alias: 'issuer',
      provider: 'did:ethr',
      keyType: 'Secp256k1',
      namespace: 'issuing',
    });
    issuer = await compose();
  });
  afterAll(async () => {
    await issuer.close();
    await program.close();
    chain.close();
    await node.stop();
  });

  /** Later, and everybody's clock agrees with the chain's. */
  async function pass(seconds: number): Promise<void> {
    await chain.ask('evm_increaseTime', [seconds]);
    await chain.ask('evm_mine', []);
    now = instant((await chain.provider.getBlock('latest'))?.timestamp ?? 0);
  }

  const compose = async (): Promise<Issuer> =>
    composeIssuer(
      issuingConfig.parse({
        http: { port: Number(new URL(origin).port) },
        publicOrigin: origin,
        stalenessBoundSeconds: 10,
        listTtlSeconds: 5,
        tenants: [
          {
            tenant: 'root',
            displayName: 'Root',
            mayIssue: ['RegulatorAccreditation'],
            provider: 'did:ethr',
            operators: [{ name: 'ops', tokenDigest: digestOf('t'), duties: ['read'] }],
          },
        ],
      }),
      {
        store: program.store,
        resolver: program.resolver,
        fetch: program.fetch,
        clock,
        log: () => undefined,
        anchors: [{ did: signer.did, mayIssue: ['RegulatorAccreditation'] }],
        identities: {
          root: { signer, audit: await program.auditLog(ROOT, 'log.example'), auditKey: await program.auditKey(ROOT) },
        },
        ledger: { chain, auditAnchor: contracts.AuditAnchor, account },
        ...(program.history === undefined ? {} : { history: program.history }),
      },
    );

  const verify = (compact: string): Promise<Outcome<VerifiedCredential>> =>
    createVerifier({
      resolver: program.resolver,
      status: createStatusChecker({
        fetch: program.fetch,
        resolver: program.resolver,
        clock,
        stalenessBoundSeconds: 10,
        signedAge: SIGNED_AGE_BOUNDS,
        seen: createForgetfulSeenLists(),
      }),
      authority: createAuthoritySource({ fetch: program.fetch }),
      challenges: createChallengeRepository(program.store),
      schemas: createSchemas(),
      anchors: [{ did: signer.did, mayIssue: ['RegulatorAccreditation'] }],
      algorithms: SIGNATURE_ALGORITHMS,
      methods: ['ethr'],
      limits: { maxDepth: 2, maxCredentials: 4, presentationMaxAgeSeconds: 60, clockSkewSeconds: 0 },
      ...(program.history === undefined ? {} : { history: program.history }),
    }).verifyCredential(compact, now);
  const codeOf = async (compact: string): Promise<string> => (await verify(compact)).refusal?.code ?? 'accepted';

  let requests = 0;
  const issue = async (): Promise<IssuedCredential> => {
    const requestId = `r-${(requests += 1)}` as RequestId;
    const { applicationId } = assertOk(
      await issuer.engine.submitApplication(ROOT, {
        applicant: `${subject.did}?${requestId}`,
        type: 'RegulatorAccreditation',
        claims: CLAIMS.RegulatorAccreditation,
        subject: subject.did,
        evidence: [],
        requestId,
      }),
    );
    assertOk(await issuer.engine.approve(ROOT, applicationId, 'fine', { operator, requestId }));
    const [issued] = assertOk(
      await issuer.engine.issueTo(ROOT, {
        offerId: `offer-${requestId}`,
        applicationId,
        type: 'RegulatorAccreditation',
        format: 'vc+jwt',
        holderKeys: [{ publicJwk: subject.publicJwk, thumbprint: thumbprintOf(subject.publicJwk) }],
        requestId,
      }),
    );
    return issued!;
  };

  const hexOf = (key: DidSigner['publicJwk']): string => hexlify(compressPoint('secp256k1', rawPublicKeyOf(key)));
  const asOwner = async (owner: string, name: string, ...args: readonly unknown[]): Promise<void> => {
    await chain.ask('anvil_impersonateAccount', [owner]);
    await chain.ask('anvil_setBalance', [owner, '0x56bc75e2d63100000']);
    const hash = await chain.ask('eth_sendTransaction', [
      {
        from: owner,
        to: contracts.DidRegistry,
        data: REGISTRY.encodeFunctionData(name, [identity(), ...args]),
        gas: '0x1e8480',
        gasPrice: '0x0',
      },
    ]);
    const receipt = await chain.provider.waitForTransaction(String(hash));
    expect(receipt?.status).toBe(1);
  };
  let first: DidSigner | undefined;
  const identity = (): Account => computeAddress(hexOf((first ?? signer).publicJwk)) as Account;

  /** Another key comes, the owner changes and with it the first key goes; by calls of the registry itself. */
  async function rotate(): Promise<void> {
    first = signer;
    const fresh = createSigner(generatePrivateJwk('ES256K'));
    const name = `0x${Buffer.from('did/pub/Secp256k1/veriKey/hex').toString('hex').padEnd(64, '0')}`;
    await asOwner(identity(), 'setAttribute', name, hexOf(fresh.publicJwk), 1_000_000);
    await asOwner(identity(), 'changeOwner', computeAddress(hexOf(createSigner(generatePrivateJwk('ES256K')).publicJwk)));
    // What was resolved before the rotation is forgotten by then.
    await pass(60);
    await issuer.close();
    signer = { ...fresh, did: signer.did, kid: `${signer.did}#delegate-1` as DidUrl };
    issuer = await compose();
  }

  const forge = async (genuine: IssuedCredential, issuedAt: Instant): Promise<IssuedCredential> => {
    const { content } = assertOk(parseVcJwt(genuine.compact));
    return issueVcJwt({ ...content, issuer: first!, subject: content.issuer, issuedAt, validFrom: issuedAt });
  };

  it('keeps what was anchored, refuses what was not, and every forgery with the old key', async () => {
    const early = await issue();
    expect(await codeOf(early.compact)).toBe('accepted');
    expect((await fetch(`${origin}/t/root/evidence/${early.digest}`)).status).toBe(404);

    await pass(100);
    const [head] = assertOk(await issuer.anchorNow(ROOT));
    expect(assertOk(await issuer.anchorNow(ROOT))).toEqual([head]);
    await pass(100);
    const late = await issue();
    const stolenAt = now;
    await rotate();

    // The list is signed anew with the key of today, or nothing of this issuer would stand.
    const accepted = assertOk(await verify(early.compact));
    expect(accepted.evidence).toMatchObject({ pastKeys: [{ credential: early.digest, size: head!.size, anchoredAt: head!.anchoredAt }] });
    expect(await codeOf(late.compact)).toBe('KEY_NOT_AUTHORIZED');
    for (const at of [stolenAt, instant(head!.anchoredAt - 10), now]) {
      expect(await codeOf((await forge(early, at)).compact)).toBe('KEY_NOT_AUTHORIZED');
    }

    // An anchor after the rotation does not help what came too late, and what is issued with the new key stands by itself.
    await pass(10);
    assertOk(await issuer.anchorNow(ROOT));
    // The node's own clock runs on while we work; the block of an anchor must be over before it can be judged by.
    await pass(10);
    expect(await codeOf(late.compact)).toBe('KEY_NOT_AUTHORIZED');
    expect(await codeOf((await issue()).compact)).toBe('accepted');

    const shown = await fetch(`${origin}/t/root/evidence/${early.digest}`);
    expect([shown.status, shown.headers.get('cache-control')]).toEqual([200, 'public, max-age=86400, immutable']);
    const text = await shown.text();
    for (const secret of [subject.did, 'applicationId', thumbprintOf(subject.publicJwk)]) expect(text).not.toContain(secret);
    expect((await fetch(`${origin}/t/root/evidence/${digestOf('nothing')}`)).status).toBe(404);

    // Without the chain nobody can tell.
    await node.stop();
    await expect(verify(early.compact)).rejects.toMatchObject({ name: 'Fault' });
  });
});
