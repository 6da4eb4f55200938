import { ok, refuse, type Did, type Instant, type Outcome, type Thumbprint } from '@gridpass/core';
import { listsKey } from '@gridpass/keys';
import type { KeyRing } from './key-ring.js';

/** Who holds, and how it is known: a key that credentials name (`cnf`), or a key that the DID itself lists. */
export type HeldBy =
  { readonly did: Did; readonly boundBy: 'key' } | { readonly did: Did; readonly boundBy: 'did'; readonly thumbprint: Thumbprint };

/** DIDs that are a key: they have no document that could be given up. */
const OWN_KEY: ReadonlySet<string> = new Set(['jwk', 'key', 'peer']);

/**
 * Whether the holder's DID still stands (DID Core 7.1.2, `deactivated`): what was given up speaks no more, whoever has its keys. Where the
 * DID itself named the key, it must name it still, for authentication, neither expired nor revoked at `at`. A key that a credential names may be another than those of the
 * document (a firm's hardware key): the credential's status ends it. Refuses DID_DEACTIVATED, DID_NOT_FOUND (also 404 and 410 of a did:web),
 * DID_METHOD_UNSUPPORTED, KEY_NOT_AUTHORIZED; throws Fault RESOLVER_UNAVAILABLE.
 */
export async function checkHolderStands(ring: Pick<KeyRing, 'findDocument'>, holder: HeldBy, at: Instant): Promise<Outcome<true>> {
  return OWN_KEY.has(holder.did.split(':')[1] ?? '') ? ok(true) : checkDocument(ring, holder, at);
}

/**
 * The same of a holder who presents. A key that the DID has to name is looked up here also in a DID that is a key: credentials said
 * whose key it is, and the DID has not spoken yet.
 */
export async function checkPresenter(ring: Pick<KeyRing, 'findDocument'>, holder: HeldBy, at: Instant): Promise<Outcome<true>> {
  return holder.boundBy === 'key' ? checkHolderStands(ring, holder, at) : checkDocument(ring, holder, at);
}

async function checkDocument(ring: Pick<KeyRing, 'findDocument'>, holder: HeldBy, at: Instant): Promise<Outcome<true>> {
  const document = await ring.findDocument(holder.did);
  if (!document.ok) return document;
  if (holder.boundBy === 'key') return ok(true);
  return listsKey(document.value, { thumbprint: holder.thumbprint, use: 'authentication', at })
    ? ok(true)
    : refuse('KEY_NOT_AUTHORIZED', 'resolve', "the holder's key: not in its document, or ended by it");
}
