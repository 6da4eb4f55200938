import type { JsonObject, Outcome, RefusalCode } from '@gridpass/core';
/** Whether the OpenID4VC libraries threw this on purpose, about their input. Anything else is a fault of ours. */
export declare function isLibraryError(error: unknown): boolean;
/**
 * Runs a parser of the OpenID4VC libraries and turns its complaint into a refusal. Its messages quote the input, so none of
 * them is passed on (house rule: no payload inside error text).
 */
export declare function parseWithLibrary<T>(read: () => T, code: RefusalCode, stage: string, what: string): Outcome<T>;
/** A copy of our JSON for a library to judge and keep: it validates what it is given, our own objects are frozen and shared. */
export declare function toLibraryInput<T>(json: JsonObject | readonly JsonObject[]): T;
//# sourceMappingURL=library-outcome.d.ts.map