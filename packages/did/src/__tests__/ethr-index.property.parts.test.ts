import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { SigningKey } from 'ethers';
import type { DIDResolutionResult } from 'did-resolver';
import { instant } from '@gridpass/core';
import { NULL_ADDRESS, bytes32, comparable, hexText, openEvents, openIndex, startEthrChain } from './ethr-chain.js';
import type { EthrTestChain, Identity } from './ethr-chain.js';

const NAMES: readonly (string | Uint8Array)[] = [
  'did/pub/Secp256k1/veriKey/hex',
  'did/pub/Secp256k1/sigAuth/base64',
  'did/pub/Ed25519/veriKey/base58',
  'did/pub/Ed25519/sigAuth',
  'did/pub/X25519/enc/pem',
  'did/pub/RSA/veriKey/pem',
  'did/pub/X25519/enc/base64',
  'did/pub/Secp256k1',
  'did/pub/Foo/enc',
  'did/pub/Secp256k1/veriKey/jwk',
  'did/svc/Hub',
  'did/svc/Hub/x',
  'did/pub/',
  'did/pub//x',
  'did/svc/',
  'did/svc/Hub/a/b/c',
  'other',
  '',
  'did/pub/constructor/toString',
  'did/pub/X/valueOf/hex',
  'did/pub/A\nB',
];
/** Texts that are no UTF-8: these break a DID, in the library too, and are rare below. */
const BAD_NAME = Uint8Array.of(0x64, 0xff, 0xfe);
const VALUES = [
  '0x',
  '0x00',
  `0x02${'ab'.repeat(32)}`,
  '0x000001',
  hexText('https://dso.example/admit'),
  hexText('{"uri":["a",1,null]}'),
  hexText('"text"'),
  hexText('12'),
  '0xefbbbf41',
  hexText('{"__proto__":1}'),
  hexText('ä€😀'),
];
const BAD_VALUES = ['0xff', '0xc080', '0xeda080', '0xf4908080', '0xe282'];
const DELEGATE_TYPES = ['sigAuth', 'veriKey', 'enc', '', 'undefined', 'other'];
const VALIDITIES = ['0', '1', '60', '4000', String(2n ** 255n)];

interface Step {
  readonly op: 'changeOwner' | 'addDelegate' | 'revokeDelegate' | 'setAttribute' | 'revokeAttribute';
  readonly who: number;
  readonly signed: boolean;
  readonly type: string;
  readonly account: number;
  readonly name: string | Uint8Array;
  readonly value: string;
  readonly validity: string;
  readonly wait: number;
  readonly sameBlock: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  op: fc.constantFrom(
    'changeOwner',
    'addDelegate',
    'addDelegate',
    'revokeDelegate',
    'setAttribute',
    'setAttribute',
    'setAttribute',
    'revokeAttribute',
  ),
  who: fc.integer({ min: 0, max: 1 }),
  signed: fc.boolean(),
  type: fc.constantFrom(...DELEGATE_TYPES),
  account: fc.integer({ min: 0, max: 4 }),
  name: fc.oneof({ weight: 60, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: fc.constant(BAD_NAME) }),
  value: fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...VALUES) }, { weight: 1, arbitrary: fc.constantFrom(...BAD_VALUES) }),
  validity: fc.constantFrom(...VALIDITIES),
  wait: fc.constantFrom(0, 0, 1, 59, 60, 61, 5000),
  sameBlock: fc.boolean(),
});

