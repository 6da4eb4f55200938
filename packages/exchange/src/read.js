import { refuse } from '@gridpass/core';
import { memberOf } from '@gridpass/codec';
/** A non-empty text member of a parsed object, or undefined. */
export function textOf(object, name) {
    const value = memberOf(object, name);
    return typeof value === 'string' && value !== '' ? value : undefined;
}
/** A NumericDate that is a whole, non-negative number, or undefined (attack 12: floats, texts and 1e308 are not times). */
export function secondsOf(object, name) {
    const value = memberOf(object, name);
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
/** An array of texts, or undefined. */
export function textsOf(value) {
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
}
/** Narrows a list to its first member and the rest. */
export function isNonEmpty(list) {
    return list.length > 0;
}
/** A text member that must be there. */
export function requireText(object, name, code, stage) {
    const value = textOf(object, name);
    return value === undefined ? refuse(code, stage, `${name}: not a text`) : { ok: true, value };
}
//# sourceMappingURL=read.js.map