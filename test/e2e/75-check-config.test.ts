import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDirectory, root, start } from './_process.js';

const SHARED = {
  tenant: 'gate',
  publicOrigin: 'https://gate.example',
  database: { kind: 'pglite', directory: '/nowhere/store' },
  keyEncryptionKeys: [{ id: 'k1', file: 'kek' }],
  anchors: [{ did: 'did:web:regulator.example', mayIssue: ['RegulatorAccreditation'] }],
};
const PROGRAMS = [
  {
    program: 'marketplace',
    policy: 'behind_the_meter',
    config: { ...SHARED, operatorTokenDigest: 'x'.repeat(43), zones: { '10YNO-1--------2': { jurisdiction: 'NO' } } },
  },
  {
    program: 'ledger-gate',
    policy: 'ledger',
    config: { ...SHARED, chain: { rpcUrl: 'http://127.0.0.1:8545', chainId: 31_337 }, accountKeyFile: 'account' },
  },
] as const;

/** The built program with a policy of the test in the place of its own: `agents/PROGRAM` in a directory that borrows the modules. */
function given(program: string, config: object) {
  const directory = freshDirectory();
  const home = join(directory, 'agents', program);
  const check = (changed: object = config) => {
    writeFileSync(join(directory, 'config.json'), JSON.stringify(changed));
    return start(join(home, 'dist/main.js'), ['--config', join(directory, 'config.json'), '--check-config'], {}, directory).ended;
  };

  beforeAll(() => {
    mkdirSync(home, { recursive: true });
    for (const part of ['dist', 'policies', 'package.json'])
      cpSync(join(root, 'agents', program, part), join(home, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
    writeFileSync(join(directory, 'kek'), 'a'.repeat(64));
    writeFileSync(join(directory, 'account'), `0x${'1'.repeat(64)}`);
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  return { directory, home, check };
}

describe.each(PROGRAMS)('$program --check-config', ({ program, policy, config }) => {
  const { directory, home, check } = given(program, config);
  const text = readFileSync(join(root, 'agents', program, 'policies', `${policy}.cedar`), 'utf8');

  it('accepts the policies that come with it', async () => {
    expect(await check()).toEqual({ code: 0, stdout: 'the configuration is acceptable\n', stderr: '' });
  });

  it('tells an auditor who has the token of the operator', async () => {
    const digest = 'x'.repeat(43);
    const { code, stderr } = await check({ ...config, operatorTokenDigest: digest, auditorTokenDigest: digest });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("auditorTokenDigest: is the operator's") });
  });

  it('tells a file that the configuration names and that is not there', async () => {
    rmSync(join(directory, 'kek'));
    const { code, stderr } = await check();
    writeFileSync(join(directory, 'kek'), 'a'.repeat(64));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `CONFIG_INVALID: the key file ${join(realpathSync(directory), 'kek')} cannot be read: there is no such file\n`,
    });
  });

  it('tells file, line and column of a policy that can never permit, and ends with 1 and its code', async () => {
    const lines = text.split('\n').length;
    const wrong = '@id("a")\npermit (principal, action, resource)\nwhen { context.MarketPartyRole.roleCodez.contains("A12") };\n';
    writeFileSync(join(home, 'policies', `${policy}.cedar`), `${text}${wrong}`);
    const { code, stdout, stderr } = await check();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^CONFIG_INVALID: /);
    expect(stderr).toContain(
      `policies/${policy}.cedar:${lines + 2}:8: policy a: MarketPartyRole has no claim roleCodez; did you mean roleCodes?`,
    );
  });
});

describe('ledger-gate --check-config', () => {
  const { config } = PROGRAMS[1];
  const { check } = given('ledger-gate', config);

  it('tells a relayer that has the account of the ledger gate', async () => {
    const chains = [{ chainId: 1, rpcUrl: 'https://node.example', registry: `0x${'1'.repeat(40)}` }];
    const { code, stderr } = await check({ ...config, chains, relayer: { accountKeyFile: 'account' } });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('relayer.accountKeyFile: the account of accountKeyFile') });
  });
});
