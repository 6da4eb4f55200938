import { createHash } from 'node:crypto';
import { mutateJson, mutateText } from './json-tree.js';
import type { Random } from './random.js';

/** How an input is built, so that a mutation changes one thing and leaves the rest well-formed. */
export type Shape = 'bytes' | 'text' | 'json' | 'jws' | 'sd-jwt' | 'lines' | 'uri';

type Mutate = (input: Uint8Array, random: Random, others: readonly Uint8Array[]) => Uint8Array;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

const onText =
  (mutate: (text: string, random: Random) => string): Mutate =>
  (input, random) =>
    encoder.encode(mutate(decoder.decode(input), random));

const STRUCTURED: Readonly<Record<Shape, Mutate>> = {
  bytes: mutateBytes,
  text: onText(mutateText),
  json: onText(mutateJson),
  jws: onText(mutateJws),
  'sd-jwt': onText(mutateSdJwt),
  lines: onText(mutateLines),
  uri: onText(mutateUri),
};

/** A changed input: mostly along its structure, now and then against it. */
export function mutate(shape: Shape, input: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  let result = input;
  for (let times = 1 + random.below(3); times > 0; times -= 1) {
    result = random.oneIn(5) ? mutateBytes(result, random, others) : STRUCTURED[shape](result, random, others);
  }
  return result;
}

const BYTES: readonly number[] = [0, 1, 9, 10, 13, 32, 34, 44, 46, 59, 61, 92, 126, 127, 128, 192, 239, 255];

function mutateBytes(input: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  const bytes = [...input];
  const at = random.below(bytes.length + 1);
  const count = 1 + random.below(random.oneIn(6) ? 64 : 4);
  switch (random.below(6)) {
    case 0:
      if (bytes.length > 0) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << random.below(8));
      break;
    case 1:
      bytes.splice(at, 0, random.pick(BYTES));
      break;
    case 2:
      bytes.splice(at, count);
      break;
    case 3:
      bytes.splice(at, 0, ...bytes.slice(at, at + count));
      break;
    case 4:
      if (bytes.length > 0) bytes[at % bytes.length] = random.oneIn(2) ? random.pick(BYTES) : random.below(256);
      break;
    default: {
      const other = others.length === 0 ? input : random.pick(others);
      // Not spread into a call: two inputs at their bound are more arguments than the stack holds.
      return Buffer.concat([input.subarray(0, at), other.subarray(random.below(other.length + 1))]);
    }
  }
  return Uint8Array.from(bytes);
}

const decodePart = (part: string): string => Buffer.from(part, 'base64url').toString();
const encodePart = (text: string): string => Buffer.from(text).toString('base64url');

function mutateJws(text: string, random: Random): string {
  const parts = text.split('.');
  const at = random.below(Math.min(2, parts.length));
  if (random.oneIn(6)) return mutateEncoding(text, random);
  if (random.oneIn(12)) return [...parts.slice(0, at), parts[at] ?? '', ...parts.slice(at)].join('.');
  if (random.oneIn(12)) return parts.filter((_, i) => i !== at).join('.');
  parts[at] = encodePart(mutateJson(decodePart(parts[at] ?? ''), random));
  return parts.join('.');
}

/** Another spelling of the same base64url: padding, the standard alphabet, bits beyond the end, white space. */
function mutateEncoding(text: string, random: Random): string {
  const parts = text.split('.');
  const at = random.below(parts.length);
  const part = parts[at] ?? '';
  const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const next = last[(last.indexOf(part.at(-1) ?? 'A') + 1) % 64] ?? 'A';
  parts[at] = random.pick([
    `${part}=`,
    `${part}==`,
    part.replaceAll('-', '+').replaceAll('_', '/'),
    part.slice(0, -1) + next,
    ` ${part}`,
    `${part}\n`,
  ]);
  return parts.join('.');
}

const digest = (disclosure: string): string => createHash('sha256').update(disclosure).digest('base64url');

function mutateSdJwt(text: string, random: Random): string {
  const parts = text.split('~');
  const [jwt = ''] = parts;
  const rest = parts.length > 1 ? parts.slice(1) : [''];
  const at = random.below(rest.length);
  const disclosure = rest[at] ?? '';
  switch (random.below(7)) {
    case 0:
    case 1:
      return [mutateJws(jwt, random), ...rest].join('~');
    case 2: {
      // The digest in the payload follows the disclosure, so that what is inside is read.
      const changed = encodePart(mutateJson(decodePart(disclosure), random));
      const payload = decodePart(jwt.split('.')[1] ?? '').replaceAll(digest(disclosure), digest(changed));
      const [header = '', , signature = ''] = jwt.split('.');
      return [[header, encodePart(payload), signature].join('.'), ...rest.with(at, changed)].join('~');
    }
    case 3:
      return [jwt, ...rest.filter((_, i) => i !== at)].join('~');
    case 4:
      return [jwt, disclosure, ...rest].join('~');
    case 5:
      return [jwt, ...rest.toReversed()].join('~');
    default: {
      const keyBinding = rest.at(-1) ?? '';
      return keyBinding.includes('.') ? [jwt, ...rest.slice(0, -1), mutateJws(keyBinding, random)].join('~') : `${text}~`;
    }
  }
}

function mutateLines(text: string, random: Random): string {
  const lines = text.split('\n');
  const at = random.below(lines.length);
  const line = lines[at] ?? '';
  const cells = line.split(';');
  const cell = random.below(cells.length);
  switch (random.below(6)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, random.pick(lines));
      break;
    case 2:
      lines[at] = line + random.pick(['\r', '"', ';', ';;;;', '\u2028', '\0', 'x'.repeat(20_000)]);
      break;
    default:
      cells[cell] = random.pick([
        '',
        '"',
        '""',
        `"${cells[cell] ?? ''}`,
        `"a;b"`,
        mutateText(cells[cell] ?? '', random),
        `${cells[cell] ?? ''} `,
      ]);
      lines[at] = cells.join(';');
  }
  return lines.join('\n');
}

function mutateUri(text: string, random: Random): string {
  const [base = '', query = ''] = text.split('?');
  const pairs = query.split('&');
  const at = random.below(pairs.length);
  const [name = '', value = ''] = (pairs[at] ?? '').split('=');
  switch (random.below(6)) {
    case 0:
      return `${base}?${[...pairs, pairs[at] ?? ''].join('&')}`;
    case 1:
      return `${base}?${pairs.filter((_, i) => i !== at).join('&')}`;
    case 2:
      pairs[at] = `${name}=${encodeValue(mutateJson(decodeValue(value), random))}`;
      return `${base}?${pairs.join('&')}`;
    case 3:
      pairs[at] = `${name}=${encodeValue(mutateText(decodeValue(value), random))}`;
      return `${base}?${pairs.join('&')}`;
    case 4:
      return `${mutateText(base, random)}?${query}`;
    default:
      return mutateText(text, random);
  }
}

function decodeValue(value: string): string {
  return new URLSearchParams(`v=${value}`).get('v') ?? '';
}

/** Lone surrogates, which mutations make, have no encoding; a program would have sent U+FFFD. */
function encodeValue(text: string): string {
  return encodeURIComponent(new TextDecoder().decode(new TextEncoder().encode(text)));
}
