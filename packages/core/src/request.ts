import type { Instant, RequestId } from './nouns.js';

/** What came in over a transport, before anything is known about it. The only unsealed stage input. */
export interface Received {
  readonly transport: 'http' | 'mqtt';
  /**
   * `openid4vp`: the UTF-8 bytes of the JSON `vp_token` object of an OpenID4VP 1.0 response, keyed by DCQL credential id.
   * `vp+jwt`: the ASCII bytes of a compact VCDM 2.0 presentation secured with JOSE.
   */
  readonly mediaType: 'openid4vp' | 'vp+jwt';
  readonly bytes: Uint8Array;
  readonly requestId: RequestId;
  /** The only "now" of the whole pipeline. */
  readonly at: Instant;
}
