import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { runCli } from '@gridpass/cli';
import { readConfig } from '@gridpass/config';
import { issuerConfig } from '@gridpass/issuer';
import { ledgerGateConfig } from '@gridpass/ledger-gate';
import { marketplaceConfig } from '@gridpass/marketplace';
import { DID_VERB_BODIES } from '@gridpass/program';
import { walletConfig } from '@gridpass/wallet';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';

const root = join(import.meta.dirname, '../..');
const listed = (directory: string, name: RegExp): readonly string[] =>
  existsSync(directory)
    ? readdirSync(directory)
        .filter((file) => name.test(file))
        .map((file) => join(directory, file))
    : [];
const below = ['packages', 'agents', 'test'].flatMap((parent) =>
  readdirSync(join(root, parent))
    .map((name) => join(root, parent, name))
    .filter((path) => statSync(path).isDirectory()),
);
const files = [root, join(root, 'docs'), ...below]
  .flatMap((directory) => listed(directory, /\.md$/))
  .filter((path) => !/DESIGN|LICENSE/.test(path));
const named = files.map((path) => [relative(root, path), readFileSync(path, 'utf8')] as const);
const blocksOf = (text: string, language: string): readonly string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`(?:${language})\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, body = '']) => body);

const SCHEMAS = { issuer: issuerConfig, 'ledger-gate': ledgerGateConfig, marketplace: marketplaceConfig, wallet: walletConfig };

/** What somebody applies for, in a file of its own. */
const CLAIMS = /^`[\w-]+-claims\.json`:\n\n```json\n[\s\S]*?^```$/gm;

/** JSON blocks that are parts of a configuration: neither a whole one nor claims nor an answer of a protocol. */
const partsOf = (text: string): readonly Record<string, unknown>[] =>
  blocksOf(text.replace(CLAIMS, ''), 'json')
    .map((block) => JSON.parse(block) as Record<string, unknown>)
    // Bodies of applications are no parts: `applying-from-outside.test.ts` of the issuer posts them.
    .filter((json) => ['database', 'jsonrpc', 'claims'].every((name) => !Object.hasOwn(json, name)));

/** Every value that a package or program of this project exports. */
const EXPORTS = new Set(
  below
    .flatMap((directory) => listed(join(directory, 'src'), /^index\.ts$/))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/^export \{([^}]*)\}/gm)])
    .flatMap(([, names = '']) => names.split(',').map((name) => name.trim())),
);

/** What the command line says of itself: `--help` of a command, which fails where the command is none. */
async function helpOf(words: readonly string[]): Promise<string> {
  let text = '';
  const out = (more: string): void => {
    text += more;
  };
  await runCli([...words, '--help'], { out, err: out, drawsOver: false, env: {}, directory: root });
  return text;
}

/** Every `gridpass ...` or `npx gridpass ...` line of the code blocks of a text. */
function commandsOf(text: string): readonly string[] {
  return blocksOf(text, 'sh|text|bash|')
    .flatMap((block) => block.replace(/\\\n\s*/g, ' ').split('\n'))
    .flatMap((line) => /^(?:\$ )?(?:npx )?gridpass ([a-z].*)$/.exec(line.trim())?.[1] ?? []);
}

describe('the text of the project', () => {
  it.each(named)('%s: each relative link resolves', (name, text) => {
    const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link).filter((link) => !/^[a-z]+:/.test(link));
    const broken = links.filter((link) => !existsSync(join(root, dirname(name), link)));
    expect(broken).toEqual([]);
  });

  it.each(named.filter(([, text]) => commandsOf(text).length > 0))(
    '%s: each command and flag is one of the command line',
    async (_name, text) => {
      for (const command of commandsOf(text)) {
        const line = command.split(/\s{2,}/)[0] ?? '';
        const words = line.split(' ').map((word) => word.split('|'));
        const verbs = words.slice(0, words.findIndex((word) => !word.every((verb) => /^[a-z][a-z-]*$/.test(verb))) >>> 0);
        const [group = [], ...rest] = verbs;
        for (const verb of rest[0] ?? ['']) {
          const path = [group[0] ?? '', verb, rest[1]?.[0] ?? ''].filter((word) => word !== '');
          const help = await helpOf(path);
          // A third word may be an argument, and the second one of a command that has none below it; what is before is a command.
          const hasCommands = (await helpOf(path.slice(0, 1))).split('\n')[0]?.includes('[command]') === true;
          expect({ line, help: help.split('\n')[0] }).toMatchObject({
            help: expect.stringContaining(`gridpass ${path.slice(0, hasCommands ? 2 : 1).join(' ')}`),
          });
          if (line.includes('|')) continue;
          for (const [flag] of line.matchAll(/--[a-z-]+/g)) expect({ line, help }).toMatchObject({ help: expect.stringContaining(flag) });
        }
      }
    },
  );

  it.each(
    named.filter(([name, text]) => /^agents\/(?:issuer|wallet|marketplace|ledger-gate)\/README/.test(name) && text.includes('"database":')),
  )('%s: its configuration passes its own check', (name, text) => {
    const program = name.split('/')[1] as keyof typeof SCHEMAS;
    const whole = blocksOf(text, 'json').filter((block) => block.includes('"database"'));
    const directory = mkdtempSync(join(tmpdir(), 'gridpass-docs-'));
    try {
      for (const block of whole) {
        const file = join(directory, 'config.json');
        writeFileSync(file, block);
        readConfig({ schema: SCHEMAS[program] as typeof issuerConfig, file, env: {}, envPrefix: 'GRIDPASS_' });
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
    expect(whole.length).toBeGreaterThan(0);
  });

  it.each(named.filter(([, text]) => partsOf(text).length > 0))(
    '%s: each part of a configuration fits every program that has its keys',
    (_name, text) => {
      // A later block of a text goes on where an earlier one ended.
      let before: Record<string, unknown> = {};
      for (const part of partsOf(text)) {
        before = { ...before, ...part };
        const takers = Object.entries(SCHEMAS).filter(([, { shape }]) => Object.keys(part).every((key) => Object.hasOwn(shape, key)));
        expect({ part, takers: takers.length }).not.toEqual({ part, takers: 0 });
        for (const [program, schema] of takers) {
          const overrides = Object.fromEntries(Object.entries(before).filter(([key]) => Object.hasOwn(schema.shape, key)));
          const file = join(root, 'docker/config', `${program}.json`);
          const env = { GRIDPASS_DATABASE__URL: 'postgres://gridpass:password@postgres/db' };
          readConfig({ schema: schema as typeof issuerConfig, file, env, envPrefix: 'GRIDPASS_', overrides });
        }
      }
    },
  );

  it('agents/cli/README.md: every command has -o and --json, as it says', async () => {
    expect(readFileSync(join(root, 'agents/cli/README.md'), 'utf8')).toContain('Every command takes `-o json`');
    const without: string[] = [];
    let leaves = 0;
    const walk = async (words: readonly string[]): Promise<void> => {
      const help = await helpOf(words);
      const [, listed = ''] = /^Commands:\n([\s\S]*?)(?:\n\n|$(?![\s\S]))/m.exec(help) ?? [];
      const verbs = [...listed.matchAll(/^ {2}([a-z][a-z-]*)/gm)].flatMap(([, verb = '']) => (verb === 'help' ? [] : [verb]));
      if (verbs.length === 0) leaves += 1;
      if (verbs.length === 0 && !(help.includes('--json') && help.includes('-o, --output <form>'))) without.push(words.join(' '));
      for (const verb of verbs) await walk([...words, verb]);
    };
    await walk([]);
    expect(leaves).toBeGreaterThan(30);
    expect(without).toEqual([]);
  });

  it.each(named)('%s: each snippet imports what it uses of this project', (_name, text) => {
    // A later block of a text goes on where an earlier one ended.
    const imported = new Set<string>();
    const missing = blocksOf(text, 'ts|js').flatMap((block) => {
      const code = block.replace(/\/\/[^\n]*|`[^`]*`/g, '');
      for (const [, names = ''] of code.matchAll(/import \{([^}]*)\}/g))
        for (const name of names.split(',')) imported.add(name.replace(/^\s*type /, '').trim());
      const called = [...code.replace(/'[^'\n]*'/g, '').matchAll(/(?<![.\w])([a-z][A-Za-z]+)\(/g)].map(([, word = '']) => word);
      return called.filter((word) => EXPORTS.has(word) && !imported.has(word));
    });
    expect(missing).toEqual([]);
  });

  it('docs/policies.md: its checks and tests of policies come out well', async () => {
    const commands = commandsOf(readFileSync(join(root, 'docs/policies.md'), 'utf8')).filter((line) =>
      /^policy (?:check|test) /.test(line),
    );
    expect(commands.map((line) => line.split(' ')[1])).toEqual(['check', 'test', 'test']);
    for (const command of commands) {
      let err = '';
      const io = { out: () => undefined, err: (text: string) => void (err += text), drawsOver: false, env: {}, directory: root };
      expect({ command, code: await runCli(command.split(' '), io), err }).toEqual({ command, code: 0, err: '' });
    }
  });

  it.each(['marketplace', 'ledger-gate'])('agents/%s/README.md: names each verb on the DID of the program', (program) => {
    const text = readFileSync(join(root, 'agents', program, 'README.md'), 'utf8');
    expect(text).toContain('POST /operator/did/VERB');
    for (const verb of Object.keys(DID_VERB_BODIES)) expect(text).toContain(`\`${verb}\``);
  });

  it('says only what is so of its protocols', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    expect(readme).not.toMatch(/SD-JWT VC \(RFC 9901\)/);
    const notYet = readme.slice(readme.indexOf('Not here yet')).split('\n\n')[0] ?? '';
    for (const method of readdirSync(join(root, 'packages/did/src')).flatMap(
      (file) => /^(?:did-)?(ethr|web|jwk|key|peer)/.exec(file)?.[1] ?? [],
    ))
      expect(notYet).not.toContain(`did:${method}`);
  });
});
