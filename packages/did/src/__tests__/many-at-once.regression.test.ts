import { describe, expect, it } from '@jest/globals';
import { instant, tenantId } from '@gridpass/core';
import type { Did, RequestId, StoredDid } from '@gridpass/core';
import { createWebDidVerbs } from '../index.js';

const TENANT = tenantId('dso');
const did = 'did:web:dso.example' as Did;

/** How many change one thing at once: more than any fixed number of attempts would do for. */
const MANY = 12;

describe('many who change one did:web at once', () => {
  it('all come through, each after those that were quicker', async () => {
    let stored = { tenant: TENANT, did, keyIds: [], services: [], controllerKeyId: 'k', keyNamespace: 'n' } as unknown as StoredDid;
    const verbs = createWebDidVerbs({
      repository: {
        readDid: async () => stored,
        changeDid: async (before, after) => {
          if (before !== stored) return false;
          stored = { ...before, ...after };
          return true;
        },
      },
      vault: { keysOf: () => ({}) as never },
      audit: { appendRecord: async () => ({ index: 0 }) as never },
      clock: { now: () => instant(1_790_000_000) },
    });
    const context = { tenant: TENANT, actor: 'ops', requestId: 'r' as RequestId };
    const done = await Promise.all(
      Array.from({ length: MANY }, (_, turn) =>
        verbs.addService(context, did, { type: 'Log', endpoint: `https://dso.example/${String(turn)}`, validSeconds: 60 }),
      ),
    );
    expect(done.filter(({ ok }) => !ok)).toEqual([]);
    expect(stored.services).toHaveLength(MANY);
  });
});
