import { Fault } from '@gridpass/core';
import type { FetchPort } from '@gridpass/core';
import { isJsonObject, memberOf, utf8 } from '@gridpass/codec';

/**
 * Asks an EVM node one question. Resolves to the `result` member as it came; rejects with {@link RpcError} when the node
 * answered with an error, and with a Fault when it did not answer.
 */
export type EthrRpc = (method: string, params: readonly unknown[]) => Promise<unknown>;

/** The node answered, and the answer is an error: its JSON-RPC code, or the HTTP status as a positive number. */
export class RpcError extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`the node answered with error ${String(code)}`);
    this.name = 'RpcError';
    this.code = code;
  }
}

/** JSON-RPC over the fetch port. An answer longer than `maxBytes` or later than `timeoutMs` counts as none. */
export function createJsonRpc(parts: {
  readonly url: string;
  readonly fetch: FetchPort;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}): EthrRpc {
  const { url, fetch, timeoutMs = 10_000, maxBytes = 67_108_864 } = parts;
  let asked = 0;
  return async (method, params) => {
    const id = (asked += 1);
    const body = utf8(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    const fetched = await fetch
      .fetchDocument(url, {
        accept: 'application/json',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        timeoutMs,
        maxBytes,
      })
      .catch((cause: unknown) => {
        throw unavailable('the node does not answer', cause);
      });
    if (!fetched.ok) throw unavailable('the address of the node is not one this program may fetch');
    const answer = readJson(fetched.value.bytes);
    const error = isJsonObject(answer) ? memberOf(answer, 'error') : undefined;
    if (isJsonObject(error)) throw new RpcError(Number(memberOf(error, 'code')));
    if (fetched.value.status !== 200) throw new RpcError(fetched.value.status);
    if (!isJsonObject(answer) || memberOf(answer, 'id') !== id || !Object.hasOwn(answer, 'result'))
      throw unavailable('the node did not answer in JSON-RPC');
    return memberOf(answer, 'result');
  };
}

/** The fault for all that could not be asked. */
export function unavailable(message: string, cause?: unknown): Fault {
  return new Fault('RESOLVER_UNAVAILABLE', `did:ethr: ${message}`, { cause });
}

/** The fault for a chain that contradicts itself, or is not the one meant. */
export function inconsistent(message: string): Fault {
  return new Fault('CHAIN_INCONSISTENT', `did:ethr: ${message}`);
}

function readJson(bytes: Uint8Array): unknown {
  try {
    // The engine's own parser: answers run to tens of megabytes, and each member that is used is checked by its reader.
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}
