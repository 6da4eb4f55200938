// What the cases of verify.json are made of: a scene, and the presentations and roles that circumstances put into it.
import { digestOf } from '@gridpass/codec';
import { instant, type DidSigner, type DisclosureNeeds, type JsonObject, type JsonValue, type Received, type Signer } from '@gridpass/core';
import { issueSdJwtVc, issueVcJwt } from '@gridpass/suite';
import { AUDIENCE, CLAIMS, NOON, received, resignToken, signTexts, type PaperSociety, type TokenEdit } from '@gridpass/testkit';
import type { Expected, VerifierOptions } from '@gridpass/verify';

export interface Mutation {
  /** Edits of the issuer-signed token, signed again by its issuer. */
  readonly credential?: { readonly header?: TokenEdit; readonly payload?: TokenEdit };
  /** Edits of the holder's proof (`vp+jwt` or `kb+jwt`), signed again by the holder. */
  readonly proof?: { readonly header?: TokenEdit; readonly payload?: TokenEdit };
  /** Disclosures to add after the credential's own, and whether `_sd` refers to them. */
  readonly disclosures?: { readonly add: readonly (readonly JsonValue[])[]; readonly referenced: boolean };
  /** A circumstance by name. */
  readonly circumstance?: string;
}

export interface Case {
  readonly id: string;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly given: 'household' | 'organisation';
  readonly mutate: Mutation;
  readonly expectCode: string | null;
}

export interface Scene {
  readonly society: PaperSociety;
  readonly received: Received;
  readonly expected: Expected;
  readonly options: Partial<VerifierOptions>;
}

export const DAY = 86_400;

export const vpToken = (text: string, id = 'MeteringPointEntitlement'): string => JSON.stringify({ [id]: [text] });

/** `presented` with a key binding JWT made by hand. */
export async function bind(presented: string, holder: Signer, proof: Mutation['proof'] = {}): Promise<string> {
  const plain = await signTexts(
    JSON.stringify({ alg: holder.alg, typ: 'kb+jwt' }),
    JSON.stringify({ iat: NOON, aud: AUDIENCE, nonce: 'nonce-1', sd_hash: digestOf(presented) }),
    holder,
  );
  return presented + (await resignToken(plain, holder, proof));
}

export async function presentation(society: PaperSociety, credentials: readonly string[]): Promise<string> {
  return Buffer.from((await society.present(society.dso, credentials)).bytes).toString();
}

export const text = (mediaType: Received['mediaType'], value: string): Partial<Scene> => ({ received: received(mediaType, value) });

/** A commissioning of the meter and a customer status about its DID, both with the key of `holder`, where both are asked for. */
export async function asDevice({ society, expected }: Scene, holder: DidSigner): Promise<Partial<Scene>> {
  const commissioning = await issueSdJwtVc(
    society.input('DeviceCommissioning', society.dso, society.meter.did, {
      holderKey: holder.publicJwk,
      authority: society.authority.publish(society.dsoRole.compact),
    }),
  );
  const customer = await issueSdJwtVc(
    society.input('CustomerStatus', society.supplier, society.meter.did, {
      holderKey: holder.publicJwk,
      authority: society.authority.publish(society.supplierRole.compact),
    }),
  );
  const needs: DisclosureNeeds = [
    [
      { type: 'CustomerStatus', claims: ['active'] },
      { type: 'DeviceCommissioning', claims: ['deviceDid'] },
    ],
  ];
  const shown = {
    DeviceCommissioning: [await bind(commissioning.compact, holder)],
    CustomerStatus: [await bind(customer.compact, holder)],
  };
  return { ...text('openid4vp', JSON.stringify(shown)), expected: { ...expected, needs } };
}

export function mark(society: PaperSociety, which: 'dsoRole' | 'accreditation', as: 'revoked' | 'suspended'): Partial<Scene> {
  const payload = JSON.parse(Buffer.from(society[which].compact.split('.')[1] ?? '', 'base64url').toString()) as {
    readonly credentialStatus: readonly { readonly statusListCredential: string; readonly statusListIndex: string }[];
  };
  society.status.mark(
    payload.credentialStatus.map((entry) => ({ kind: 'token', uri: entry.statusListCredential, index: Number(entry.statusListIndex) })),
    as,
  );
  return {};
}

export const area = (society: PaperSociety, operatingAreaEic: readonly string[]): Promise<Partial<Scene>> =>
  role(society, { operatingAreaEic });

/** The entitlement under a role of the DSO with other claims. */
export async function role(society: PaperSociety, claims: JsonObject): Promise<Partial<Scene>> {
  const narrow = await issueVcJwt(
    society.input('SystemOperatorRole', society.regulator, society.dso.did, {
      claims: { ...CLAIMS.SystemOperatorRole, ...claims },
      authority: society.authority.publish(society.accreditation.compact),
      issuedAt: instant(NOON - 50 * DAY),
      validFrom: instant(NOON - 50 * DAY),
    }),
  );
  const issued = await issueSdJwtVc(
    society.input('MeteringPointEntitlement', society.dso, society.house.did, {
      holderKey: society.house.publicJwk,
      authority: society.authority.publish(narrow.compact),
    }),
  );
  return text('openid4vp', vpToken(await bind(issued.compact, society.house)));
}
