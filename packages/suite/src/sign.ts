import { createJWS } from 'did-jwt';
import { encodeBase64url, utf8 } from '@gridpass/codec';
import { Fault, type JsonObject, type Signer } from '@gridpass/core';

/** The JOSE `typ` values this package signs; each reader accepts exactly one of them (RFC 8725 §3.11). */
export type JoseType = 'vc+jwt' | 'vp+jwt' | 'dc+sd-jwt' | 'kb+jwt';

/**
 * Signs through did-jwt with one of our native signers. The header is exactly what is asked for: it is built anew at
 * every call because did-jwt completes the caller's objects in place, and the payload is handed over already encoded,
 * so that nothing is added to it. Throws Fault KEY_UNAVAILABLE when the signer cannot sign.
 */
export async function signJose(typ: JoseType, payload: JsonObject, signer: Signer, kid?: string): Promise<string> {
  const header = { alg: signer.alg, typ, ...(kid === undefined ? {} : { kid }) };
  try {
    return await createJWS(
      encodeBase64url(utf8(JSON.stringify(payload))),
      async (data) => encodeBase64url(await signer.sign(typeof data === 'string' ? utf8(data) : data)),
      // did-jwt types `typ` as the literal 'JWT'; it signs whatever stands there.
      header as unknown as { typ: 'JWT' },
    );
  } catch (cause) {
    throw new Fault('KEY_UNAVAILABLE', 'the signer did not sign', { cause });
  }
}
