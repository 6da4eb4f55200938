// The negative corpus of the stages around the verifier: transport, binding, decision, session. Each case takes one
// step of the way through a gate over HTTP and changes one thing about it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '@gridpass/core';
import { buildAuthorizationResponse } from '@gridpass/exchange';
import { parseCompactJws } from '@gridpass/keys';
import { startRig, strangerKey, textOf } from '../../packages/gate/src/__tests__/harness.js';
import type { CallOptions, Reply, Rig } from '../../packages/gate/src/__tests__/harness.js';

interface Mutation {
  readonly form?: string;
  readonly pad?: number;
  readonly contentType?: string;
  readonly json?: JsonObject;
  readonly body?: string;
  readonly key?: 'none' | 'stranger';
  readonly token?: string;
  readonly staleNonce?: boolean;
  readonly wait?: number;
  readonly otherState?: boolean;
  readonly twice?: boolean;
  readonly status?: 'revoked' | 'suspended';
  readonly endGrant?: boolean;
  readonly query?: string;
  readonly flood?: boolean;
  readonly beside?: 'commissioning';
  /** The id of the query, to the one that is written instead. */
  readonly ids?: Readonly<Record<string, string>>;
}

interface Case {
  readonly id: string;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly given: 'request' | 'response' | 'token' | 'use';
  readonly mutate: Mutation;
  readonly expectCode: string | null;
}

const { cases, notes } = JSON.parse(readFileSync(join(import.meta.dirname, 'gate.json'), 'utf8')) as {
  readonly cases: readonly Case[];
  readonly notes: Readonly<Record<string, string>>;
};

const keyOf = ({ key }: Mutation): Pick<CallOptions, 'key'> => (key === undefined ? {} : { key: key === 'none' ? null : strangerKey() });

async function openRequest(
  rig: Rig,
  options: CallOptions = {},
): Promise<{ readonly state: string; readonly nonce: string; readonly audience: string }> {
  const opened = await rig.call('POST', '/.gridpass/requests', { json: { channel: 'behind_the_meter' }, ...options });
  const state = textOf(opened.body, 'state');
  const { payload } = parseCompactJws((await rig.call('GET', `/.gridpass/requests/${state}`, { key: null })).text).value!;
  return { state, nonce: textOf(payload, 'nonce'), audience: textOf(payload, 'client_id') };
}

const STEPS: Readonly<Record<Case['given'], (rig: Rig, mutate: Mutation) => Promise<Reply>>> = {
  async request(rig, mutate) {
    const ask = () =>
      rig.call('POST', '/.gridpass/requests', {
        ...(mutate.body === undefined
          ? { json: mutate.json ?? { channel: 'behind_the_meter' } }
          : { body: mutate.body, headers: { 'Content-Type': 'application/json' } }),
        ...keyOf(mutate),
      });
    if (mutate.flood === true) for (let turn = 0; turn < 40; turn += 1) await ask();
    return ask();
  },
  async response(rig, mutate) {
    const opened = await openRequest(rig, keyOf(mutate));
    const { society } = rig;
    const answer = await society.answer(
      [
        { compact: society.customer.compact, disclose: ['active', 'biddingZoneEic'] },
        { compact: society.entitlement.compact, disclose: ['exportLimitW'] },
        ...(mutate.beside === undefined ? [] : [{ compact: society[mutate.beside].compact, disclose: [] }]),
      ],
      { nonce: opened.nonce, audience: opened.audience, at: rig.clock.now() },
    );
    const answered = Object.entries(JSON.parse(new TextDecoder().decode(answer.bytes)) as JsonObject);
    const vpToken = Object.fromEntries(answered.map(([id, shown]) => [mutate.ids?.[id] ?? id, shown]));
    const built = buildAuthorizationResponse({ state: opened.state, vpToken });
    const form = `${mutate.form?.replace('STATE', opened.state) ?? built}${'x'.repeat(mutate.pad ?? 0)}`;
    rig.clock.advance(mutate.wait ?? 0);
    const state = mutate.otherState === true ? (await openRequest(rig)).state : opened.state;
    const post = () =>
      rig.call(
        'POST',
        `/.gridpass/responses/${state}`,
        mutate.contentType === undefined ? { key: null, form } : { key: null, body: form, headers: { 'Content-Type': mutate.contentType } },
      );
    if (mutate.twice === true) await post();
    return post();
  },
  async token(rig, mutate) {
    const json = { response_code: textOf((await rig.present()).body, 'response_code') };
    rig.clock.advance(mutate.wait ?? 0);
    if (mutate.twice === true) await rig.call('POST', '/.gridpass/token', { json });
    return rig.call('POST', '/.gridpass/token', { json, ...keyOf(mutate) });
  },
  async use(rig, mutate) {
    const token = mutate.token ?? (await rig.token());
    const [row] = rig.grants.rows.values();
    if (mutate.status !== undefined && row !== undefined) rig.society.status.mark(row.grant.status[0]?.references ?? [], mutate.status);
    if (mutate.endGrant === true && row !== undefined)
      await rig.gate.endGrant({ id: row.grant.id, reason: 'by-hand', at: rig.clock.now() });
    if (mutate.staleNonce === true) return rig.call('GET', '/orders', { token, proof: await rig.staleProof(token) });
    rig.clock.advance(mutate.wait ?? 0);
    return rig.call('GET', `/orders${mutate.query === undefined ? '' : `?${mutate.query}`}`, {
      ...(token === '' ? { key: null } : { token }),
      ...keyOf(mutate),
    });
  },
};

describe('the stages around the verifier', () => {
  let close: () => Promise<void> = async () => undefined;
  afterEach(() => close());

  it.each(cases)('$id: $comment', async ({ given, mutate, expectCode }) => {
    const started = await startRig(() => (mutate.flood === true ? { rateLimit: { burst: 10, perMinute: 1 } } : {}));
    ({ close } = started);
    const reply = await STEPS[given](started.rig, mutate);
    expect(reply.body['code'] ?? null).toBe(expectCode);
    expect(started.rig.handled.count).toBe(expectCode === null ? 1 : 0);
  });

  it('has a note for every flag and a use for every note', () => {
    expect([...new Set(cases.flatMap(({ flags }) => flags))].sort()).toEqual(Object.keys(notes).sort());
  });

  it('names every case once', () => {
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
  });
});
