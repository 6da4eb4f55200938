import { describe, expect, it } from '@jest/globals';
import { plainTextConfig } from '../plain-text-config.js';

const name = plainTextConfig(12);

describe('a name in a configuration', () => {
  it('is kept in one spelling', () => {
    expect(name.parse('E\u0301nergie\u00a01')).toBe('Énergie 1');
  });

  it.each(['', 'Strom\u202eHbmG', 'a\u200bb', 'a\nb', 'x'.repeat(13)])(
    'is refused with what nobody sees, and beyond its length: %p',
    (text) => {
      expect(name.safeParse(text).success).toBe(false);
    },
  );
});
