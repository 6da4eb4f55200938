import { ok, type DidUrl, type Outcome, type ResolvedKey } from '@gridpass/core';
import { Parsed } from './parse.js';
import { findIssuerKey, type PastKeyContext } from './past-key.js';

/** Stage 2: every key that the presentation names has been found where its DID says. */
export class Resolved {
  readonly #seal = true;
  readonly parsed: Parsed;
  readonly issuerKeys: ReadonlyMap<DidUrl, ResolvedKey>;
  /** The key that signed a `vp+jwt`; an SD-JWT carries the holder's key itself. */
  readonly holderKey: ResolvedKey | undefined;

  private constructor(parsed: Parsed, issuerKeys: ReadonlyMap<DidUrl, ResolvedKey>, holderKey: ResolvedKey | undefined) {
    this.parsed = parsed;
    this.issuerKeys = issuerKeys;
    this.holderKey = holderKey;
    Object.freeze(this);
  }

  static is(value: unknown): value is Resolved {
    return typeof value === 'object' && value !== null && #seal in value;
  }

  /** Refuses DID_METHOD_UNSUPPORTED, DID_NOT_FOUND, DID_DEACTIVATED, KEY_NOT_AUTHORIZED; all DIDs are asked for at once. */
  static async resolve(parsed: Parsed, context: PastKeyContext): Promise<Outcome<Resolved>> {
    if (!Parsed.is(parsed)) throw new TypeError('resolve takes what parse returned');
    const { presentation } = parsed;
    const vp = presentation.kind === 'vp+jwt' ? presentation.vp : undefined;
    const [holderKey, ...found] = await Promise.all([
      vp === undefined ? undefined : context.ring.findKey({ did: vp.claimedHolder, kid: vp.kid, use: 'authentication' }),
      ...presentation.credentials.map((credential) => findIssuerKey(credential, context)),
    ]);
    if (holderKey?.ok === false) return holderKey;
    const issuerKeys = new Map<DidUrl, ResolvedKey>();
    for (const key of found) {
      if (key === undefined || !key.ok) return key ?? notFound();
      issuerKeys.set(key.value.id, key.value);
    }
    return ok(new Resolved(parsed, issuerKeys, holderKey?.value));
  }
}

function notFound(): never {
  throw new TypeError('a key lookup returned nothing');
}
