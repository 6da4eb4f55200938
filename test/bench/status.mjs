// A warm status check: one bit of a list in memory, as each request with a token does for each credential behind it. Peer: a
// lookup in a Map with a key of the same length. And how long a cold check takes: fetch, signature, inflation, over loopback.
import { instant, tenantId } from '@gridpass/core';
import { SIGNED_AGE_BOUNDS, createForgetfulSeenLists, createStatusChecker, createStatusIssuer } from '@gridpass/status';
import { createStatusRepository } from '@gridpass/store';
import { listen, loopbackFetch, openTestStore } from '@gridpass/testkit';
import { createDidResolver } from '@gridpass/did';
import { clock, party } from './_market.mjs';

const TIMES = 200_000;

/** Nanoseconds of one call, the best of five turns. */
async function nanoseconds(run) {
  let best = Infinity;
  for (let turn = 0; turn < 5; turn += 1) {
    const started = performance.now();
    await run();
    best = Math.min(best, ((performance.now() - started) * 1e6) / TIMES);
  }
  return best;
}

export default async function bench({ table, percentiles }) {
  const store = await openTestStore();
  const signer = party();
  const tenant = tenantId('dso');
  let issuer;
  const server = await listen(async (request, _body, response) => {
    const list = (await issuer.publishList(tenant, (request.url ?? '').slice(1), signer)).value;
    response.writeHead(200, { 'content-type': list.mediaType, etag: list.etag }).end(list.body);
  });
  issuer = createStatusIssuer({
    repository: createStatusRepository(store),
    clock,
    listUri: (_tenant, id) => `${server.origin}/${id}`,
    settings: { listSize: 131_072, listLifeSeconds: 3_600, ttlSeconds: 120, resignSeconds: 120 },
  });
  const resolver = createDidResolver({ methods: ['jwk'], chains: [], fetch: loopbackFetch, clock, cacheSeconds: 3_600, maxEntries: 10 });
  const open = () =>
    createStatusChecker({
      fetch: loopbackFetch,
      resolver,
      clock,
      stalenessBoundSeconds: 3_000,
      signedAge: SIGNED_AGE_BOUNDS,
      seen: createForgetfulSeenLists(),
    });
  const references = await issuer.allocateStatus(tenant, 'dc+sd-jwt');
  const checker = open();
  const query = { references, issuer: signer.did, at: instant(clock.now()) };
  const key = `token ${signer.did} ${references[0].uri}`;
  const map = new Map([[key, 1]]);
  await checker.checkStatus(query);
  const warm = await nanoseconds(async () => {
    for (let i = 0; i < TIMES; i += 1) await checker.checkStatus(query);
  });
  const peer = await nanoseconds(async () => {
    for (let i = 0; i < TIMES; i += 1) await Promise.resolve(map.get(key));
  });
  const cold = await percentiles(() => open().checkStatus(query), 100);
  table(
    ['status', 'ns', 'to peer'],
    [
      ['warm check of one reference', warm.toFixed(0), `${(warm / peer).toFixed(1)}x`],
      ['peer: awaited Map lookup', peer.toFixed(0), '1.0x'],
      ['cold check over loopback, p50', (cold.p50 * 1_000).toFixed(0), `${((cold.p50 * 1_000) / warm).toFixed(0)}x of warm`],
    ],
  );
  await server.close();
  await store.close();
}
