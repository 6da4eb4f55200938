// Attack 11: whoever reads a device's answer off the wire, or was handed one, sends it on a connection of their own before
// the device does. It used to be taken there, and readings in the device's name with it.
import { describe, expect, it } from '@jest/globals';
import { marketCalendar, ok, tenantId, type Challenge, type Instant, type Nonce } from '@gridpass/core';
import { utf8 } from '@gridpass/codec';
import { createFakeClock, NOON } from '@gridpass/testkit';
import { createConversation, type Conversation, type ConversationParts } from '../conversation.js';

const TENANT = tenantId('market');

describe('an answer on another connection than its question', () => {
  const admitted: string[] = [];
  let opened = 0;
  const parts: ConversationParts = {
    tenant: TENANT,
    clock: createFakeClock(NOON),
    requestObject: async ({ state }) => `request.${state}`,
    calendar: marketCalendar('Etc/UTC'),
    market: { keepReading: async () => Promise.reject(new Error('nothing is kept')) },
    gate: {
      openChallenge: async ({ channel, sessionThumbprint, at }) => {
        opened += 1;
        const challenge: Challenge = {
          tenant: TENANT,
          channel,
          sessionThumbprint,
          state: `state-${opened}`,
          nonce: `nonce-${opened}` as Nonce,
          audience: 'market',
          expiresAt: (at + 300) as Instant,
        };
        return ok(challenge);
      },
      admit: async (_received, { state }) => {
        admitted.push(state);
        return { kind: 'refused', refusal: { kind: 'refusal', code: 'PROOF_INVALID', stage: 'prove', detail: '' } };
      },
      openSession: async () => Promise.reject(new Error('nothing was granted')),
      use: async () => Promise.reject(new Error('nothing was granted')),
    },
  };

  function begin(clientId: string): { readonly conversation: Conversation; readonly told: object[] } {
    const told: object[] = [];
    return {
      told,
      conversation: createConversation(parts, {
        clientId,
        tell: async (_topic, body) => void told.push(body),
        spend: () => ok(true),
        ended: () => false,
        admitted: () => undefined,
      }),
    };
  }
  const publish = (conversation: Conversation, topic: string, body: object) =>
    conversation.answer({ topic, payload: utf8(JSON.stringify(body)), qos: 1, retain: false });

  it('is refused there, and still taken where it was asked for', async () => {
    const [device, thief] = [begin('device'), begin('thief')];
    await publish(device.conversation, 'gate/device/ask', {});
    const answer = { state: 'state-1', vp_token: { c0: ['x'] } };
    const stolen = await publish(thief.conversation, 'gate/thief/response', answer);
    expect(stolen.refusal?.code).toBe('CHALLENGE_UNKNOWN');
    expect(thief.told).toMatchObject([{ code: 'CHALLENGE_UNKNOWN' }]);
    expect(admitted).toEqual([]);
    await publish(device.conversation, 'gate/device/response', answer);
    expect(admitted).toEqual(['state-1']);
  });

  it('is refused when the request was opened over HTTP', async () => {
    const device = begin('device');
    const answered = await publish(device.conversation, 'gate/device/response', { state: 'opened-elsewhere', vp_token: {} });
    expect(answered.refusal?.code).toBe('CHALLENGE_UNKNOWN');
  });
});
