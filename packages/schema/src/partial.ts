import type { JsonObject, JsonValue } from '@gridpass/core';
import { isJsonObject } from '@gridpass/codec';

/**
 * The schema of a selectively disclosed subset: the top level, and what `then` adds to it, require nothing any more.
 * Claims are disclosed whole, so that nested objects keep what they require; `if` keeps its own, as it only selects.
 */
export function toPartialSchema(document: JsonObject & { readonly $id: string }): JsonObject {
  const { required: _required, ...rest } = document;
  const allOf = rest['allOf'];
  const id = { $id: `${document.$id}:partial` };
  return Array.isArray(allOf) ? { ...rest, ...id, allOf: allOf.map(withoutRequirement) } : { ...rest, ...id };
}

function withoutRequirement(branch: JsonValue): JsonValue {
  if (!isJsonObject(branch) || !isJsonObject(branch['then'])) return branch;
  const { required: _required, ...then } = branch['then'];
  return { ...branch, then };
}
