import { mkdir } from 'node:fs/promises';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import sparticuz from '@sparticuz/chromium';
import { chromium, type Browser, type Page } from 'playwright-core';

/** A real Chromium from npm packages alone; without its sandbox (playwright's default), which root and many containers cannot have. A machine on which it cannot start fails the test, and says why. */
export async function openBrowser(more: readonly string[] = []): Promise<Browser> {
  try {
    return await chromium.launch({
      executablePath: await unpackBrowser(),
      // Not the package's own arguments: those share one process and switch web security off, which is what is tested here.
      args: ['--disable-gpu', ...more],
      headless: true,
      timeout: 120_000,
    });
  } catch (cause) {
    throw new Error(
      `Chromium from @sparticuz/chromium does not start here (${process.platform} ${process.arch}). It needs linux x64, space beside its packages and the libraries libnss3 and libnspr4.`,
      { cause },
    );
  }
}

/** Unpacked among this checkout's own files: in the machine's one place for such things lies what another user left. */
async function unpackBrowser(): Promise<string> {
  const directory = fileURLToPath(new URL('../../node_modules/.cache/gridpass/browser', import.meta.url));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { TMPDIR } = process.env;
  process.env['TMPDIR'] = directory;
  try {
    return await sparticuz.executablePath();
  } finally {
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
  }
}

/** What a page did that it must not do: console errors, uncaught errors, and what its own policy forbade. */
export async function watch(page: Page): Promise<{ readonly faults: string[]; readonly addresses: string[] }> {
  const faults: string[] = [];
  const addresses: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('request', (request) => addresses.push(request.url()));
  await page.exposeFunction('reportViolation', (violated: string) => faults.push(`CSP: ${violated}`));
  await page.addInitScript(
    `addEventListener('securitypolicyviolation', (event) => reportViolation(event.violatedDirective + ' ' + event.blockedURI))`,
  );
  return { faults, addresses };
}
