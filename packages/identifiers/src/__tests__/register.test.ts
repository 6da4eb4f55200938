import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkIdentifier } from '../index.js';

// A party register in ENTSO-E's CSV form, and the area register beside it where there is one; the data are the user's and not
// part of the project.
const parties = process.env['GRIDPASS_EIC_REGISTER'] ?? '';
const registers = [parties, join(dirname(parties), 'Y_eiccodes.csv')].filter((file) => parties !== '' && existsSync(file));

(registers.length > 0 ? describe : describe.skip)('a real EIC register', () => {
  it.each(registers.length > 0 ? registers : [''])('passes all but a handful of its codes (%#)', (file) => {
    const codes = readFileSync(file, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.split(';')[0] ?? '')
      .filter((code) => code !== '');
    const results = codes.map((code) => checkIdentifier('eic', code));
    expect(codes.length).toBeGreaterThan(100);
    expect(results.filter((result) => !result.syntax).length).toBeLessThan(codes.length / 100);
    expect(results.filter((result) => result.checksum === false).length).toBeLessThan(codes.length / 100);
  });
});
