import { describe, expect, it } from '@jest/globals';
import { ok, refuse, tenantId } from '@gridpass/core';
import type { Digest, Outcome, RefusalCode } from '@gridpass/core';
import type { LostChanges } from '@gridpass/program';
import { redoLostChanges } from '../adapters/redo-lost-changes.js';

const TENANT = tenantId('dso');
const digests = (...names: readonly string[]) => names as readonly Digest[];

/** An engine that notes what it is asked for, and answers as told. */
function createNotingEngine(refuses: Readonly<Record<string, RefusalCode>> = {}) {
  const asked: string[] = [];
  const note =
    (verb: string) =>
    async (_tenant: unknown, about: unknown, reason: string): Promise<Outcome<never>> => {
      const what = typeof about === 'string' ? about : (about as { readonly digest: string }).digest;
      asked.push(verb === 'hold' ? `${verb} ${what} ${reason}` : `${verb} ${what}`);
      const code = refuses[what];
      // What is answered is read by nobody here.
      return code === undefined ? ok(undefined as never) : refuse(code, verb, 'as told');
    };
  const engine = {
    revoke: note('revoke'),
    revokeCopy: note('revokeCopy'),
    suspend: note('suspend'),
    hold: note('hold'),
    close: note('close'),
    reject: note('reject'),
    withdrawOffer: note('withdrawOffer'),
  };
  return { engine, asked };
}

function createLost(done: () => void, left: LostChanges['left'] = () => undefined): LostChanges {
  return {
    revoked: digests('a'),
    revokedCopies: digests('b'),
    suspended: digests('c'),
    held: [{ digest: 'd' as Digest, cause: 'transfer:1' }],
    closed: ['x'],
    rejected: ['y'],
    withdrawn: ['o'],
    done: async () => done(),
    left,
  };
}

describe('what a database that was put back has lost', () => {
  it('is done again each by its own verb: copies alone, holds with their cause, approvals closed', async () => {
    const { engine, asked } = createNotingEngine({ a: 'STATUS_FINAL', b: 'NOT_FOUND', x: 'CONFLICT', o: 'NOT_FOUND' });
    let done = 0;
    const left: string[] = [];
    const lost = createLost(
      () => (done += 1),
      (line) => left.push(line),
    );
    await redoLostChanges(engine, TENANT, lost);
    // What is revoked already is as it should be.
    expect(left).toEqual([
      'not done again: revoke b (NOT_FOUND)',
      'not done again: close x (CONFLICT)',
      'not done again: withdraw o (NOT_FOUND)',
    ]);
    expect(asked).toEqual(['suspend c', 'hold d transfer:1', 'revokeCopy b', 'revoke a', 'reject y', 'close x', 'withdrawOffer o']);
    expect(done).toBe(1);
  });

  it('stays to be done where a change is refused for any other reason', async () => {
    for (const [what, code] of [
      ['a', 'CONFLICT'],
      ['d', 'POLICY_DENIED'],
      ['x', 'POLICY_DENIED'],
    ] as const) {
      let done = 0;
      const { engine } = createNotingEngine({ [what]: code });
      const lost = createLost(() => (done += 1));
      await expect(redoLostChanges(engine, TENANT, lost)).rejects.toMatchObject({ code: 'INTERNAL' });
      expect(done).toBe(0);
    }
  });
});
