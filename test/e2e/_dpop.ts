import { instant, type Signer } from '@gridpass/core';
import { buildDpopProof } from '@gridpass/exchange';
import { freshFetch } from './_fetch.js';

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One call with a proof of possession. */
export type DpopClient = (
  url: string,
  method: 'GET' | 'POST',
  options?: { readonly body?: object; readonly accessToken?: string },
) => Promise<Answer>;

/** A client of a gate with a key of its own (RFC 9449); it gives the server's nonce back when asked for it. */
export function createDpopClient(signer: Signer): DpopClient {
  let nonce: string | undefined;
  return async (url, method, { body, accessToken } = {}) => {
    for (let attempt = 0; ; attempt += 1) {
      const dpop = await buildDpopProof({
        signer,
        method,
        url,
        at: instant(Math.floor(Date.now() / 1000)),
        ...(nonce === undefined ? {} : { nonce }),
        ...(accessToken === undefined ? {} : { accessToken }),
      });
      const response = await freshFetch(url, {
        method,
        headers: {
          dpop,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(accessToken === undefined ? {} : { authorization: `DPoP ${accessToken}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      nonce = response.headers.get('dpop-nonce') ?? nonce;
      const json = (await response.json()) as Answer['body'];
      if (json['code'] !== 'DPOP_NONCE_REQUIRED' || attempt > 0) return { status: response.status, body: json };
    }
  };
}
