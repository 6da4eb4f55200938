import { describe, expect, it } from '@jest/globals';
import { Fault, tenantId, type Did, type DidUrl, type TenantId } from '@gridpass/core';
import { createSigner, generatePrivateJwk, type KeyVault } from '@gridpass/keys';
import { createKeyCheck } from '../key-check.js';
import type { LiveKey } from '../live-signer.js';

const DSO = tenantId('dso');
const signerOf = (alg: 'ES256' | 'ES256K' | 'EdDSA') => createSigner(generatePrivateJwk(alg));
const liveOf = (signer: ReturnType<typeof signerOf>, more: Partial<LiveKey> = {}): LiveKey => ({
  ...signer,
  did: 'did:web:dso.example' as Did,
  kid: 'did:web:dso.example#key' as DidUrl,
  keyId: 'key',
  ...more,
});

function rig(keys: Map<string, ReturnType<typeof signerOf>>, identities: { dso: { signer: LiveKey } }, keepMs = 0) {
  const asked: string[] = [];
  const state = { refreshed: 0, onRefresh: (): void => undefined };
  const vault = {
    keysOf: (tenant: TenantId, namespace: string) => ({
      signer: async (keyId: string) => {
        const name = `${tenant} ${namespace} ${keyId}`;
        asked.push(name);
        const key = keys.get(name);
        if (key === undefined) throw new Fault('KEY_UNAVAILABLE', 'no such key');
        return key;
      },
    }),
  } as unknown as Pick<KeyVault, 'keysOf'>;
  const rotation = {
    refresh: async () => {
      state.refreshed += 1;
      state.onRefresh();
    },
  };
  return { asked, state, check: createKeyCheck({ vault, rotation, namespace: 'issuing', identities, keepMs }) };
}
const LOG = `${DSO} log audit-log`;
const OWN = `${DSO} issuing key`;

describe('whether a program can use its keys', () => {
  it.each(['ES256', 'ES256K', 'EdDSA'] as const)('opens each key and the one of its log, and signs with it: %s', async (alg) => {
    const key = signerOf(alg);
    const { asked, check } = rig(
      new Map([
        [LOG, signerOf('EdDSA')],
        [OWN, key],
      ]),
      { dso: { signer: liveOf(key) } },
    );
    await check();
    expect(asked).toEqual([LOG, OWN]);
  });

  it.each([LOG, OWN])('says no where one of them cannot be opened: %s', async (missing) => {
    const key = signerOf('ES256');
    const keys = new Map([
      [LOG, signerOf('EdDSA')],
      [OWN, key],
    ]);
    keys.delete(missing);
    const { check } = rig(keys, { dso: { signer: liveOf(key) } });
    await expect(check()).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
  });

  it('says no where the vault has another key under that name', async () => {
    const { check } = rig(
      new Map([
        [LOG, signerOf('EdDSA')],
        [OWN, signerOf('ES256')],
      ]),
      { dso: { signer: liveOf(signerOf('ES256')) } },
    );
    await expect(check()).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
  });

  it('looks once more for a key that another replica replaced', async () => {
    const next = signerOf('ES256');
    const identities = { dso: { signer: liveOf(signerOf('ES256'), { keyId: 'before' }) } };
    const { state, check } = rig(
      new Map([
        [LOG, signerOf('EdDSA')],
        [OWN, next],
      ]),
      identities,
    );
    state.onRefresh = () => {
      identities.dso.signer = liveOf(next);
    };
    await check();
    expect(state.refreshed).toBe(1);
  });

  it('asks no key of a DID that was given up, and its log', async () => {
    const { asked, check } = rig(new Map([[LOG, signerOf('EdDSA')]]), { dso: { signer: liveOf(signerOf('ES256'), { ended: true }) } });
    await check();
    expect(asked).toEqual([LOG]);
  });

  it('keeps a yes for a while, and never a no', async () => {
    const key = signerOf('ES256');
    const keys = new Map([[LOG, signerOf('EdDSA')]]);
    const { asked, check } = rig(keys, { dso: { signer: liveOf(key) } }, 600_000);
    await expect(check()).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    keys.set(OWN, key);
    await check();
    const before = asked.length;
    await check();
    expect(asked.length).toBe(before);
  });
});
