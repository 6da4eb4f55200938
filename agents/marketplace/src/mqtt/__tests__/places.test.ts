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
const open = (over: object = {}) =>
  createPlaces({ maxClients: 99, maxUnproven: 4, connectionsPerAddress: 3, connectionsPerKey: 2, ...over });

describe('places of an intake', () => {
  it('are so many for one address: its oldest without proof goes for the next one', () => {
    const places = open();
    const [a, b, c, d] = ['x', 'x', 'x', 'x'].map(connection) as [Connection, Connection, Connection, Connection];
    const ended = () => [a, b, c, d].map((one) => one.ended());
    expect([a, b, c].map((one) => places.enter(one))).toEqual([true, true, true]);
    expect(ended()).toEqual([false, false, false, false]);
    expect(places.enter(d)).toBe(true);
    expect(ended()).toEqual([true, false, false, false]);
  });

  it('stay with what proved a key, whatever else comes from its address, and are free again when it leaves', () => {
    const places = open({ connectionsPerKey: 3 });
    const proven = ['x', 'x', 'x'].map(connection);
    proven.forEach((one, at) => {
      places.enter(one);
      places.prove(one, { key: 'k', clientId: `id-${at}` });
    });
    expect(places.enter(connection('x'))).toBe(false);
    expect(proven.map((one) => one.ended())).toEqual([false, false, false]);
    places.leave(proven[0]!);
    const next = connection('x');
    expect([places.enter(next), places.enter(connection('x'))]).toEqual([true, true]);
    expect([next, ...proven].map((one) => one.ended())).toEqual([true, false, false, false]);
  });

  it('go from those that have not said CONNECT before those that have, at one address and at all', () => {
    const places = open();
    const [greeted, silent, later] = ['x', 'x', 'x'].map(connection) as [Connection, Connection, Connection];
    for (const one of [greeted, silent, later]) places.enter(one);
    places.greet(greeted);
    const next = connection('x');
    expect(places.enter(next)).toBe(true);
    expect([greeted, silent, later].map((one) => one.ended())).toEqual([false, true, false]);
    for (const one of [connection('y'), connection('z')]) expect(places.enter(one)).toBe(true);
    expect([greeted, later, next].map((one) => one.ended())).toEqual([false, true, false]);
    for (const one of [later, next]) places.greet(one);
    expect(places.enter(connection('u'))).toBe(true);
    expect([greeted, next].map((one) => one.ended())).toEqual([true, false]);
  });

  it('are so many in all, with or without a proof: one without goes, and one with never does', () => {
    const places = open({ maxClients: 3 });
    const [device, idle] = [connection('home'), connection('x')];
    places.enter(device);
    places.prove(device, { key: 'k', clientId: 'id' });
    places.enter(idle);
    places.enter(connection('y'));
    expect([idle.ended(), places.enter(connection('z')), idle.ended()]).toEqual([false, true, true]);
    expect(device.ended()).toBe(false);
  });

  it('let 64 idle connections of one address hold back no device that comes through the same address', () => {
    const places = open({ maxUnproven: 250, connectionsPerAddress: 64 });
    const idle = Array.from({ length: 64 }, () => connection('terminator'));
    expect(idle.map((one) => places.enter(one))).not.toContain(false);
    expect(idle.filter((one) => one.ended())).toHaveLength(0);
    const devices = Array.from({ length: 10 }, () => connection('terminator'));
    devices.forEach((device, at) => {
      expect(places.enter(device)).toBe(true);
      places.greet(device);
      places.prove(device, { key: `k${at}`, clientId: 'id' });
    });
    expect(idle.filter((one) => one.ended())).toHaveLength(10);
    for (let n = 0; n < 200; n += 1) places.enter(connection('terminator'));
    expect(devices.filter((one) => one.ended())).toHaveLength(0);
  });

  it('go from the address that has the most to one that has fewer, and never the other way', () => {
    const places = open();
    const flood = [connection('x'), connection('x'), connection('x')];
    const other = connection('y');
    for (const one of [...flood, other]) expect(places.enter(one)).toBe(true);
    expect(places.enter(connection('z'))).toBe(true);
    expect(flood.map((one) => one.ended())).toEqual([true, false, false]);
    expect(places.enter(connection('x'))).toBe(true);
    expect(flood.map((one) => one.ended())).toEqual([true, true, false]);
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

  it('are held by nothing that ended before its proof was there, and it ends nothing of its key', () => {
    const places = open({ maxClients: 3, connectionsPerAddress: 99 });
    const live = connection('home');
    places.enter(live);
    places.prove(live, { key: 'k', clientId: 'id' });
    for (let n = 0; n < 5; n += 1) {
      const gone = connection('x');
      expect(places.enter(gone)).toBe(true);
      places.leave(gone);
      places.prove(gone, { key: 'k', clientId: 'id' });
    }
    expect(live.ended()).toBe(false);
    // Two places are left of three, and not one more.
    const rest = ['y', 'y', 'y'].map(connection);
    expect(rest.map((one) => places.enter(one))).toEqual([true, true, true]);
    expect(rest.map((one) => one.ended())).toEqual([true, false, false]);
  });

  it('are not taken again by a connection that was put out for another one', () => {
    const places = open({ maxClients: 1 });
    const [out, next] = [connection('x'), connection('x')];
    places.enter(out);
    places.enter(next);
    places.prove(out, { key: 'k', clientId: 'id' });
    places.prove(next, { key: 'k', clientId: 'id' });
    expect([out.ended(), next.ended()]).toEqual([true, false]);
    places.leave(next);
    expect(places.enter(connection('y'))).toBe(true);
  });
});
