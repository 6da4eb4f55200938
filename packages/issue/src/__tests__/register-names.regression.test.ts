import { describe, expect, it } from '@jest/globals';
import { parseRow } from '../register/parse-row.js';

const row = (displayName: string, longName = 'Stadtwerke'): readonly string[] => [
  '11XSUEDWESTSTRO8',
  displayName,
  longName,
  '',
  '',
  'Active',
  '89073',
  'DE',
  '',
  'Balance Responsible Party',
  'X',
];

describe('the names of a register', () => {
  it.each([
    ['STADTWERKE\u202eMLU', 'EicDisplayName'],
    ['STADT\u200bWERKE', 'EicDisplayName'],
    ['STADT\u2028WERKE', 'EicDisplayName'],
    ['STADT\u3164WERKE', 'EicDisplayName'],
    ['STADT\u200dWERKE', 'EicDisplayName'],
    ['STADT\u0000WERKE', 'EicDisplayName'],
    ['X'.repeat(201), 'EicDisplayName'],
  ])('are rejected with what nobody sees, and the row says which column: %p', (name, column) => {
    expect(parseRow(row(name)).refusal).toMatchObject({ code: 'ROW_MALFORMED', detail: expect.stringContaining(column) as unknown });
    expect(parseRow(row('NAME', name)).refusal?.detail).toContain('EicLongName');
  });

  it('keep letters of every script, joiners where these need them, and are the same in every spelling of a letter', () => {
    expect(parseRow(row('E\u0301NERGIE', ' र्\u200dय\u00a0विद्युत ')).value).toMatchObject({
      displayName: '\u00c9NERGIE',
      longName: 'र्\u200dय विद्युत',
    });
  });
});
