import { request } from 'node:http';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '@gridpass/core';
import { sampleRegister } from '@gridpass/issue';
import type { RequestEvent } from '../http/answer.js';
import { MOST_UPLOADS } from '../http/uploads.js';
import { TOKENS, startIssuer } from './running-issuer.js';
import type { RunningIssuer } from './running-issuer.js';

const PATH = '/t/regulator/admin/register';
const ROUTE = '/t/:tenant/admin/register';
const CSV = { 'content-type': 'text/csv' };
const LINES = { ...CSV, accept: 'application/x-ndjson' };
const [HEADER = '', ...ROWS] = sampleRegister().trimEnd().split('\r\n');

describe('an uploaded register', () => {
  let running: RunningIssuer;
  const events: RequestEvent[] = [];
  let onEvent: (() => void) | undefined;
  beforeAll(async () => {
    running = await startIssuer({
      log: (event) => {
        events.push(event);
        onEvent?.();
      },
    });
  });
  afterAll(() => running.close());

  const send = (body: string, headers: Readonly<Record<string, string>> = CSV, query = '', token = TOKENS.regulator) =>
    running.ask(`${PATH}${query}`, { token, headers, body });
  const registered = async () =>
    (await running.program.store.db.selectFrom('register_entry').select('code').where('tenant', '=', 'regulator').execute()).length;
  const acts = async () =>
    (await running.ask('/t/regulator/admin/audit/export', { token: TOKENS.regulator })).text
      .split('\n')
      .filter((line) => line.includes('import-register')).length;
  /** The next event of the route, which the program logs when it is done with a request. */
  const nextEvent = async (from: number): Promise<RequestEvent> => {
    for (;;) {
      const found = events.slice(from).find(({ route }) => route === ROUTE);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (onEvent = resolve));
    }
  };
  /** Begins an upload of which more is announced than comes. */
  const begin = (text: string) => {
    const outgoing = request(`${running.origin}${PATH}`, {
      method: 'POST',
      headers: { ...CSV, authorization: `Bearer ${TOKENS.regulator}`, 'content-length': '900000', expect: '100-continue' },
    });
    outgoing.on('error', () => undefined);
    // The program asks for the body when it has begun with the request.
    const begun = new Promise<void>((resolve) => outgoing.once('continue', () => outgoing.write(text, () => resolve())));
    outgoing.flushHeaders();
    return { outgoing, begun };
  };

  it('that breaks off changes nothing, leaves no act and no file, and is named as the client’s', async () => {
    const from = events.length;
    const before = [
      await registered(),
      await acts(),
      (await readdir(tmpdir())).filter((name) => name.startsWith('gridpass-upload-')).length,
    ];
    const { outgoing, begun } = begin(`${sampleRegister()}${`${ROWS[0] ?? ''}\r\n`.repeat(1_000)}`);
    await begun;
    outgoing.destroy();
    expect(await nextEvent(from)).toMatchObject({ status: 400, code: 'REQUEST_MALFORMED' });
    const after = [
      await registered(),
      await acts(),
      (await readdir(tmpdir())).filter((name) => name.startsWith('gridpass-upload-')).length,
    ];
    expect(after).toEqual(before);
  });

  it('takes one of few places: one more than may be held at once is turned away, and taken once one of them is done', async () => {
    const held = Array.from({ length: MOST_UPLOADS }, () => begin(HEADER));
    await Promise.all(held.map(({ begun }) => begun));
    const refused = await send(HEADER);
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({ code: 'RATE_LIMITED', detail: expect.stringContaining('body: ') });
    const from = events.length;
    held[0]?.outgoing.destroy();
    await nextEvent(from);
    expect((await send(HEADER)).status).toBe(200);
    for (const { outgoing } of held) outgoing.destroy();
  });

  describe('that is refused', () => {
    it.each([
      ['with a query that is not read', '?whole=all', 400, 'REQUEST_MALFORMED', 'whole: '],
      ['with a number out of place', '?mayVanish=2', 400, 'REQUEST_MALFORMED', 'mayVanish: '],
      ['of a whole register of nothing', '?whole=party', 400, 'REGISTER_UNREADABLE', 'whole: '],
    ])('%s has its own status and reason, line by line too', async (_what, query, status, code, says) => {
      for (const headers of [CSV, LINES])
        expect(await send(HEADER, headers, query)).toMatchObject({ status, body: { code, detail: expect.stringContaining(says) } });
    });

    it('for want of the duty has its own status, before its body is read', async () => {
      for (const accept of ['application/json', 'application/x-ndjson'])
        expect(
          await running.ask('/t/dso/admin/register', { token: TOKENS.reader, headers: { ...CSV, accept }, body: 'no register' }),
        ).toMatchObject({ status: 403, body: { code: 'POLICY_DENIED', detail: 'import: not a duty of this operator' } });
    });

    it('is told why to operators, and by its code alone to strangers', async () => {
      expect((await send('no register')).body).toMatchObject({ code: 'REGISTER_UNREADABLE', detail: expect.stringContaining('header') });
      const stranger = await send(sampleRegister(), CSV, '?whole=all', 'x'.repeat(30));
      expect(stranger).toMatchObject({ status: 401, body: { code: 'ADMIN_TOKEN_INVALID' } });
      expect(Object.keys(stranger.body).sort()).toEqual(['code', 'requestId']);
    });

    it.each([
      ['compressed', { ...CSV, 'content-encoding': 'gzip' }],
      ['in other characters', { 'content-type': 'text/csv; charset=iso-8859-1' }],
    ])('where it is %s', async (_what, headers) => {
      expect(await send(sampleRegister(), headers)).toMatchObject({ status: 415, body: { code: 'MEDIA_TYPE_UNSUPPORTED' } });
    });
  });

  it('that may retire too few entries names the number to any client', async () => {
    expect((await send(sampleRegister())).status).toBe(200);
    const missing = ROWS.length - 1;
    for (const headers of [CSV, LINES])
      expect(await send(`${HEADER}\n${ROWS[0] ?? ''}`, headers, '?whole=party,area')).toMatchObject({
        status: 409,
        body: { code: 'CONFLICT', detail: expect.stringContaining(`mayVanish=${missing}`) },
      });
  });

  it('that is told line by line and ends badly after the first line is in the log with its code', async () => {
    const from = events.length;
    const bad = `${HEADER}\n${`${';'.repeat(10)}\n`.repeat(100)}`;
    const { status, text } = await send(bad, LINES, '?whole=party');
    expect(status).toBe(200);
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as JsonObject);
    expect(lines).toMatchObject([
      { progress: { rows: 100, rejected: 100 } },
      { error: { code: 'REGISTER_UNREADABLE', detail: expect.stringContaining('whole: ') } },
    ]);
    const told = events.slice(from).filter(({ route }) => route === ROUTE);
    expect(told.map(({ code }) => code).filter((code) => code !== undefined)).toEqual(['REGISTER_UNREADABLE']);
    expect(new Set(told.map(({ requestId }) => requestId)).size).toBe(1);
  });
});
