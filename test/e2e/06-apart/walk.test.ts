// The walk of docs/deployment.md: separate programs, each with its own configuration and database, behind a proxy with TLS. Everything is done by
// the command line, the programs' public routes and the wallet's page, as the page tells it; no program's database is looked into.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accountFromPrivateKey, parseAccount, signAccountClaim } from '@gridpass/ledger';
import { assertOk } from '@gridpass/core';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { DEVELOPMENT_KEYS } from '@gridpass/testkit';
import { openBrowser } from '../_browser.js';
import { openInstallation, type Installation } from './_installation.js';
import { readWalk } from './_walk.js';

const { sections } = readWalk();
const ZONE = '10YDK-1--------W';

describe('the walk of docs/deployment.md', () => {
  let here: Installation;
  beforeAll(async () => {
    here = await openInstallation();
  });
  afterAll(() => here.close());

  interface Answer {
    readonly status: number;
    readonly body: JsonObject;
  }
  const call = async (name: string, path: string, more: { readonly token?: string; readonly json?: JsonObject } = {}): Promise<Answer> => {
    const { token = '', json } = more;
    const words = [
      `https://${name}.example${path}`,
      json === undefined ? 'GET' : 'POST',
      token,
      ...(json === undefined ? [] : [JSON.stringify(json)]),
    ];
    const ended = await here.shell(`node '${join(import.meta.dirname, '_call.mjs')}' ${words.map((word) => `'${word}'`).join(' ')}`);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    return JSON.parse(ended.stdout) as Answer;
  };
  const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
  const memberIn = (value: JsonValue | undefined, name: string): JsonValue | undefined => (value as JsonObject | undefined)?.[name];

  /** What a reader looks up behind a section, for the words that the next ones leave open. */
  const lookUp: Readonly<Record<string, () => Promise<void>>> = {
    '3': async () => {
      const { body } = await call('ledger', '/');
      here.fill('ADDRESS-OF-REGISTRY', textOf(memberIn(body['contracts'], 'DidRegistry')));
    },
    '4': async () => {
      const { body } = await call('dso', '/');
      const [tenant] = body['tenants'] as readonly JsonObject[];
      expect(textOf(tenant?.['did'])).toMatch(/^did:ethr:0x7a69:0x/);
      here.fill('DID-OF-DSO', textOf(tenant?.['did']));
    },
  };

  // Each section needs those before it: the first that fails is the one to read.
  let whole = true;
  it.each(sections)('$title', async ({ title, steps }) => {
    expect(whole).toBe(true);
    whole = false;
    for (const step of steps) await here.take(step);
    await lookUp[title.split('.')[0] ?? '']?.();
    whole = true;
  });

  const access = (name: string, path: string, more: JsonObject = {}): Promise<Answer> =>
    call('supplier', '/wallets/supplier/access', {
      token: here.token('supplier'),
      json: { url: `https://${name}.example${path}`, method: 'GET', ...more },
    });
  const orders = `/channels/multi_class/orders?zone=${ZONE}`;

  it('lets the supplier into both marketplaces, and nobody without its role', async () => {
    for (const market of ['market', 'flex']) {
      expect(await access(market, orders)).toMatchObject({ status: 200, body: { status: 200 } });
      expect((await call(market, orders)).status).toBe(401);
    }
  });

  it("takes the household's order behind the meter, up to what it was admitted for", async () => {
    const interval = Math.floor(Date.now() / 900_000) * 900 + 5_400;
    const order = (energyWh: number): Promise<Answer> =>
      call('home', '/wallets/home/access', {
        token: here.token('home'),
        json: {
          url: `https://market.example/channels/behind_the_meter/orders`,
          method: 'POST',
          body: { side: 'offer', energyWh, priceCentsPerMwh: 9_000, interval, zone: ZONE },
        },
      });
    expect(await order(20_000)).toMatchObject({ status: 200, body: { status: 201 } });
    expect(await order(20_001)).toMatchObject({ status: 200, body: { status: 403, body: { code: 'POLICY_DENIED' } } });
  });

  it('takes the reading of the meter over MQTT with TLS', async () => {
    const meter = here.running('meter.json');
    await meter.says('enrol DeviceCommissioning: received');
    const interval = Math.floor(Date.now() / 900_000) * 900 - 900;
    const reading = { meteringPointHash: '45_Oql9GNHYae9UWXiS1o-h18Oys73ibJetIW5YvNi8', obis: '1-0:2.8.0*255', interval, energyWh: 412 };
    meter.child.stdin?.write(`${JSON.stringify(reading)}\n`);
    await meter.says('{"sent":true}');
    meter.child.stdin?.write(`${JSON.stringify({ ...reading, energyWh: 1_000_000_000 })}\n`);
    await meter.says('"sent":false');
  });

  it("admits the supplier's account at the ledger gate", async () => {
    const account = accountFromPrivateKey(DEVELOPMENT_KEYS[3]);
    const claimed = await access('ledger', `/admissions/multi_class/claim?account=${account.account}`);
    expect(claimed).toMatchObject({ status: 200, body: { status: 200 } });
    const claim = memberIn(claimed.body['body'], 'claim') as JsonObject;
    const signature = await signAccountClaim(
      {
        account: assertOk(parseAccount(textOf(claim['account']))),
        channel: textOf(claim['channel']),
        state: textOf(claim['state']),
        audience: textOf(claim['audience']),
        chainId: 31_337,
      },
      account,
    );
    const admitted = await access('ledger', '/admissions/multi_class', { method: 'POST', body: { account: account.account, signature } });
    expect(admitted).toMatchObject({ status: 200, body: { status: 201 } });
  });

  it('shows the household what it holds on the page of its wallet', async () => {
    const browser = await openBrowser(['--host-resolver-rules=MAP *.example 127.0.0.1']);
    try {
      const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
      await page.goto(here.address('home'));
      await page.getByLabel('Wallet', { exact: true }).fill('home');
      await page.getByLabel('Token').fill(here.token('home'));
      await page.getByRole('button', { name: 'Sign in' }).click();
      const titles = page.locator('#credentials h3 > span:first-child');
      await titles.nth(1).waitFor();
      expect(new Set(await titles.allInnerTexts()).size).toBe(4);
    } finally {
      await browser.close();
    }
  });

  it('revokes across programs: the supplier is out at both markets, the meter once its birth identity is', async () => {
    const revoke = async (tenant: string, type: string): Promise<void> => {
      const ended = await here.shell(
        `export OPERATOR_TOKEN=$(cat ${tenant}.token)
for digest in $(npx gridpass credential list --url https://regulator.example --tenant ${tenant} -o wide | grep ${type} | cut -d' ' -f1); do
  npx gridpass credential revoke --url https://regulator.example --tenant ${tenant} --digest $digest --reason "taken back" --yes
done`,
      );
      expect(ended).toMatchObject({ code: 0 });
    };
    await revoke('regulator', 'MarketPartyRole');
    for (const market of ['market', 'flex'])
      await until(`the supplier is out at ${market}`, async () => (await access(market, orders)).body['status'] !== 200);
    await revoke('manufacturer', 'DeviceIdentity');
    // The DSO issued the commissioning on it, in a program of its own, and watches it.
    const standing = 'npx gridpass credential list --url https://dso.example --tenant dso --state active';
    await until('the commissioning that rests on it is revoked', async () => {
      const { stdout } = await here.shell(`export OPERATOR_TOKEN=$(cat dso.token)\n${standing}`);
      return !stdout.includes('DeviceCommissioning');
    });
  });
});

/** Waits for what programs do by themselves within seconds; a minute is for a busy machine. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`a minute passed before ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
