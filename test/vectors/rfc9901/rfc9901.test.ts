import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import { assertOk, type JsonObject, type PublicJwk } from '@gridpass/core';
import { checkJws, parseCompactJws } from '@gridpass/keys';
import { openDisclosures, parseSdJwtVc } from '@gridpass/suite';

interface Vectors {
  readonly issuerKey: PublicJwk;
  readonly jwt: string;
  readonly disclosures: readonly { readonly encoded: string; readonly digest: string }[];
  readonly presentations: readonly { readonly section: string; readonly disclosed: readonly number[]; readonly claims: JsonObject }[];
}

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, 'section-5.json'), 'utf8')) as Vectors;
const { payload } = assertOk(parseCompactJws(vectors.jwt));
const encoded = (indices: readonly number[]): readonly string[] => indices.map((i) => vectors.disclosures[i]?.encoded ?? '');

describe('RFC 9901 section 5', () => {
  it('is signed by the key of appendix A.5', () => {
    expect(checkJws(assertOk(parseCompactJws(vectors.jwt)), vectors.issuerKey, { typ: 'example+sd-jwt' }).ok).toBe(true);
  });

  it.each(vectors.disclosures)('digests $encoded', (disclosure) => {
    expect(digestOf(disclosure.encoded)).toBe(disclosure.digest);
  });

  it.each(vectors.presentations)('opens the disclosures of $section', ({ disclosed, claims }) => {
    const { cnf: _cnf, ...opened } = assertOk(openDisclosures(payload, encoded(disclosed))).claims;
    expect(opened).toEqual(claims);
  });

  it.each([
    ['a disclosure twice', [0, 0]],
    ['an unreferenced disclosure', [0, -1]],
  ] as const)('refuses %s (7.1)', (_name, indices) => {
    const texts = indices.map((i) => (i < 0 ? Buffer.from(JSON.stringify(['aaaaaaaaaaaaaaaaaaaaaa', 'foo', 'bar'])).toString('base64url') : (vectors.disclosures[i]?.encoded ?? '')));
    expect(openDisclosures(payload, texts).refusal?.code).toBe('PRESENTATION_MALFORMED');
  });

  it('is no credential of this house: its type, key name and status are missing', () => {
    expect(parseSdJwtVc(`${vectors.jwt}~`).refusal?.code).toBe('PRESENTATION_MALFORMED');
  });
});
