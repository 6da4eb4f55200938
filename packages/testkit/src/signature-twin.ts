const ORDER = {
  ES256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  ES256K: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
} as const;

/** The twin (r, n - s) of the signature of a compact JWS or of the issuer-signed part of an SD-JWT; everything else stays. */
export function twinOf(compact: string, alg: keyof typeof ORDER = 'ES256'): string {
  const [jwt = '', ...rest] = compact.split('~');
  const end = jwt.lastIndexOf('.') + 1;
  const signature = Buffer.from(jwt.slice(end), 'base64url');
  const s = ORDER[alg] - BigInt(`0x${signature.subarray(32).toString('hex')}`);
  const twin = Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
  return [`${jwt.slice(0, end)}${twin.toString('base64url')}`, ...rest].join('~');
}
