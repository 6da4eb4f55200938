import { describe, expect, it } from '@jest/globals';
import { namesEntity } from '../http/entity-tag.js';

const ETAG = '"abc,d"';

describe('If-None-Match', () => {
  it.each([ETAG, `W/${ETAG}`, '*', ' * ', `"x", ${ETAG}`, `"x",W/${ETAG} , "y"`, `"x",, ${ETAG}`])('names the list by %s', (header) => {
    expect(namesEntity(header, ETAG)).toBe(true);
  });

  it.each([
    '',
    '"abc"',
    '"d"',
    'abc,d',
    `w/${ETAG}`,
    `W/ ${ETAG}`,
    `*, ${ETAG}`,
    `${ETAG} x`,
    '"abc,d',
    `"x" ${ETAG}`,
    `${ETAG}${'  '.repeat(3000)}`,
  ])('names nothing by %s', (header) => {
    expect(namesEntity(header, ETAG)).toBe(false);
  });

  it('reads a list without end once', () => {
    expect(namesEntity(`"x"${', '.repeat(2000)}x`, ETAG)).toBe(false);
  });
});
