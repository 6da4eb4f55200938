import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkEvidence, createAuditLog, createForgetfulCheckpoints, createPseudonyms } from '@gridpass/audit';
import type { AuditLog } from '@gridpass/audit';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createAuditRepository, createChallengeRepository, createGrantRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { TENANT, openTestStore } from '@gridpass/testkit';
import { startRig, textOf } from './harness.js';
import type { Rig } from './harness.js';

describe('a gate on a real store and log', () => {
  let store: Store;
  let rig: Rig;
  let close: () => Promise<void>;
  let audit: AuditLog;
  const signer = createSigner(generatePrivateJwk('EdDSA'));

  beforeAll(async () => {
    store = await openTestStore();
    const repository = createAuditRepository(store);
    audit = createAuditLog({ checkpoints: createForgetfulCheckpoints(), repository, signer, origin: 'market.example/audit' });
    ({ rig, close } = await startRig(() => ({
      audit,
      challenges: createChallengeRepository(store),
      grants: createGrantRepository(store),
      pseudonyms: createPseudonyms(repository),
    })));
  });
  afterAll(async () => {
    await close();
    await store.close();
  });

  it('lets in, and the receipt in the token answer leads to a record that a third party can check', async () => {
    const presented = await rig.present();
    const token = await rig.call('POST', '/.gridpass/token', { json: { response_code: presented.body['response_code'] ?? '' } });
    const receipt = token.body['receipt'] as { readonly index: number; readonly leafHash: string; readonly origin: string };
    const evidence = await audit.evidenceOf(TENANT, receipt.index);
    expect(checkEvidence(evidence, { publicJwk: signer.publicJwk }).ok).toBe(true);
    expect(JSON.parse(evidence.entry)).toMatchObject({
      kind: 'decision',
      effect: 'permit',
      action: 'behind_the_meter:admit',
      actor: expect.stringMatching(/^salted:/),
    });
    const reply = await rig.call('GET', '/orders?powerW=100', { token: textOf(token.body, 'access_token') });
    expect(reply.status).toBe(200);
    expect((await audit.evidenceOf(TENANT, Number(reply.body['receipt']))).entry).toContain('behind_the_meter:use');
  });

  it('lets one of many concurrent redemptions through, and of concurrent uses all, each with a record of its own', async () => {
    const presented = await rig.present();
    const redeem = () => rig.call('POST', '/.gridpass/token', { json: { response_code: presented.body['response_code'] ?? '' } });
    const replies = await Promise.all(Array.from({ length: 5 }, redeem));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401]);
    const token = textOf(replies.find(({ status }) => status === 200)?.body ?? {}, 'access_token');
    const uses = await Promise.all(Array.from({ length: 8 }, () => rig.call('GET', '/orders', { token })));
    expect(new Set(uses.map(({ body }) => body['receipt'])).size).toBe(8);
  });

  it('removes what has expired', async () => {
    await rig.token();
    rig.clock.advance(3_600);
    await rig.gate.sweep(rig.clock.now());
    const rows = await store.db.selectFrom('grant_session').select('id').where('tenant', '=', TENANT).execute();
    expect(rows).toEqual([]);
  });
});
