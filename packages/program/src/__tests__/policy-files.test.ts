import { describe, expect, it } from '@jest/globals';
import { Fault, InputError, instant, marketCalendar, tenantId, type AuditRecord } from '@gridpass/core';
import { parsePolicySet } from '@gridpass/policy';
import { createClaimShapes } from '@gridpass/schema';
import { createFakeClock } from '@gridpass/testkit';
import { createPolicyReload, readPolicies, type ChannelPolicies, type ChannelPolicy } from '../policy-files.js';
import { reloadOf } from '../reload.js';

const claims = createClaimShapes();
const policyOf = (channel: string, cedar: string): ChannelPolicy => ({
  text: cedar,
  policySet: parsePolicySet({
    ...{ channel, cedar, claims, file: `${channel}.cedar` },
    calendar: marketCalendar('Etc/UTC'),
    request: { actions: ['admit'], attributes: {} },
  }),
});
const ACTIVE = '@id("active") permit (principal, action, resource) when { context.CustomerStatus.active };';

describe('policies that are read again', () => {
  const rig = (files: Record<string, string>) => {
    const [records, told] = [[] as AuditRecord[], [] as object[]];
    const read = (): ChannelPolicies => readPolicies(Object.keys(files), (channel) => policyOf(channel, files[channel] ?? ''));
    let current = read();
    const log = { isDown: false };
    const reload = createPolicyReload({
      tenant: tenantId('market'),
      clock: createFakeClock(instant(1_800_000_000)),
      audit: {
        appendRecord: async (_tenant, record) => {
          if (log.isDown) throw new Fault('AUDIT_UNAVAILABLE', 'the log of the test is down');
          // What is written down is not in force yet.
          expect(current.get('one')?.policySet.hash).toBe((record.evidence['one'] as { before: string } | undefined)?.before);
          records.push(record);
          return { origin: '', index: 0, leafHash: '', treeSize: 1, rootHash: '' } as never;
        },
      },
      read,
      current: () => current,
      put: (next) => {
        current = next;
      },
    });
    const { reload: hangUp } = reloadOf([reload], (event) => void told.push(event));
    return { files, records, told, log, textOf: (channel: string) => current.get(channel)?.text, hangUp: async () => hangUp?.() };
  };

  it('are in the log with the digests of before and after, of the channels that changed, and then in force', async () => {
    const { files, records, told, textOf, hangUp } = rig({ one: ACTIVE, two: ACTIVE });
    files['one'] = `${ACTIVE} // another`;
    await hangUp();
    const [before, after] = [ACTIVE, `${ACTIVE} // another`].map((cedar) => policyOf('one', cedar).policySet.hash);
    expect(records).toMatchObject([
      { kind: 'act', action: 'policies.reload', actor: 'SIGHUP', reasons: [], evidence: { one: { before, after } } },
    ]);
    expect(Object.keys(records[0]?.evidence ?? {})).toEqual(['one']);
    expect(textOf('one')).toBe(`${ACTIVE} // another`);
    expect(told).toEqual([{ kind: 'reload', key: 'policies', status: 'taken', now: { one: after, two: before } }]);
  });

  it('are read once more, however many signals came while they were read', async () => {
    let [taken, go] = [0, (): void => undefined];
    const held = new Promise<void>((resolve) => (go = resolve));
    const take = async () => {
      taken += 1;
      await held;
      return {};
    };
    const { reload } = reloadOf([{ key: 'policies', take }], () => undefined);
    const first = reload?.();
    // Under way by then.
    await Promise.resolve();
    const others = Array.from({ length: 300 }, () => reload?.());
    go();
    await Promise.all([first, ...others]);
    expect(taken).toBe(2);
  });

  it('leave no entry where nothing changed', async () => {
    const { records, told, hangUp } = rig({ one: ACTIVE });
    await hangUp();
    expect([records, told.length]).toEqual([[], 1]);
  });

  it('stay as they were while the log is down', async () => {
    const { files, log, told, textOf, hangUp } = rig({ one: ACTIVE });
    files['one'] = `${ACTIVE} // another`;
    log.isDown = true;
    await hangUp();
    expect(textOf('one')).toBe(ACTIVE);
    expect(told).toMatchObject([{ status: 'refused', code: 'AUDIT_UNAVAILABLE' }]);
    log.isDown = false;
    await hangUp();
    expect(textOf('one')).toBe(`${ACTIVE} // another`);
  });

  it.each([
    ['an empty file', '', 'two.cedar:1:1: no permit policy'],
    ['half a file', ACTIVE.slice(0, 60), /two\.cedar:1:\d+: /],
    ['a permit without a condition', '@id("open") permit (principal, action, resource);', 'would let anyone in'],
    ['a permit whose condition is true', '@id("open") permit (principal, action, resource) when { true };', 'would let anyone in'],
    ['a fact that no credential has', ACTIVE.replace('active }', 'actives }'), 'two.cedar:1:'],
    ['an attribute that the program does not hand in', ACTIVE.replace('};', '&& context.request.zone == "x" };'), 'no attribute zone'],
    ['an action that the program does not ask', ACTIVE.replace('action,', 'action == Action::"sell",'), 'two.cedar:1:'],
  ])('are refused together for %s in one of them, with one line that names it', async (_what, text, says) => {
    const { files, records, told, textOf, hangUp } = rig({ one: ACTIVE, two: ACTIVE });
    Object.assign(files, { one: `${ACTIVE} // another`, two: text });
    await hangUp();
    expect(told).toMatchObject([{ kind: 'reload', key: 'policies', status: 'refused', code: 'CONFIG_INVALID' }]);
    expect((told[0] as { detail: string }).detail).toEqual(expect.stringMatching(says));
    expect([records, textOf('one'), textOf('two')]).toEqual([[], ACTIVE, ACTIVE]);
  });

  it('name what is wrong in each file at once', () => {
    const read = (): unknown => readPolicies(['one', 'two'], (channel) => policyOf(channel, ''));
    expect(read).toThrow(InputError);
    for (const file of ['one.cedar:1:1', 'two.cedar:1:1']) expect(read).toThrow(file);
  });
});
