import { describe, expect, it } from '@jest/globals';
import { digestOf, encodeBase64url, utf8 } from '@gridpass/codec';
import type { JsonValue } from '@gridpass/core';
import { createPaperSociety, resignToken } from '@gridpass/testkit';
import { warningsOf } from '../index.js';

/** The entitlement with these disclosures in place of its own. */
async function withDisclosures(...parts: readonly (readonly JsonValue[])[]): Promise<string> {
  const society = await createPaperSociety();
  const encoded = parts.map((each) => encodeBase64url(utf8(JSON.stringify(each))));
  const [jwt = ''] = society.entitlement.compact.split('~');
  const signed = await resignToken(jwt, society.dso, { payload: { set: { _sd: encoded.map(digestOf) } } });
  return [signed, ...encoded, ''].join('~');
}

describe('what a holder is warned of', () => {
  it('is nothing of what is issued here', async () => {
    const { entitlement, dsoRole } = await createPaperSociety();
    expect(warningsOf({ compact: entitlement.compact, format: 'dc+sd-jwt' })).toEqual([]);
    expect(warningsOf({ compact: dsoRole.compact, format: 'vc+jwt' })).toEqual([]);
  });

  it.each<[string, readonly (readonly JsonValue[])[], readonly string[]]>([
    ['a salt of one character', [['a', 'direction', 'combined']], ['direction']],
    [
      'one salt for two claims',
      [
        ['abcdefghijklmnopqrstuv', 'smartMeter', true],
        ['abcdefghijklmnopqrstuv', 'direction', 'combined'],
      ],
      ['direction', 'smartMeter'],
    ],
    [
      'one weak salt beside a strong one',
      [
        ['0123456789abcdef', 'smartMeter', true],
        ['abcdefghijklmnopqrstuv', 'direction', 'combined'],
      ],
      ['smartMeter'],
    ],
  ])('are the claims behind %s', async (_name, parts, claims) => {
    expect(warningsOf({ compact: await withDisclosures(...parts), format: 'dc+sd-jwt' })).toEqual([{ kind: 'weak-salts', claims }]);
  });
});
