import { afterEach, describe, expect, it } from '@jest/globals';
import { startRig } from './harness.js';

let close = async (): Promise<void> => undefined;
afterEach(() => close());

async function open() {
  const started = await startRig();
  close = started.close;
  return started.rig;
}

describe('a live token of a holder whose DID was given up', () => {
  it.each(['DID_DEACTIVATED', 'DID_NOT_FOUND'] as const)('ends at the next request: %s', async (code) => {
    const rig = await open();
    const token = await rig.token();
    expect((await rig.call('GET', '/orders', { token })).status).toBe(200);
    rig.society.resolver.refuseDid(rig.society.house.did, code);
    expect(await rig.call('GET', '/orders', { token })).toMatchObject({ status: 401, body: { code: 'GRANT_ENDED', reasons: [code] } });
    expect(rig.audit.records.at(-1)).toMatchObject({ kind: 'refusal', code: 'GRANT_ENDED' });
    expect(rig.handled.count).toBe(1);
    expect((await rig.present()).body).toMatchObject({ code });
  });

  it('opens nothing, and does not end, while the resolver is down', async () => {
    const rig = await open();
    const token = await rig.token();
    rig.society.resolver.fail(true);
    expect(await rig.call('GET', '/orders', { token })).toMatchObject({ status: 503, body: { code: 'RESOLVER_UNAVAILABLE' } });
    expect(rig.handled.count).toBe(0);
    rig.society.resolver.fail(false);
    expect((await rig.call('GET', '/orders', { token })).status).toBe(200);
  });

  it('opens nothing where the check answers in no known form', async () => {
    const started = await startRig(({ verifier }) => ({
      verifier: { verify: (received, expected) => verifier.verify(received, expected), checkHolder: async () => ({ ok: 'yes' }) as never },
    }));
    close = started.close;
    const token = await started.rig.token();
    expect(await started.rig.call('GET', '/orders', { token })).toMatchObject({ status: 503, body: { code: 'RESOLVER_UNAVAILABLE' } });
  });
});
