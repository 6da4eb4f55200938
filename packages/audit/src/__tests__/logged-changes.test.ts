import { describe, expect, it } from '@jest/globals';
import { digestOf, handleOf } from '@gridpass/codec';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { createChangeCollector, parseLoggedChanges } from '../logged-changes.js';

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
// A handle of each version.
const [A, B, C, D] = [digestOf('a'), handleOf('b.x'), digestOf('c'), handleOf('d.x')];
const a = { credentials: [A] };
const held = { ...a, cause: 'transfer:1', exact: true };
const operator = { ...a, cause: 'operator' };

describe('what acts in a log changed', () => {
  it('tells a copy that was revoked alone, or taken over, from an approval that was revoked', () => {
    const changes = changesOf(
      act('revoke', { credentials: [A], applications: ['x'], offers: ['o'] }),
      act('revoke', { credentials: [B], exact: true }),
      act('take-over', { applicationId: 'new', credentials: [C, D], applications: ['y'] }),
    );
    expect(changes).toMatchObject({ revoked: [A], revokedCopies: [B, C, D], closed: ['x', 'y'] });
  });

  it('keeps the suspension of an operator when another cause is released, and the other cause when an operator resumes', () => {
    expect(changesOf(act('suspend', operator), act('suspend', held), act('resume', held))).toMatchObject({ suspended: [A], held: [] });
    expect(changesOf(act('suspend', operator), act('suspend', held), act('resume', operator))).toMatchObject({
      suspended: [],
      held: [{ digest: A, cause: 'transfer:1' }],
    });
    expect(changesOf(act('suspend', held), act('resume', held))).toMatchObject({ suspended: [], held: [] });
  });

  it('takes acts without cause for an operator, and leaves suspended what more suspended than resumed', () => {
    expect(changesOf(act('suspend', a))).toMatchObject({ suspended: [A], held: [] });
    expect(changesOf(act('suspend', a), act('resume', a))).toMatchObject({ suspended: [] });
    expect(changesOf(act('suspend', a), act('suspend', a), act('resume', a))).toMatchObject({ suspended: [A] });
    // Suspended before causes were logged, resumed since.
    expect(changesOf(act('suspend', a), act('resume', operator))).toMatchObject({ suspended: [] });
    expect(changesOf(act('suspend', operator), act('resume', a))).toMatchObject({ suspended: [A] });
  });

  it('counts a resumption that stands in the log twice once', () => {
    const twice = act('resume', a, 'same');
    expect(changesOf(act('suspend', a), act('suspend', a), twice, twice)).toMatchObject({ suspended: [A] });
  });

  it('tells what was closed, rejected and withdrawn, and reads refusals and other acts for nothing', () => {
    const changes = changesOf(
      act('close', { applicationId: 'x' }),
      act('reject', { applicationId: 'y' }),
      act('withdraw', { offerId: 'o', applicationId: 'z' }),
      act('cascade', { what: 'revoked', of: A, credentials: [B], applications: ['w'] }),
      act('issue', { applicationId: 'v', credentials: [C] }),
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

  it.each<[string, JsonObject]>([
    ['revoke', { credentials: [A, 1] }],
    ['revoke', { credentials: A }],
    ['revoke', { credentials: [A, 'b'] }],
    ['take-over', { credentials: [A, null] }],
    ['suspend', { credentials: [A, ''] }],
    ['resume', { credentials: [`v2.${A} `] }],
    ['cascade', { credentials: [A], applications: ['x', 1] }],
    ['close', { applicationId: ['x'] }],
    ['reject', { applicationId: 1 }],
    ['withdraw', { offerId: null }],
  ])('is not read in part where %s names it in another way: %j', (action, evidence) => {
    expect(() => changesOf(act(action, evidence))).toThrow(
      expect.objectContaining({ code: 'AUDIT_UNAVAILABLE', message: expect.stringMatching(/cannot be read whole: evidence\//u) }),
    );
  });

  it('is read back from JSON with the digests of either version alone', () => {
    const changes = changesOf(act('revoke', { credentials: [A, B] }), act('suspend', { credentials: [C], cause: 'transfer:1' }));
    expect(parseLoggedChanges(JSON.parse(JSON.stringify(changes)) as JsonValue)).toEqual(changes);
    for (const odd of ['a', `${A}=`, A.slice(1), `v3.${A}`]) {
      expect(parseLoggedChanges({ revoked: [odd] })).toBeUndefined();
      expect(parseLoggedChanges({ held: [{ digest: odd, cause: 'transfer:1' }] })).toBeUndefined();
    }
  });
});
