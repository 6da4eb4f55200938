import { describe, expect, it } from '@jest/globals';
import { ok, tenantId, type JsonObject, type Outcome } from '@gridpass/core';
import { createArchiveTurns } from '../archive-turns.js';

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
      await run(passphrase);
      if (passphrase === 'fails') throw new TypeError('a mistake of ours');
      return passphrase;
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
  const seal = (name: string, passphrase = name) => turns.seal(tenantId(name), async () => ({}), passphrase);
  return { begun, turns, seal, goOn, turnOver, most: () => most };
}

const busy = { ok: false, refusal: { code: 'RATE_LIMITED' } };

describe('archives in turns', () => {
  it('are sealed and opened one at a time, in the order they came', async () => {
    const { begun, turns, seal, goOn, most } = paper();
    const done = [seal('a'), turns.open(tenantId('b'), 'b', 'x'), seal('c')];
    for (let n = 0; n < 3; n += 1) await goOn();
    expect(await Promise.all(done)).toEqual([ok('a'), ok({}), ok('c')]);
    expect({ begun, most: most() }).toEqual({ begun: ['a', 'b', 'c'], most: 1 });
  });

  it('have their turn while the content of another cannot be read', async () => {
    const { turns, seal, goOn } = paper();
    const hung = turns.seal(tenantId('a'), () => new Promise<JsonObject>(() => undefined), 'a');
    const done = seal('b');
    await goOn();
    expect(await done).toEqual(ok('b'));
    expect(await turns.seal(tenantId('a'), async () => ({}), 'a')).toMatchObject(busy);
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
    expect(await turns.open(tenantId('a'), 'x', 'y')).toMatchObject(busy);
    await goOn();
    await first;
    const second = seal('a');
    await goOn();
    expect(await second).toEqual(ok('a'));
  });

  it('go on after one that failed, whose failure is its own', async () => {
    const { seal, goOn } = paper();
    const failing = expect(seal('a', 'fails')).rejects.toThrow('a mistake of ours');
    const next = seal('b');
    await goOn();
    await goOn();
    await failing;
    expect(await next).toEqual(ok('b'));
  });
});
