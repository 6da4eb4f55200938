import type { IncomingMessage } from 'node:http';

/** The headers in which proxies say whom they speak for. A program reads exactly one of them. */
export const FORWARDING_HEADERS = ['x-forwarded-for', 'forwarded'] as const;
export type ForwardingHeader = (typeof FORWARDING_HEADERS)[number];

/** A number, or a name behind an underscore (RFC 7239 6.3). It is thrown away, so that its size does not matter. */
const PORT = '(?::(?:[0-9]{1,5}|_[A-Za-z0-9._-]+))?';
const NODE = new RegExp(`^(?:\\[([0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)\\]|([0-9.]+))${PORT}$`);
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** One forwarded-pair (RFC 7239 4) and what ends it: `;` before the next pair, `,` before the element of the next proxy. */
const PAIR = new RegExp(`[ \\t]*(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")[ \\t]*([;,]|$)`, 'y');
/** RFC 9110 5.6.1: pairs and elements may be empty, and count for nothing. */
const EMPTY = /[ \t]*([;,]|$)/y;

/**
 * Whom each proxy spoke for, the nearest proxy's last, as addresses without port; undefined where a proxy named nobody by an
 * address. A header that cannot be read whole names nobody at all: where one reader ends, another may go on.
 */
export function forwardedFor(header: ForwardingHeader, headers: IncomingMessage['headers']): (string | undefined)[] {
  const value = headers[header];
  const text = Array.isArray(value) ? value.join(',') : (value ?? '');
  return (header === 'forwarded' ? nodesOf(text) : text.split(',').map((entry) => entry.trim())).map(withoutPort);
}

/** The `for` of each element of `Forwarded`. */
function nodesOf(text: string): string[] {
  const nodes: string[] = [];
  let element = new Map<string, string>();
  const finish = (): void => {
    if (element.size > 0) nodes.push(element.get('for') ?? '');
    element = new Map();
  };
  for (let at = 0; at < text.length;) {
    EMPTY.lastIndex = at;
    PAIR.lastIndex = at;
    const match = EMPTY.exec(text) ?? PAIR.exec(text);
    if (match === null) return [];
    at += match[0].length;
    const end = match.at(-1);
    const [, name = '', token, quoted = ''] = match.length > 2 ? match : [];
    if (name !== '') {
      // RFC 7239 4: each parameter once in an element.
      if (element.has(name.toLowerCase())) return [];
      element.set(name.toLowerCase(), token ?? quoted.replace(/\\(.)/g, '$1'));
    }
    if (end === ',') finish();
  }
  finish();
  return nodes;
}

/** RFC 7239 6: an IPv6 address stands in brackets, and with or without them in `X-Forwarded-For`, which has no standard. */
function withoutPort(node: string): string | undefined {
  const match = NODE.exec(node);
  if (match !== null) return match[1] ?? match[2];
  return node === '' ? undefined : node;
}
