import { FAULTS, Fault, InputError, REFUSALS } from '@gridpass/core';
import type { FaultCode, RefusalCode, RequestId } from '@gridpass/core';
import type { RpcId } from './request.js';

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

// JSON-RPC 2.0 5.1 and EIP-1474.
const NUMBERS: Readonly<Partial<Record<RefusalCode, number>>> = {
  REQUEST_MALFORMED: -32600,
  METHOD_NOT_ALLOWED: -32601,
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

/** The answer to a call that was turned down. */
export function toRpcError(id: RpcId | null, code: RefusalCode, requestId: RequestId): RpcError {
  return { jsonrpc: '2.0', id, error: { code: NUMBERS[code] ?? REFUSED, message: REFUSALS[code].says, data: { code, requestId } } };
}

/** The answer to a call that could not be made. Nothing of the cause is shown. */
export function toRpcFault(id: RpcId | null, cause: unknown, requestId: RequestId): RpcError {
  if (cause instanceof InputError) return toRpcError(id, cause.code, requestId);
  const code: FaultCode = cause instanceof Fault ? cause.code : 'INTERNAL';
  return {
    jsonrpc: '2.0',
    id,
    error: { code: code === 'INTERNAL' ? INTERNAL : UNAVAILABLE, message: FAULTS[code].says, data: { code, requestId } },
  };
}
