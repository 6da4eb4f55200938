import type { Scheme } from '../scheme.js';

const BYTE = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';

// IEC 62056-61: six value groups A-B:C.D.E*F, each a byte without leading zeros.
export const obis: Scheme = { form: new RegExp(`^${BYTE}-${BYTE}:${BYTE}\\.${BYTE}\\.${BYTE}\\*${BYTE}$`), check: 'none' };
// DIN 43863-5: medium, three letters of the maker (FLAG), block of two, number of eight.
export const meterSerial: Scheme = { form: /^[0-9A-F][A-Z]{3}[0-9A-F]{2}[0-9]{8}$/, check: 'none' };
