// The gate end to end, over loopback and in process: admissions with four SD-JWT credentials, requests with a token, readings
// over MQTT. The client runs in this process too, so that figures hold its cost; the peers on bare koa bear the same.
import { Agent, createServer, request as httpRequest } from 'node:http';
import Koa from 'koa';
import mqtt from 'mqtt';
import { randomToken, utf8 } from '@gridpass/codec';
import { buildAuthorizationResponse, buildDpopProof, parseDpopProof } from '@gridpass/exchange';
import { accessOf, createGate, ownNonceSecrets } from '@gridpass/gate';
import { parseCompactJws } from '@gridpass/keys';
import { composeMarketplace, marketplaceConfig } from '@gridpass/marketplace';
import { loopbackFetch } from '@gridpass/testkit';
import { CHANNEL, ZONE, clock, openMarket } from './_market.mjs';

const BATCH = Number(process.env.GRIDPASS_BENCH_REQUESTS ?? 1_500);
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** One exchange over a kept connection; the least that node:http can do. */
function call(url, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(
      url,
      { method, agent, headers: body === undefined ? headers : { ...headers, 'content-length': Buffer.byteLength(body) } },
      (response) => {
        let text = '';
        response
          .setEncoding('utf8')
          .on('data', (chunk) => (text += chunk))
          .on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
      },
    );
    asked.on('error', reject).end(body);
  });
}

