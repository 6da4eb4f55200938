const TAGS: ReadonlySet<string> = new Set(['[object Error]', '[object DOMException]']);

/**
 * Whether what was thrown is an error of the language or its platform, of any realm. `instanceof Error` knows those of its own realm alone;
 * what Node throws into a `node:vm` context (a test runner's, a plug-in host's) belongs to another. For an error class of ours or of a
 * library, `instanceof` that class is right.
 *
 * @example if (!isError(thrown) || thrown.name !== 'RangeError') throw thrown;
 */
export function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || TAGS.has(Object.prototype.toString.call(thrown));
}
