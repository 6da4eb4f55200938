import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '@gridpass/core';
import { createChangeCollector } from '../logged-changes.js';

let requests = 0;
const act = (action: string, evidence: JsonObject, requestId = `request-${(requests += 1)}`): JsonObject => ({
  kind: 'act',
  action,
  requestId,
  evidence,
});
const changesOf = (...entries: readonly JsonObject[]) => {
  const collector = createChangeCollector();
  for (const entry of entries) collector.add(entry);
  return collector.changes();
};
const a = { credentials: ['a'] };
const held = { ...a, cause: 'transfer:1', exact: true };
const operator = { ...a, cause: 'operator' };

describe('what acts in a log changed', () => {
  it('tells a copy that was revoked alone, or taken over, from an approval that was revoked', () => {
    const changes = changesOf(
      act('revoke', { credentials: ['a'], applications: ['x'], offers: ['o'] }),
      act('revoke', { credentials: ['b'], exact: true }),
      act('take-over', { applicationId: 'new', credentials: ['c', 'd'], applications: ['y'] }),
    );
    expect(changes).toMatchObject({ revoked: ['a'], revokedCopies: ['b', 'c', 'd'], closed: ['x', 'y'] });
  });

  it('keeps the suspension of an operator when another cause is released, and the other cause when an operator resumes', () => {
    expect(changesOf(act('suspend', operator), act('suspend', held), act('resume', held))).toMatchObject({ suspended: ['a'], held: [] });
    expect(changesOf(act('suspend', operator), act('suspend', held), act('resume', operator))).toMatchObject({
      suspended: [],
      held: [{ digest: 'a', cause: 'transfer:1' }],
    });
    expect(changesOf(act('suspend', held), act('resume', held))).toMatchObject({ suspended: [], held: [] });
  });

  it('takes acts without cause for an operator, and leaves suspended what more suspended than resumed', () => {
    expect(changesOf(act('suspend', a))).toMatchObject({ suspended: ['a'], held: [] });
    expect(changesOf(act('suspend', a), act('resume', a))).toMatchObject({ suspended: [] });
    expect(changesOf(act('suspend', a), act('suspend', a), act('resume', a))).toMatchObject({ suspended: ['a'] });
    // Suspended before causes were logged, resumed since.
    expect(changesOf(act('suspend', a), act('resume', operator))).toMatchObject({ suspended: [] });
    expect(changesOf(act('suspend', operator), act('resume', a))).toMatchObject({ suspended: ['a'] });
  });

  it('counts a resumption that stands in the log twice once', () => {
    const twice = act('resume', a, 'same');
    expect(changesOf(act('suspend', a), act('suspend', a), twice, twice)).toMatchObject({ suspended: ['a'] });
  });

  it('tells what was closed, rejected and withdrawn, and reads refusals and other acts for nothing', () => {
    const changes = changesOf(
      act('close', { applicationId: 'x' }),
      act('reject', { applicationId: 'y' }),
      act('withdraw', { offerId: 'o', applicationId: 'z' }),
      act('cascade', { what: 'revoked', of: 'a', credentials: ['b'], applications: ['w'] }),
      act('issue', { applicationId: 'v', credentials: ['c'] }),
      { ...act('revoke', a), kind: 'refusal' },
    );
    expect(changes).toEqual({
      revoked: [],
      revokedCopies: [],
      suspended: [],
      held: [],
      closed: ['x', 'w'],
      rejected: ['y'],
      withdrawn: ['o'],
    });
  });
});
