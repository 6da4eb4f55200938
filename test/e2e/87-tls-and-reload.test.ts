// A marketplace without a proxy: TLS on both of its listeners, policies from files, and what SIGHUP does with new ones.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import { freePort, startPostgres, type TestPostgres } from '@gridpass/testkit';
import { createTestAuthority, type TestAuthority } from './06-apart/_authority.js';
import { freshDirectory, root, start, type Started } from './_process.js';

const TOKEN = 'a-token-that-nobody-shows-here';
const directory = freshDirectory();
const at = (name: string): string => join(directory, name);
const POLICY = `@id("own-orders")
permit (principal, action, resource)
when { context.CustomerStatus.active }
when { context.CustomerStatus.biddingZoneEic == context.request.zone };
`;

describe('a marketplace that ends TLS itself and has policies of its own', () => {
  let port: number;
  let mqttPort: number;
  let market: Started;
  let postgres: TestPostgres;
  let urls: Readonly<Record<string, string>>;
  let [first, second]: TestAuthority[] = [];

  const lay = ({ server: { cert, key } }: TestAuthority, policy: string): void => {
    writeFileSync(at('certificate.pem'), cert);
    writeFileSync(at('key.pem'), key, { mode: 0o600 });
    writeFileSync(at('orders.cedar'), policy);
  };
  const ask = (path: string, ca: string | undefined): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${TOKEN}` };
      const asking = request({ host: 'localhost', port, path, headers, ca, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.once('end', () => resolve(text));
      });
      asking.once('error', reject).end();
    });
  const shared = { anchors: [{ did: 'did:web:regulator.example', mayIssue: ['RegulatorAccreditation'] }] };
  const run = (program: string, config: object, options: readonly string[] = []): Started => {
    const files = { database: { kind: 'postgres', url: urls[program] }, keyEncryptionKeys: [{ id: 'k1', file: at('keys/kek') }] };
    writeFileSync(at(`${program}.json`), JSON.stringify({ ...shared, ...files, ...config }));
    return start(join(root, 'agents', program, 'dist/main.js'), ['--config', at(`${program}.json`), ...options]);
  };
  const marketConfig = (): object => {
    const tls = { certificateFile: at('certificate.pem'), keyFile: at('key.pem') };
    return {
      tenant: 'market',
      http: { port, tls },
      mqtt: { port: mqttPort, tls },
      publicOrigin: `https://localhost:${port}`,
      operatorTokenDigest: digestOf('another-token'),
      auditorTokenDigest: digestOf(TOKEN),
      zones: { '10YNO-1--------2': { jurisdiction: 'NO' } },
      policies: { behind_the_meter: at('orders.cedar') },
    };
  };
  /** What a device program is told that presents itself; it holds nothing, which it only finds out from a broker that it believes. */
  const report = async (caFile: string): Promise<string> => {
    const device = run('device', {
      tenant: 'meter',
      market: { url: `https://localhost:${port}`, mqttUrl: `mqtts://localhost:${mqttPort}`, caFile },
    });
    device.child.stdin?.end('{}\n');
    return (await device.ended).stdout;
  };

  beforeAll(async () => {
    [port, mqttPort] = [await freePort(), await freePort()];
    [first, second] = [await createTestAuthority(['localhost']), await createTestAuthority(['localhost'])];
    postgres = await startPostgres();
    urls = { marketplace: await postgres.createDatabase(), device: await postgres.createDatabase() };
    mkdirSync(at('keys'));
    writeFileSync(at('keys/kek'), '07'.repeat(32), { mode: 0o600 });
    lay(first, POLICY);
    writeFileSync(at('authority.pem'), first.certificate);
    market = run('marketplace', marketConfig());
    await market.says(` at https://localhost:${port} and mqtts://`);
  });
  afterAll(async () => {
    market.child.kill('SIGKILL');
    await market.ended;
    await postgres.stop();
    rmSync(directory, { recursive: true });
  });

  it('answers over TLS and decides by its file', async () => {
    expect(await ask('/channels/behind_the_meter/policy', first?.certificate)).toBe(POLICY);
    expect(await report(at('authority.pem'))).toContain('"code":"QUERY_UNSATISFIABLE"');
  });

  it('takes at SIGHUP what is whole, on both listeners and in the log', async () => {
    if (second === undefined) throw new Error('there is a second authority');
    lay(second, `${POLICY}// narrower\n`);
    market.child.kill('SIGHUP');
    await market.says('"key":"policies","status":"taken"');
    expect(await ask('/channels/behind_the_meter/policy', second.certificate)).toBe(`${POLICY}// narrower\n`);
    await expect(ask('/', first?.certificate)).rejects.toThrow(/certificate|signature/);
    // The file of the device still names the first authority.
    expect(await report(at('authority.pem'))).toContain('"code":"REMOTE_UNAVAILABLE"');
    const acts = (await ask('/auditor/log', second.certificate)).split('\n').filter((line) => line.includes('policies.reload'));
    expect(acts).toHaveLength(1);
    for (const text of ['SIGHUP', digestOf(POLICY), digestOf(`${POLICY}// narrower\n`)]) expect(acts[0]).toContain(text);
  });

  it('refuses at SIGHUP what is not, with one line for each, and goes on with what it has', async () => {
    if (first === undefined || second === undefined) throw new Error('there are two authorities');
    lay(
      { ...first, server: { cert: first.server.cert, key: second.server.key } },
      POLICY.slice(0, POLICY.indexOf('CustomerStatus.bidding')),
    );
    market.child.kill('SIGHUP');
    await market.says('"key":"policies","status":"refused"');
    expect(await ask('/channels/behind_the_meter/policy', second.certificate)).toBe(`${POLICY}// narrower\n`);
    const checked = await run('marketplace', marketConfig(), ['--check-config']).ended;
    expect([checked.code, checked.stderr]).toEqual([1, expect.stringContaining(`${at('orders.cedar')}:4:`)]);
    market.child.kill('SIGTERM');
    const { code, stdout } = await market.ended;
    expect(code).toBe(0);
    const refused = stdout.split('\n').filter((line) => line.includes('"status":"refused"'));
    expect(refused.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: 'error', kind: 'reload', key: 'http.tls', code: 'CONFIG_INVALID', detail: expect.stringContaining('http.tls.keyFile') },
      { level: 'error', kind: 'reload', key: 'mqtt.tls', code: 'CONFIG_INVALID', detail: expect.stringContaining('mqtt.tls.keyFile') },
      { level: 'error', kind: 'reload', key: 'policies', code: 'CONFIG_INVALID', detail: expect.stringMatching(/orders\.cedar:\d+:\d+: /) },
    ]);
  });
});
