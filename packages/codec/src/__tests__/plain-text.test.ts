import { describe, expect, it } from '@jest/globals';
import { toKeptText, toPlainText, toShownText } from '../index.js';

describe('a text that a person wrote', () => {
  it.each([
    'Stadtwerke Ulm/Neu-Ulm Netze GmbH',
    'Électricité de Strasbourg & Cie',
    'ΔΕΔΔΗΕ Α.Ε.',
    'Енерго-Про АД',
    'חברת החשמל לישראל',
    'الشركة السعودية للكهرباء',
    '東京電力パワーグリッド株式会社',
    '한국전력공사',
    'การไฟฟ้านครหลวง',
    'ශ්‍රී ලංකා විදුලිබල මණ්ඩලය',
    // A joiner behind a virama, and a non-joiner there and between letters of Arabic that would join.
    'श्री र्‍य क्‌ष विद्युत',
    'ബെസ്‌കോം ന്‍',
    'برق منطقه‌ای نیروگاه‌ها',
    '',
  ])('is kept as it is: %s', (text) => {
    expect(toPlainText(text)).toBe(text);
    expect(toShownText(text).replace(/[\u2068\u2069]/gu, '')).toBe(text);
  });

  it.each([
    ['in NFC', 'E\u0301nergie', 'Énergie'],
    ['with spaces of one kind', 'Stadtwerke\u00a0Ulm\u2003GmbH\u3000Netz', 'Stadtwerke Ulm GmbH Netz'],
  ])('is kept %s', (_how, text, kept) => {
    expect(toPlainText(text)).toBe(kept);
  });

  it.each([
    ['an override of direction', 'Strom\u202eHbmG'],
    ['an embedding', 'a\u202ab'],
    ['an isolate', 'a\u2067b\u2069'],
    ['a mark of direction', 'a\u200eb'],
    ['a mark of Arabic letters', 'a\u061cb'],
    ['a line separator', 'a\u2028b'],
    ['a paragraph separator', 'a\u2029b'],
    ['a line feed', 'a\nb'],
    ['a tabulator', 'a\tb'],
    ['an escape', 'a\u001b[2Jb'],
    ['a C1 control', 'a\u0085b'],
    ['a zero width space', 'a\u200bb'],
    ['a word joiner', 'a\u2060b'],
    ['a byte order mark', '\ufeffa'],
    ['a soft hyphen', 'Netz\u00adbetreiber'],
    ['a filler of Hangul', 'a\u3164b'],
    ['a grapheme joiner', 'a\u034fb'],
    ['a selector', 'a\ufe0fb'],
    ['a tag', 'a\u{e0041}b'],
    ['the blank of Braille', 'a\u2800b'],
    ['the place of an object', 'a\ufffcb'],
    ['a private letter', 'a\ue000b'],
    ['an unassigned letter', 'a\u0378b'],
    ['half a letter', 'a\ud800b'],
    ['a joiner between Latin letters', 'a\u200db'],
    ['a non-joiner between Latin letters', 'Enel\u200cX'],
    ['a non-joiner at the beginning', '\u200cabc'],
    ['two joiners behind a virama', 'क्\u200d\u200dष'],
    ['a joiner behind a letter of Devanagari', 'क\u200dष'],
    ['a non-joiner behind a letter that joins nothing', 'د\u200cب'],
    ['a non-joiner at the end of a word', 'ب\u200c'],
    ['a joiner between letters of Arabic', 'ب\u200dب'],
    ['two non-joiners between letters of Arabic', 'ب\u200c\u200cب'],
    ['an emoji of several', '👨\u200d👩'],
  ])('is not taken with %s', (_what, text) => {
    expect(toPlainText(text)).toBeUndefined();
  });

  it('is read in no more than the time of its length', () => {
    const long = `${'ب\u0651'.repeat(100_000)}\u200c`;
    expect(toPlainText(long)).toBeUndefined();
    expect(toPlainText('क्\u200d'.repeat(100_000))).toHaveLength(300_000);
  });
});

describe('a foreign text that is kept', () => {
  it.each([
    ['a\u0000b\nc', 10, 'a?b?c'],
    ['half \ud800 a letter', 20, 'half ? a letter'],
    ['\udc00', 10, '?'],
    ['ab\u{1f600}', 4, 'ab\u{1f600}'],
    ['ab\u{1f600}', 3, 'ab'],
    ['ab\u{1f600}c', 4, 'ab\u{1f600}'],
    ['abc', 3, 'abc'],
    ['abcd', 3, 'abc'],
    ['חברת', 10, 'חברת'],
  ])('of %j are kept, with %i units at most, %j', (text, most, kept) => {
    expect(toKeptText(text, most)).toBe(kept);
    expect(toKeptText(kept, most)).toBe(kept);
  });
});

describe('a foreign text in a line of ours', () => {
  it('shows a mark for each character that cannot be seen', () => {
    expect(toShownText('Strom\u202eHbmG\u0007\u200b')).toBe('Strom?HbmG??');
    expect(toShownText('a\u200db क्\u200dष')).toBe('a?b क्\u200dष');
  });

  it('is isolated where its letters run from right to left, and nowhere else', () => {
    expect(toShownText('חברת החשמל')).toBe('\u2068חברת החשמל\u2069');
    expect(toShownText('\u2069חברת')).toBe('\u2068?חברת\u2069');
    expect(toShownText('Stadtwerke')).toBe('Stadtwerke');
  });
});
