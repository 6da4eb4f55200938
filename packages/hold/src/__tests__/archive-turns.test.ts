import { describe, expect, it } from '@jest/globals';
import { ok, tenantId, type JsonObject, type Outcome } from '@gridpass/core';
import { createArchiveTurns } from '../archive-turns.js';

/** As short as a passphrase may be. */
const long = (text: string): string => text.padEnd(12);

/** Seals that a test lets go on one by one, and that know how many run. */
function paper() {
  const begun: string[] = [];
  const going: (() => void)[] = [];
  let most = 0;
  let running = 0;
  const run = async (name: string): Promise<void> => {
    begun.push(name);
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => going.push(resolve));
    running -= 1;
  };
  const turns = createArchiveTurns({
    sealArchive: async (_content: JsonObject, passphrase: string): Promise<string> => {
      await run(passphrase.trim());
      if (passphrase === long('fails')) throw new TypeError('a mistake of ours');
      return passphrase.trim();
    },
    openArchive: async (text: string): Promise<Outcome<JsonObject>> => {
      await run(text);
      return ok({});
    },
  });
  const turnOver = () => new Promise<void>((resolve) => setImmediate(resolve));
  const goOn = async (): Promise<void> => {
    await turnOver();
    going.shift()?.();
    await turnOver();
  };
  const seal = (name: string, passphrase = long(name)) => turns.seal(tenantId(name), async () => ({}), passphrase);
  return { begun, turns, seal, goOn, turnOver, most: () => most };
}

const busy = { ok: false, refusal: { code: 'RATE_LIMITED' } };

describe('archives in turns', () => {
  it('are sealed and opened one at a time, in the order they came', async () => {
    const { begun, turns, seal, goOn, most } = paper();
    const done = [seal('a'), turns.open(tenantId('b'), 'b', long('x')), seal('c')];
    for (let n = 0; n < 3; n += 1) await goOn();
    expect(await Promise.all(done)).toEqual([ok('a'), ok({}), ok('c')]);
    expect({ begun, most: most() }).toEqual({ begun: ['a', 'b', 'c'], most: 1 });
  });

  it('have their turn while the content of another cannot be read', async () => {
    const { turns, seal, goOn } = paper();
    const hung = turns.seal(tenantId('a'), () => new Promise<JsonObject>(() => undefined), long('a'));
    const done = seal('b');
    await goOn();
    expect(await done).toEqual(ok('b'));
    expect(await turns.seal(tenantId('a'), async () => ({}), long('a'))).toMatchObject(busy);
    expect(await Promise.race([hung, Promise.resolve('waits')])).toBe('waits');
  });

  it('wait for four others, and the fifth that waits is told to come again', async () => {
    const { begun, seal, goOn } = paper();
    const done = ['a', 'b', 'c', 'd', 'e'].map((name) => seal(name));
    expect(await seal('f')).toMatchObject(busy);
    for (let n = 0; n < 5; n += 1) await goOn();
    expect(await Promise.all(done)).toEqual(['a', 'b', 'c', 'd', 'e'].map((name) => ok(name)));
    const after = seal('f');
    await goOn();
    expect(await after).toEqual(ok('f'));
    expect(begun).toHaveLength(6);
  });

  it('have one place for each wallet, free again when its turn is over', async () => {
    const { turns, seal, goOn } = paper();
    const first = seal('a');
    expect(await seal('a')).toMatchObject(busy);
    expect(await turns.open(tenantId('a'), 'x', long('y'))).toMatchObject(busy);
    await goOn();
    await first;
    const second = seal('a');
    await goOn();
    expect(await second).toEqual(ok('a'));
  });

  it('go on after one that failed, whose failure is its own', async () => {
    const { seal, goOn } = paper();
    const failing = expect(seal('a', long('fails'))).rejects.toThrow('a mistake of ours');
    const next = seal('b');
    await goOn();
    await goOn();
    await failing;
    expect(await next).toEqual(ok('b'));
  });

  it('come to a sixth wallet while five ask again and again', async () => {
    const { begun, seal, goOn } = paper();
    const greedy = ['a', 'b', 'c', 'd', 'e'];
    const asks = (): Promise<unknown> => Promise.all(greedy.map((name) => seal(name)));
    const first = asks();
    expect(await seal('f')).toMatchObject(busy);
    // Each asks again as soon as it was answered, and in between as well.
    for (let n = 0; n < 5; n += 1) {
      await goOn();
      void asks();
    }
    await first;
    expect(begun).toEqual([...greedy, 'a']);
    const sixth = seal('f');
    void asks();
    await goOn();
    expect(begun.at(-1)).toBe('f');
    await goOn();
    expect(await sixth).toEqual(ok('f'));
  });

  it('give the place of the wallet that was served last to one that was served longer ago, and to no other', async () => {
    const { begun, seal, goOn } = paper();
    for (const name of ['f', 'a', 'b', 'c', 'd', 'e']) {
      const done = seal(name);
      await goOn();
      await done;
    }
    const [atWork, ...waiting] = ['a', 'b', 'c', 'd', 'e'].map((name) => seal(name));
    // `a` is at work. `f` was served before all of them, and `e` was the last.
    const early = seal('f');
    expect(await waiting[3]).toMatchObject(busy);
    expect(await seal('e')).toMatchObject(busy);
    for (let n = 0; n < 5; n += 1) await goOn();
    expect(await Promise.all([atWork, early, ...waiting.slice(0, 3)])).toEqual(['a', 'f', 'b', 'c', 'd'].map((name) => ok(name)));
    expect(begun.slice(6)).toEqual(['a', 'f', 'b', 'c', 'd']);
  });

  it('are not begun for a wallet that lost its place while its content was read, and end its reading first', async () => {
    const { begun, turns, seal, goOn, turnOver } = paper();
    const served = seal('a');
    await goOn();
    await served;
    let read = (): void => undefined;
    const slow = turns.seal(tenantId('a'), () => new Promise((resolve) => (read = () => resolve({}))), long('a'));
    const others = ['b', 'c', 'd', 'e', 'f'].map((name) => seal(name));
    expect(await turns.open(tenantId('a'), 'x', long('y'))).toMatchObject(busy);
    read();
    await turnOver();
    expect(await slow).toMatchObject(busy);
    for (let n = 0; n < 5; n += 1) await goOn();
    await Promise.all(others);
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('take no place for a passphrase that is too short, by one character', async () => {
    const { begun, turns, seal } = paper();
    const short = 'x'.repeat(11);
    const reading: string[] = [];
    const content = async (): Promise<JsonObject> => {
      reading.push('read');
      return {};
    };
    void seal('a');
    // The wallet has one under way: the answer is about the passphrase all the same.
    await expect(turns.seal(tenantId('a'), content, short)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    expect(await turns.open(tenantId('a'), 'x', short)).toMatchObject({ ok: false, refusal: { code: 'ARCHIVE_INVALID' } });
    expect({ reading, begun: begun.filter((name) => name !== 'a') }).toEqual({ reading: [], begun: [] });
    // In its other normal form it has twelve.
    expect(await turns.open(tenantId('a'), 'x', '\u00e9'.repeat(6))).toMatchObject(busy);
    expect(await turns.open(tenantId('a'), 'x', '\u00e9'.repeat(5))).toMatchObject({ refusal: { code: 'ARCHIVE_INVALID' } });
  });
});
