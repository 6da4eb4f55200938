import type { Random } from './random.js';

/** JSON as it is written, not as it is read: members may stand twice, numbers keep their spelling. */
export type JsonTree =
  { kind: 'raw'; text: string } | { kind: 'array'; items: JsonTree[] } | { kind: 'object'; members: { name: string; value: JsonTree }[] };

/** Values that parsers of the field have tripped over. */
const INTERESTING: readonly string[] = [
  'null', 'true', 'false', '0', '-0', '-1', '1', '1.5', '1e3', '1E400', '1e-400', '0.1e-6', '9007199254740993', '-9007199254740993',
  '1795801622.5', '1795801622000', '253402300800', '1e308', '""', '" "', '"0"', '"abc"', '"did:web:x"', '"did:jwk:e30"', '"none"',
  '"__proto__"', '"\\u0000"', '"\\ud800"', '"\\u202e"', '"\u200d"', '"ﬃ"', '"http://127.0.0.1/"', '"https://a.example/#b"', '[]', '{}',
  '[[]]', '[null]', '{"a":1}', '{"":0}', '{"__proto__":{}}', '{"id":"did:web:x.example"}', `"${'a'.repeat(5_000)}"`, `"${'~'.repeat(64)}"`,
]; // prettier-ignore
const NAMES: readonly string[] = [
  '__proto__', 'constructor', 'prototype', '', 'a', '_sd', '...', '_sd_alg', 'iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'cnf', 'vct',
  'status', 'type', 'id', 'issuer', 'kid', 'jwk', 'crit', 'b64', 'zip', 'alg', 'typ', 'cty', 'authority', 'nonce', 'state', 'credentials',
]; // prettier-ignore

export function toTree(value: unknown): JsonTree {
  if (Array.isArray(value)) return { kind: 'array', items: value.map(toTree) };
  if (typeof value === 'object' && value !== null)
    return { kind: 'object', members: Object.entries(value).map(([name, member]) => ({ name, value: toTree(member) })) };
  return { kind: 'raw', text: JSON.stringify(value) ?? 'null' };
}

export function printTree(tree: JsonTree): string {
  switch (tree.kind) {
    case 'raw':
      return tree.text;
    case 'array':
      return `[${tree.items.map(printTree).join(',')}]`;
    case 'object':
      return `{${tree.members.map(({ name, value }) => `${JSON.stringify(name)}:${printTree(value)}`).join(',')}}`;
  }
}

/** A text of JSON with one to three places changed; what is no JSON comes back as it is. */
export function mutateJson(text: string, random: Random): string {
  const tree = readTree(text);
  if (tree === undefined) return text;
  for (let times = 1 + random.below(3); times > 0; times -= 1) mutateOnce(tree, random);
  return printTree(tree.value);
}

function readTree(text: string): { kind: 'root'; value: JsonTree } | undefined {
  try {
    return { kind: 'root', value: toTree(JSON.parse(text) as unknown) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A place in a tree, and how to put something else there. */
interface Place {
  readonly at: JsonTree;
  readonly put: (value: JsonTree) => void;
}

function placesOf(root: { value: JsonTree }): readonly Place[] {
  const places: Place[] = [];
  const walk = (at: JsonTree, put: Place['put']): void => {
    places.push({ at, put });
    if (at.kind === 'array') at.items.forEach((item, i) => walk(item, (value) => void (at.items[i] = value)));
    if (at.kind === 'object') for (const member of at.members) walk(member.value, (value) => void (member.value = value));
  };
  walk(root.value, (value) => void (root.value = value));
  return places;
}

const copyOf = (tree: JsonTree): JsonTree => structuredClone(tree);

function mutateOnce(root: { value: JsonTree }, random: Random): void {
  const places = placesOf(root);
  const { at, put } = random.pick(places);
  if (random.oneIn(4)) return put({ kind: 'raw', text: random.pick(INTERESTING) });
  if (random.oneIn(6)) return put(copyOf(random.pick(places).at));
  if (random.oneIn(12)) return put({ kind: 'array', items: [copyOf(at)] });
  if (random.oneIn(20)) return put(nested(at, 1 + random.below(80)));
  if (at.kind === 'object') return mutateMembers(at, random);
  if (at.kind === 'array') return mutateItems(at, random);
  return put({ kind: 'raw', text: mutateScalar(at.text, random) });
}

function nested(tree: JsonTree, depth: number): JsonTree {
  let wrapped = copyOf(tree);
  for (let i = 0; i < depth; i += 1) wrapped = { kind: 'array', items: [wrapped] };
  return wrapped;
}

function mutateMembers(at: Extract<JsonTree, { kind: 'object' }>, random: Random): void {
  const i = random.below(at.members.length);
  const member = at.members[i];
  switch (member === undefined ? 0 : random.below(5)) {
    case 0:
      at.members.push({ name: random.pick(NAMES), value: { kind: 'raw', text: random.pick(INTERESTING) } });
      break;
    case 1:
      at.members.splice(i, 1);
      break;
    case 2: // the same name twice
      if (member !== undefined) at.members.push({ name: member.name, value: copyOf(random.pick(at.members).value) });
      break;
    case 3:
      if (member !== undefined) member.name = random.oneIn(2) ? random.pick(NAMES) : mutateText(member.name, random);
      break;
    default:
      at.members.reverse();
  }
}

function mutateItems(at: Extract<JsonTree, { kind: 'array' }>, random: Random): void {
  const i = random.below(at.items.length);
  const item = at.items[i];
  if (item === undefined || random.oneIn(4)) at.items.push({ kind: 'raw', text: random.pick(INTERESTING) });
  else if (random.oneIn(3)) at.items.splice(i, 1);
  else if (random.oneIn(3)) for (let n = 1 + random.below(70); n > 0; n -= 1) at.items.push(copyOf(item));
  else at.items.push(copyOf(item));
}

function mutateScalar(text: string, random: Random): string {
  if (!text.startsWith('"')) {
    const value = Number(text);
    if (Number.isNaN(value)) return random.pick(INTERESTING);
    return random.pick([
      String(value + 1),
      String(value - 1),
      String(-value),
      `${text}.0`,
      `${text}e0`,
      `"${text}"`,
      String(value * 1_000),
      `0${text}`,
    ]);
  }
  const inner = JSON.parse(text) as string;
  return JSON.stringify(mutateText(inner, random));
}

const PIECES: readonly string[] = ['', ' ', '\u0000', '\u202e', '\u200b', '\ud800', 'ſ', 'K', '%', '%2e', '%00', '#', '?', '/', '\\', '..', ':', '~', '.', '=', '+', '-', '_', 'A', 'é', '\u{1f600}', "'", '"']; // prettier-ignore

/** A text with one piece put in, taken out, doubled or swapped. */
export function mutateText(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const to = Math.min(text.length, at + 1 + random.below(4));
  switch (random.below(6)) {
    case 0:
      return text.slice(0, at) + random.pick(PIECES) + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(to);
    case 2:
      return text.slice(0, at) + text.slice(at, to) + text.slice(at);
    case 3:
      return text.slice(0, at) + random.pick(PIECES) + text.slice(to);
    case 4:
      return random.oneIn(2) ? text.toUpperCase() : text.toLowerCase();
    default:
      return text.slice(0, at) + String.fromCharCode(random.below(random.oneIn(4) ? 65_536 : 128)) + text.slice(to);
  }
}
