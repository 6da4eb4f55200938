import { performance } from 'node:perf_hooks';
import { Fault, tenantId, type DidNamespace } from '@gridpass/core';
import { utf8 } from '@gridpass/codec';
import { verifySignature, type KeyVault } from '@gridpass/keys';
import type { KeyRotation } from './key-rotation.js';
import type { LiveKey } from './live-signer.js';
import { AUDIT_KEY } from './open-program.js';

interface KeyCheckParts {
  readonly vault: Pick<KeyVault, 'keysOf'>;
  readonly rotation: Pick<KeyRotation, 'refresh'>;
  readonly namespace: DidNamespace;
  readonly identities: Readonly<Record<string, { readonly signer: LiveKey }>>;
  /** How long keys that were found well are not looked at again, in milliseconds. */
  readonly keepMs?: number;
}

/** No header of a token begins like this: what is signed here is nothing that could be shown to anybody. */
const PROBE = utf8('gridpass: whether this key signs\n');
const KEEP_MS = 30_000;

/**
 * Opens each signing key of the tenants from the vault, signs with it, and holds the signature against the key that the program says is its own.
 * Throws Fault KEY_UNAVAILABLE. A key that another replica replaced is looked for once more, as it is now.
 */
export function createKeyCheck({ vault, rotation, namespace, identities, keepMs = KEEP_MS }: KeyCheckParts): () => Promise<void> {
  let wellUntil = 0;
  const check = async (): Promise<void> => {
    for (const [tenant, { signer }] of Object.entries(identities)) {
      const id = tenantId(tenant);
      const { publicJwk, keyId, ended } = signer;
      const log = await vault.keysOf(id, 'log').signer(AUDIT_KEY);
      await assertSigns(log, log.publicJwk);
      // Who gave its DID up has no key to sign with, and needs none.
      if (ended !== true) await assertSigns(await vault.keysOf(id, namespace).signer(keyId), publicJwk);
    }
  };
  return async () => {
    if (performance.now() < wellUntil) return;
    try {
      await check();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      await rotation.refresh();
      await check();
    }
    wellUntil = performance.now() + keepMs;
  };
}

async function assertSigns(signer: Pick<LiveKey, 'alg' | 'sign'>, publicJwk: LiveKey['publicJwk']): Promise<void> {
  if (!verifySignature(publicJwk, signer.alg, PROBE, await signer.sign(PROBE)))
    throw new Fault('KEY_UNAVAILABLE', 'a key in the vault is not the one that the program says is its own');
}
