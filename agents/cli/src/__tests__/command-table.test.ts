import { readFileSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EXIT, endingOfAnswer } from '../exit.js';
import { examplesOf, leavesOf, pathOf, referenceOf } from '../help.js';
import { mistakeIn, table, wordsOf } from './command-lines.js';
import { createCliRig } from './cli-rig.js';

const ROOT = join(import.meta.dirname, '../../../..');
const TABLE = await table();
const LEAVES = leavesOf(TABLE).map((leaf) => [pathOf(leaf), leaf] as const);
const REMOTE = LEAVES.filter(([, leaf]) => leaf.options.some(({ long }) => long === '--url')).map(
  ([path, leaf]) => [path, examplesOf(leaf).map(wordsOf)] as const,
);
const REQUIRED = LEAVES.filter(
  ([, leaf]) => leaf.options.some(({ mandatory }) => mandatory) || leaf.registeredArguments.some(({ required }) => required),
);

describe('every command', () => {
  it.each(LEAVES)('%s says what it does, with what, and how', async (path, leaf) => {
    const help = leaf.helpInformation();
    expect(help).toMatch(new RegExp(`^Usage: ${path} `, 'u'));
    expect(leaf.description().length).toBeGreaterThan(10);
    expect(leaf.options.filter(({ description }) => description === '')).toEqual([]);
    expect(leaf.registeredArguments.filter(({ description }) => description === '').map((one) => one.name())).toEqual([]);
    for (const option of leaf.options.filter(({ mandatory }) => mandatory))
      expect(help).toMatch(new RegExp(`${option.long ?? ''} .*\\(required\\)`, 'u'));
    expect(examplesOf(leaf).length).toBeGreaterThan(0);
    for (const example of examplesOf(leaf)) {
      expect(help).toContain(`  ${example}\n`);
      expect(await mistakeIn(example.replace(/^source <\(|\)$/gu, ''))).toBeUndefined();
    }
  });

  it.each(LEAVES)('%s has every form of output', (_path, leaf) => {
    const output = leaf.options.find(({ long }) => long === '--output');
    expect([output?.short, output?.argChoices]).toEqual(['-o', ['json', 'wide', 'name']]);
  });

  it.each(TABLE.commands.map((command) => command.name()))('%s is loaded without the others, and reads the same', async (name) => {
    const alone = await table(name);
    expect(alone.commands.map((command) => command.name())).toContain(name);
    expect(alone.commands.length).toBe({ backup: 2, restore: 2, completion: TABLE.commands.length }[name] ?? 1);
    const ownOf = (all: typeof TABLE): string => all.commands.find((command) => command.name() === name)?.helpInformation() ?? '';
    expect(ownOf(alone)).toBe(ownOf(TABLE));
  });

  it('stands in the README as the table has it', () => {
    const readme = readFileSync(join(ROOT, 'agents/cli/README.md'), 'utf8');
    const [, block = ''] = /<!-- gridpass help --all -->\n+```text\n([\s\S]*?)```/u.exec(readme) ?? [];
    expect(block).toBe(referenceOf(TABLE));
  });
});

