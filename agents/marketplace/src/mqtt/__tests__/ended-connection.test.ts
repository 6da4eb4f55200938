import { describe, expect, it } from '@jest/globals';
import { Fault, marketCalendar, ok, tenantId, type Challenge, type Instant, type Nonce, type StoredGrant } from '@gridpass/core';
import { utf8 } from '@gridpass/codec';
import type { Admission } from '@gridpass/gate';
import { createFakeClock, NOON } from '@gridpass/testkit';
import { createConversation } from '../conversation.js';

const TENANT = tenantId('market');
const CHALLENGE: Challenge = {
  tenant: TENANT,
  channel: 'telemetry',
  sessionThumbprint: '',
  state: 'asked',
  nonce: 'nonce' as Nonce,
  audience: 'market',
  expiresAt: (NOON + 300) as Instant,
};
const GRANT = { id: 'grant', holderDid: 'did:example:meter', facts: [], expiresAt: NOON + 300, receipt: {} } as unknown as StoredGrant;
const GRANTED = { kind: 'granted', grant: {} } as unknown as Admission;

/** A conversation whose connection ends at one step of the way to a grant, or at none. */
function begin(endsAt?: 'admit' | 'openSession' | 'fault') {
  let ended = false;
  const seen = { opened: 0, admitted: 0, told: [] as object[], read: [] as unknown[] };
  const step = (name: string): void => {
    ended ||= name === endsAt;
  };
  const conversation = createConversation(
    {
      tenant: TENANT,
      clock: createFakeClock(NOON),
      requestObject: async () => 'request',
      calendar: marketCalendar('Etc/UTC'),
      market: { keepReading: async () => Promise.reject(new Error('nothing is kept')) },
      gate: {
        openChallenge: async () => ok(CHALLENGE),
        admit: async () => {
          step('admit');
          if (endsAt !== 'fault') return GRANTED;
          step('fault');
          throw new Fault('STORE_UNAVAILABLE', 'down');
        },
        openSession: async () => {
          seen.opened += 1;
          step('openSession');
          return ok(GRANT);
        },
        use: async () => Promise.reject(new Error('nothing is used')),
      },
    },
    {
      clientId: 'device',
      tell: async (_topic, body) => void seen.told.push(body),
      spend: () => ok(true),
      ended: () => ended,
      admitted: () => void (seen.admitted += 1),
    },
  );
  const publish = (topic: string, body: object) =>
    conversation.answer({ topic, payload: utf8(JSON.stringify(body)), qos: 1, retain: false });
  const present = async () => {
    await publish('gate/device/ask', {});
    seen.told.length = 0;
    return publish('gate/device/response', { state: 'asked', vp_token: { c0: ['x'] } });
  };
  return { seen, publish, present };
}

describe('a grant for a connection that ended while its answer was looked at', () => {
  it.each([
    { endsAt: 'admit', opened: 0 },
    { endsAt: 'openSession', opened: 1 },
  ] as const)('is not set when it ended during $endsAt', async ({ endsAt, opened }) => {
    const { seen, publish, present } = begin(endsAt);
    expect(await present()).toMatchObject({ ok: false, refusal: { code: 'GRANT_ENDED' } });
    expect(seen).toMatchObject({ opened, admitted: 0, told: [] });
    // What was sent before the end and is read after it finds no grant.
    expect(await publish('readings/device', {})).toMatchObject({ ok: false, refusal: { code: 'GRANT_REQUIRED' } });
  });

  it('is set on one that stands, once, and told', async () => {
    const { seen, publish, present } = begin();
    expect(await present()).toEqual(ok(GRANT));
    expect(seen).toMatchObject({ opened: 1, admitted: 1, told: [{ effect: 'permit' }] });
    expect(await publish('readings/device', {})).toMatchObject({ ok: false, refusal: { code: 'READING_INVALID' } });
  });

  it('leaves a fault what it is, with nobody to tell', async () => {
    const { seen, present } = begin('fault');
    await expect(present()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(seen.told).toEqual([]);
  });
});
