import { assertOk, type CredentialType } from '@gridpass/core';
import type { Holder } from '@gridpass/hold';
import type { Wish } from '../adapters/issuer-admin.js';
import type { Society } from '../compose.js';

/** Compact text of what a holder holds of a type, newest first. */
export async function heldOf(holder: Holder, type: CredentialType, format: 'vc+jwt' | 'dc+sd-jwt') {
  return (await holder.credentials()).filter(
    (credential) => credential.type === type && credential.format === format && credential.state !== 'revoked',
  );
}

/**
 * Has a tenant issue a credential into a wallet: application, approval, offer, OpenID4VCI. One that the wallet holds
 * already, from an earlier run that broke off, is left as it is.
 */
export async function give(
  society: Society,
  query: {
    readonly issuer: string;
    readonly holder: Holder;
    readonly wish: Wish & { readonly type: CredentialType };
    readonly reason: string;
    readonly audience?: string;
    /** Rules that the officer sets aside when the issuer asks for it, each with its reason. */
    readonly mayOverrule?: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const { issuer, holder, wish, reason, audience, mayOverrule } = query;
  if ((await heldOf(holder, wish.type, 'dc+sd-jwt')).length > 0) return;
  const offerUri = await society.admin(issuer).offer(wish, reason, mayOverrule);
  assertOk(await holder.receiveOffer(offerUri, audience === undefined ? {} : { audience }));
}

/** Makes the tenant use the role it holds as its authority to issue. */
export async function adoptRole(
  society: Society,
  query: {
    readonly tenant: 'regulator' | 'dso' | 'dso-town' | 'supplier' | 'market-operator';
    readonly by: string;
    readonly type: CredentialType;
  },
): Promise<void> {
  const [role] = await heldOf(society.wallet(query.tenant).holder, query.type, 'vc+jwt');
  if (!role) throw new TypeError(`${query.tenant} holds no ${query.type}`);
  const uri = `${society.state().urls['issuer'] ?? ''}/t/${query.by}/authority/${role.digest}`;
  await society.admin(query.tenant).adopt({ uri, digest: role.digest });
}