async function serve(middlewares) {
  const app = new Koa();
  const server = createServer((request, response) => void app.callback()(request, response));
  // Preparing requests takes longer than Node keeps idle connections; one that is just being closed would fail the run.
  server.keepAliveTimeout = 120_000;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  for (const middleware of middlewares(origin)) app.use(middleware);
  return {
    origin,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
}

/** Sends prepared requests over `width` connections; a second and percentiles of single ones, in ms. CPU is of client and server together. */
async function drive(requests, width) {
  const took = [];
  let next = 0;
  const cpu = process.cpuUsage();
  const started = performance.now();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let i = next++; i < requests.length; i = next++) {
        const begun = performance.now();
        const reply = await requests[i]();
        if (reply !== undefined && reply.status !== 200) throw new Error(`${reply.status} ${reply.text}`);
        took.push(performance.now() - begun);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  took.sort((a, b) => a - b);
  return {
    rate: took.length / seconds,
    p50: took[took.length >> 1],
    p99: took[Math.floor(took.length * 0.99)],
    cpu: (user + system) / 1_000 / took.length,
  };
}

const ms = (value) => (value < 10 ? value.toFixed(2) : value.toFixed(0));

export default async function bench({ table, log }) {
  const market = await openMarket();
  const gates = {};
  const gated = await serve((origin) => {
    gates.settings = market.gateSettings(origin);
    const gate = (gates.gate = createGate(gates.settings));
    return [
      gate.routes(),
      gate.protect({ channel: CHANNEL, resource: () => ({ zone: ZONE, orderWh: 100 }) }),
      (ctx) => {
        ctx.body = { receipt: accessOf(ctx).receipt.index };
      },
    ];
  });
  const bare = await serve(() => [
    (ctx) => {
      ctx.body = { receipt: 1 };
    },
  ]);
  const seen = new Set();
  const proofOnly = await serve((origin) => [
    (ctx, next) => {
      const proof = parseDpopProof(ctx.get('dpop'), {
        method: ctx.method,
        url: `${origin}/orders`,
        at: clock.now(),
        maxAgeSeconds: 3_600,
        clockSkewSeconds: 5,
        accessToken: ctx.get('authorization').slice(5),
      });
      if (!proof.ok || seen.has(proof.value.replayDigest)) ctx.throw(401);
      seen.add(proof.value.replayDigest);
      return next();
    },
    (ctx) => {
      ctx.body = { receipt: 1 };
    },
  ]);

  log('admission: four SD-JWT credentials (ES256), least disclosure; chain of three, status lists of 131,072 entries');
  const admit = async (gate, opened) => {
    const admission = await gate.admit(
      {
        transport: 'http',
        mediaType: 'openid4vp',
        bytes: utf8(JSON.stringify(opened.vpToken)),
        requestId: randomToken(16),
        at: clock.now(),
      },
      { state: opened.state, channel: CHANNEL },
    );
    if (admission.kind !== 'granted') throw new Error(JSON.stringify(admission));
    return admission.grant;
  };
  const prepare = async (gate) => {
    const challenge = (await gate.openChallenge({ channel: CHANNEL, sessionThumbprint: '', at: clock.now() })).value;
    return { state: challenge.state, vpToken: await market.answer(challenge) };
  };
  const measure = async (gate, count) => {
    const opened = [];
    for (let i = 0; i < count; i += 1) opened.push(await prepare(gate));
    return drive(
      opened.map((one) => () => admit(gate, one).then(() => undefined)),
      1,
    );
  };
  const first = await measure(gates.gate, 1);
  await measure(gates.gate, 40); // the engine's own warm-up: what "warm" compares is caches
  const cold = [];
  for (let i = 0; i < 15; i += 1) cold.push((await measure(createGate(market.gateSettings(gated.origin)), 1)).p50);
  const warm = await measure(gates.gate, 200);
  cold.sort((a, b) => a - b);
  table(
    ['admission, in process', 'p50 ms', 'p99 ms', 'CPU ms', 'to warm'],
    [
      ['first ever (cold code, cold caches)', ms(first.p50), '', ms(first.cpu), `${(first.p50 / warm.p50).toFixed(1)}x`],
      ['cold caches: resolve, fetch lists, chain', ms(cold[7]), ms(cold[14]), '', `${(cold[7] / warm.p50).toFixed(1)}x`],
      ['warm', ms(warm.p50), ms(warm.p99), ms(warm.cpu), '1.0x'],
    ],
  );

  let nonce = (await call(`${gated.origin}/orders`)).headers['dpop-nonce'];
  const proofFor = (method, url, accessToken) =>
    buildDpopProof({ signer: market.house, method, url, at: clock.now(), nonce, ...(accessToken === undefined ? {} : { accessToken }) });
  const fetchToken = async () => {
    const url = `${gated.origin}/.gridpass/requests`;
    const asked = await call(url, {
      method: 'POST',
      headers: { dpop: await proofFor('POST', url), 'content-type': 'application/json' },
      body: JSON.stringify({ channel: CHANNEL }),
    });
    const { requestUri, state } = JSON.parse(asked.text);
    const { payload } = parseCompactJws((await call(requestUri)).text).value;
    const vpToken = await market.answer({ nonce: payload.nonce, audience: payload.client_id });
    const form = buildAuthorizationResponse({ state, vpToken });
    const presented = await call(`${gated.origin}/.gridpass/responses/${state}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form,
    });
    if (presented.status !== 200) throw new Error(presented.text);
    const redeem = `${gated.origin}/.gridpass/token`;
    const token = await call(redeem, {
      method: 'POST',
      headers: { dpop: await proofFor('POST', redeem), 'content-type': 'application/json' },
      body: JSON.stringify({ response_code: JSON.parse(presented.text).response_code }),
    });
    return JSON.parse(token.text).access_token;
  };
  const accessToken = await fetchToken();
  const whole = await drive(
    Array.from({ length: 40 }, () => () => fetchToken().then(() => undefined)),
    1,
  );
  log(
    `admission over HTTP, wallet's work included (open, read, four signatures, present, redeem): p50 ${ms(whole.p50)} ms, p99 ${ms(whole.p99)} ms`,
  );

  const signed = async (origin, count) => {
    const url = `${origin}/orders`;
    const proofs = await Promise.all(Array.from({ length: count }, () => proofFor('GET', url, accessToken)));
    return proofs.map((dpop) => () => call(url, { headers: { authorization: `DPoP ${accessToken}`, dpop } }));
  };
  const kinds = [
    ['bare koa route', async (count) => Array.from({ length: count }, () => () => call(`${bare.origin}/orders`))],
    ['koa, DPoP proof only', (count) => signed(proofOnly.origin, count)],
    ['gate: token, proof, grant, status, policy, log', (count) => signed(gated.origin, count)],
  ];
  const rows = [];
  for (const width of [1, 32]) {
    const figures = [];
    for (const [name, make] of kinds) {
      await drive(await make(300), width);
      figures.push([name, await drive(await make(BATCH), width)]);
    }
    const base = figures[1][1];
    for (const [name, f] of figures)
      rows.push([width, name, f.rate.toFixed(0), ms(f.p50), ms(f.p99), ms(f.cpu), `${(f.cpu / base.cpu).toFixed(2)}x`]);
  }
  log('');
  table(['connections', 'request over loopback', 'per s', 'p50 ms', 'p99 ms', 'CPU ms', 'CPU to proof only'], rows);
  await Promise.all([gated.close(), bare.close(), proofOnly.close()]);

  await readings(market, { table, log });
  agent.destroy();
  await market.close();
}

/** A meter presents over MQTT, then sends readings (QoS 1): each is decided, recorded and stored before it is acknowledged. */
async function readings(market, { table, log }) {
  const ports = market.openPorts();
  const marketplace = await composeMarketplace(
    marketplaceConfig.omit({ database: true, keyEncryptionKeys: true, anchors: true, chains: true, fetch: true }).parse({
      tenant: 'market',
      http: { port: 0 },
      mqtt: { port: 0 },
      publicOrigin: 'http://127.0.0.1:1',
      stalenessBoundSeconds: 60,
      operatorTokenDigest: 'A'.repeat(43),
      zones: { [ZONE]: { jurisdiction: 'NO' } },
    }),
    {
      ...ports,
      store: market.store,
      signer: market.market,
      audit: market.audit,
      nonceSecrets: ownNonceSecrets(),
      fetch: loopbackFetch,
      clock,
      anchors: market.anchors,
      log: () => undefined,
    },
  );
  const { meter, held } = await market.meter();
  const clientId = randomToken(16);
  const client = await mqtt.connectAsync(marketplace.mqttUrl, { clientId, protocolVersion: 4, reconnectPeriod: 0 });
  const inbox = [];
  let wake = () => undefined;
  client.on('message', (_topic, payload) => {
    inbox.push(JSON.parse(payload.toString()));
    wake();
  });
  const message = async () => {
    while (inbox.length === 0)
      await new Promise((resolve) => {
        wake = resolve;
      });
    return inbox.shift();
  };
  await client.subscribeAsync([`gate/${clientId}/request`, `gate/${clientId}/result`]);
  await client.publishAsync(`gate/${clientId}/ask`, '{}', { qos: 1 });
  const { payload } = parseCompactJws((await message()).requestObject).value;
  const claims = ['commissioned', 'conformityUntil', 'deviceClass', 'deviceDid', 'meteringPointHash', 'obis', 'ratedActivePowerW'];
  const vpToken = await market.answer(
    { nonce: payload.nonce, audience: payload.client_id },
    [{ type: 'DeviceCommissioning', claims }],
    held,
    meter,
  );
  await client.publishAsync(`gate/${clientId}/response`, JSON.stringify({ state: payload.state, vp_token: vpToken }), { qos: 1 });
  const result = await message();
  if (result.effect !== 'permit') throw new Error(JSON.stringify(result));
  const { meteringPointHash } = (await import('@gridpass/testkit')).CLAIMS.DeviceCommissioning;
  let slot = Math.floor(clock.now() / 900) - 1;
  const publish = () => {
    const interval = (slot -= 1) * 900;
    return client.publishAsync(
      `readings/${clientId}`,
      JSON.stringify({ meteringPointHash, obis: '1-0:1.8.0*255', interval, energyWh: 250 }),
      { qos: 1 },
    );
  };
  const make = (count) => Array.from({ length: count }, () => () => publish().then(() => undefined));
  await drive(make(100), 1);
  const rows = [];
  for (const width of [1, 16]) {
    const f = await drive(make(800), width);
    rows.push([width, f.rate.toFixed(0), ms(f.p50), ms(f.p99), ms(f.cpu)]);
  }
  log('');
  table(['in flight', 'readings over MQTT per s', 'p50 ms', 'p99 ms', 'CPU ms'], rows);
  await client.endAsync();
  await marketplace.close();
}
