import { describe, expect, it } from '@jest/globals';
import { checkIdentifier, eicCheckCharacter, parseEic, parseIdentifier, sameIdentifier, toSfdi } from '../index.js';

const VALID: readonly (readonly [scheme: string, value: string, canonical?: string])[] = [
  ['eic', '10X1001A1001A38Y'],
  ['eic', '10X1001A1001A39W'],
  ['eic', '10YNO-0--------C'],
  ['eic', '10YDE-EON------1'],
  ['eic', '11XSUEDWESTSTRO8'],
  ['eic', '21Z000000000163R'],
  ['gln', '0847976000005'],
  ['gln', '9436465792104'],
  ['gln', '9312345678907'],
  ['gsrn', '133700000000000053'],
  ['gsrn', '123456789012345675'],
  ['gsrn', '541453800000001269'],
  ['lei', '5493001KJTIIGC8Y1R12'],
  ['lei', '506700GE1G29325QX363'],
  ['malo', '41373559241'],
  ['malo', '49637777476'],
  ['melo', 'DE0003456789000000000000001234567'],
  ['mastr', 'SEE901234567890'],
  ['cups', 'ES1234123456789012JY'],
  ['cups', 'ES1234123456789012JY1F'],
  ['nmi', 'QAAAVZZZZZ3'],
  ['emaid', 'NN123ABCDEFGHI-T', 'NN123ABCDEFGHIT'],
  ['emaid', 'FRXYZ123456789-2', 'FRXYZ1234567892'],
  ['emaid', 'ITA1B2C3E4F5G6-4', 'ITA1B2C3E4F5G64'],
  ['emaid', 'ESZU8WOX834H1D-R', 'ESZU8WOX834H1DR'],
  ['emaid', 'PT73902837ABCZ-Z', 'PT73902837ABCZZ'],
  ['emaid', 'DE83DUIEN83QGZ-D', 'DE83DUIEN83QGZD'],
  ['emaid', 'DE83DUIEN83ZGQ-M', 'DE83DUIEN83ZGQM'],
  ['emaid', 'DE8AA001234567-0', 'DE8AA0012345670'],
  ['emaid', 'de-8aa-ca2b3c4d5-l', 'DE8AACA2B3C4D5L'],
  ['evse', 'DE*ICE*E45B*78C', 'DEICEE45B78C'],
  ['pcid', 'WMI12345678901234'],
  ['lfdi', '3e4f45ab31edfe5b67e343e5e4562e31984e23e5', '3E4F45AB31EDFE5B67E343E5E4562E31984E23E5'],
  ['sfdi', '167261211391'],
  ['sfdi', '000000000019', '19'],
  ['ski', '3E4F45AB31EDFE5B67E343E5E4562E31984E23E5'],
  ['obis', '1-0:1.8.0*255'],
  ['obis', '1-0:2.8.0*255'],
  ['meter-serial', '7QDS0111223344'],
  ['acer', 'A0001545S.FR'],
  ['bic', 'DEUTDEFF'],
  ['bic', 'DEUTDEFF500'],
  ['bic', 'DEUTDEFFXXX', 'DEUTDEFF'],
  // As network operators and suppliers publish theirs.
  ['bdew', '9900277000000'],
  ['bdew', '9900259000002'],
  ['bdew', '9904292000003'],
  ['bdew', '9905766000008'],
  ['bdew', '9910902000001'],
  ['dvgw', '9870023700007'],
];