describe('did:ethr from the index and from ethr-did-resolver', () => {
  let chain: EthrTestChain;
  let events: Awaited<ReturnType<typeof openEvents>>;
  beforeAll(async () => {
    [chain, events] = await Promise.all([startEthrChain(), openEvents()]);
  });
  afterAll(async () => {
    jest.useRealTimers();
    await events.store.close();
    await chain.stop();
  });

  it('are the same documents and metadata after any sequence of registry operations, now and in the past', async () => {
    const index = openIndex(chain, events.repository);
    // The library takes "now" from the machine; Date alone is faked, so that both have the same.
    jest.useFakeTimers({
      doNotFake: [
        'hrtime',
        'nextTick',
        'performance',
        'queueMicrotask',
        'requestAnimationFrame',
        'cancelAnimationFrame',
        'requestIdleCallback',
        'cancelIdleCallback',
        'setImmediate',
        'clearImmediate',
        'setInterval',
        'clearInterval',
        'setTimeout',
        'clearTimeout',
      ],
    });
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 22 }),
        fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
        async (steps, picks) => {
          const world = new World(chain);
          const first = (await chain.head()).number;
          await world.play(steps);
          const head = await chain.head();
          const setNow = (seconds: number): void => {
            jest.setSystemTime(seconds * 1000);
            index.time.now = instant(seconds);
          };
          setNow(head.time);
          await index.refresh();
          const dids = world.identities.flatMap((identity) => identity.dids);
          for (const later of [0, 1, 60, 61, 4001]) {
            setNow(head.time + later);
            await index.refresh();
            for (const did of dids) await expectSame(did, '');
          }
          const times = await Promise.all(Array.from({ length: head.number - first + 1 }, (_, place) => chain.timeOf(first + place)));
          for (const did of dids) {
            for (const pick of picks) {
              const place = pick % times.length;
              await expectSame(did, `?versionId=${String(first + place)}`);
              // A moment is the block at or before it: at the very time of a block it is that block.
              const time = times[place] ?? 0;
              const [at, of] = await Promise.all([
                index.resolve(did, { versionTime: iso(time) }),
                index.resolve(did, { versionId: String(first + times.lastIndexOf(time)) }),
              ]);
              expect(comparable(at)).toEqual(comparable(of));
            }
          }

          async function expectSame(did: string, query: string): Promise<void> {
            compared += 1;
            const versionId = /versionId=(\d+)/.exec(query)?.[1];
            const ours = await index.resolve(did, { versionId });
            let theirs: DIDResolutionResult;
            try {
              theirs = await chain.reference.resolve(`${did}${query}`);
            } catch {
              // A name that is no text makes the library throw, for the past before it too; the index answers for that past.
              expect(world.badNames.size).toBeGreaterThan(0);
              if (versionId === undefined) expect(ours.didResolutionMetadata.error).toBe('notFound');
              return;
            }
            if (theirs.didDocument === null) {
              expect(theirs.didResolutionMetadata.error).toBe('notFound');
              expect(ours).toMatchObject({ didDocument: null, didResolutionMetadata: { error: 'notFound' } });
              return;
            }
            expect(comparable(ours)).toEqual(comparable(theirs));
          }
        },
      ),
      { numRuns: 12, endOnFailure: false },
    );
    expect(compared).toBeGreaterThan(400);
    jest.useRealTimers();
  }, 400_000);
});

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000', '');

/** Two fresh identities, their owners and meta-transaction nonces, as the registry has them. */
class World {
  readonly identities: readonly Identity[];
  readonly badNames = new Set<string>();
  readonly #chain: EthrTestChain;
  readonly #others: readonly Identity[];
  readonly #owners = new Map<string, Identity | undefined>();
  readonly #nonces = new Map<string, number>();

  constructor(chain: EthrTestChain) {
    this.#chain = chain;
    this.identities = [chain.createIdentity(), chain.createIdentity()];
    this.#others = [chain.createIdentity('other 1'), chain.createIdentity('other 2')];
    for (const { address } of this.#others) this.#nonces.set(address, -1);
  }

  async play(steps: readonly Step[]): Promise<void> {
    const { rpc } = this.#chain;
    await this.#chain.setAutomine(false);
    for (const [place, step] of steps.entries()) {
      const open = step.sameBlock && place + 1 < steps.length;
      if (step.wait > 0) await rpc('evm_increaseTime', [step.wait]);
      await this.#play(step);
      if (!open) await rpc('evm_mine', []);
    }
    await rpc('evm_mine', []);
    await this.#chain.setAutomine(true);
  }

  async #play(step: Step): Promise<void> {
    const identity = this.identities[step.who] ?? this.identities[0];
    if (identity === undefined) throw new Error('no identity');
    // After a deactivation the registry takes the identity for its own owner again.
    const owner = this.#owners.get(identity.address) ?? identity;
    const accounts = [...this.identities, ...this.#others];
    const account = accounts[step.account];
    const name = bytes32(step.name);
    if (step.name === BAD_NAME && (step.op === 'setAttribute' || step.op === 'revokeAttribute')) this.badNames.add(identity.address);
    const args: { type: string; value: unknown }[] = {
      changeOwner: [{ type: 'address', value: account?.address ?? NULL_ADDRESS }],
      addDelegate: [
        { type: 'bytes32', value: bytes32(step.type) },
        { type: 'address', value: account?.address ?? NULL_ADDRESS },
        { type: 'uint256', value: step.validity },
      ],
      revokeDelegate: [
        { type: 'bytes32', value: bytes32(step.type) },
        { type: 'address', value: account?.address ?? NULL_ADDRESS },
      ],
      setAttribute: [
        { type: 'bytes32', value: name },
        { type: 'bytes', value: step.value },
        { type: 'uint256', value: step.validity },
      ],
      revokeAttribute: [
        { type: 'bytes32', value: name },
        { type: 'bytes', value: step.value },
      ],
    }[step.op];
    if (step.signed) await this.#chain.callSigned(owner.key, await this.#nonceOf(owner), step.op, identity.address, ...args);
    else await this.#chain.call(owner.address, step.op, identity.address, ...args.map((arg) => arg.value));
    if (step.op === 'changeOwner') this.#owners.set(identity.address, account);
  }

  async #nonceOf(owner: { readonly address: string; readonly key: SigningKey }): Promise<number> {
    let nonce = this.#nonces.get(owner.address) ?? 0;
    if (nonce < 0)
      nonce = Number(
        await this.#chain.rpc('eth_call', [
          { to: this.#chain.registry, data: `0x70ae92d2${'0'.repeat(24)}${owner.address.slice(2)}` },
          'latest',
        ]),
      );
    this.#nonces.set(owner.address, nonce + 1);
    return nonce;
  }
}
