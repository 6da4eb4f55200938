import { Fault, endsAfter, ok, refuse, REFUSALS } from '@gridpass/core';
import type { AuditPort, Clock, DidRepository, DidSigner, FetchPort, JsonObject, Outcome, RefusalCode, TenantId } from '@gridpass/core';
import { isJsonObject, memberOf, parseJson, utf8 } from '@gridpass/codec';
import type { KeyVault, VaultKey } from '@gridpass/keys';
import type { LifecycleContext } from './lifecycle.js';
import { accountOf, identityOfDid } from './registry-reader.js';
import type { RegistryReader } from './registry-reader.js';
import { parseTransferOffer, signTransferAnswer } from './transfer-offer.js';
import type { TransferDecision, TransferOffer } from './transfer-offer.js';

/** What answering takes. */
export interface OfferAnswerParts {
  readonly chain: { readonly chainId: number; readonly registry: string };
  readonly registry: RegistryReader;
  readonly vault: KeyVault;
  readonly dids: DidRepository;
  readonly fetch: FetchPort;
  readonly audit: AuditPort;
  readonly clock: Clock;
}

/** How far the other program says it came, and what the registry says. */
export interface AnsweredOffer {
  readonly offer: TransferOffer;
  readonly state: string;
  /** Whether the registry names our key: then, and only then, the DID is among the tenant's. */
  readonly owned: boolean;
  /** An OpenID4VCI offer of the new DeviceOwnership, where one was made. */
  readonly ownershipOffer?: string;
}

/** The new owner's side of a transfer, where the old owner's operator is another program. */
export interface OfferAnswers {
  /**
   * Reads the offer at an address, compares it with the registry, signs and delivers the answer. Asked again after a crash or a Fault it
   * takes the same key and finds how far the transfer came. Refuses NOT_OFFEREE, OFFER_EXPIRED, OFFER_OUTDATED,
   * CHAIN_MISMATCH, and with the code that the other program refuses with.
   */
  answer(context: LifecycleContext, signer: DidSigner, url: string, decision: TransferDecision): Promise<Outcome<AnsweredOffer>>;
}

const STAGE = 'transfer';
const MAX_BYTES = 16_384;
/** The other program waits for the registry before it answers. */
const TIMEOUT_MS = 60_000;

/** Answers offers made elsewhere, for the tenants of this program. */
export function createOfferAnswers(parts: OfferAnswerParts): OfferAnswers {
  const { chain, registry, vault, dids, fetch, audit, clock } = parts;

  async function ask(url: string, body?: JsonObject): Promise<Outcome<JsonObject>> {
    const answer = await fetch.fetchDocument(url, {
      accept: 'application/json',
      maxBytes: MAX_BYTES,
      timeoutMs: TIMEOUT_MS,
      ...(body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: utf8(JSON.stringify(body)) }),
    });
    if (!answer.ok) return answer;
    const json = parseJson(answer.value.bytes, { maxBytes: MAX_BYTES });
    if (!json.ok || !isJsonObject(json.value)) throw new Fault('REMOTE_UNAVAILABLE', 'the offering program does not answer in JSON');
    if (answer.value.status < 300) return ok(json.value);
    const code = memberOf(json.value, 'code');
    if (isRefusalCode(code)) return refuse(code, STAGE, 'refused by the offering program');
    throw new Fault('REMOTE_UNAVAILABLE', `the offering program answered ${String(answer.value.status)}`);
  }

  /** One key for one transfer, however often it is answered. */
  async function keyFor(tenant: TenantId, { did, transferId }: TransferOffer): Promise<VaultKey> {
    const label = `owner of ${did} by transfer ${transferId}`;
    const keys = vault.keysOf(tenant, 'owning');
    const made = (await keys.listKeys()).find((key) => key.label === label);
    return made ?? keys.createKey('ES256K', { label });
  }

  /** What is signed was seen: an offer says what the registry says, or it is not signed. */
  async function checkOffer(offer: TransferOffer, signer: DidSigner, newOwner: string): Promise<Outcome<boolean>> {
    if (offer.to !== signer.did) return refuse('NOT_OFFEREE', STAGE, 'to: another DID');
    const identity = identityOfDid(offer.did, chain.chainId);
    if (!identity.ok) return identity;
    if (offer.chainId !== chain.chainId || offer.registry !== chain.registry.toLowerCase())
      return refuse('CHAIN_MISMATCH', STAGE, 'registry: not the one this program uses');
    const owner = await registry.ownerOf(identity.value);
    if (owner === newOwner) return ok(true);
    if (!endsAfter(offer.expiresAt, clock.now())) return refuse('OFFER_EXPIRED', STAGE, 'expiresAt');
    return owner === offer.owner && (await registry.nonceOf(owner)) === offer.nonce
      ? ok(false)
      : refuse('OFFER_OUTDATED', STAGE, 'owner, nonce: not what the registry says');
  }

  async function adopt(tenant: TenantId, { did, chainId }: TransferOffer, newKeyId: string): Promise<Outcome<unknown>> {
    if ((await dids.readDid(tenant, did)) !== undefined) return ok(true);
    return dids.saveDid({
      tenant,
      did,
      alias: '',
      provider: `did:ethr:0x${chainId.toString(16)}`,
      keyNamespace: 'owning',
      controllerKeyId: newKeyId,
      keyIds: [newKeyId],
      services: [],
      createdAt: clock.now(),
    });
  }

  return {
    answer: async (context, signer, url, decision) => {
      const shown = await ask(url);
      if (!shown.ok) return shown;
      const parsed = parseTransferOffer(shown.value);
      if (!parsed.ok) return parsed;
      const offer = parsed.value;
      const { tenant, actor, requestId } = context;
      const key = decision === 'accept' ? await keyFor(tenant, offer) : undefined;
      const newOwner = key === undefined ? '' : accountOf(key.publicJwk);
      const checked = await checkOffer(offer, signer, newOwner);
      if (!checked.ok) return checked;
      const act = { kind: 'act', requestId, reasons: [], actor } as const;
      const evidence = { did: offer.did, transferId: offer.transferId, to: offer.to };
      await audit.appendRecord(tenant, { ...act, at: clock.now(), action: `did.transfer.answer.${decision}`, evidence });
      const ownerKey = key === undefined ? undefined : await vault.keysOf(tenant, 'owning').signer(key.keyId);
      const signed = await signTransferAnswer(offer, {
        decision,
        signer,
        at: clock.now(),
        ...(ownerKey === undefined ? {} : { ownerKey }),
      });
      const told = await ask(url, { ...signed });
      if (!told.ok) return told;
      const identity = identityOfDid(offer.did, chain.chainId);
      if (!identity.ok) return identity;
      // Their word is not believed: the DID is ours once the registry says so.
      const owned = key !== undefined && (await registry.ownerOf(identity.value)) === newOwner;
      if (owned) {
        const kept = await adopt(tenant, offer, key.keyId);
        if (!kept.ok) return kept;
      }
      const state = memberOf(told.value, 'state');
      const ownershipOffer = memberOf(told.value, 'ownershipOffer');
      return ok({
        offer,
        state: typeof state === 'string' ? state : '',
        owned,
        ...(typeof ownershipOffer === 'string' ? { ownershipOffer } : {}),
      });
    },
  };
}

function isRefusalCode(code: unknown): code is RefusalCode {
  return typeof code === 'string' && Object.hasOwn(REFUSALS, code);
}
