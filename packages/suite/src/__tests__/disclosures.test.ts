import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { assertOk, type JsonObject } from '@gridpass/core';
import { disclosureDigest, openDisclosures } from '../disclosures.js';
import { disclosure } from './fixtures.js';

const SALT = 'abcdefghijklmnopqrstuv';
const OTHER = 'ABCDEFGHIJKLMNOPQRSTUV';
const DECOY = 'jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4';
const digestOfParts = (...parts: readonly unknown[]): string => disclosureDigest(disclosure(...parts));
const claim = [SALT, 'a', 1] as const;
const element = [OTHER, 'x'] as const;

describe('openDisclosures', () => {
  it('puts claims and array elements where their digests stand, and drops the rest', () => {
    const payload: JsonObject = {
      _sd_alg: 'sha-256',
      _sd: [digestOfParts(...claim), DECOY],
      list: ['y', { '...': digestOfParts(...element) }, { '...': DECOY.replace('j', 'k') }],
    };
    const opened = assertOk(openDisclosures(payload, [disclosure(...claim), disclosure(...element)]));
    expect(opened.claims).toEqual({ a: 1, list: ['y', 'x'] });
    expect(opened.deepest).toBe(1);
  });

  it('opens disclosures inside disclosures and tells how deep', () => {
    const inner = [SALT, 'street', 'x'] as const;
    const outer = [OTHER, 'address', { _sd: [digestOfParts(...inner)] }] as const;
    const opened = assertOk(openDisclosures({ _sd: [digestOfParts(...outer)] }, [disclosure(...inner), disclosure(...outer)]));
    expect(opened).toMatchObject({ claims: { address: { street: 'x' } }, deepest: 1 });
  });

  it.each<[string, readonly string[]]>([
    ['one character', ['a', 'b']],
    ['no character', ['', 'b']],
    ['16 characters', ['0123456789abcdef', '0123456789abcdeg']],
    ['another disclosure', [SALT, SALT]],
  ])('does not ask how strong salts are: a salt of %s', (_name, [one, two]) => {
    const parts = [[one, 'a', 1] as const, [two, 'b', 2] as const];
    const opened = assertOk(
      openDisclosures(
        { _sd: parts.map((each) => digestOfParts(...each)) },
        parts.map((each) => disclosure(...each)),
      ),
    );
    expect(opened.claims).toEqual({ a: 1, b: 2 });
    // What was not signed is not opened, however well its salt was guessed.
    expect(openDisclosures({ _sd: [digestOfParts(one, 'a', 1)] }, [disclosure(one, 'a', 2)]).refusal?.code).toBe('PRESENTATION_MALFORMED');
  });

  const deep = (levels: number): JsonObject => (levels === 0 ? {} : { a: deep(levels - 1) });
  it.each<[string, JsonObject, readonly string[]]>([
    ['a digest in two places', { _sd: [DECOY], inner: { _sd: [DECOY] } }, []],
    ['a digest twice in one place', { _sd: [DECOY, DECOY] }, []],
    ['a digest as claim and as element', { _sd: [DECOY], list: [{ '...': DECOY }] }, []],
    ['a disclosure not referred to', { _sd: [DECOY] }, [disclosure(...claim)]],
    ['a disclosure where there are no digests', {}, [disclosure(...claim)]],
    ['a claim replaced', { a: 0, _sd: [digestOfParts(...claim)] }, [disclosure(...claim)]],
    [
      'two disclosures of one name',
      { _sd: [digestOfParts(...claim), digestOfParts(OTHER, 'a', 2)] },
      [disclosure(...claim), disclosure(OTHER, 'a', 2)],
    ],
    ['a claim in an array', { list: [{ '...': digestOfParts(...claim) }] }, [disclosure(...claim)]],
    ['an element as a claim', { _sd: [digestOfParts(...element)] }, [disclosure(...element)]],
    ['a placeholder with further members', { list: [{ '...': DECOY, more: 1 }] }, []],
    ['a placeholder outside an array', { x: { '...': DECOY } }, []],
    ['_sd that is no list', { _sd: DECOY }, []],
    ['_sd of numbers', { _sd: [1] }, []],
    ['a short digest', { _sd: ['abc'] }, []],
    ['a digest with a loose tail', { _sd: [`${DECOY.slice(0, -1)}5`] }, []],
    ['another hash', { _sd_alg: 'sha-512', _sd: [] }, []],
    ['_sd_alg below the top', { x: { _sd_alg: 'sha-256' } }, []],
    ['a payload too deep', deep(12), []],
    ['a salt that is a number', { _sd: [digestOfParts(1, 'a', 1)] }, [disclosure(1, 'a', 1)]],
    ['a salt that is null', { _sd: [digestOfParts(null, 'a', 1)] }, [disclosure(null, 'a', 1)]],
    ['a disclosure given twice', { _sd: [digestOfParts(...claim)] }, [disclosure(...claim), disclosure(...claim)]],
    ['a disclosure that is no base64url', { _sd: [] }, ['!!']],
    ['a disclosure that is no JSON', { _sd: [] }, [Buffer.from('[').toString('base64url')]],
    ['a disclosure that is an object', { _sd: [] }, [Buffer.from('{}').toString('base64url')]],
    ['65 disclosures', { _sd: [] }, Array.from({ length: 65 }, (_, i) => disclosure(SALT, `c${String(i)}`, 1))],
  ])('refuses %s', (_name, payload, encoded) => {
    expect(openDisclosures(payload, encoded).refusal?.code).toBe('PRESENTATION_MALFORMED');
  });

  it('never throws, whatever the payload and the disclosures', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('_sd', '...', '_sd_alg', 'a', 'b'), fc.jsonValue()),
        fc.array(
          fc.oneof(
            fc.string(),
            fc.jsonValue().map((value) => disclosure(SALT, 'a', value)),
          ),
        ),
        (payload, encoded) => {
          const outcome = openDisclosures(payload as JsonObject, encoded);
          expect(typeof outcome.ok).toBe('boolean');
        },
      ),
      { numRuns: 500 },
    );
  });
});
