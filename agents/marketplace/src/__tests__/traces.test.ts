import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { STAGES } from '@gridpass/core';
import { openAll, openMeasuring } from '@gridpass/program';
import { startOtlpCollector, tokensIn, type CollectedSpan, type OtlpCollector } from '@gridpass/testkit';
import { OPERATOR_TOKEN, ZONE, startMarket, type Rig } from './market-rig.js';

const BOOK = '/channels/behind_the_meter/orders';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

const ATTRIBUTES = [
  'deployment.environment.name',
  'gridpass.code',
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'service.name',
  'telemetry.sdk.language',
  'telemetry.sdk.name',
  'telemetry.sdk.version',
];
const ROUTES = [
  'POST /.gridpass/requests',
  'GET /.gridpass/requests/:state',
  'POST /.gridpass/responses/:state',
  'POST /.gridpass/token',
  `GET ${BOOK}`,
];
const VALUES = ['GET', 'POST', 'GRANT_REQUIRED', 'gridpass-marketplace', 'test', 'nodejs', 'opentelemetry', '2.12.1'];

describe('the spans of a marketplace', () => {
  let collector: OtlpCollector;
  let rig: Rig;
  const said: object[] = [];
  const secrets: string[] = [OPERATOR_TOKEN, ZONE, 'anna', 'made-up', '127.0.0.1', 'eyJ'];
  let spans: readonly CollectedSpan[];

  beforeAll(async () => {
    collector = await startOtlpCollector();
    const variables = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    };
    Object.assign(process.env, variables);
    const opened = await openAll(async (closers) => {
      const { meter } = await openMeasuring('marketplace', {}, { closers, log: (event) => said.push(event) });
      if (meter === undefined) throw new Error('nothing is traced');
      rig = await startMarket({}, { meter });
      closers.add(() => rig.close());
      return {};
    });
    const url = rig.marketplace.url;
    const anna = await rig.household('anna');
    expect(await anna.call('GET', `${BOOK}?zone=${ZONE}`)).toMatchObject({ status: 200 });
    expect(await rig.plain('GET', `${BOOK}?zone=${ZONE}`)).toMatchObject({ status: 401 });
    const called = await fetch(`${url}/made-up?name=made-up`, {
      method: 'POST',
      body: 'made-up',
      headers: {
        traceparent: `00-${TRACE}-${CALLER}-01`,
        tracestate: 'made=up',
        authorization: `Bearer ${OPERATOR_TOKEN}`,
        'x-made-up': 'made-up',
      },
    });
    await called.text();
    await rig.plain('GET', '/livez');
    secrets.push(anna.signer.did, ...anna.shown.flatMap(({ compact }) => [compact, ...tokensIn(compact)]));
    // Everything is delivered at the end.
    await opened.close();
    for (const name of Object.keys(variables)) delete process.env[name];
    spans = collector.spans();
  });
  afterAll(() => collector.close());

  const attributesOf = ({ attributes }: CollectedSpan): Readonly<Record<string, unknown>> =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

  it('show a decision with each stage within the request that asked for it', () => {
    const stages = spans.filter(({ name }) => (STAGES as readonly string[]).includes(name));
    expect(new Set(stages.map(({ name }) => name))).toEqual(new Set(STAGES));
    const requests = new Map(spans.filter(({ kind }) => kind === 2).map((span) => [span.spanId, span]));
    for (const { parentSpanId = '', traceId } of stages) expect(requests.get(parentSpanId)?.traceId).toBe(traceId);
    // One presentation is one request, with all that it takes to let somebody in.
    const proving = stages.find(({ name }) => name === 'prove')?.parentSpanId;
    expect(stages.filter(({ parentSpanId }) => parentSpanId === proving).map(({ name }) => name)).toEqual([...STAGES]);
  });

  it('say of a request its method, the pattern of its route, its status and the code of the answer', () => {
    const asked = spans.filter(({ name }) => name === `GET ${BOOK}`);
    expect(asked.map(attributesOf)).toEqual(
      expect.arrayContaining([
        { 'http.request.method': 'GET', 'http.route': BOOK, 'http.response.status_code': 200 },
        { 'http.request.method': 'GET', 'http.route': BOOK, 'http.response.status_code': 401, 'gridpass.code': 'GRANT_REQUIRED' },
      ]),
    );
    // A request that was turned down is answered as it is meant to be.
    for (const { status } of asked) expect(status.code ?? 0).toBe(0);
    expect(spans.some(({ name }) => name.includes('livez'))).toBe(false);
  });

  it('go on with the trace of a caller, and without what else it wrote', () => {
    const [span] = spans.filter(({ traceId }) => traceId === TRACE);
    expect(span).toMatchObject({ name: 'POST', parentSpanId: CALLER });
    expect(span?.attributes.map(({ key }) => key)).toEqual(
      expect.not.arrayContaining(['http.route', 'url.path', 'url.full', 'client.address', 'user_agent.original']),
    );
  });

  it('hold no token, DID, name, path, query, header or body: each text that is sent is one of a few', () => {
    const sent = collector.deliveries.map(({ body }) => body).join('\n');
    for (const secret of secrets) expect(sent.includes(secret)).toBe(false);
    const texts = new Set<string>();
    const walk = (value: unknown, at: string): void => {
      if (typeof value === 'string') texts.add(`${at}=${value}`);
      else if (typeof value === 'object' && value !== null)
        for (const [key, inner] of Object.entries(value)) walk(inner, Array.isArray(value) ? at : key);
    };
    for (const { body } of collector.deliveries) walk((JSON.parse(body) as { readonly resourceSpans: unknown }).resourceSpans, '');
    const free = /^(?:traceId=[0-9a-f]{32}|(?:spanId|parentSpanId)=[0-9a-f]{16}|(?:start|end)TimeUnixNano=\d{19})$/;
    expect(new Set([...texts].filter((text) => !free.test(text)))).toEqual(
      new Set([
        ...['gridpass', 'POST', ...ROUTES, ...STAGES].map((name) => `name=${name}`),
        ...ATTRIBUTES.map((key) => `key=${key}`),
        ...[...VALUES, ...ROUTES.map((route) => route.split(' ')[1])].map((value) => `stringValue=${value}`),
      ]),
    );
  });

  it('are taken without a word', () => {
    expect(said).toEqual([]);
    for (const { path, mediaType } of collector.deliveries) expect([path, mediaType]).toEqual(['/v1/traces', 'application/json']);
  });
});
