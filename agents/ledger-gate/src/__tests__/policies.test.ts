import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import { checkPolicies, readLedgerPolicies } from '../policies.js';

describe('policy files of a ledger gate', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gridpass-ledger-policies-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const file = (name: string, cedar: string): string => {
    writeFileSync(join(directory, name), cedar);
    return join(directory, name);
  };
  const configOf = (policies: Record<string, string>) =>
    ({ timeZone: 'Etc/UTC', channels: { behind_the_meter: 'trade', multi_class: 'trade' }, policies }) as const;
  const problemsOf = (policies: Record<string, string>) => {
    const payload = { value: configOf(policies), issues: [] as { readonly path?: PropertyKey[]; readonly message?: string }[] };
    checkPolicies(payload as never);
    return payload.issues.map(({ path, message }) => [path?.join('.'), message]);
  };
  const ACTIVE = '@id("active") permit (principal, action, resource) when { context.CustomerStatus.active };';

  it('stand in for that of one channel and leave the others what they were', () => {
    const own = readLedgerPolicies(configOf({ multi_class: file('own.cedar', ACTIVE) }));
    expect(own.get('multi_class')?.policySet.hash).toBe(digestOf(ACTIVE));
    expect(own.get('behind_the_meter')).toMatchObject({ text: readLedgerPolicies(configOf({})).get('behind_the_meter')?.text });
    expect(problemsOf({ multi_class: join(directory, 'own.cedar') })).toEqual([]);
  });

  it.each([['elsewhere'], ['constructor'], ['toString']])('are refused for a channel that is not there: %s', (channel) => {
    expect(problemsOf({ [channel]: file('own.cedar', ACTIVE) })).toEqual([
      [`policies.${channel}`, 'there is no such channel; there are behind_the_meter, multi_class'],
    ]);
  });

  it('are refused with the line that reads what this program never hands in', () => {
    const wrong = file('wrong.cedar', ACTIVE.replace('};', '&& context.request.zone == "x" };'));
    expect(problemsOf({ multi_class: wrong })).toEqual([['policies.multi_class', expect.stringContaining(`${wrong}:1:`)]]);
    expect(() => readLedgerPolicies(configOf({ multi_class: join(directory, 'none') }))).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('policies.multi_class') }),
    );
  });
});
