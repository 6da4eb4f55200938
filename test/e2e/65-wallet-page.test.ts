import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { tokensIn, freePorts } from '@gridpass/testkit';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { openBrowser, watch } from './_browser.js';
import { createDpopClient } from './_dpop.js';
import { freshDirectory, society, start, type Started } from './_process.js';

interface State {
  readonly urls: Readonly<Record<string, string>>;
  readonly tokens: Readonly<Record<string, string>>;
}

/** The party that the regulator of the society registers as its market operator. */
const MARKET_EIC = '11XNORDPOOLSPOT2';
const ORDERS = '/channels/behind_the_meter/orders?zone=10YDK-1--------W';
const PASSPHRASE = 'a passphrase of some length';
const SLOW = 300_000;

describe("a household's wallet in a browser", () => {
  const directory = freshDirectory();
  let up: Started;
  let browser: Browser;
  let state: State;
  let context: BrowserContext;
  let page: Page;
  let faults: string[];
  let addresses: string[];

  beforeAll(async () => {
    // First of all: a machine without a browser is told so at once.
    browser = await openBrowser();
    up = start(society, ['--directory', directory, '--port-base', String(await freePorts(8))]);
    await up.says('Ctrl-C stops all of it');
    state = JSON.parse(readFileSync(join(directory, 'society.json'), 'utf8')) as State;
    await openPage({ width: 1024, height: 800 });
  });
  afterEach(() => {
    expect(faults).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    up?.child.kill('SIGINT');
    await up?.ended;
    rmSync(directory, { recursive: true, force: true });
  }, SLOW);

  const url = (name: string): string => state.urls[name] ?? '';
  const tokenOf = (tenant: string): string => state.tokens[`wallet:${tenant}`] ?? '';

  async function openPage(viewport: { readonly width: number; readonly height: number }): Promise<void> {
    await context?.close();
    context = await browser.newContext({ viewport, acceptDownloads: true });
    page = await context.newPage();
    page.setDefaultTimeout(SLOW);
    ({ faults, addresses } = await watch(page));
    await page.goto(url('wallet'));
  }
  async function signIn(tenant: string, token = tokenOf(tenant)): Promise<void> {
    await page.getByLabel('Wallet', { exact: true }).fill(tenant);
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }
  /** Waits until the page says so; the page says nothing else while it works. */
  async function says(text: string | RegExp): Promise<void> {
    try {
      await page.getByRole('status').getByText(text).waitFor();
    } catch (cause) {
      throw new Error(`the page says "${(await page.getByRole('status').textContent()) ?? ''}" and not "${String(text)}"`, { cause });
    }
  }
  const shownTo = (): Promise<string[]> => page.locator('#disclosures > li > article').allInnerTexts();
  const titles = (): Promise<string[]> => page.locator('#credentials h3 > span:first-child').allInnerTexts();
  /** A presentation request as another device opens it: bound to a key that is not the wallet's. */
  async function foreignRequest(): Promise<string> {
    const call = createDpopClient(createSigner(generatePrivateJwk('ES256')));
    const opened = await call(`${url('marketplace')}/.gridpass/requests`, 'POST', { body: { channel: 'behind_the_meter' } });
    expect(opened.status).toBe(201);
    return String(opened.body['authorizationRequest']);
  }

  it(
    'lets nobody in without the token',
    async () => {
      await signIn('household-anna', 'not-the-token-of-this-wallet');
      await says('ADMIN_TOKEN_INVALID');
      expect(await page.locator('#inside').isVisible()).toBe(false);
      expect(await page.evaluate('sessionStorage.length')).toBe(0);
      // The browser itself notes the 401 that was asked for.
      expect(faults.splice(0)).toEqual([expect.stringContaining('401')]);
    },
    SLOW,
  );

  it(
    'shows what is held, and what was shown to whom',
    async () => {
      await signIn('household-anna');
      await says('Signed in.');
      expect((await titles()).sort()).toEqual([
        'Customer Status',
        'Device Commissioning',
        'Device Ownership',
        'Market Channel Admission',
        'Metering Point Entitlement',
      ]);
      await page.getByRole('button', { name: 'Ask whether they still stand' }).click();
      await says(/changed|All as before/);
      expect(await page.locator('#credentials .state').allInnerTexts()).toEqual(['valid', 'valid', 'valid', 'valid', 'valid']);
      const [shown = '', ...rest] = await shownTo();
      expect(rest).toEqual([]);
      expect(shown).toContain(new URL(url('marketplace')).host);
      expect(shown).toContain('accepted');
      expect(shown).toMatch(/Customer Status\s+active, bidding zone EIC/);
    },
    SLOW,
  );

  it(
    'lays a request out, and shows nothing when it is declined',
    async () => {
      await page.getByLabel('Paste an offer or a request').fill(await foreignRequest());
      await page.getByRole('button', { name: 'Look at it' }).click();
      await says('Somebody asks');
      const consent = page.getByRole('region', { name: 'Show this?' });
      const text = await consent.innerText();
      // The market shows its registration, and the wallet has proven it up to the root it knows.
      expect(text).toContain('A registered market asks.');
      expect(text).toContain(`EIC ${MARKET_EIC}`);
      expect(text).not.toContain('not registered');
      expect(text).toContain(url('marketplace'));
      for (const asked of ['Customer Status', 'Metering Point Entitlement', 'Device Commissioning', 'Market Channel Admission'])
        expect(text).toContain(asked);
      expect(text).toMatch(/active\s+yes/);
      await consent.getByRole('button', { name: 'Decline' }).click();
      await says('Declined. Nothing was shown.');
      expect(await consent.isVisible()).toBe(false);
      expect(await shownTo()).toHaveLength(1);
    },
    SLOW,
  );

  it(
    "makes a stranger's link worthless: what is shown opens nothing for who sent it",
    async () => {
      await page.getByLabel('Paste an offer or a request').fill(await foreignRequest());
      await page.getByRole('button', { name: 'Look at it' }).click();
      await page.getByRole('button', { name: 'Show it' }).click();
      await says('Turned away: HOLDER_MISMATCH');
      const [latest = ''] = await shownTo();
      expect(latest).toContain('turned away');
    },
    SLOW,
  );

  it(
    'visits the market: asked first, let in after consent',
    async () => {
      const before = (await shownTo()).length;
      await page.getByLabel('Or visit a service with this wallet').fill(`${url('marketplace')}${ORDERS}`);
      await page.getByRole('button', { name: 'Visit' }).click();
      await says('The service asks to be shown something first.');
      expect(await shownTo()).toHaveLength(before);
      await page.getByRole('button', { name: 'Show it' }).click();
      await says('You were let in.');
      expect(JSON.parse(await page.locator('#visited').innerText())).toMatchObject({ orders: expect.any(Array) });
      const after = await shownTo();
      expect(after).toHaveLength(before + 1);
      expect(after[0]).toContain('accepted');
    },
    SLOW,
  );

  it(
    'keeps the token in this tab, and nothing in addresses',
    async () => {
      const token = tokenOf('household-anna');
      expect(await page.evaluate('[localStorage.length, document.cookie, Object.keys(sessionStorage).join()]')).toEqual([0, '', 'wallet']);
      expect(JSON.parse(String(await page.evaluate(`sessionStorage.getItem('wallet')`)))).toEqual({ tenant: 'household-anna', token });
      expect(page.url()).toBe(`${url('wallet')}/`);
      const sent = addresses.join('\n');
      expect(sent).not.toContain(token);
      expect(tokensIn(sent)).toEqual([]);
      expect(sent).not.toContain('openid4vp');
      expect([...new Set(addresses.map((address) => new URL(address).origin))]).toEqual([url('wallet')]);
      await page.reload();
      await page.getByRole('heading', { name: 'Credentials' }).waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      expect(await page.evaluate('sessionStorage.length')).toBe(0);
      expect(await page.locator('#inside').isVisible()).toBe(false);
    },
    SLOW,
  );

  it(
    'saves a copy, leaves without a trace, and comes back from the copy',
    async () => {
      await signIn('household-bo');
      await says('Signed in.');
      const before = await titles();
      await page.getByRole('button', { name: 'Ask whether they still stand' }).click();
      await says(/changed|All as before/);
      expect(await page.locator('#credentials .state.revoked').count()).toBeGreaterThan(0);
      await page.getByText('Save a copy of this wallet').click();
      await page.getByLabel('Passphrase, at least 12 characters').fill(PASSPHRASE);
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the copy' }).click()]);
      await says('Saved.');
      expect(download.suggestedFilename()).toBe('household-bo.gridpass-wallet');
      const copy = join(directory, download.suggestedFilename());
      await download.saveAs(copy);
      // Random base64 may spell any three letters, so the form is checked: nothing but the seal, and no token or claim under it.
      const archive = JSON.parse(readFileSync(copy, 'utf8')) as { readonly sealed: string };
      expect(Object.keys(archive).sort()).toEqual(['cipher', 'format', 'kdf', 'sealed', 'version']);
      for (const text of [JSON.stringify(archive), Buffer.from(archive.sealed, 'base64url').toString('latin1')]) {
        expect([tokensIn(text), text.includes('meteringPoint')]).toEqual([[], false]);
      }

      await page.getByText('Leave', { exact: true }).click();
      const name = page.getByLabel("Type the wallet's name to leave");
      await name.fill('household-anna');
      await page.getByRole('button', { name: 'Delete everything' }).click();
      await says('That is not the name of this wallet.');
      await name.fill('household-bo');
      await page.getByRole('button', { name: 'Delete everything' }).click();
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      await signIn('household-bo');
      await says('Signed in.');
      expect([await titles(), await shownTo()]).toEqual([[], []]);

      await page.getByText('Fill this wallet from a copy').click();
      await page.getByLabel('The copy; this wallet must be empty').setInputFiles(copy);
      await page.getByLabel('Its passphrase').fill(PASSPHRASE);
      await page.getByRole('button', { name: 'Fill the wallet' }).click();
      await says('credentials are back.');
      expect((await titles()).sort()).toEqual(before.sort());
    },
    SLOW,
  );

  it(
    'fits a phone, and names every field',
    async () => {
      await openPage({ width: 390, height: 844 });
      await signIn('household-anna');
      await says('Signed in.');
      await page.getByLabel('Paste an offer or a request').fill(await foreignRequest());
      await page.getByRole('button', { name: 'Look at it' }).click();
      await says('Somebody asks');
      for (const summary of await page.locator('summary').all()) await summary.click();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
      const unnamed = await page.evaluate(
        `[...document.querySelectorAll('input')].filter((input) => input.labels.length === 0).map((input) => input.name)`,
      );
      expect(unnamed).toEqual([]);
      for (const button of await page.getByRole('button').all()) {
        const box = await button.boundingBox();
        expect(box === null || (box.height >= 36 && box.x >= 0 && box.x + box.width <= 390)).toBe(true);
      }
      const picture = join(directory, 'phone.png');
      await page.screenshot({ path: picture, fullPage: true });
      expect(statSync(picture).size).toBeGreaterThan(10_000);
    },
    SLOW,
  );
});
