import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { ClaimShape } from '@gridpass/core';
import { isRecord, member, toPath } from './expression.js';
import type { Json } from './expression.js';
import { offsetOfLiteral, offsetOfPath } from './place.js';
import type { PolicyText } from './place.js';
import { didYouMean } from './problem.js';

type Scalar = string | number | boolean;

/** What is known of an expression without anybody's facts. */
type Truth = 'always' | 'never' | 'open';

/** A comparison that is the same for everybody, at an offset of the file. */
export interface Comparison {
  readonly offset: number;
  readonly message: string;
  readonly help?: string;
}

const OPPOSITE: Readonly<Record<Truth, Truth>> = { always: 'never', never: 'always', open: 'open' };
const ORDERED: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};
const MEMBERSHIP: ReadonlySet<string> = new Set(['contains', 'containsAny', 'containsAll']);
/** Texts of these kinds differ in form, so that one is never equal to another. */
const FORMS: ReadonlySet<string> = new Set(['did', 'digest', 'areaEic', 'country']);
const PLACE_FORMS: ReadonlySet<string> = new Set(['did', 'digest']);

interface Walk {
  readonly policy: PolicyText;
  readonly shapeOf: (path: readonly string[]) => ClaimShape | undefined;
  readonly found: Comparison[];
  /** How often each literal was met: the walk goes in the order of the text. */
  readonly met: Map<Scalar, number>;
}

/**
 * Comparisons whose outcome no credential can change, because the schema has no such value, and policies that can therefore
 * never permit (or forbid everything). The engine's validator knows types and not which codes, bounds and forms a claim can have.
 */
export function findIdleComparisons(
  policy: PolicyText,
  json: PolicyJson,
  shapeOf: (path: readonly string[]) => ClaimShape | undefined,
): readonly Comparison[] {
  const walk: Walk = { policy, shapeOf, found: [], met: new Map() };
  const clauses = json.conditions.map(({ kind, body }) => (kind === 'when' ? truthOf(body, walk) : OPPOSITE[truthOf(body, walk)]));
  if (walk.found.length > 0) return walk.found;
  if (clauses.includes('never')) return [{ offset: policy.offset, message: `can never ${json.effect}: a clause holds for nobody` }];
  const everybody = json.effect === 'forbid' && clauses.every((clause) => clause === 'always');
  return everybody ? [{ offset: policy.offset, message: 'forbids everything: its clauses hold for everybody' }] : [];
}

function truthOf(json: Json, walk: Walk): Truth {
  const [[operator, body] = ['', undefined]] = isRecord(json) ? Object.entries(json) : [];
  if (operator === 'Value') {
    meet(body, walk);
    return body === true ? 'always' : body === false ? 'never' : 'open';
  }
  if (operator === '!') return OPPOSITE[truthOf(member(body, 'arg'), walk)];
  if (operator === '&&' || operator === '||') return truthOfJoined(operator, body, walk);
  if (operator === '==' || operator === '!=') return compareEqual(body, walk, operator === '!=');
  if (Object.hasOwn(ORDERED, operator)) return compareOrder(operator, body, walk);
  if (MEMBERSHIP.has(operator)) {
    compareMember(body, walk);
    return 'open';
  }
  if (operator === 'like') return compareLike(body, walk);
  visitParts(operator, body, walk);
  return 'open';
}

function truthOfJoined(operator: '&&' | '||', body: Json, walk: Walk): Truth {
  const parts = [truthOf(member(body, 'left'), walk), truthOf(member(body, 'right'), walk)];
  const decides = operator === '&&' ? 'never' : 'always';
  if (parts.includes(decides)) return decides;
  return parts.every((part) => part === OPPOSITE[decides]) ? OPPOSITE[decides] : 'open';
}

function visitParts(operator: string, body: Json, walk: Walk): void {
  if (operator === '.' || operator === 'has' || operator === 'Var') return;
  const parts = Array.isArray(body) ? (body as readonly Json[]) : isRecord(body) ? Object.values(body) : [];
  for (const part of parts) truthOf(part, walk);
}

