import type { JsonValue } from '@gridpass/core';

/** What the node said to one call. */
export type NodeAnswer =
  | { readonly result: JsonValue; readonly error?: never }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: JsonValue }; readonly result?: never };

/**
 * Asks the node; throws Fault CHAIN_UNAVAILABLE. Nothing a client wrote reaches it but a listed method and its parameters. `left`
 * says that nobody waits any more: a node that stops for it is left, and from another one the end is awaited all the same. An answer that
 * is given before the node has ended (it took too long) hands `hold` what ends with the node's work.
 */
export type NodePort = (
  calls: readonly { readonly method: string; readonly params: readonly JsonValue[] }[],
  left?: AbortSignal,
  hold?: HoldPlace,
) => Promise<readonly NodeAnswer[]>;

/** Keeps a place until `ended`, which never rejects. */
export type HoldPlace = (ended: Promise<void>) => void;

/** Asks the node one call whose result is passed on as the node wrote it. Throws as {@link NodePort} does. */
export type PassPort = (
  call: { readonly method: string; readonly params: readonly JsonValue[] },
  left?: AbortSignal,
  hold?: HoldPlace,
) => Promise<{ readonly result: Uint8Array; readonly error?: never } | Extract<NodeAnswer, { readonly error: object }>>;
