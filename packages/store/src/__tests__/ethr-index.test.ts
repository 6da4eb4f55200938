import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tenantId } from '@gridpass/core';
import type { EthrBlock, EthrEvent } from '@gridpass/core';
import { openTestStore } from '@gridpass/testkit';
import { createEthrEventRepository } from '../index.js';
import type { Store } from '../index.js';

const here = tenantId('here');
const there = tenantId('there');
const name = { chainId: 31337, registry: `0x${'01'.repeat(20)}` };
const other = { ...name, registry: `0x${'02'.repeat(20)}` };
const block = (number: number, fork = 'a'): EthrBlock => ({ number, hash: `0x${fork}${number}` });
const event = (number: number, who: string, previous = 0, logIndex = 0): EthrEvent => ({
  block: number,
  logIndex,
  time: number * 10,
  identity: `0x${who.repeat(40)}`,
  kind: 'attribute',
  previous,
  data: new Uint8Array([number, 255, 0]),
});

describe('the repository of ERC-1056 events', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(() => store.close());

  it('moves head, events and blocks together, and only from the head the writer knows', async () => {
    const events = createEthrEventRepository(store);
    expect(await events.readState(here, name)).toBeUndefined();
    const first = {
      expected: undefined,
      genesis: '0x00',
      events: [event(3, 'a'), event(3, 'b', 0, 1)],
      blocks: [block(3), block(4)],
      keepFrom: 0,
    };
    expect(await events.append(here, name, first)).toBe(true);
    expect(await events.append(here, name, first)).toBe(false);
    expect(await events.readState(here, name)).toEqual({ head: block(4), recent: [block(3), block(4)], genesis: '0x00', witnessed: -1 });
    expect(await events.append(here, name, { ...first, expected: block(4, 'x'), events: [], blocks: [block(5)] })).toBe(false);
    expect(
      await events.append(here, name, { ...first, expected: block(4), events: [event(5, 'a', 3)], blocks: [block(5)], keepFrom: 4 }),
    ).toBe(true);
    expect((await events.readState(here, name))?.recent).toEqual([block(4), block(5)]);
    expect(await events.readEvents(here, name, event(5, 'a').identity)).toEqual([event(3, 'a'), event(5, 'a', 3)]);
    expect(await events.lastChanges(here, name, [event(5, 'a').identity, event(5, 'b').identity, event(5, 'c').identity])).toEqual(
      new Map([
        [event(5, 'a').identity, 5],
        [event(5, 'b').identity, 3],
      ]),
    );
    expect(await events.readRange(here, name, { from: 3, to: 4 })).toEqual([event(3, 'a'), event(3, 'b', 0, 1)]);
    expect(await events.countEvents(here, name)).toBe(3);
  });

  it('keeps tenants and registries apart', async () => {
    const events = createEthrEventRepository(store);
    expect(await events.readState(there, name)).toBeUndefined();
    expect(
      await events.append(here, other, { expected: undefined, genesis: '0x00', events: [event(3, 'a')], blocks: [block(9)], keepFrom: 0 }),
    ).toBe(true);
    expect(await events.append(there, name, { expected: undefined, genesis: '0x00', events: [], blocks: [block(9)], keepFrom: 0 })).toBe(
      true,
    );
    expect(await events.countEvents(here, other)).toBe(1);
    expect(await events.countEvents(there, name)).toBe(0);
    await events.drop(here, other);
    expect(await events.readState(here, other)).toBeUndefined();
    expect(await events.countEvents(here, name)).toBe(3);
  });

  it('takes back what is above a block, and what was witnessed with it', async () => {
    const events = createEthrEventRepository(store);
    await events.setWitnessed(here, name, 5);
    await events.setWitnessed(here, name, 4);
    expect((await events.readState(here, name))?.witnessed).toBe(5);
    expect(await events.rewind(here, name, { expected: block(4), to: block(4) })).toBe(false);
    expect(await events.rewind(here, name, { expected: block(5), to: block(4) })).toBe(true);
    expect(await events.readState(here, name)).toEqual({ head: block(4), recent: [block(4)], genesis: '0x00', witnessed: 4 });
    expect(await events.countEvents(here, name)).toBe(2);
  });
});
