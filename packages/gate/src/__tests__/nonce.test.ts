import { describe, expect, it } from '@jest/globals';
import { Fault, instant } from '@gridpass/core';
import type { Digest, NonceSecret, NonceSecrets } from '@gridpass/core';
import { createProofMemory, ownNonceSecrets } from '../nonce.js';
import type { ProofMemory } from '../nonce.js';

const SLOT = 60;
const START = instant(1_800_000_000); // a slot begins here
const at = (seconds: number): typeof START => instant(START + seconds);

/** The store that replicas share: each start adds a secret. */
function shared(): { start(): NonceSecrets; readonly looks: { count: number } } {
  const rows: NonceSecret[] = [];
  const looks = { count: 0 };
  return {
    looks,
    start: () => {
      const own = { epoch: rows.length + 1, secret: new Uint8Array(32).fill(rows.length + 1) };
      rows.push(own);
      return {
        own,
        readLater: async (epoch) => {
          looks.count += 1;
          return rows.filter((row) => row.epoch > epoch);
        },
      };
    },
  };
}

const use = async (memory: ProofMemory, nonce: string | undefined, jti: string, when: typeof START): Promise<string> => {
  const used = await memory.useOnce({ nonce, replayDigest: jti as Digest }, when);
  return used.ok ? 'ok' : used.refusal.code;
};
const replica = (secrets: NonceSecrets, capacity = 10): ProofMemory => createProofMemory(SLOT, capacity, secrets);

describe('the life of a nonce', () => {
  it('ends with the slot after its own, to the second', async () => {
    const memory = replica(ownNonceSecrets());
    for (const second of [0, 59]) {
      const nonce = memory.currentNonce(at(second));
      expect(await use(memory, nonce, `last-${second}`, at(119))).toBe('ok');
      expect(await use(memory, nonce, `over-${second}`, at(120))).toBe('DPOP_NONCE_REQUIRED');
    }
  });

  it('begins a slot early, for a replica whose clock is ahead, and no earlier', async () => {
    const memory = replica(ownNonceSecrets());
    expect(await use(memory, memory.currentNonce(at(60)), 'next', at(59))).toBe('ok');
    expect(await use(memory, memory.currentNonce(at(120)), 'after-next', at(59))).toBe('DPOP_NONCE_REQUIRED');
  });

  it.each(['', 'x', '1.', '1.short', `1.${'A'.repeat(43)}`, `.${'A'.repeat(43)}`, `1.${'A'.repeat(44)}`])(
    'is not had by %j',
    async (nonce) => {
      expect(await use(replica(ownNonceSecrets()), nonce, 'j', START)).toBe('DPOP_NONCE_REQUIRED');
    },
  );
});

describe('a proof used before', () => {
  it('is refused as long as its nonce counts, also with the nonce of the slot to come', async () => {
    const memory = replica(ownNonceSecrets());
    const nonce = memory.currentNonce(at(60));
    expect(await use(memory, nonce, 'j', at(59))).toBe('ok');
    expect(await use(memory, nonce, 'j', at(60))).toBe('DPOP_INVALID');
    expect(await use(memory, nonce, 'j', at(179))).toBe('DPOP_INVALID');
    expect(await use(memory, nonce, 'j', at(180))).toBe('DPOP_NONCE_REQUIRED');
  });

  it('is refused to the second of two at once, also while the store is asked', async () => {
    const store = shared();
    const first = replica(store.start());
    const nonce = replica(store.start()).currentNonce(START);
    expect((await Promise.all([use(first, nonce, 'j', START), use(first, nonce, 'j', START)])).sort()).toEqual(['DPOP_INVALID', 'ok']);
  });

  it('is never forgotten for want of room', async () => {
    const memory = replica(ownNonceSecrets(), 2);
    const nonce = memory.currentNonce(START);
    expect([await use(memory, nonce, 'a', START), await use(memory, nonce, 'b', START)]).toEqual(['ok', 'ok']);
    expect(await use(memory, nonce, 'c', START)).toBe('RATE_LIMITED');
    expect(await use(memory, nonce, 'a', START)).toBe('DPOP_INVALID');
  });
});

describe('state that only one replica knows: nonces', () => {
  it('lets whoever tries once more in at either replica, whichever it asks first', async () => {
    const store = shared();
    const [older, newer] = [replica(store.start()), replica(store.start())];
    for (const [first, second] of [
      [older, newer],
      [newer, older],
    ] as const) {
      expect(await use(first, undefined, 'no-nonce', START)).toBe('DPOP_NONCE_REQUIRED');
      expect(await use(second, first.currentNonce(START), `once-more-${first === older}`, START)).toBe('ok');
    }
  });

  it('takes the nonce of a replica that started later, and hands that one out from then on', async () => {
    const store = shared();
    const older = replica(store.start());
    const newer = replica(store.start());
    const nonce = newer.currentNonce(START);
    expect(older.currentNonce(START)).not.toBe(nonce);
    expect(await use(older, nonce, 'j', START)).toBe('ok');
    expect(older.currentNonce(START)).toBe(nonce);
  });

  it('gives no more to a program that started again: what was used before counts for nothing there, and still elsewhere once', async () => {
    const store = shared();
    const stays = replica(store.start());
    const before = replica(store.start());
    const nonce = before.currentNonce(START);
    expect(await use(before, nonce, 'j', START)).toBe('ok');
    const again = replica(store.start());
    expect(await use(again, nonce, 'j', START)).toBe('DPOP_NONCE_REQUIRED');
    expect(await use(again, stays.currentNonce(START), 'k', START)).toBe('DPOP_NONCE_REQUIRED');
    // Used up for each replica alone: the one bound that is left is the life of the nonce.
    expect(await use(stays, nonce, 'j', START)).toBe('ok');
    expect(await use(stays, nonce, 'j', START)).toBe('DPOP_INVALID');
  });

  it('asks the store once in a second, however many starts are made up', async () => {
    const store = shared();
    const memory = replica(store.start());
    for (const epoch of ['2', 'zz', 'zzzzzzzzzzz']) await use(memory, `${epoch}.${'A'.repeat(43)}`, 'j', START);
    expect(store.looks.count).toBe(1);
    await use(memory, `2.${'A'.repeat(43)}`, 'j', at(1));
    expect(store.looks.count).toBe(2);
  });

  it('is a fault while the store does not answer, and a nonce that is known still counts', async () => {
    const { own } = ownNonceSecrets();
    const memory = replica({ own, readLater: () => Promise.reject(new Fault('STORE_UNAVAILABLE', 'away')) });
    await expect(use(memory, `2.${'A'.repeat(43)}`, 'j', START)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await use(memory, memory.currentNonce(START), 'j', START)).toBe('ok');
  });

  it('remembers a bounded number of starts, its own and the latest always', async () => {
    const store = shared();
    const memory = replica(store.start());
    const own = memory.currentNonce(START);
    const later = Array.from({ length: 80 }, () => replica(store.start()));
    const nonces = later.map((one) => one.currentNonce(START));
    const verdicts = [];
    for (const [index, nonce] of [nonces.at(-1), own, nonces[0], nonces[16], nonces[17]].entries())
      verdicts.push(await use(memory, nonce, `j${index}`, START));
    expect(verdicts).toEqual(['ok', 'ok', 'DPOP_NONCE_REQUIRED', 'DPOP_NONCE_REQUIRED', 'ok']);
  });
});