describe('the exit code', () => {
  const rig = createCliRig();
  const target = (words: readonly string[], url: string): readonly string[] => [
    ...words.filter((word, index) => word !== '--url' && words[index - 1] !== '--url' && word !== '--anchor'),
    ...['--url', url],
    ...(words[0] === 'wallet' || words.includes('--tenant') || words[0] === 'policy' ? [] : ['--tenant', 'dso']),
  ];
  const run = async (words: readonly string[], url: string) => {
    rig.env = { OPERATOR_TOKEN: 'o', OWNER_TOKEN: 'w', AUDITOR_TOKEN: 'a' };
    const { code, err } = await rig.run(...target(words, url));
    return { code, err };
  };
  const remote = ([words]: readonly (readonly string[])[]) =>
    (words?.[0] === 'audit' ? words.filter((word) => word !== 'market.log') : words) ?? [];
  const say = (status: number, code: string): void => {
    rig.answer = (_request, _body, response) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ code, requestId: 'r' }));
  };
  const files = { 'X_eiccodes.csv': 'a;b', 'claims.json': '{}', 'backup.jwk': '{"kty":"EC"}', 'market-key.json': '{"kty":"EC"}' };
  beforeAll(async () => {
    for (const [name, text] of Object.entries(files)) await writeFile(join(rig.directory, name), text);
  });
  beforeEach(() => expect(rig.asked).toEqual([]));

  it('has one number for each way to end', () => expect(EXIT).toEqual({ yes: 0, no: 1, usage: 2, fault: 3 }));

  it.each(LEAVES)('of %s is 0 for its help and 2 for an option that it has not, and nobody is asked', async (path) => {
    const words = path.split(' ').slice(1);
    expect((await rig.run(...words, '--help')).code).toBe(EXIT.yes);
    expect((await rig.run('help', ...words)).code).toBe(EXIT.yes);
    const { code, out, err } = await rig.run(...words, '--nonsense');
    expect([code, out, rig.asked]).toEqual([EXIT.usage, '', []]);
    expect(err).toMatch(/^REQUEST_MALFORMED: [^\n]*; see: gridpass[^\n]* --help\n$/u);
  });

  it.each(REQUIRED)('of %s is 2 where what it needs is missing, which is named', async (path) => {
    const { code, out, err } = await rig.run(...path.split(' ').slice(1));
    expect([code, out, rig.asked]).toEqual([EXIT.usage, '', []]);
    expect(err).toMatch(/^REQUEST_MALFORMED: [^\n]*missing required argument '|required option '--/u);
  });

  it.each(REMOTE)('of %s is 1 where it is denied, 3 where nobody answers or the call is turned away', async (_path, examples) => {
    const words = remote(examples);
    expect(await run(words, 'http://127.0.0.1:9')).toMatchObject({
      code: EXIT.fault,
      err: expect.stringMatching(/^REMOTE_UNAVAILABLE: /u),
    });
    for (const [status, code, ending] of [
      [403, 'POLICY_DENIED', EXIT.no],
      [404, 'NOT_FOUND', EXIT.no],
      [409, 'CONFLICT', EXIT.no],
      [401, 'ADMIN_TOKEN_INVALID', EXIT.fault],
      [429, 'RATE_LIMITED', EXIT.fault],
      [400, 'REQUEST_MALFORMED', EXIT.fault],
      [503, 'STORE_UNAVAILABLE', EXIT.fault],
      [502, '', EXIT.fault],
    ] as const) {
      say(status, code);
      expect({ words, status, ...(await run(words, rig.url)) }).toMatchObject({ code: ending });
    }
    rig.asked.splice(0);
  });

  it('takes a code that nobody knows for no answer', () => {
    expect(['PARTY_INACTIVE', 'REVOKED', 'toString', ''].map(endingOfAnswer)).toEqual(['no', 'no', 'fault', 'fault']);
  });
});

describe('a command line that is mistaken', () => {
  const rig = createCliRig();

  it.each([
    [['crdential'], /unknown command 'crdential' \(Did you mean credential\?\); see: gridpass --help/u],
    [['credential', 'revok'], /Did you mean revoke\?\); see: gridpass credential --help/u],
    [['help', 'credential', 'revok'], /Did you mean revoke/u],
    [['credential', 'list', '--stat', 'all'], /unknown option '--stat' \(Did you mean --state\?\); see: gridpass credential list --help/u],
    [['credential', 'list', '--limit', '0'], /option '--limit <n>' argument '0' is invalid\. It is a whole number from 1 to 200/u],
    [['credential', 'list', '--state', 'x'], /argument 'x' is invalid\. Allowed choices are all, active/u],
    [['credential', 'list', '--url', 'issuer.example'], /argument 'issuer\.example' is invalid\. It is an address/u],
    [['credential', 'renew', '--party', '10X'], /It is scheme:value, such as eic:/u],
    [['credential'], /Usage: gridpass credential/u],
  ])('%j is told which word is wrong, and what would be right', async (words, said) => {
    const { code, out, err } = await rig.run(...words);
    expect([code, out, rig.asked]).toEqual([2, '', []]);
    expect(err).toMatch(said);
  });

  it('prints the version', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'agents/cli/package.json'), 'utf8')) as { readonly version: string };
    expect(await rig.run('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });
});

/** Words behind `gridpass` that name a program, or what is hashed, and no command. */
const OTHER = /^gridpass (?:issuer|wallet program|ledger-gate|marketplace|metering point|device transfer|on )/u;

/** Every command that a source or a text of the project names in full: after `npx`, or between backquotes or quotes. */
function advised(): readonly (readonly [string, string])[] {
  const sources = ['agents', 'packages', 'docs', 'scripts'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(?:ts|mjs|md|txt)$/u.test(file) && !/node_modules|dist|__tests__|runtime|DESIGN/u.test(file))
      .map((file) => join(folder, file)),
  );
  const all = ['README.md', ...sources].flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/(?:npx |`|')(gridpass [a-z]+[^`'"\n,;()|]*)/gu)].map(
      ([, line = '']) =>
        [
          file,
          line
            .replace(/\$\{[^}]*\}?/gu, '')
            .replace(/ {2,}.*$/u, '')
            .trim(),
        ] as const,
    ),
  );
  return all.filter(([, line]) => !OTHER.test(line));
}

describe('every command that is advised somewhere', () => {
  it.each(advised())('in %s: %s', async (_file, line) => {
    const mistake = (await mistakeIn(line)) ?? '';
    // What is named and not spelled out may lack what it needs; what it has must be right.
    expect({
      line,
      mistake: /missing required argument|required option|argument missing|Usage|\(outputHelp\)/u.test(mistake) ? '' : mistake,
    }).toEqual({
      line,
      mistake: '',
    });
  });
});