/** The literal, with its place. */
function meet(value: Json, walk: Walk): { readonly value: Scalar; readonly offset: number } | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  const nth = walk.met.get(value) ?? 0;
  walk.met.set(value, nth + 1);
  return { value, offset: offsetOfLiteral(walk.policy, value, nth) };
}

interface Operand {
  readonly path?: readonly string[];
  readonly shape?: ClaimShape;
  readonly literals: readonly { readonly value: Scalar; readonly offset: number }[];
}

/** A path, a literal, a list of literals, or something whose parts are looked at on their own. */
function operandOf(json: Json, walk: Walk): Operand {
  const path = toPath(json);
  if (path !== undefined) {
    const shape = walk.shapeOf(path);
    return { path, literals: [], ...(shape === undefined ? {} : { shape }) };
  }
  const items = member(json, 'Set');
  const values: readonly Json[] = Array.isArray(items) ? (items as readonly Json[]) : [json];
  if (values.every((item) => member(item, 'Value') !== undefined))
    return { literals: values.map((item) => meet(member(item, 'Value'), walk)).filter((literal) => literal !== undefined) };
  truthOf(json, walk);
  return { literals: [] };
}

function pairOf(body: Json, walk: Walk): readonly [Operand, Operand] {
  return [operandOf(member(body, 'left'), walk), operandOf(member(body, 'right'), walk)];
}

function compareEqual(body: Json, walk: Walk, negated: boolean): Truth {
  const [left, right] = pairOf(body, walk);
  const before = walk.found.length;
  reportLiterals(left, right, walk);
  reportLiterals(right, left, walk);
  reportUnits(left, right, walk);
  if (walk.found.length === before) return 'open';
  return negated ? 'always' : 'never';
}

function compareMember(body: Json, walk: Walk): void {
  const [left, right] = pairOf(body, walk);
  reportLiterals(left, right, walk);
  reportLiterals(right, left, walk);
  reportUnits(left, right, walk);
}

/** Literals that the claim on the other side cannot be. */
function reportLiterals({ path, shape }: Operand, { literals }: Operand, walk: Walk): void {
  if (path === undefined || shape === undefined) return;
  for (const { value, offset } of literals) {
    // A literal of another type is the validator's to find.
    if (typeof value !== literalType(shape) || !refuses(shape, value)) continue;
    // Codes such as A12 are all near each other; words are not.
    const words = (shape.codes ?? []).filter((code) => code.length > 4);
    const help = (typeof value === 'string' ? didYouMean(value, words) : undefined) ?? rangeOf(shape);
    walk.found.push({
      offset,
      message: `${JSON.stringify(value)} is never in ${path.join('.')}`,
      ...(help === undefined ? {} : { help }),
    });
  }
}

function refuses(shape: ClaimShape, value: Scalar): boolean {
  if (shape.codes !== undefined && !shape.codes.some((code) => code === value)) return true;
  return shape.admits?.(value) === false;
}

function literalType({ kind }: ClaimShape): 'string' | 'number' | 'boolean' | undefined {
  if (kind === 'text' || kind === 'texts') return 'string';
  if (kind === 'number' || kind === 'numbers') return 'number';
  return kind === 'flag' ? 'boolean' : undefined;
}

function rangeOf({ codes, minimum, maximum, unit }: ClaimShape): string | undefined {
  if (codes !== undefined) return `its values are ${codes.slice(0, 12).join(', ')}${codes.length > 12 ? ', …' : ''}`;
  if (minimum !== undefined || maximum !== undefined) return `it lies between ${minimum ?? '…'} and ${maximum ?? '…'}`;
  return unit === undefined ? undefined : `it has the form of ${unit}`;
}

