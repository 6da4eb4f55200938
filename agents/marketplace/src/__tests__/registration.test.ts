import { describe, expect, it } from '@jest/globals';
import { Fault, ok, refuse } from '@gridpass/core';
import type { GateEvent } from '@gridpass/gate';
import { createVerifierInfo, type ReadRegistration } from '../registration.js';

describe('what the market shows of itself', () => {
  const shown = async (read: ReadRegistration) => {
    const events: GateEvent[] = [];
    return { info: await createVerifierInfo(read, (event) => events.push(event))(), codes: events.map(({ code }) => code) };
  };

  it('is its registration', async () => {
    expect(await shown(async () => ok('a.b.c'))).toEqual({ info: [{ format: 'vc+jwt', data: 'a.b.c' }], codes: [] });
  });

  it('is nothing, and told to who runs it, while there is none or it cannot be fetched', async () => {
    expect(await shown(async () => refuse('ISSUER_NOT_ACCREDITED', 'trusted', 'another text'))).toEqual({
      info: [],
      codes: ['ISSUER_NOT_ACCREDITED'],
    });
    const down = async (): Promise<never> => {
      throw new Fault('TRUST_UNAVAILABLE', 'nobody answers');
    };
    expect(await shown(down)).toEqual({ info: [], codes: ['TRUST_UNAVAILABLE'] });
  });

  it('hides no fault of its own program', async () => {
    const broken = async (): Promise<never> => {
      throw new TypeError('broken');
    };
    await expect(createVerifierInfo(broken, () => undefined)()).rejects.toThrow('broken');
  });
});
