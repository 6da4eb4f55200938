// The walk of docs/deployment.md: separate programs, each with its own configuration and database, behind a proxy with TLS. Everything is done by
// the command line, the programs' public routes and the wallet's page, as the page tells it; no program's database is looked into.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openInstallation, type Installation } from './_installation.js';
import { readWalk } from './_walk.js';

const { sections } = readWalk();

describe('the walk of docs/deployment.md', () => {
  let here: Installation;
  beforeAll(async () => {
    here = await openInstallation();
  });
  afterAll(() => here.close());

  /** What a reader looks up behind a section, for the words that the next ones leave open. */
  const lookUp: Readonly<Record<string, () => Promise<void>>> = {
    '3': async () => {
      const { contracts } = (await ask('ledger', '/')) as { readonly contracts: Readonly<Record<string, string>> };
      here.fill('ADDRESS-OF-REGISTRY', contracts['DidRegistry'] ?? '');
    },
  };
  const ask = async (name: string, path: string): Promise<unknown> => {
    const ended = await here.shell(`node -e 'fetch("https://${name}.example${path}").then((r) => r.text()).then((t) => console.log(t))'`);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    return JSON.parse(ended.stdout);
  };

  it.each(sections)('$title', async ({ title, steps }) => {
    for (const step of steps) await here.take(step);
    await lookUp[title.split('.')[0] ?? '']?.();
  });
});
