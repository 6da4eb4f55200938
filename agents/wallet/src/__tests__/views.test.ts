import { describe, expect, it } from '@jest/globals';
import { digestOf, encodeBase64url, utf8 } from '@gridpass/codec';
import type { HeldCredential } from '@gridpass/core';
import { NOON, createPaperSociety, resignToken } from '@gridpass/testkit';
import { toCredentialView } from '../http/views.js';

const held = (compact: string): HeldCredential => ({ compact, format: 'dc+sd-jwt', validUntil: NOON + 1 }) as HeldCredential;

describe('a credential as its owner sees it', () => {
  it('says which claims its issuer hid badly, and says nothing where all are hidden well', async () => {
    const { entitlement, dso } = await createPaperSociety();
    expect(toCredentialView(held(entitlement.compact), NOON)).not.toHaveProperty('warnings');
    const weak = encodeBase64url(utf8(JSON.stringify(['a', 'direction', 'combined'])));
    const signed = await resignToken(entitlement.compact.split('~')[0] ?? '', dso, { payload: { set: { _sd: [digestOf(weak)] } } });
    expect(toCredentialView(held(`${signed}~${weak}~`), NOON)).toMatchObject({
      claims: { direction: 'combined' },
      warnings: [{ kind: 'weak-salts', claims: ['direction'] }],
    });
  });
});
