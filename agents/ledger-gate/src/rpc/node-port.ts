import type { JsonValue } from '@gridpass/core';

/** What the node said to one call. */
export type NodeAnswer =
  | { readonly result: JsonValue; readonly error?: never }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: JsonValue }; readonly result?: never };

/**
 * Asks the node; throws Fault CHAIN_UNAVAILABLE. Nothing a client wrote reaches it but a listed method and its parameters. `left`
 * says that nobody waits any more: a node that stops for it is left, and from another one the end is awaited all the same.
 */
export type NodePort = (
  calls: readonly { readonly method: string; readonly params: readonly JsonValue[] }[],
  left?: AbortSignal,
) => Promise<readonly NodeAnswer[]>;

/** Asks the node one call whose result is passed on as the node wrote it. Throws as {@link NodePort} does. */
export type PassPort = (
  call: { readonly method: string; readonly params: readonly JsonValue[] },
  left?: AbortSignal,
) => Promise<{ readonly result: Uint8Array; readonly error?: never } | Extract<NodeAnswer, { readonly error: object }>>;
