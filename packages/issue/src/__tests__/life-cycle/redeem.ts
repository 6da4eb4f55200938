import { Fault, ok } from '@gridpass/core';
import type { CredentialFormat, JsonObject, Outcome, RequestId, TenantId } from '@gridpass/core';
import { isJsonObject, memberOf } from '@gridpass/codec';
import { buildKeyProof, configurationId } from '@gridpass/exchange';
import type { IssuanceExchange } from '@gridpass/exchange';
import type { IssuedCredential } from '@gridpass/suite';
import type { Holder } from '../world.js';
import type { IssuerEngine } from '../../index.js';
import type { Replica } from './replica.js';
import type { Wish } from './wishes.js';

/** By nonce, key proofs and credential request, or straight at the engine. */
export type RedeemWay = 'messages' | 'engine';

/** A credential as its holder has it. */
export interface HeldText extends IssuedCredential {
  readonly holder: Holder;
}

/** An offer that was made, and the token that was given for its code at once. */
export interface TakenOffer {
  readonly offerId: string;
  readonly token: string;
  readonly applicationId: string;
}

const PRE_AUTHORIZED = 'urn:ietf:params:oauth:grant-type:pre-authorized_code';

/** Makes an offer and takes its token. */
export async function takeOffer(exchange: IssuanceExchange, { type }: Pick<Wish, 'type'>, applicationId: string): Promise<TakenOffer> {
  const offered = textsOf(exchange.issuerMetadata(), type);
  const made = await exchange.createOffer({ configurationIds: offered, reference: applicationId, txCode: false });
  const grant = member(member(made.offer, 'grants'), PRE_AUTHORIZED);
  const code = textIn(grant, 'pre-authorized_code');
  const form = { grant_type: PRE_AUTHORIZED, 'pre-authorized_code': code };
  const answer = await exchange.answerTokenRequest({ form });
  if (!answer.ok) throw new Error(`the code of a new offer was refused: ${answer.refusal.code}`);
  return { offerId: made.offerId, token: textIn(answer.value, 'access_token'), applicationId };
}

/** How one offer is redeemed. */
export interface Redeeming {
  readonly tenant: TenantId;
  readonly wish: Pick<Wish, 'type'>;
  readonly offer: TakenOffer;
  readonly holders: readonly Holder[];
  readonly format: CredentialFormat;
  readonly requestId: RequestId;
}

/** As the engine is asked by whoever has judged the messages. */
export function redeemAtEngine(engine: IssuerEngine, { tenant, wish, offer, ...request }: Redeeming): ReturnType<IssuerEngine['issueTo']> {
  const { format, requestId, holders } = request;
  const holderKeys = holders.map(({ key }) => key);
  return engine.issueTo(tenant, { ...offer, type: wish.type, format, holderKeys, requestId });
}

/** As a wallet does it: a nonce, a proof for each key, the request; and as the issuer's route answers. */
export async function redeemByMessages(
  { world, exchanges }: Pick<Replica, 'world' | 'exchanges'>,
  redeeming: Redeeming,
  at: Parameters<typeof buildKeyProof>[0]['at'],
): Promise<Outcome<readonly IssuedCredential[]>> {
  const { tenant, wish, offer, holders, format, requestId } = redeeming;
  const exchange = exchanges(tenant);
  const nonce = textIn(await exchange.createNonce(), 'c_nonce');
  const credentialIssuer = textIn(exchange.issuerMetadata(), 'credential_issuer');
  const jwt = await Promise.all(holders.map(({ signer }) => buildKeyProof({ signer, credentialIssuer, nonce, at })));
  const body = { credential_configuration_id: configurationId(wish.type, format), proofs: { jwt } };
  const request = await exchange.parseCredentialRequest({ authorization: `Bearer ${offer.token}`, body });
  if (!request.ok) return request;
  const { offerId, reference, configuration, holderKeys } = request.value;
  try {
    const asked = { offerId, applicationId: reference, type: configuration.type, format: configuration.format, holderKeys, requestId };
    const issued = await world.engine.issueTo(tenant, asked);
    return issued.ok ? ok(issued.value) : issued;
  } finally {
    await exchange.releaseIssuance(request.value);
  }
}

function textsOf(metadata: JsonObject, type: string): readonly string[] {
  return Object.keys(member(metadata, 'credential_configurations_supported')).filter((id) => id.startsWith(`${type}_`));
}

function textIn(object: JsonObject, name: string): string {
  const value = memberOf(object, name);
  if (typeof value !== 'string') throw new Fault('INTERNAL', `no text ${name}`);
  return value;
}

function member(object: JsonObject, name: string): JsonObject {
  const value = memberOf(object, name);
  if (!isJsonObject(value)) throw new Fault('INTERNAL', `no object ${name}`);
  return value;
}
