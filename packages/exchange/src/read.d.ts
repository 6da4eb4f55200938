import type { JsonObject, JsonValue, Outcome, RefusalCode } from '@gridpass/core';
/** A non-empty text member of a parsed object, or undefined. */
export declare function textOf(object: JsonObject, name: string): string | undefined;
/** A NumericDate that is a whole, non-negative number, or undefined (attack 12: floats, texts and 1e308 are not times). */
export declare function secondsOf(object: JsonObject, name: string): number | undefined;
/** An array of texts, or undefined. */
export declare function textsOf(value: JsonValue | undefined): readonly string[] | undefined;
/** Narrows a list to its first member and the rest. */
export declare function isNonEmpty<T>(list: readonly T[]): list is readonly [T, ...T[]];
/** A text member that must be there. */
export declare function requireText(object: JsonObject, name: string, code: RefusalCode, stage: string): Outcome<string>;
//# sourceMappingURL=read.d.ts.map