/**
 * Freezes a value and everything it holds, and returns it. The caller must own the whole graph: shared parts are frozen
 * for everybody. Byte arrays cannot be frozen in JavaScript and are left as they are.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
  return value;
}
