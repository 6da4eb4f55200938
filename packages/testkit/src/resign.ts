import { encodeBase64url, utf8 } from '@gridpass/codec';
import { assertOk, type JsonObject, type JsonValue, type Signer } from '@gridpass/core';
import { parseCompactJws } from '@gridpass/keys';

/** What to change in the header or payload of a token. */
export interface TokenEdit {
  readonly set?: JsonObject;
  readonly remove?: readonly string[];
}

/**
 * Signs a token anew after editing it: the signature is right, what it says is what no honest party writes. Members keep
 * their order; `set` may name nested members with dots.
 */
export async function resignToken(
  compact: string,
  signer: Signer,
  edits: { readonly header?: TokenEdit; readonly payload?: TokenEdit },
): Promise<string> {
  const { header, payload } = assertOk(parseCompactJws(compact));
  return signTexts(JSON.stringify(edited(header, edits.header)), JSON.stringify(edited(payload, edits.payload)), signer);
}

/** Signs JSON texts as they are, for texts no serializer would write. */
export async function signTexts(header: string, payload: string, signer: Signer): Promise<string> {
  const input = `${encodeBase64url(utf8(header))}.${encodeBase64url(utf8(payload))}`;
  return `${input}.${encodeBase64url(await signer.sign(utf8(input)))}`;
}

function edited(object: JsonObject, { set = {}, remove = [] }: TokenEdit = {}): JsonObject {
  let result: JsonObject = { ...object };
  for (const [path, value] of Object.entries(set)) result = withMember(result, path.split('.'), value);
  for (const name of remove) result = Object.fromEntries(Object.entries(result).filter(([key]) => key !== name));
  return result;
}

function withMember(object: JsonObject, [name = '', ...rest]: readonly string[], value: JsonValue): JsonObject {
  if (rest.length === 0) return { ...object, [name]: value };
  const inner = object[name];
  return {
    ...object,
    [name]: withMember(typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as JsonObject) : {}, rest, value),
  };
}
