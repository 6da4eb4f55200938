/** Any value that JSON text can spell. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
/** A JSON object; read it with `Object.hasOwn`, never through the prototype. */
export interface JsonObject {
  readonly [name: string]: JsonValue;
}
