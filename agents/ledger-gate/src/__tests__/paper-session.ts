import type { Instant, RequestId } from '@gridpass/core';
import type { RpcAnswererParts, RpcSession } from '../rpc/answer.js';
import { createPlaces } from '../rpc/places.js';

/** Bounds of a gate with default settings. */
export const BOUNDS: RpcAnswererParts['bounds'] = {
  session: { gas: 50_000_000, dataBytes: 131_072 },
  stranger: { gas: 10_000_000, dataBytes: 65_536 },
};

/** The places of a gate with default settings. */
export const openPlaces = (waitMs = 10_000): RpcAnswererParts['places'] =>
  createPlaces({ address: 64_000_000, holder: 128_000_000, strangers: 128_000_000, together: 256_000_000, waiting: 64, waitMs });

/** A stranger who may ask as often as it likes. */
export const paperSession = (over: Partial<RpcSession> = {}): RpcSession => ({
  role: 'trade',
  requestId: 'r' as RequestId,
  at: 1 as Instant,
  client: { name: 'address:here', stranger: true },
  left: new AbortController().signal,
  spend: () => true,
  ...over,
});
