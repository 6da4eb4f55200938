/** Where something stands in a policy file; both count from 1, columns in UTF-16 units as editors do. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One policy of a file with the offset of its text in it. */
export interface PolicyText {
  readonly text: string;
  readonly offset: number;
}

interface Token {
  readonly text: string;
  readonly start: number;
}

/** The line and column of an offset. */
export function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

/** The engine counts bytes of UTF-8; this is the same place in a string. */
export function offsetOfByte(text: string, byte: number): number {
  let bytes = 0;
  let offset = 0;
  for (const character of text) {
    if (bytes >= byte) break;
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x1_0000 ? 3 : 4;
    offset += character.length;
  }
  return offset;
}

/** Where a policy first reads a path, e.g. `['request', 'zone']`; its beginning where that cannot be told. */
export function offsetOfPath(policy: PolicyText, path: readonly string[]): number {
  const tokens = tokensOf(policy.text);
  const at = tokens.findIndex(({ text }, index) => text === 'context' && followsPath(tokens, index + 1, path));
  return policy.offset + (tokens[at]?.start ?? 0);
}

/** Where a literal stands for the `nth` time (from 0) in the conditions of a policy. */
export function offsetOfLiteral(policy: PolicyText, literal: string | number | boolean, nth: number): number {
  const tokens = tokensOf(policy.text);
  const from = tokens.findIndex(({ text }) => text === 'when' || text === 'unless');
  const wanted = typeof literal === 'number' ? String(Math.abs(literal)) : JSON.stringify(literal);
  const found = tokens.slice(Math.max(0, from)).filter(({ text }) => text === wanted)[nth];
  return policy.offset + (found?.start ?? 0);
}

/** Tokens without comments and blanks. */
function tokensOf(text: string): readonly Token[] {
  const pattern = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|[A-Za-z_]\w*|\d+|\S/g;
  return [...text.matchAll(pattern)].filter(([token]) => !token.startsWith('//')).map((match) => ({ text: match[0], start: match.index }));
}

/** `.name` or `["name"]`, segment by segment. */
function followsPath(tokens: readonly Token[], from: number, path: readonly string[]): boolean {
  let at = from;
  for (const segment of path) {
    if (tokens[at]?.text === '.' && tokens[at + 1]?.text === segment) at += 2;
    else if (tokens[at]?.text === '[' && tokens[at + 1]?.text === JSON.stringify(segment) && tokens[at + 2]?.text === ']') at += 3;
    else return false;
  }
  return true;
}
