// What an operator does by the command line at a running issuer: the commands that are printed as the next ones are run as they are printed.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tmpdir } from 'node:os';
import { assertOk } from '@gridpass/core';
import type { DidUrl } from '@gridpass/core';
import { toDidJwk } from '@gridpass/did';
import { sampleRegister } from '@gridpass/issue';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { runCli } from '../../agents/cli/src/index.js';
import { CHAIN_CLAIMS as CLAIMS, TOKENS, startIssuer } from '../../agents/issuer/src/__tests__/running-issuer.js';
import type { RunningIssuer } from '../../agents/issuer/src/__tests__/running-issuer.js';

describe('an operator at the command line', () => {
  let issuer: RunningIssuer;
  beforeAll(async () => {
    issuer = await startIssuer();
    await issuer.ask('/t/regulator/admin/register', {
      token: TOKENS.regulator,
      headers: { 'content-type': 'text/csv' },
      body: sampleRegister(),
    });
    await issuer.accredit('root', 'regulator', 'RegulatorAccreditation', CLAIMS.regulator);
    await issuer.accredit('regulator', 'dso', 'SystemOperatorRole', CLAIMS.dso);
  });
  afterAll(() => issuer.close());

  const run = async (tenant: keyof typeof TOKENS, words: readonly string[]) => {
    let [out, err] = ['', ''];
    const code = await runCli(words, {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      drawsOver: false,
      env: { OPERATOR_TOKEN: TOKENS[tenant] },
      directory: tmpdir(),
    });
    return { code, out, err };
  };
  const at = (tenant: keyof typeof TOKENS, ...words: readonly string[]) =>
    run(tenant, [...words, '--url', issuer.origin, '--tenant', tenant]);
  /** The command that an output names, as it is printed. */
  const printed = (text: string): readonly string[] => {
    const [, line = ''] = /: gridpass (.+)\n/u.exec(text) ?? [];
    return line.split(' ');
  };
  const home = () => {
    const signer = createSigner(generatePrivateJwk('ES256'));
    const did = toDidJwk(signer.publicJwk);
    return { ...signer, did, kid: `${did}#0` as DidUrl };
  };
  const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

  it('enters, approves and offers an application, and renews its credential, by the commands that are printed and by short ids', async () => {
    const claims = JSON.stringify(CLAIMS.entitlement);
    const created = await at(
      'dso',
      'application',
      'create',
      ...['--type', 'MeteringPointEntitlement', '--claims', claims, '--applicant', 'A. Holm'],
    );
    expect([created.err, created.code]).toEqual(['', 0]);
    const words = printed(created.out).map((word) => (word === 'WHY' ? 'paper' : word));
    expect(await run('dso', words)).toMatchObject({ code: 0, out: expect.stringMatching(/ is approved\n$/u) });
    const [id = ''] = lines((await at('dso', 'application', 'list', '--state', 'approved', '-o', 'name')).out);
    const offered = await at('dso', 'application', 'offer', id.slice(0, 8));
    expect([offered.code, offered.err]).toEqual([0, '']);
    const holder = home();
    assertOk(await issuer.redeem(offered.out.trim(), holder));
    const [digest = ''] = lines((await at('dso', 'credential', 'list', '-o', 'name')).out);
    const renewed = await at('dso', 'credential', 'renew', '--digest', digest.slice(0, 10));
    expect([renewed.code, renewed.err]).toEqual([0, '']);
    const next = await run('dso', printed(renewed.out));
    expect([next.code, next.err]).toEqual([0, '']);
    assertOk(await issuer.redeem(next.out.trim(), holder));
  });

  it('revokes all of a party, after being told what rests on it', async () => {
    const words = ['credential', 'revoke', '--party', 'eic:44X-000000000253', '--reason', 'licence ended'];
    expect(await at('regulator', ...words)).toMatchObject({ code: 2, out: '' });
    const before = (await at('regulator', 'audit', 'verify', '-o', 'json')).out;
    const told = await at('regulator', ...words, '--dry-run');
    expect([told.code, told.err]).toEqual([0, '']);
    expect(lines(told.out)).toEqual([
      expect.stringMatching(/^would revoke for good: \d SystemOperatorRole$/u),
      expect.stringMatching(/^ {2}1 applications are closed/u),
      expect.stringMatching(/^ {2}\d MeteringPointEntitlement of dso rest on it: suspended$/u),
    ]);
    // Being told changes nothing, the log included.
    expect((await at('regulator', 'audit', 'verify', '-o', 'json')).out).toBe(before);
    const counted = Number(/good: (\d)/u.exec(told.out)?.[1]);
    const done = await at('regulator', ...words, '--yes');
    expect([done.code, lines(done.out)[0]]).toEqual([0, `${String(counted)} changed`]);
    const rests = Number(/(\d) MeteringPoint/u.exec(told.out)?.[1]);
    const suspended = lines((await at('dso', 'credential', 'list', '--state', 'suspended', '-o', 'name')).out);
    expect(suspended).toHaveLength(rests);
    expect(await at('regulator', ...words, '--dry-run')).toMatchObject({
      code: 0,
      out: expect.stringContaining('no credential that still stands'),
    });
    const nobody = ['credential', 'revoke', '--party', 'eic:10X1001A1001A248', '--reason', 'x', '--dry-run'];
    expect(await at('regulator', ...nobody)).toMatchObject({ code: 1, err: expect.stringMatching(/^NOT_FOUND: /u) });
  });
});
