import { FetchRequest, JsonRpcProvider, isError } from 'ethers';
import { Fault } from '@gridpass/core';

/** Which chain, and how long one answer may take. */
export interface ChainSettings {
  readonly rpcUrl: string;
  readonly chainId: number;
  /** Milliseconds for one request; 10 000 unless told. */
  readonly timeoutMs?: number;
}

/** A connection to one EVM node. */
export interface Chain {
  readonly chainId: number;
  readonly provider: JsonRpcProvider;
  /** Asks the node one question; params and answer are JSON as the node's documentation has them. */
  ask(method: string, params: readonly unknown[]): Promise<unknown>;
  /** Runs `fn` against the node after making sure that it is the right chain; failures of the node leave as Faults. */
  use<T>(fn: (provider: JsonRpcProvider) => Promise<T>): Promise<T>;
  /** Asks the node for its chain id: Fault CHAIN_INCONSISTENT when it is another. */
  assertChain(): Promise<void>;
  close(): void;
}

/**
 * Connects to a node; no request is made yet. Every failure of the node is Fault CHAIN_UNAVAILABLE, a node of another
 * chain is CHAIN_INCONSISTENT. After each failure the chain id is asked again: what answers may be another node by then.
 */
export function connectChain(settings: ChainSettings): Chain {
  const request = new FetchRequest(settings.rpcUrl);
  request.timeout = settings.timeoutMs ?? 10_000;
  // A node that says "too many requests" is repeated by the caller's own bounds, not for minutes by the library.
  request.setThrottleParams({ maxAttempts: 2, slotInterval: 50 });
  const provider = new JsonRpcProvider(request, settings.chainId, {
    staticNetwork: true,
    // The library would otherwise serve answers up to 250 ms old: on a node that mines at once, a stale nonce.
    cacheTimeout: -1,
    pollingInterval: 50,
    batchMaxCount: 50,
    batchStallTime: 0,
  });
  let known = false;

  const guarded = async <T>(fn: () => Promise<T>): Promise<T> => {
    try {
      return await fn();
    } catch (cause) {
      if (!isNodeFailure(cause)) throw cause;
      known = false;
      const reason = nodeReasonOf(cause);
      throw new Fault(
        'CHAIN_UNAVAILABLE',
        reason === undefined
          ? `the node of chain ${settings.chainId} does not answer as it should; is it running, and is its address right?`
          : `the node of chain ${settings.chainId} says: ${reason}`,
        { cause },
      );
    }
  };
  const assertChain = (): Promise<void> =>
    guarded(async () => {
      const answer: unknown = await provider.send('eth_chainId', []);
      if (typeof answer !== 'string' || Number(answer) !== settings.chainId) {
        known = false;
        throw new Fault('CHAIN_INCONSISTENT', `the node is of another chain than the configured ${settings.chainId}`);
      }
      known = true;
    });
  const use = async <T>(fn: (provider: JsonRpcProvider) => Promise<T>): Promise<T> => {
    if (!known) await assertChain();
    return guarded(() => fn(provider));
  };
  return {
    chainId: settings.chainId,
    provider,
    ask: (method, params) => use(() => provider.send(method, [...params]) as Promise<unknown>),
    use,
    assertChain,
    close: () => {
      provider.destroy();
    },
  };
}

const LONGEST_REASON = 200;

/** What a node that answered gave as its reason, in plain letters; undefined where it did not answer. */
function nodeReasonOf(cause: unknown): string | undefined {
  const info = memberOf(cause, 'info');
  for (const error of [memberOf(cause, 'error'), memberOf(info, 'error')]) {
    const message = memberOf(error, 'message');
    if (typeof message === 'string' && message !== '') return message.slice(0, LONGEST_REASON).replace(/[^\x20-\x7e]/g, '?');
  }
  return undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/**
 * Whether an error says that the node, and not the request, is at fault: everything with a code except a contract's no,
 * a wrong argument of ours and the outcomes of handing over a transaction, which the sender reads itself.
 */
function isNodeFailure(cause: unknown): boolean {
  if (isError(cause, 'CALL_EXCEPTION') || isError(cause, 'INVALID_ARGUMENT')) return false;
  return !(cause instanceof Fault) && typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string';
}
