import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { assertOk, ok } from '@gridpass/core';
import type { JsonObject, JsonValue, Outcome, TenantId } from '@gridpass/core';
import { isJsonObject } from '@gridpass/codec';
import { generatePrivateJwk, signCompactJws, thumbprintOf, toPublicJwk } from '@gridpass/keys';
import { createParty } from '@gridpass/testkit';
import { openArchive, sealArchive } from '../archive-seal.js';
import type { WalletIdentity } from '../index.js';
import { startRig } from './wallet-rig.js';
import type { Rig } from './wallet-rig.js';

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'OK' : outcome.refusal.code);
const PASSPHRASE = 'correct horse battery';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());

/** The archive as an attacker who knows its passphrase writes it again. */
async function rewrite(archive: string, change: (content: JsonObject) => JsonObject): Promise<string> {
  const opened = await openArchive(archive, PASSPHRASE);
  if (!opened.ok) throw new Error(opened.refusal.detail);
  return sealArchive(change(opened.value), PASSPHRASE);
}

const changeFaces = (content: JsonObject, change: (face: JsonObject, index: number) => JsonObject): JsonObject => ({
  ...content,
  relations: ((content['relations'] ?? []) as readonly JsonValue[]).map((face, index) => (isJsonObject(face) ? change(face, index) : face)),
});

async function openFirm(name: string, type = 'MarketPartyRole') {
  const party = createParty(name);
  const { tenant } = await rig.wallet(name);
  const issuing = rig.vault.keysOf(tenant, 'issuing');
  const key = await issuing.createKey('ES256');
  rig.issuer.resolver.publishKey(party.did, party.kid, key.publicJwk);
  const identity: WalletIdentity = {
    kind: 'single',
    did: party.did,
    kid: party.kid,
    keyId: key.keyId,
    keys: await rig.lend(tenant, party.did, [key.keyId]),
  };
  const { holder } = await rig.wallet(name, { identity });
  expect(codeOf(await holder.receiveOffer(await rig.offer(`${type}_dc_sd_jwt`)))).toBe('OK');
  return { holder, tenant, identity, key, issuing };
}

const keysIn = async (tenant: TenantId, namespace: 'holding' | 'issuing'): Promise<readonly string[]> =>
  (await rig.vault.keysOf(tenant, namespace).listKeys()).map(({ publicJwk }) => thumbprintOf(publicJwk));

describe('what a wallet reaches of the keys of its tenant', () => {
  it('is not a key whose id an archive names', async () => {
    const { holder, tenant } = await rig.wallet('reach-1');
    await holder.receiveOffer(await rig.offer('CustomerStatus_dc_sd_jwt'));
    const log = await rig.vault.keysOf(tenant, 'log').createKey('EdDSA', { keyId: 'audit-log' });
    const archive = assertOk(await holder.exportArchive(PASSPHRASE));
    await holder.leave();
    const forged = await rewrite(archive, (content) => changeFaces(content, (face) => ({ ...face, keyId: 'audit-log' })));
    expect(await holder.importArchive(forged, PASSPHRASE)).toEqual(ok({ credentials: 3, leftOut: { keys: 0, credentials: 0 } }));
    expect(await rig.vault.keysOf(tenant, 'log').publicJwk('audit-log')).toEqual(log.publicJwk);
    const faces = await rig.vault.keysOf(tenant, 'holding').listKeys();
    expect(faces.map(({ keyId }) => keyId)).toEqual(faces.map(({ publicJwk }) => thumbprintOf(publicJwk)));
    await holder.leave();
    expect([await keysIn(tenant, 'holding'), (await rig.vault.keysOf(tenant, 'log').signer('audit-log')).alg]).toEqual([[], 'EdDSA']);
  });

  it('is not the key of its DID: that is in no archive, and stays when the wallet is left', async () => {
    const { holder, tenant, key, issuing } = await openFirm('firm-1');
    const archive = assertOk(await holder.exportArchive(PASSPHRASE));
    const opened = await openArchive(archive, PASSPHRASE);
    expect(JSON.stringify(opened)).not.toMatch(/privateJwk|"d":/);
    await holder.leave();
    expect([await holder.credentials(), await keysIn(tenant, 'issuing')]).toEqual([[], [thumbprintOf(key.publicJwk)]]);
    expect((await issuing.signer(key.keyId)).publicJwk).toEqual(key.publicJwk);
    // A wallet that was left begins again, and takes its own archive.
    expect(await holder.importArchive(archive, PASSPHRASE)).toEqual(ok({ credentials: 1, leftOut: { keys: 0, credentials: 0 } }));
    expect((await holder.signersFor('https://shop.example')).map(({ publicJwk }) => publicJwk)).toEqual([key.publicJwk]);
  });

  it('signs with the key of its DID what holders sign, and no credential', async () => {
    const { holder } = await openFirm('firm-2');
    const signer = await holder.signerFor('https://shop.example');
    expect(await signCompactJws({ typ: 'dpop+jwt' }, {}, signer)).toMatch(/^eyJ/);
    for (const typ of ['vc+jwt', 'dc+sd-jwt', 'oauth-authz-req+jwt'])
      await expect(signCompactJws({ typ }, {}, signer)).rejects.toMatchObject({ code: 'KEY_NOT_AUTHORIZED' });
  });

  it('grows by nothing from an archive of before that holds the key of the DID: the key is left out, and that is said', async () => {
    const { holder, tenant, key } = await openFirm('firm-3');
    const archive = assertOk(await holder.exportArchive(PASSPHRASE));
    await holder.leave();
    const stranger = generatePrivateJwk('ES256');
    const old = await rewrite(archive, (content) =>
      changeFaces(content, ({ thumbprint: _, ...face }) => ({ ...face, keyId: key.keyId, privateJwk: { ...stranger } })),
    );
    // The credential is bound to another key than the face it lies with.
    expect(codeOf(await holder.importArchive(old, PASSPHRASE))).toBe('ARCHIVE_INVALID');
    const foreign = await rewrite(old, (content) => ({ ...content, credentials: [] }));
    expect(await holder.importArchive(foreign, PASSPHRASE)).toEqual(ok({ credentials: 0, leftOut: { keys: 1, credentials: 0 } }));
    expect([await keysIn(tenant, 'holding'), await keysIn(tenant, 'issuing')]).toEqual([[], [thumbprintOf(key.publicJwk)]]);
    expect(await keysIn(tenant, 'issuing')).not.toContain(thumbprintOf(toPublicJwk(stranger)));
  });

  it('shows nothing of a DID key that is not here: its credentials are left out, and that is said', async () => {
    const { holder, tenant, identity } = await openFirm('firm-4');
    const archive = assertOk(await holder.exportArchive(PASSPHRASE));
    await holder.leave();
    if (identity.kind !== 'single') throw new Error('not a firm');
    const next = await rig.vault.keysOf(tenant, 'issuing').createKey('ES256');
    const keys = await rig.lend(tenant, identity.did, [next.keyId]);
    const { holder: moved } = await rig.wallet('firm-4', { identity: { ...identity, keyId: next.keyId, keys } });
    expect(await moved.importArchive(archive, PASSPHRASE)).toEqual(ok({ credentials: 0, leftOut: { keys: 0, credentials: 1 } }));
    expect(await moved.credentials()).toEqual([]);
    // By name, a key of the tenant that is not the DID's is no key of the wallet either.
    await expect(keys.signer(identity.keyId)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
  });
});
