import { Socket, createServer, type Server } from 'node:net';
import { Aedes, type Client } from 'aedes';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { refuse, type JsonObject } from '@gridpass/core';
import { openMqttSession } from '../adapters/mqtt-session.js';

const holder = {
  answerRequest: async () => ({ ok: true as const, value: { state: 's', vpToken: { c0: ['shown'] }, responseUri: '', disclosureId: 'd' } }),
} as never;
const permit = { effect: 'permit', expiresAt: 2_000_000_000, receipt: { index: 4 } };
let stop: () => Promise<void> = async () => undefined;
afterEach(() => stop());

/** A broker that says what the test wants: per kind of topic an answer, and whether the publication is taken. */
async function broker(answers: {
  readonly ask?: JsonObject;
  readonly response?: JsonObject;
  readonly readings?: JsonObject | 'taken';
}): Promise<string> {
  const aedes = await Aedes.createBroker();
  aedes.authorizePublish = (client, packet, done) => {
    if (!client) return done(null);
    const kind = packet.topic.startsWith('readings/') ? 'readings' : (packet.topic.split('/')[2] as 'ask' | 'response');
    const answer = answers[kind];
    if (answer === undefined || answer === 'taken') return done(answer === 'taken' ? null : new Error('no'));
    say(client, 'requestObject' in answer ? 'request' : 'result', answer, () => done('code' in answer ? new Error('no') : null));
  };
  const server: Server = createServer((socket) => aedes.handle(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stop = async () => {
    await new Promise<void>((resolve) => aedes.close(() => resolve()));
    await new Promise<void>((resolve) => server.close(() => resolve()));
    stop = async () => undefined;
  };
  const address = server.address();
  return `mqtt://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

function say(client: Client, topic: string, body: JsonObject, done: () => void): void {
  client.publish(
    { cmd: 'publish', topic: `gate/${client.id}/${topic}`, payload: JSON.stringify(body), qos: 0, dup: false, retain: false },
    done,
  );
}

const open = (url: string) => openMqttSession(url, holder, 'https://market.example');
const asked = { requestObject: 'signed', state: 's' };

describe('an MQTT session', () => {
  it('sends small packets at once', async () => {
    const undelayed = jest.spyOn(Socket.prototype, 'setNoDelay');
    const url = await broker({ ask: asked, response: permit, readings: 'taken' });
    const opened = await open(url);
    const ofDevice = undelayed.mock.calls.filter(
      ([on], at) => on === true && String((undelayed.mock.contexts[at] as Socket).remotePort) === new URL(url).port,
    );
    undelayed.mockRestore();
    expect(ofDevice).toHaveLength(1);
    await opened.value?.close();
  });

  it('opens with a permit and reports what is acknowledged', async () => {
    const opened = await open(await broker({ ask: asked, response: permit, readings: 'taken' }));
    expect(opened.value).toMatchObject({ expiresAt: permit.expiresAt, receipt: { index: 4 } });
    expect(await Promise.all([opened.value?.report({ a: 1 }), opened.value?.report({ a: 2 })])).toEqual([
      { ok: true, value: true },
      { ok: true, value: true },
    ]);
    await opened.value?.close();
    expect(opened.value?.isOpen()).toBe(false);
  });

  it.each([
    ['POLICY_DENIED', { code: 'POLICY_DENIED', reasons: ['device-conformity-expired'] }, 'device-conformity-expired'],
    ['REVOKED', { code: 'REVOKED' }, 'as the marketplace said'],
    ['REQUEST_MALFORMED', { code: 'SOMETHING_OF_ITS_OWN' }, 'as the marketplace said'],
  ])('refuses with %s as the other side did', async (code, response, detail) => {
    expect((await open(await broker({ ask: asked, response }))).refusal).toMatchObject({ code, detail });
  });

  it('passes on the code when already the question is turned away', async () => {
    expect((await open(await broker({ ask: { code: 'RATE_LIMITED' } }))).refusal?.code).toBe('RATE_LIMITED');
  });

  it('throws what the other side could not tell', async () => {
    await expect(open(await broker({ ask: asked, response: { code: 'STATUS_STALE' } }))).rejects.toMatchObject({ code: 'STATUS_STALE' });
  });

  it('keeps its own refusal', async () => {
    const url = await broker({ ask: asked });
    const unwilling = { answerRequest: async () => refuse('QUERY_UNSATISFIABLE', 'test', 'nothing held') } as never;
    expect((await openMqttSession(url, unwilling, 'https://market.example')).refusal?.code).toBe('QUERY_UNSATISFIABLE');
  });

  it('tells of a reading that was refused, and that the connection is over', async () => {
    const opened = await open(await broker({ ask: asked, response: permit, readings: { code: 'READING_INVALID' } }));
    expect((await opened.value?.report({}))?.refusal?.code).toBe('READING_INVALID');
    expect(opened.value?.isOpen()).toBe(false);
  });

  it('throws REMOTE_UNAVAILABLE when the connection is lost, and nobody is there', async () => {
    const url = await broker({ ask: asked, response: permit });
    const opened = await open(url);
    await expect(opened.value?.report({})).rejects.toMatchObject({ code: 'REMOTE_UNAVAILABLE' });
    await stop();
    await expect(open(url)).rejects.toMatchObject({ code: 'REMOTE_UNAVAILABLE' });
  });
});
