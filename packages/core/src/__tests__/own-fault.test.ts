import { describe, expect, it } from '@jest/globals';
import { FAULTS, type FaultCode } from '../codes.js';
import { Fault, InputError } from '../outcome.js';
import { isFaultOfOthers } from '../own-fault.js';

describe('isFaultOfOthers', () => {
  it('is so of every fault but those of the program itself', () => {
    const own = (Object.keys(FAULTS) as FaultCode[]).filter((code) => !isFaultOfOthers(new Fault(code, 'x')));
    expect(own).toEqual(['STORE_UNAVAILABLE', 'AUDIT_UNAVAILABLE', 'KEY_UNAVAILABLE', 'POLICY_UNUSABLE', 'PORT_BUSY', 'INTERNAL']);
  });

  it('is not so of what is no fault', () => {
    for (const thrown of [new Error('x'), new InputError('CONFLICT', 'x'), undefined, { code: 'REMOTE_UNAVAILABLE' }])
      expect(isFaultOfOthers(thrown)).toBe(false);
  });
});
