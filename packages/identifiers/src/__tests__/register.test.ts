import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkIdentifier } from '../index.js';

// A party register in ENTSO-E's CSV form, with an area register beside it; the data are the user's and not part of the project.
const file = process.env['GRIDPASS_EIC_REGISTER'] ?? '';
const directory = file === '' ? '' : dirname(file);
const whenGiven = directory !== '' && existsSync(directory) ? describe : describe.skip;

whenGiven('a real EIC register', () => {
  it.each(['X', 'Y'])('passes all but a handful of type %s codes', (type) => {
    const files = readdirSync(directory).filter((file) => file.startsWith(type) && file.endsWith('.csv'));
    const codes = files
      .flatMap((file) => readFileSync(join(directory, file), 'utf8').split('\n').slice(1))
      .map((line) => line.split(';')[0] ?? '')
      .filter((code) => code !== '');
    const results = codes.map((code) => checkIdentifier('eic', code));
    expect(codes.length).toBeGreaterThan(100);
    expect(results.filter((result) => !result.syntax).length).toBeLessThan(codes.length / 100);
    expect(results.filter((result) => result.checksum === false).length).toBeLessThan(codes.length / 100);
  });
});
