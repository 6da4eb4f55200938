import { describe, expect, it } from '@jest/globals';
import { printTable } from '../print.js';

describe('a table', () => {
  it('lets no name move the cells beside it, and keeps its columns', () => {
    let text = '';
    const rows = [
      { name: 'חברת החשמל', country: 'IL' },
      { name: 'Strom\u202eHbmG\u001b[2J', country: 'DE' },
    ];
    printTable({ out: (part) => (text += part) }, ['name', 'country'], rows);
    expect(text.split('\n')).toEqual(['name            country', '\u2068חברת החשמל\u2069      IL', 'Strom?HbmG?[2J  DE', '']);
  });
});
