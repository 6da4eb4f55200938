import { FAULTS, Fault, InputError, REFUSALS } from '@gridpass/core';
import type { FaultCode, RefusalCode, RequestId } from '@gridpass/core';
import type { Misread, RpcId } from './request.js';

/** A JSON-RPC error: the number says what a library knows, `data.code` what we know. */
export interface RpcError {
  readonly jsonrpc: '2.0';
  readonly id: RpcId | null;
  readonly error: {
    readonly code: number;
    readonly message: string;
    readonly data: { readonly code: string; readonly requestId: RequestId };
  };
}

const METHOD_NOT_FOUND = -32601;
const MISREAD: Readonly<Record<Misread, number>> = { json: -32700, request: -32600, parameters: -32602 };
// JSON-RPC 2.0 5.1 and EIP-1474.
const NUMBERS: Readonly<Partial<Record<RefusalCode, number>>> = {
  METHOD_NOT_ALLOWED: METHOD_NOT_FOUND,
  TRANSACTION_MALFORMED: -32602,
  CHAIN_MISMATCH: -32602,
  SENDER_NOT_ADMITTED: -32003,
  BLOCK_RANGE_TOO_WIDE: -32005,
  CALL_TOO_LARGE: -32005,
  BODY_TOO_LARGE: -32005,
  RATE_LIMITED: -32005,
  MEDIA_TYPE_UNSUPPORTED: -32700,
};
const REFUSED = -32000;
const UNAVAILABLE = -32002;
const INTERNAL = -32603;
/** The words of EIP-1474, which libraries and people know; what we say stands behind them. */
const WORDS: Readonly<Record<number, string>> = {
  [-32700]: 'Parse error',
  [-32600]: 'Invalid request',
  [-32602]: 'Invalid params',
  [-32603]: 'Internal error',
  [-32000]: 'Invalid input',
  [-32002]: 'Resource unavailable',
  [-32003]: 'Transaction rejected',
  [-32005]: 'Limit exceeded',
};

/** The answer to a call that was turned down; `misread` says what a REQUEST_MALFORMED is about. */
export function toRpcError(id: RpcId | null, code: RefusalCode, requestId: RequestId, misread: Misread = 'request'): RpcError {
  const number = code === 'REQUEST_MALFORMED' ? MISREAD[misread] : (NUMBERS[code] ?? REFUSED);
  return { jsonrpc: '2.0', id, error: { code: number, message: wordsOf(number, REFUSALS[code].says), data: { code, requestId } } };
}

/**
 * The answer to a call of a method that is not open. Its words are those of nodes: by them a library learns that a node keeps no
 * filters, and asks for logs instead. A name that is no method's is not repeated.
 */
export function toMethodError(id: RpcId, method: string, requestId: RequestId): RpcError {
  const name = /^[A-Za-z0-9_]+$/.test(method) ? method : 'asked for';
  return {
    jsonrpc: '2.0',
    id,
    error: {
      code: METHOD_NOT_FOUND,
      message: `the method ${name} does not exist/is not available`,
      data: { code: 'METHOD_NOT_ALLOWED', requestId },
    },
  };
}

function wordsOf(number: number, says: string): string {
  const words = WORDS[number];
  return words === undefined ? says : `${words}: ${says}`;
}

/** The answer to a call that could not be made. Nothing of the cause is shown. */
export function toRpcFault(id: RpcId | null, cause: unknown, requestId: RequestId): RpcError {
  if (cause instanceof InputError) return toRpcError(id, cause.code, requestId);
  const code: FaultCode = cause instanceof Fault ? cause.code : 'INTERNAL';
  const number = code === 'INTERNAL' ? INTERNAL : UNAVAILABLE;
  return { jsonrpc: '2.0', id, error: { code: number, message: wordsOf(number, FAULTS[code].says), data: { code, requestId } } };
}
