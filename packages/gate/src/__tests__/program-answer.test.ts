import { describe, expect, it } from '@jest/globals';
import { Fault, InputError } from '@gridpass/core';
import { Refused, createProgramErrorMapper, refusalIn } from '../program-answer.js';
import type { ProgramAnswers } from '../program-answer.js';

const REASON = 'passphrase: at least 12 characters';
const REFUSED = new Refused({ kind: 'refusal', code: 'ARCHIVE_INVALID', stage: 'archive', detail: REASON });
const INPUT = new InputError('ARCHIVE_INVALID', REASON);

/** What a program answers that tells its reasons to whoever `isKnown` marks. */
async function answerTo(error: unknown, isKnown: boolean, more: Partial<ProgramAnswers> = {}) {
  const ctx = {
    state: { isKnown } as Record<string, unknown>,
    set: () => undefined,
    req: { complete: true },
    res: { hasHeader: () => true },
    status: 0,
    body: undefined as unknown,
  };
  const map = createProgramErrorMapper({
    log: () => undefined,
    logsDetail: false,
    explain: ({ detail }, { state }) => (state['isKnown'] === true ? { because: detail } : {}),
    ...more,
  });
  await map(ctx as never, async () => {
    throw error;
  });
  return { status: ctx.status, body: ctx.body, requestId: ctx.state['requestId'] };
}

describe('the reason of an answer', () => {
  it.each([
    ['a refusal', REFUSED],
    ['an input that was refused on another way', INPUT],
  ])('is told by %s to whom the program tells it, and to nobody else', async (_what, error) => {
    const known = await answerTo(error, true);
    expect(known.body).toEqual({ code: 'ARCHIVE_INVALID', requestId: known.requestId, because: REASON });
    const stranger = await answerTo(error, false);
    expect({ ...stranger, requestId: '' }).toEqual({
      status: known.status,
      body: { code: 'ARCHIVE_INVALID', requestId: stranger.requestId },
      requestId: '',
    });
  });

  it.each([
    ['a fault', new Fault('STORE_UNAVAILABLE', REASON), 'STORE_UNAVAILABLE'],
    ['a mistake of ours', new TypeError(REASON), 'INTERNAL'],
    ['what is no error', REASON, 'INTERNAL'],
  ])('is told of %s to nobody', async (_what, error, code) => {
    expect(refusalIn(error)).toBeUndefined();
    const { body, requestId } = await answerTo(error, true);
    expect(body).toEqual({ code, requestId });
  });

  it('stays out of an answer in the words of a protocol', async () => {
    const { body, requestId } = await answerTo(INPUT, true, { protocolOf: () => ({ status: 400, body: { error: 'invalid_request' } }) });
    expect(body).toEqual({ error: 'invalid_request', requestId });
  });
});