describe('parseIdentifier', () => {
  it.each(VALID)('accepts %s %s', (scheme, value, canonical = value) => {
    expect(parseIdentifier(scheme, value)).toEqual({ ok: true, value: { scheme, value: canonical } });
  });

  it.each([
    ['eic', '10X1001A1001A50Z'],
    ['gln', '9312345678906'],
    ['gsrn', '123456789012345670'],
    ['gsrn', '541400000000000000'],
    ['lei', '5493001KJTIIGC8Y1R13'],
    ['malo', '49637777475'],
    ['cups', 'ES1234123456789012JX'],
    ['nmi', 'QAAAVZZZZZ0'],
    ['emaid', 'NN123ABCDEFGHI-U'],
    ['emaid', 'DE83DUIEN83QGZ-M'],
    ['sfdi', '167261211390'],
    ['sfdi', '167261211635'],
    ['sfdi', '999999999991'],
    ['bdew', '9904292000004'],
    // The digit that GS1 would give.
    ['bdew', '9904292000001'],
    ['dvgw', '9870023700008'],
  ])('refuses %s %s for its check character', (scheme, value) => {
    expect(parseIdentifier(scheme, value).refusal?.code).toBe('IDENTIFIER_CHECKSUM');
  });

  it.each([
    ['eic', '10X1001A1001A38'],
    ['eic', '10x1001a1001a38y'],
    ['eic', '10B1001A1001A38Y'],
    ['eic', '10X1001A1001A38-'],
    ['eic', ' 10X1001A1001A38Y'],
    ['eic', '10X1001A1001A38Y\n'],
    ['gln', '847976000005'],
    ['gln', '０847976000005'],
    ['lei', '5493001KJTIIGC8Y1RAB'],
    ['malo', '01373559241'],
    ['melo', 'DE00034567'],
    ['mastr', 'SE901234567890'],
    ['cups', 'PT1234123456789012JY'],
    ['nmi', 'QAAAVZZZZI3'],
    ['emaid', 'NN123ABCDEFGHI'],
    ['evse', 'DE*ICE*45B'],
    ['pcid', 'WMI'],
    ['lfdi', '3E4F'],
    ['sfdi', '1672612113911'],
    ['ski', 'zz'],
    ['obis', '1-0:1.8.0*256'],
    ['obis', '1-0:01.8.0*255'],
    ['meter-serial', 'QQDS01112233'],
    ['acer', 'A0001545S'],
    ['bic', 'DEUT'],
    ['bdew', '990429200000'],
    ['bdew', '99042920000030'],
    ['bdew', ' 9904292000003'],
    ['bdew', '9870023700007'],
    ['bdew', '9990001000053'],
    ['dvgw', '9904292000003'],
    ['dvgw', '９870023700007'],
    ['emaid', '-'.repeat(10_000)],
  ])('refuses %s %s for its form', (scheme, value) => {
    expect(parseIdentifier(scheme, value).refusal?.code).toBe('IDENTIFIER_SYNTAX');
  });

  it.each(['', 'EIC', 'toString', '__proto__'])('refuses the scheme %j', (scheme) => {
    expect(parseIdentifier(scheme, '10X1001A1001A38Y').refusal?.code).toBe('IDENTIFIER_SCHEME_UNKNOWN');
  });

  it('keeps the value out of the refusal', () => {
    expect(parseIdentifier('gsrn', '123456789012345670').refusal?.detail).not.toContain('12345');
  });
});

describe('parseEic', () => {
  it('tells parties from areas', () => {
    expect(parseEic('10X1001A1001A38Y', 'X').ok).toBe(true);
    expect(parseEic('10YNO-0--------C', 'Y').ok).toBe(true);
    expect(parseEic('10YNO-0--------C').ok).toBe(true);
    expect(parseEic('10YNO-0--------C', 'X').refusal?.code).toBe('IDENTIFIER_TYPE');
    expect(parseEic('10X1001A1001A50Z', 'X').refusal?.code).toBe('IDENTIFIER_CHECKSUM');
  });

  it('expects 7 where a published example shows Z', () => {
    expect(eicCheckCharacter('10X1001A1001A50')).toBe('7');
  });

  it('has no check character where the rule yields the forbidden hyphen', () => {
    const free = Array.from({ length: 37 }, (_, index) => `10X00000000000${'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-'.charAt(index)}`);
    expect(free.filter((body) => eicCheckCharacter(body) === undefined)).toHaveLength(1);
  });
});

describe('checkIdentifier', () => {
  it('says how far an identifier passes, and that no directory was asked', () => {
    expect(checkIdentifier('eic', '10X1001A1001A38Y')).toEqual({
      scheme: 'eic',
      value: '10X1001A1001A38Y',
      syntax: true,
      checksum: true,
      directory: 'notChecked',
    });
    expect(checkIdentifier('gln', '9312345678906')).toMatchObject({ syntax: true, checksum: false, directory: 'notChecked' });
    expect(checkIdentifier('mastr', 'SEE901234567890')).toMatchObject({ syntax: true, checksum: 'none', directory: 'notChecked' });
    expect(checkIdentifier('gln', 'x')).toMatchObject({ syntax: false, checksum: 'none', directory: 'notChecked' });
    expect(checkIdentifier('passport', 'x')).toMatchObject({ syntax: false, checksum: 'none', directory: 'notChecked' });
  });
});

describe('sameIdentifier', () => {
  it('compares scheme and canonical value', () => {
    const a = { scheme: 'ski', value: 'AA' } as const;
    expect(sameIdentifier(a, { ...a })).toBe(true);
    expect(sameIdentifier(a, { scheme: 'lfdi', value: 'AA' })).toBe(false);
    expect(sameIdentifier(a, { scheme: 'ski', value: 'aa' })).toBe(false);
  });
});

describe('toSfdi', () => {
  it('derives the short form of an LFDI', () => {
    expect(toSfdi('3E4F45AB31EDFE5B67E343E5E4562E31984E23E5')).toBe('167261211391');
    expect(() => toSfdi('3e4f')).toThrow(expect.objectContaining({ code: 'IDENTIFIER_SYNTAX' }));
  });
});
