import { describe, expect, it } from '@jest/globals';
import { KEY_NAMESPACES, instant, tenantId } from '@gridpass/core';
import {
  createHoldingSigner,
  createSigner,
  generatePrivateJwk,
  openKeyVault,
  signCompactJws,
  thumbprintOf,
  toPublicJwk,
} from '../index.js';
import { inMemory } from './in-memory.js';

const clock = { now: () => instant(1_800_000_000) };
const tenant = tenantId('dso');

describe('what the keys of one purpose reach of those of another', () => {
  const open = () => openKeyVault({ repository: inMemory(), keks: [{ id: 'k', bytes: new Uint8Array(32).fill(1) }], clock });

  it('is nothing: the same id is another key in each', async () => {
    const vault = open();
    const made = new Map<string, string>();
    for (const namespace of KEY_NAMESPACES)
      made.set(namespace, thumbprintOf((await vault.keysOf(tenant, namespace).createKey('ES256', { keyId: 'audit-log' })).publicJwk));
    expect(new Set(made.values()).size).toBe(KEY_NAMESPACES.length);
    for (const namespace of KEY_NAMESPACES) {
      const keys = vault.keysOf(tenant, namespace);
      expect([thumbprintOf(await keys.publicJwk('audit-log')), (await keys.listKeys()).length]).toEqual([made.get(namespace), 1]);
    }
    expect(await vault.keysOf(tenant, 'holding').removeKey('audit-log')).toBe(true);
    for (const namespace of KEY_NAMESPACES.filter((other) => other !== 'holding'))
      expect((await vault.keysOf(tenant, namespace).signer('audit-log')).alg).toBe('ES256');
  });

  it('leaves by no other door than that of faces', () => {
    const vault = open();
    for (const namespace of KEY_NAMESPACES)
      expect([namespace, 'exportKey' in vault.keysOf(tenant, namespace)]).toEqual([namespace, namespace === 'holding']);
  });

  it('takes no key from outside for a log or an account, and names the others itself unless told', async () => {
    const vault = open();
    const brought = generatePrivateJwk('ES256');
    for (const namespace of ['log', 'account'] as const)
      await expect(vault.keysOf(tenant, namespace).importKey(brought)).rejects.toMatchObject({ code: 'KEY_NOT_AUTHORIZED' });
    const sealed = vault.keysOf(tenant, 'holding').sealKey(brought, 'face');
    expect([sealed.keyId, sealed.namespace, sealed.tenant]).toEqual([thumbprintOf(toPublicJwk(brought)), 'holding', tenant]);
    expect(await vault.keysOf(tenant, 'holding').findKey(sealed.keyId)).toBeUndefined();
  });
});

describe('a key that is lent to a wallet', () => {
  const lent = createHoldingSigner(createSigner(generatePrivateJwk('ES256')));

  it.each(['openid4vci-proof+jwt', 'dpop+jwt', 'kb+jwt'])('signs %s', async (typ) => {
    expect(await signCompactJws({ typ }, { iat: 1 }, lent)).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it.each(['vc+jwt', 'dc+sd-jwt', 'vp+jwt', 'statuslist+jwt', 'oauth-authz-req+jwt', 'KB+JWT', ''])('does not sign "%s"', async (typ) => {
    await expect(signCompactJws({ typ }, { iat: 1 }, lent)).rejects.toMatchObject({ code: 'KEY_NOT_AUTHORIZED' });
  });

  it.each([
    ['bytes', new Uint8Array([0xff, 0x2e, 0x2e])],
    ['a header alone', new TextEncoder().encode('eyJ0eXAiOiJrYitqd3QifQ')],
    ['three parts', new TextEncoder().encode('eyJ0eXAiOiJrYitqd3QifQ.e30.e30')],
    ['a header with two types', new TextEncoder().encode('eyJ0eXAiOiJ2Yytqd3QiLCJ0eXAiOiJrYitqd3QifQ.e30')],
  ])('does not sign %s', async (_name, bytes) => {
    await expect(lent.sign(bytes)).rejects.toMatchObject({ code: 'KEY_NOT_AUTHORIZED' });
  });
});