/** Two paths that count different things, or whose values have no form in common. */
function reportUnits(left: Operand, right: Operand, walk: Walk): boolean {
  if (left.path === undefined || right.path === undefined || left.shape === undefined || right.shape === undefined) return false;
  const [one, other] = [left.shape, right.shape];
  const numbers = literalType(one) === 'number' && literalType(other) === 'number';
  const units =
    one.unit !== undefined && other.unit !== undefined && one.unit !== other.unit && (numbers || formsDiffer(one.unit, other.unit));
  const codes = [one, other].some((shape, index) => shape.codes?.every((code) => refuses([other, one][index] ?? other, code)) === true);
  if (!units && !(codes && literalType(one) === 'string' && literalType(other) === 'string')) return false;
  walk.found.push({
    offset: offsetOfPath(walk.policy, left.path),
    message: `${left.path.join('.')}${unitText(one)} is compared with ${right.path.join('.')}${unitText(other)}, which is never the same thing`,
  });
  return true;
}

function formsDiffer(one: string, other: string): boolean {
  if (one === 'gridPlace' || other === 'gridPlace') return PLACE_FORMS.has(one) || PLACE_FORMS.has(other);
  return FORMS.has(one) && FORMS.has(other);
}

function unitText({ unit }: ClaimShape): string {
  return unit === undefined ? '' : ` (${unit})`;
}

function compareOrder(operator: string, body: Json, walk: Walk): Truth {
  const [left, right] = pairOf(body, walk);
  if (reportUnits(left, right, walk)) return 'open';
  const [low, high] = [rangeOfOperand(left), rangeOfOperand(right)];
  const holds = ORDERED[operator];
  if (low === undefined || high === undefined || holds === undefined) return 'open';
  const corners = low.flatMap((one) => high.map((other) => holds(one, other)));
  // An order between two intervals is decided by their ends.
  if (corners.every(Boolean)) return 'always';
  if (corners.some(Boolean)) return 'open';
  const [literal] = [...left.literals, ...right.literals];
  const path = left.path ?? right.path ?? [];
  const help = rangeOf(left.shape ?? right.shape ?? { kind: 'number' });
  walk.found.push({
    offset: literal?.offset ?? offsetOfPath(walk.policy, path),
    message: `${path.join('.')} is never ${left.path === undefined ? 'such that ' : ''}${describe(operator, left, right)}`,
    ...(help === undefined ? {} : { help }),
  });
  return 'never';
}

function describe(operator: string, left: Operand, right: Operand): string {
  const name = ({ path, literals }: Operand): string => path?.join('.') ?? String(literals[0]?.value ?? '');
  return left.path === undefined ? `${name(left)} ${operator} it` : `${operator} ${name(right)}`;
}

function rangeOfOperand({ path, shape, literals }: Operand): readonly [number, number] | undefined {
  const [literal] = literals;
  if (path === undefined) return literals.length === 1 && typeof literal?.value === 'number' ? [literal.value, literal.value] : undefined;
  if (shape?.kind !== 'number') return undefined;
  return [shape.minimum ?? Number.NEGATIVE_INFINITY, shape.maximum ?? Number.POSITIVE_INFINITY];
}

/** A pattern that fits none of the codes of its claim. */
function compareLike(body: Json, walk: Walk): Truth {
  const { path, shape } = operandOf(member(body, 'left'), walk);
  const pattern = member(body, 'pattern');
  if (path === undefined || shape?.codes === undefined || !Array.isArray(pattern)) return 'open';
  const parts = (pattern as readonly Json[]).map((part) => member(part, 'Literal'));
  if (shape.codes.some((code) => fitsPattern(code, parts))) return 'open';
  const help = rangeOf(shape);
  walk.found.push({
    offset: offsetOfPath(walk.policy, path),
    message: `no value of ${path.join('.')} is like that`,
    ...(help === undefined ? {} : { help }),
  });
  return 'never';
}

/** Whether a text fits literals with wildcards (undefined) between them. */
function fitsPattern(text: string, parts: readonly Json[]): boolean {
  const [first, ...rest] = parts;
  if (parts.length === 0) return text === '';
  if (typeof first === 'string') return text.startsWith(first) && fitsPattern(text.slice(first.length), rest);
  return Array.from({ length: text.length + 1 }, (_, at) => at).some((at) => fitsPattern(text.slice(at), rest));
}
