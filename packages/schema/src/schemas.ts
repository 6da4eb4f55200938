import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { ok, refuse, type CredentialType, type JsonObject, type JsonValue, type Outcome } from '@gridpass/core';
import { canonicalDids, isJsonObject } from '@gridpass/codec';
import { FORMATS, isIdentifierObject } from './formats.js';
import { SCHEMA_DOCUMENTS } from './generated/schemas.js';
import { toPartialSchema } from './partial.js';

/** The compiled claim schemas of all credential types. */
export interface Schemas {
  /** All claims of a credential, with DIDs in their one spelling; SCHEMA_VIOLATION lists every bad path. The caller must have parsed the JSON strictly. */
  readonly parseClaims: (type: CredentialType, claims: JsonValue) => Outcome<JsonObject>;
  /** A selectively disclosed subset: what is there is checked in full, nothing is required. */
  readonly parsePartialClaims: (type: CredentialType, claims: JsonValue) => Outcome<JsonObject>;
  /** The `$id` of the type's schema. */
  readonly schemaId: (type: CredentialType) => string;
}

type Compile = (type: CredentialType) => ValidateFunction<JsonObject>;

/**
 * Compiles each schema when it is first asked for and once only; share what it returns within a program.
 *
 * @example createSchemas().parseClaims('CustomerStatus', { customerKind: 'household' }).refusal?.detail
 * // 'claims: required active; claims: required jurisdiction; claims: required biddingZoneEic'
 */
export function createSchemas(): Schemas {
  const ajv = createCompiler();
  const full = compileOnce(ajv, (type) => SCHEMA_DOCUMENTS[type]);
  const partial = compileOnce(ajv, (type) => toPartialSchema(SCHEMA_DOCUMENTS[type]));
  return {
    parseClaims: (type, claims) => parse(full(type), claims),
    parsePartialClaims: (type, claims) => parse(partial(type), claims),
    schemaId: (type) => SCHEMA_DOCUMENTS[type].$id,
  };
}

/** The one way in which schemas are compiled here. */
export function createCompiler(): Ajv2020 {
  // `allErrors` is bounded: every list has maxItems and additional members are refused. strictRequired would forbid
  // the `then: {required}` of device classes, whose properties stand one level up. Nothing is ever loaded by reference.
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true, ownProperties: true, formats: { ...FORMATS } });
  ajv.addKeyword({ keyword: 'identifier', type: 'object', schemaType: 'object', validate: isIdentifierObject, errors: false });
  return ajv;
}

function compileOnce(ajv: Ajv2020, documentOf: (type: CredentialType) => JsonObject): Compile {
  const compiled = new Map<CredentialType, ValidateFunction<JsonObject>>();
  return (type) => {
    const check = compiled.get(type) ?? ajv.compile<JsonObject>(documentOf(type));
    compiled.set(type, check);
    return check;
  };
}

function parse(compiled: ValidateFunction<JsonObject>, claims: JsonValue): Outcome<JsonObject> {
  if (!isJsonObject(claims)) return refuse('SCHEMA_VIOLATION', 'schema', 'claims: not an object');
  // Equal DIDs are equal texts in all that is kept and compared.
  const canonical = canonicalDids(claims);
  return compiled(canonical) ? ok(canonical) : refuse('SCHEMA_VIOLATION', 'schema', describe(compiled.errors ?? []));
}

const MAX_REPORTED = 20;

/** Paths and rules, never values. The name of an unknown member is chosen by the sender: only its length-bound plain letters are shown. */
function describe(errors: readonly ErrorObject[]): string {
  const texts = errors.filter((error) => error.keyword !== 'if').map((error) => `claims${error.instancePath}: ${ruleOf(error)}`);
  return [...new Set(texts)].slice(0, MAX_REPORTED).join('; ');
}

function ruleOf(error: ErrorObject): string {
  const parameters = error.params as Readonly<Record<string, unknown>>;
  const missing = parameters['missingProperty'];
  const extra = parameters['additionalProperty'];
  if (typeof missing === 'string') return `required ${missing}`;
  if (typeof extra === 'string') return `unknown member ${/^[A-Za-z][A-Za-z0-9_]{0,31}$/.test(extra) ? extra : '(unprintable)'}`;
  return error.keyword;
}
