import type { AsyncLocalStorage } from 'node:async_hooks';
import { JsonRpcApiProvider, Network } from 'ethers';
import type { Filter, FilterByBlockHash, JsonRpcError, JsonRpcResult, Log } from 'ethers';
import { Fault } from '@gridpass/core';
import type { FetchPort, JsonValue } from '@gridpass/core';
import { isJsonObject, memberOf, parseJson, utf8 } from '@gridpass/codec';

/** One resolution: how much it may still ask, which moment it is about, and what went wrong while asking. */
export interface Resolution {
  changesLeft: number;
  readonly block: number;
  /** What the library shall take for "now"; it reads its clock from the block it is asked about. */
  readonly seconds: number;
  fault?: Fault;
}

const LIMITS = { maxBytes: 4_194_304, timeoutMs: 5_000 } as const;

/**
 * An ethers provider whose every request leaves through the fetch port and either answers or throws Fault RESOLVER_UNAVAILABLE.
 * It guards the one assumption of ethr-did-resolver that is unsafe: a block said to hold a change but without logs ends the
 * library's walk early and yields an older document; here it is a fault (a pruned node, or a reorganised chain).
 */
export class RpcProvider extends JsonRpcApiProvider {
  readonly #url: string;
  readonly #fetch: FetchPort;
  readonly #resolution: AsyncLocalStorage<Resolution>;
  readonly #chainId: number;
  #chainChecked = false;
  #id = 0;

  constructor(parts: {
    readonly chainId: number;
    readonly rpcUrl: string;
    readonly fetch: FetchPort;
    readonly resolution: AsyncLocalStorage<Resolution>;
  }) {
    super(parts.chainId, { staticNetwork: Network.from(parts.chainId), cacheTimeout: -1 });
    this.#url = parts.rpcUrl;
    this.#fetch = parts.fetch;
    this.#resolution = parts.resolution;
    this.#chainId = parts.chainId;
  }

  /** Makes sure, once, that the node serves the chain it is configured for; else documents of another chain would pass. */
  async checkChain(): Promise<void> {
    if (this.#chainChecked) return;
    if (Number(await this.send('eth_chainId', [])) !== this.#chainId) throw this.#fail('the node serves another chain');
    this.#chainChecked = true;
  }

  /** Number and time of a block, or of the newest one. */
  async blockAt(number: number | 'latest'): Promise<{ readonly number: number; readonly seconds: number }> {
    const block = await this.#ask('eth_getBlockByNumber', [typeof number === 'number' ? `0x${number.toString(16)}` : number, false]);
    const seconds = isJsonObject(block) ? Number(memberOf(block, 'timestamp')) : Number.NaN;
    const height = isJsonObject(block) ? Number(memberOf(block, 'number')) : Number.NaN;
    if (!Number.isSafeInteger(seconds) || !Number.isSafeInteger(height)) throw this.#fail('the node does not have a block it should have');
    return { number: height, seconds };
  }

  override async send(method: string, params: readonly unknown[] | Record<string, unknown>): Promise<JsonValue> {
    const answer = await this.#ask(method, params);
    const resolution = this.#resolution.getStore();
    if (
      method === 'eth_getBlockByNumber' &&
      resolution !== undefined &&
      isJsonObject(answer) &&
      Number(memberOf(answer, 'number')) === resolution.block
    ) {
      return { ...answer, timestamp: `0x${resolution.seconds.toString(16)}` };
    }
    return answer;
  }

  override async getLogs(filter: Filter | FilterByBlockHash): Promise<Log[]> {
    const resolution = this.#resolution.getStore();
    if (resolution !== undefined && (resolution.changesLeft -= 1) < 0) throw this.#fail('the DID has more changes than are read');
    const logs = await super.getLogs(filter);
    if (logs.length === 0 || logs.some((log) => log.removed)) throw this.#fail('the node does not have a change it should have');
    return logs;
  }

  override _send(): Promise<(JsonRpcResult | JsonRpcError)[]> {
    return Promise.reject(this.#fail('requests are sent one by one'));
  }

  async #ask(method: string, params: readonly unknown[] | Record<string, unknown>): Promise<JsonValue> {
    this.#id += 1;
    const body = utf8(JSON.stringify({ jsonrpc: '2.0', id: this.#id, method, params }));
    const answer = await this.#post(body);
    const json = answer === undefined ? undefined : parseJson(answer, { maxBytes: LIMITS.maxBytes });
    const result = json?.ok === true && isJsonObject(json.value) ? memberOf(json.value, 'result') : undefined;
    if (result === undefined) throw this.#fail('the node gave no answer');
    return result;
  }

  async #post(body: Uint8Array): Promise<Uint8Array | undefined> {
    try {
      const fetched = await this.#fetch.fetchDocument(this.#url, {
        accept: 'application/json',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        ...LIMITS,
      });
      if (!fetched.ok) throw this.#fail('the address of the node is not one this program may fetch');
      return fetched.value.status === 200 ? fetched.value.bytes : undefined;
    } catch (cause) {
      if (cause instanceof Fault) throw this.#fail('the node does not answer', cause);
      throw cause;
    }
  }

  /** The library swallows errors into "notFound"; what went wrong is therefore kept beside it as well. */
  #fail(message: string, cause?: Fault): Fault {
    const fault = cause?.code === 'RESOLVER_UNAVAILABLE' ? cause : new Fault('RESOLVER_UNAVAILABLE', `did:ethr: ${message}`, { cause });
    const resolution = this.#resolution.getStore();
    if (resolution !== undefined) resolution.fault ??= fault;
    return fault;
  }
}
