/** A nominal type: `Brand<string, 'Did'>` is a string that only a parser of ours may produce. */
export type Brand<T, Name extends string> = T & { readonly __brand: Name };
