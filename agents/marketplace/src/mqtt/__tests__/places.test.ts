import { describe, expect, it } from '@jest/globals';
import { createPlaces } from '../places.js';
import type { Held } from '../places.js';

interface Connection extends Held {
  readonly ended: () => boolean;
}
function connection(address: string): Connection {
  let gone = false;
  return { address, ended: () => gone, end: () => (gone = true) };
}
const open = (over: object = {}) => createPlaces({ maxUnproven: 4, connectionsPerAddress: 3, connectionsPerKey: 2, ...over });

describe('places of an intake', () => {
  it('are so many for one address, proven or not, and free again when it leaves', () => {
    const places = open();
    const [a, b, c, d] = ['x', 'x', 'x', 'x'].map(connection) as [Connection, Connection, Connection, Connection];
    expect([a, b, c, d].map((one) => places.enter(one))).toEqual([true, true, true, false]);
    places.prove(a, { key: 'k', clientId: 'id' });
    expect(places.enter(d)).toBe(false);
    places.leave(a);
    expect(places.enter(d)).toBe(true);
  });

  it('go from the address that has the most to one that has fewer, and never the other way', () => {
    const places = open();
    const flood = [connection('x'), connection('x'), connection('x')];
    const other = connection('y');
    for (const one of [...flood, other]) expect(places.enter(one)).toBe(true);
    expect(places.enter(connection('z'))).toBe(true);
    expect(flood.map((one) => one.ended())).toEqual([true, false, false]);
    expect(places.enter(connection('x'))).toBe(false);
    expect(other.ended()).toBe(false);
  });

  it('are found by a device that proved a key before, whoever else knocks', () => {
    const places = open();
    const device = connection('home');
    places.enter(device);
    places.prove(device, { key: 'k', clientId: 'id' });
    places.leave(device);
    const strangers = ['a', 'b', 'c', 'd'].map(connection);
    for (const one of strangers) expect(places.enter(one)).toBe(true);
    const back = connection('home');
    expect(places.enter(back)).toBe(true);
    expect(strangers.filter((one) => one.ended())).toHaveLength(1);
    // And no stranger throws it out again.
    for (const one of ['f', 'g', 'h'].map(connection)) places.enter(one);
    expect(back.ended()).toBe(false);
  });

  it('are not taken by connections that proved a key', () => {
    const places = open({ connectionsPerAddress: 99 });
    for (let i = 0; i < 9; i += 1) {
      const one = connection('x');
      expect(places.enter(one)).toBe(true);
      places.prove(one, { key: `k${i}`, clientId: 'id' });
      expect(one.ended()).toBe(false);
    }
  });

  it('are taken over under one id by the same key alone', () => {
    const places = open();
    const [old, other, back] = [connection('x'), connection('y'), connection('z')];
    for (const one of [old, other, back]) places.enter(one);
    places.prove(old, { key: 'k', clientId: 'id' });
    places.prove(other, { key: 'other', clientId: 'id' });
    expect([old.ended(), other.ended()]).toEqual([false, false]);
    places.prove(back, { key: 'k', clientId: 'id' });
    expect([old.ended(), other.ended(), back.ended()]).toEqual([true, false, false]);
    // Proving again on one connection ends nothing.
    places.prove(back, { key: 'k', clientId: 'id' });
    expect(back.ended()).toBe(false);
  });

  it('are so many for one key, whose oldest goes', () => {
    const places = open();
    const held = ['x', 'y', 'z'].map(connection);
    held.forEach((one, at) => {
      places.enter(one);
      places.prove(one, { key: 'k', clientId: `id-${at}` });
    });
    expect(held.map((one) => one.ended())).toEqual([true, false, false]);
  });
});
