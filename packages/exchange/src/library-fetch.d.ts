import { Fault } from '@gridpass/core';
import type { FetchPort, Refusal } from '@gridpass/core';
/** Carries a refusal of the fetch port out through a library that knows only exceptions. */
export declare class FetchRefused extends Error {
    readonly refusal: Refusal;
    constructor(refusal: Refusal);
}
type LibraryFetch = (input: string | URL | Request, init?: {
    readonly method?: string;
    readonly headers?: unknown;
    readonly body?: unknown;
}) => Promise<Response>;
/**
 * The guarded fetch in the shape the OpenID4VC libraries call. JSON is read by our strict parser first and handed on in canonical
 * form, so that a duplicate member cannot mean one thing to the library and another to us.
 */
export declare function toLibraryFetch(fetch: FetchPort): LibraryFetch;
/** Digs a refusal or fault of ours out of whatever wrapped it on the way through a library. */
export declare function unwrapFetchError(error: unknown): FetchRefused | Fault | undefined;
export {};
//# sourceMappingURL=library-fetch.d.ts.map