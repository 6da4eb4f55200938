import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { commitmentOf, decisionKeyOf } from '@gridpass/audit';
import type { DecisionEvidence } from '@gridpass/audit';
import { encodeBase64url } from '@gridpass/codec';
import { instant } from '@gridpass/core';
import { createCliRig } from './cli-rig.js';

const root = join(import.meta.dirname, '../../../..');
const policies = join(root, 'agents/marketplace/policies');

describe('gridpass policy', () => {
  const rig = createCliRig();
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(rig.directory, name), text);
    return name;
  };

  it('check: accepts the policies of the programs, and shows the line of one that reads no claim there is', async () => {
    const good = await rig.run('policy', 'check', join(policies, 'telemetry.cedar'), join(policies, 'multi_class.cedar'));
    expect(good).toMatchObject({ code: 0, err: '' });
    const bad = await write(
      'bad.cedar',
      '@id("a")\npermit (principal, action, resource)\nwhen { context.MarketPartyRole.roleCodez.contains("A12") };\n',
    );
    expect(await rig.run('policy', 'check', bad)).toEqual({
      code: 1,
      err: '',
      out: 'bad.cedar:3:8: policy a: MarketPartyRole has no claim roleCodez; did you mean roleCodes?\n',
    });
    const { code, out } = await rig.run('policy', 'check', bad, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ ok: false, files: [{ file: bad, problems: [{ line: 3, column: 8, policyId: 'a' }] }] });
  });

  it('test: decides the tables of the project, and shows the rows that a changed policy decides otherwise', async () => {
    const tables = join(root, 'test/decisions');
    const good = await rig.run('policy', 'test', tables, '--json');
    expect(JSON.parse(good.out)).toMatchObject({ ok: true, failed: [] });
    const changed = (await readFile(join(policies, 'telemetry.cedar'), 'utf8')).replace('"smart_meter", ', '');
    const policy = await write('changed.cedar', changed);
    const { code, out } = await rig.run('policy', 'test', join(tables, 'telemetry.json'), '--policy', policy);
    expect(code).toBe(1);
    expect(out).toContain(
      '  reading: a reading of its own metering point\n    expected permit (telemetry)\n    got      deny (device-class-does-not-measure)\n',
    );
  });

  it('test: a table that is none is an error and no row', async () => {
    const table = await write('table.json', '{"channel":"x","policy":"p.cedar","facts":{},"request":{},"cases":[]}');
    expect((await rig.run('policy', 'test', table)).err).toContain('CONFIG_INVALID: cases: a table without rows tries nothing');
  });

  it('replay: a recorded decision with its evidence is the same decision, and a changed policy shows what becomes otherwise', async () => {
    const key = new Uint8Array(32).fill(7);
    const timeZone = 'Europe/Oslo';
    const evidenceOf = (requestId: string, active: boolean): DecisionEvidence => ({
      channel: 'test',
      timeZone,
      key: encodeBase64url(decisionKeyOf(key, requestId)),
      facts: [{ kind: 'value', path: 'CustomerStatus.active', value: active }],
      principal: 'did:jwk:home',
      action: 'use',
      resource: {},
      at: instant(1_795_392_000),
    });
    const entry = (index: number, requestId: string, effect: string, reasons: unknown, input: string | undefined): string =>
      JSON.stringify({
        type: 'entry',
        index,
        entry: { kind: 'decision', requestId, at: 1_795_392_000, action: 'test:use', effect, reasons, evidence: { input, timeZone } },
      });
    const [one, two] = [evidenceOf('r-1', true), evidenceOf('r-2', false)];
    const log = await write(
      'log.ndjson',
      [
        entry(0, 'r-1', 'permit', ['p'], commitmentOf(one)),
        entry(1, 'r-2', 'deny', ['not-active'], commitmentOf(two)),
        entry(2, 'r-3', 'permit', ['p'], commitmentOf(evidenceOf('r-3', true))),
        entry(3, 'r-4', 'permit', ['p'], commitmentOf(evidenceOf('r-4', true))),
        entry(4, 'r-5', 'permit', ['p'], commitmentOf(evidenceOf('r-5', true))),
        entry(5, 'r-6', 'permit', ['p'], commitmentOf(evidenceOf('r-6', true))),
        entry(6, 'r-7', 'permit', ['p'], commitmentOf(evidenceOf('r-7', true))),
      ].join('\n'),
    );
    // Evidence that was touched stands for no decision of the log.
    const touched = { ...evidenceOf('r-3', true), principal: 'did:jwk:somebody' };
    const moved = { ...evidenceOf('r-4', true), timeZone: 'Etc/UTC' };
    const renamed = { ...evidenceOf('r-5', true), channel: 'another' };
    const erased = { type: 'erased', input: commitmentOf(evidenceOf('r-6', true)), erasedAt: 1_795_392_001 };
    const unreadable = { type: 'unreadable', input: commitmentOf(evidenceOf('r-7', true)) };
    const lines = [one, two, touched, moved, renamed, erased, unreadable];
    const evidence = await write('evidence.ndjson', lines.map((line) => JSON.stringify(line)).join('\n'));
    const same = await write(
      'same.cedar',
      '@id("p") @denies("not-active") permit (principal, action, resource) when { context.CustomerStatus.active };',
    );
    const turned = await write(
      'turned.cedar',
      '@id("q") @denies("is-active") permit (principal, action, resource) unless { context.CustomerStatus.active };',
    );
    const files = ['--log', log, '--evidence', evidence, '--channel', 'test'];
    const replay = async (policy: string): Promise<unknown> =>
      JSON.parse((await rig.run('policy', 'replay', ...files, '--policy', policy, '--unverified', '--json')).out);
    const counts = { log: 'not checked, as --unverified asks', decisions: 7, replayed: 2, erased: 1, missing: 4 };
    expect(await replay(same)).toEqual({ ...counts, differences: [] });
    expect(await replay(turned)).toEqual({
      ...counts,
      differences: [
        { index: 0, requestId: 'r-1', was: { effect: 'permit', reasons: ['p'] }, now: { effect: 'deny', reasons: ['is-active'] } },
        { index: 1, requestId: 'r-2', was: { effect: 'deny', reasons: ['not-active'] }, now: { effect: 'permit', reasons: ['q'] } },
      ],
    });
    for (const odd of [['p', 1], 'p', undefined]) {
      await write('log.ndjson', entry(0, 'r-1', 'permit', odd, commitmentOf(one)));
      const unread = await rig.run('policy', 'replay', ...files, '--policy', same, '--unverified');
      expect(unread).toMatchObject({ code: 1, out: '', err: 'LOG_INCONSISTENT: entry 0: reasons: not a list of texts\n' });
    }
    // Unless it is told not to, a replay begins with the log: this one has neither header nor checkpoint.
    const refused = await rig.run('policy', 'replay', ...files, '--policy', same);
    expect(refused).toMatchObject({ code: 2, out: '', err: 'REQUEST_MALFORMED: the export holds no public key\n' });
  });
});
