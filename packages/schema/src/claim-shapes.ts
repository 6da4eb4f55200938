import type { ClaimKind, ClaimShape, ClaimShapes, CredentialType, JsonObject, JsonValue } from '@gridpass/core';
import { isJsonObject, memberOf, textsOf } from '@gridpass/codec';
import { SCHEMA_DOCUMENTS } from './generated/schemas.js';
import { createCompiler } from './schemas.js';

/** Compiles a schema of one claim when a value is first held against it. */
type AdmitBy = (schema: JsonObject) => (value: string | number | boolean) => boolean;

/**
 * The shapes of the claims of each credential type, for whoever writes rules about claims that nobody has shown yet.
 * Share what it returns within a program.
 *
 * @example createClaimShapes()('CustomerStatus')['customerKind']?.codes // ['household', 'micro', 'small', 'medium', 'public']
 */
export function createClaimShapes(): (type: CredentialType) => ClaimShapes {
  const ajv = createCompiler();
  const known = new Map<CredentialType, ClaimShapes>();
  return (type) => {
    const document = SCHEMA_DOCUMENTS[type];
    const definitions = objectOf(memberOf(document, '$defs'));
    const admitBy: AdmitBy = (schema) => {
      let fits: ((value: unknown) => boolean) | undefined;
      return (value) => {
        fits ??= ajv.compile({ ...schema, $defs: definitions });
        return fits(value);
      };
    };
    const shapes = known.get(type) ?? Object.freeze(Object.fromEntries(shapesBelow(document, definitions, admitBy, '')));
    known.set(type, shapes);
    return shapes;
  };
}

function shapesBelow(schema: JsonObject, definitions: JsonObject, admitBy: AdmitBy, prefix: string): readonly [string, ClaimShape][] {
  return Object.entries(objectOf(memberOf(schema, 'properties'))).flatMap(([name, property]) => {
    const { unit, rule } = deref(objectOf(property), definitions);
    const own: [string, ClaimShape] = [`${prefix}${name}`, toShape(rule, unit, definitions, admitBy)];
    return own[1].kind === 'group' ? [own, ...shapesBelow(rule, definitions, admitBy, `${prefix}${name}.`)] : [own];
  });
}

function toShape(rule: JsonObject, unit: string | undefined, definitions: JsonObject, admitBy: AdmitBy): ClaimShape {
  const type = memberOf(rule, 'type');
  if (type === 'object') return Object.freeze({ kind: 'group' });
  if (type === 'array') {
    const item = deref(objectOf(memberOf(rule, 'items')), definitions);
    const one = toShape(item.rule, item.unit, definitions, admitBy);
    // Lists of flags or of objects are no facts: the verifier drops them.
    return one.kind === 'text' || one.kind === 'number'
      ? Object.freeze({ ...one, kind: one.kind === 'text' ? 'texts' : 'numbers' })
      : Object.freeze({ kind: 'no-fact' });
  }
  const codes = textsOf(memberOf(rule, 'enum'));
  const [minimum, maximum] = [memberOf(rule, 'minimum'), memberOf(rule, 'maximum')];
  return Object.freeze({
    kind: kindOf(type, codes),
    admits: admitBy(rule),
    ...(unit === undefined ? {} : { unit }),
    ...(codes === undefined ? {} : { codes }),
    ...(typeof minimum === 'number' ? { minimum } : {}),
    ...(typeof maximum === 'number' ? { maximum } : {}),
  });
}

function kindOf(type: JsonValue | undefined, codes: readonly string[] | undefined): ClaimKind {
  if (type === 'string' || codes !== undefined) return 'text';
  if (type === 'integer') return 'number';
  return type === 'boolean' ? 'flag' : 'no-fact';
}

const DEFINITION = '#/$defs/';

/** A reference names what a value is: its definition is the unit. */
function deref(rule: JsonObject, definitions: JsonObject): { readonly unit?: string; readonly rule: JsonObject } {
  const reference = memberOf(rule, '$ref');
  if (typeof reference !== 'string' || !reference.startsWith(DEFINITION)) return { rule };
  const unit = reference.slice(DEFINITION.length);
  return { unit, rule: objectOf(memberOf(definitions, unit)) };
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return value !== undefined && isJsonObject(value) ? value : {};
}
