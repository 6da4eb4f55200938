import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '@gridpass/cli';
import type { Instant, JsonObject } from '@gridpass/core';
import {
  AUDITOR_TOKEN,
  NEXT,
  OPERATOR_TOKEN,
  ZONE,
  startMarket,
  type Rig,
  type Trader,
} from '../../agents/marketplace/src/__tests__/market-rig.js';

const ORDERS = '/channels/behind_the_meter/orders';
const POLICY = join(import.meta.dirname, '../../agents/marketplace/policies/behind_the_meter.cedar');
const order = (energyWh: number): JsonObject => ({ side: 'offer', interval: NEXT, energyWh, priceCentsPerMwh: 9000, zone: ZONE });

describe('the decisions of a market, decided anew beside it', () => {
  let rig: Rig;
  let anna: Trader;
  let directory: string;

  const run = async (words: readonly string[], token?: string) => {
    let [out, err] = ['', ''];
    const env = token === undefined ? {} : { AUDITOR_TOKEN: token };
    const code = await runCli(words, { out: (text) => (out += text), err: (text) => (err += text), drawsOver: false, env, directory });
    return { code, out, err };
  };
  const fetchAs = (name: string, token: string | undefined = AUDITOR_TOKEN) =>
    run(['policy', 'evidence', '--url', rig.marketplace.url, '--log', `${name}.log`, '--evidence', `${name}.evidence`], token);
  const replay = (name: string, policy: string, ...more: readonly string[]) =>
    run([
      ...['policy', 'replay', '--log', `${name}.log`, '--evidence', `${name}.evidence`],
      ...['--policy', policy, '--channel', 'behind_the_meter', ...more],
    ]);
  const countsOf = async (name: string) => {
    const { decisions, replayed, erased, missing, differences } = JSON.parse((await replay(name, POLICY, '--json')).out) as JsonObject;
    return { decisions, replayed, erased, missing, differences };
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gridpass-replay-'));
    rig = await startMarket({ keepEvidenceDays: 30 });
    anna = await rig.household('anna');
    expect(await anna.call('POST', ORDERS, order(1_000))).toMatchObject({ status: 201 });
    expect(await anna.call('POST', ORDERS, order(9_000_000))).toMatchObject({ status: 403 });
    expect(await anna.call('POST', ORDERS, order(2_000))).toMatchObject({ status: 201 });
  });
  afterAll(async () => {
    await rig.close();
    await rm(directory, { recursive: true });
  });

  it('are fetched by the auditor alone, into files of its own, and the fetching is in the log', async () => {
    const before = await rig.plain('GET', '/auditor/evidence', { token: OPERATOR_TOKEN });
    expect(before).toMatchObject({ status: 401, body: { code: 'ADMIN_TOKEN_INVALID' } });
    expect(await rig.plain('GET', '/auditor/log')).toMatchObject({ status: 401 });
    expect(await rig.plain('GET', '/auditor/evidence?limit=1', { token: AUDITOR_TOKEN })).toMatchObject({ status: 400 });
    expect(await fetchAs('first', undefined)).toMatchObject({ code: 0 });
    expect((await stat(join(directory, 'first.evidence'))).mode & 0o777).toBe(0o600);
    expect(await fetchAs('first')).toMatchObject({ code: 2, err: expect.stringContaining('first.log is there already') });
    expect(
      await run(['policy', 'evidence', '--url', rig.marketplace.url, '--log', 'x', '--evidence', 'y'], 'a-token-that-is-another-one'),
    ).toMatchObject({ code: 3, out: '', err: expect.stringContaining('ADMIN_TOKEN_INVALID') });
    await fetchAs('second');
    const log = await readFile(join(directory, 'second.log'), 'utf8');
    expect(log).toContain('"action":"evidence.export"');
    expect(log).not.toContain(anna.signer.did);
    expect(await readFile(join(directory, 'second.evidence'), 'utf8')).toContain(anna.signer.did);
    expect(await run(['audit', 'verify', 'second.log'])).toMatchObject({ code: 0 });
  });

  it('are the same decisions under the same policy', async () => {
    const { code, out } = await replay('first', POLICY);
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(
        /^log: \d+ entries, consistent; whose key it is was not checked.*\n4 decisions of behind_the_meter: 4 decided anew, 0 otherwise; evidence of 0 erased, of 0 missing\n$/,
      ),
    });
  });

  it('become others under a changed one, and each of them is shown', async () => {
    const text = await readFile(POLICY, 'utf8');
    await writeFile(
      join(directory, 'strict.cedar'),
      `${text}\n@id("small-orders-alone") forbid (principal, action, resource) when { context.request.orderWh > 1500 };\n`,
    );
    const { out } = await replay('first', 'strict.cedar');
    const lines = out.split('\n');
    expect(lines[1]).toBe('4 decisions of behind_the_meter: 4 decided anew, 2 otherwise; evidence of 0 erased, of 0 missing');
    expect(lines.slice(2, -1)).toEqual([
      expect.stringMatching(/^ {2}\d+ [\w-]+: deny \(order-above-admission\) becomes deny \(small-orders-alone\)$/),
      expect.stringMatching(/^ {2}\d+ [\w-]+: permit \(behind-the-meter\) becomes deny \(small-orders-alone\)$/),
    ]);
  });

  it('are replayed by the very commands of docs/policies.md', async () => {
    const text = await readFile(join(import.meta.dirname, '../../docs/policies.md'), 'utf8');
    const [, block = ''] = /```sh\n(npx gridpass policy evidence[^`]*)```/.exec(text) ?? [];
    const commands = block.trimEnd().split('\n');
    expect(commands).toHaveLength(3);
    await writeFile(join(directory, 'changed.cedar'), await readFile(POLICY));
    for (const command of commands) {
      // The key is from somewhere that is trusted: here, from the log of before.
      const [header = ''] = (await readFile(join(directory, 'first.log'), 'utf8')).split('\n');
      await writeFile(join(directory, 'market-key.json'), JSON.stringify((JSON.parse(header) as { readonly key: JsonObject }).key));
      const words = command.replace('npx gridpass ', '').replace('https://market.example', rig.marketplace.url).split(' ');
      expect({ command, ...(await run(words, AUDITOR_TOKEN)) }).toMatchObject({ code: 0, err: '' });
    }
    expect((await replay('market', 'changed.cedar', '--key', 'market-key.json')).out).toContain(
      'consistent; signed with the key of --key\n',
    );
  });

  it('are not decided anew from a log that contradicts itself', async () => {
    const log = await readFile(join(directory, 'first.log'), 'utf8');
    await writeFile(join(directory, 'turned.log'), log.replace('"effect":"deny"', '"effect":"permit"'));
    await writeFile(join(directory, 'turned.evidence'), await readFile(join(directory, 'first.evidence')));
    expect(await replay('turned', POLICY)).toMatchObject({ code: 1, out: expect.stringMatching(/^log: LOG_INCONSISTENT: /) });
  });

  it('are without evidence where somebody touched it, in the file or in the store', async () => {
    const evidence = await readFile(join(directory, 'first.evidence'), 'utf8');
    await writeFile(join(directory, 'touched.log'), await readFile(join(directory, 'first.log')));
    await writeFile(join(directory, 'touched.evidence'), evidence.replace('"orderWh":9000000', '"orderWh":1'));
    expect(await countsOf('touched')).toEqual({ decisions: 4, replayed: 3, erased: 0, missing: 1, differences: [] });
    const [row] = await rig.store.db.selectFrom('decision_evidence').selectAll().limit(1).execute();
    await rig.store.db
      .updateTable('decision_evidence')
      .set({ sealed: new Uint8Array(64) })
      .where('input', '=', row?.input ?? '')
      .execute();
    await fetchAs('stored');
    expect(await countsOf('stored')).toEqual({ decisions: 4, replayed: 3, erased: 0, missing: 1, differences: [] });
  });

  it('say that their evidence is erased once it is', async () => {
    await rig.evidence.eraseEvidence({ decidedBefore: (rig.clock.now() + 1) as Instant, at: rig.clock.now() });
    await fetchAs('erased');
    expect(await countsOf('erased')).toEqual({ decisions: 4, replayed: 0, erased: 4, missing: 0, differences: [] });
  });

  it('let nobody in where their evidence cannot be stored', async () => {
    await rig.store.db.schema.alterTable('decision_evidence').renameTo('gone').execute();
    expect(await anna.call('POST', ORDERS, order(3_000))).toMatchObject({ status: 503 });
    await rig.store.db.schema.alterTable('gone').renameTo('decision_evidence').execute();
    const orders = await anna.call('GET', `${ORDERS}?zone=${encodeURIComponent(ZONE)}`);
    expect((orders.json?.['orders'] as readonly JsonObject[]).map(({ energyWh }) => energyWh).sort()).toEqual([1_000, 2_000]);
  });
});

describe('a market that is not told to keep evidence', () => {
  it('keeps none', async () => {
    const rig = await startMarket();
    const bo = await rig.household('bo');
    expect(await bo.call('POST', ORDERS, order(1_000))).toMatchObject({ status: 201 });
    expect(await rig.store.db.selectFrom('decision_evidence').selectAll().execute()).toEqual([]);
    await rig.close();
  });
});
