import { InputError, ok, refuse } from '@gridpass/core';
import type { Disclosure, HeldCredential, JsonObject, Outcome, Signer, UnprovenCredential, WalletRelation } from '@gridpass/core';
import { CREDENTIAL_TYPES } from '@gridpass/core';
import { acceptOffer, vctOf } from '@gridpass/exchange';
import type { OfferedConfiguration } from '@gridpass/exchange';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createApplying } from './applications.js';
import type { Applying, Receiving } from './applications.js';
import { fromArchiveJson, toArchiveJson } from './archive.js';
import type { WalletContent } from './archive.js';
import { createFaces } from './faces.js';
import { planFilling } from './fill-wallet.js';
import type { LeftOut } from './fill-wallet.js';
import type { HolderParts } from './parts.js';
import { createPresenter } from './present.js';
import type { Answer, Asked, Presented, Presenter } from './present.js';
import { proofParts, proveReceived } from './prove-received.js';
import { refreshStates } from './refresh-states.js';

/** How an offer is redeemed: with its transaction code, and for the face of one audience alone where the issuer knows only that key. */
export interface ReceiveOptions {
  readonly txCode?: string;
  readonly audience?: string;
  /** The only credential issuer whose offer is taken, where it is known whose it must be. */
  readonly issuer?: string;
}

/** A wallet: one tenant's credentials, and what may be done with them. */
export interface Holder extends Applying {
  /** Redeems an offer for every face and keeps what proves good; all of it or, on a refusal, nothing. */
  receiveOffer(offerUri: string, options?: ReceiveOptions): Promise<Outcome<readonly HeldCredential[]>>;
  credentials(): Promise<readonly HeldCredential[]>;
  removeCredential(credentialId: string): Promise<boolean>;
  /** Asks the status lists about everything held; returns how many states changed. What cannot be told now stays as it was. */
  refreshStates(): Promise<number>;
  readonly presenter: Presenter;
  /** Fetches, chooses, signs, posts, in one go: for headless holders. People consent between `fetchProposal` and `send`. */
  present(requestUri: string, asked?: Asked): Promise<Outcome<Presented>>;
  /** Answers a request object that came over any transport, e.g. MQTT; the caller sends the answer back. */
  answerRequest(requestObject: string, audience?: string): Promise<Outcome<Answer>>;
  faceFor(audience: string): Promise<WalletRelation>;
  /** The key shown to an audience, to prove possession with (DPoP). */
  signerFor(audience: string): Promise<Signer>;
  /** That key first, then those from before the DID's key was rotated, for what is bound to them still. */
  signersFor(audience: string): Promise<readonly Signer[]>;
  disclosures(): Promise<readonly Disclosure[]>;
  eraseDisclosures(): Promise<number>;
  /**
   * The whole wallet, but for applications that are under way, under a passphrase of at least 12 characters; of a person's with the keys of its faces. The keys of an
   * organisation's DID never leave. RATE_LIMITED where others are sealed or opened, here as at import. Throws InputError ARCHIVE_INVALID
   * for a passphrase that is too short.
   */
  exportArchive(passphrase: string): Promise<Outcome<string>>;
  /**
   * Fills an empty wallet, with all of it or nothing, and says what was not for it; CONFLICT when the wallet is not empty, ARCHIVE_INVALID
   * when the archive is not whole or of another wallet.
   */
  importArchive(archive: string, passphrase: string): Promise<Outcome<{ readonly credentials: number; readonly leftOut: LeftOut }>>;
  /** Deletes credentials, applications, log, faces and the keys that the wallet made for them. The DID of an organisation keeps its key. */
  leave(): Promise<void>;
}

/** Opens a wallet over its store. The caller has migrated the store and, for a single identity, made the key. */
export function createHolder(parts: HolderParts): Holder {
  const { tenant, identity, repository, clock, archives } = parts;
  const faces = createFaces(parts);
  const presenter = createPresenter(parts, faces);

  async function receiveOffer(offerUri: string, options: ReceiveOptions = {}): Promise<Outcome<readonly HeldCredential[]>> {
    const chosen = options.audience === undefined ? await faces.openFaces() : [await faces.faceFor(options.audience)];
    const received = await redeemFor(chosen, { offerUri, choose: chooseConfigurations(parts), ...options });
    return received.ok ? keepProven(received.value, byAudience(chosen)) : received;
  }

  async function redeemFor(
    chosen: readonly WalletRelation[],
    how: Pick<Parameters<typeof acceptOffer>[0], 'offerUri' | 'txCode' | 'issuer' | 'choose'>,
  ): Promise<Outcome<readonly UnprovenCredential[]>> {
    const { offerUri, txCode, issuer, choose } = how;
    const open = byAudience(chosen);
    const [first, ...rest] = await Promise.all(open.map((face) => faces.proofKeyOf(face)));
    if (first === undefined) throw new InputError('CONFIG_INVALID', 'a wallet without a face');
    const typeNames = new Map<string, string>();
    const accepted = await acceptOffer({
      offerUri,
      fetch: parts.fetch,
      clock,
      keys: [first, ...rest],
      dpop: createSigner(generatePrivateJwk('ES256')),
      choose: (offered) => {
        for (const { id, type } of offered) typeNames.set(id, type);
        return choose(offered);
      },
      ...(txCode === undefined ? {} : { txCode }),
      ...(issuer === undefined ? {} : { issuer }),
    });
    if (!accepted.ok) return accepted;
    const { credentials, credentialIssuer } = accepted.value;
    const offeredAs = (id: string): string => typeNames.get(id) ?? '';
    return ok(
      credentials.map(({ configurationId, compact, format }) => ({
        ...{ compact, format, credentialIssuer },
        offeredAs: offeredAs(configurationId),
      })),
    );
  }

  async function keepProven(
    received: readonly UnprovenCredential[],
    open: readonly WalletRelation[],
  ): Promise<Outcome<readonly HeldCredential[]>> {
    const kept: HeldCredential[] = [];
    for (const one of received) {
      const proven = await proveReceived(one, { ...proofParts(parts), at: clock.now(), faces: open });
      if (!proven.ok) return proven;
      // What was offered is what was agreed to; another credential of the same issuer is not.
      if (one.offeredAs !== typeNameOf(proven.value))
        return refuse('REQUEST_MALFORMED', 'receive', `${proven.value.type}: not what was offered`);
      const admitted = await parts.admit?.(proven.value, one.credentialIssuer);
      if (admitted?.ok === false) return admitted;
      kept.push(proven.value);
    }
    for (const credential of kept) await repository.keepCredential(tenant, credential);
    return ok(kept);
  }

  /** What one face applied for, of the type that it applied for. */
  const receiving: Receiving = {
    redeem: (offerUri, { issuer, type, face }) => {
      const readable = chooseConfigurations(parts);
      const isWanted = (offered: OfferedConfiguration): boolean => offered.type === typeNameOf({ type, format: offered.format });
      return redeemFor([face], { offerUri, issuer, choose: (offered) => readable(offered.filter(isWanted)) });
    },
    keep: keepProven,
  };

  /** A person's faces with their keys; an organisation's without, for its key is the DID's. */
  async function readFaces(pushedOut: AbortSignal): Promise<WalletContent['relations']> {
    const relations = await repository.relations(tenant);
    if (identity.kind === 'single') return relations.map((relation) => ({ relation }));
    const faces: WalletContent['relations'][number][] = [];
    for (const relation of relations) {
      pushedOut.throwIfAborted();
      faces.push({ relation, privateJwk: await identity.keys.exportKey(relation.keyId) });
    }
    return faces;
  }

  /** Ends between two readings of the store where the place in the line went to another wallet: its content is sealed by nobody. */
  async function readContent(pushedOut: AbortSignal): Promise<JsonObject> {
    const relations = await readFaces(pushedOut);
    pushedOut.throwIfAborted();
    const credentials = await repository.credentials(tenant);
    pushedOut.throwIfAborted();
    return toArchiveJson({ identity: identity.kind, relations, credentials, disclosures: await repository.disclosures(tenant) });
  }

  return {
    ...createApplying(parts, faces, receiving),
    receiveOffer,
    credentials: () => repository.credentials(tenant),
    removeCredential: (credentialId) => repository.removeCredential(tenant, credentialId),
    refreshStates: () => refreshStates(parts),
    presenter,
    async present(requestUri, asked) {
      const proposal = await presenter.fetchProposal(requestUri, asked);
      return proposal.ok ? presenter.send(proposal.value) : proposal;
    },
    async answerRequest(requestObject, audience) {
      const proposal = await presenter.propose(requestObject, audience === undefined ? {} : { audience });
      return proposal.ok ? presenter.answer(proposal.value) : proposal;
    },
    faceFor: (audience) => faces.faceFor(audience),
    signerFor: async (audience) => faces.signerOf(await faces.faceFor(audience)),
    async signersFor(audience) {
      const first = await faces.faceFor(audience);
      const others = (await faces.facesFor(audience)).filter(({ relationId }) => relationId !== first.relationId);
      return Promise.all([first, ...others].map((face) => faces.signerOf(face)));
    },
    disclosures: () => repository.disclosures(tenant),
    eraseDisclosures: () => repository.removeDisclosures(tenant),
    exportArchive: (passphrase) => archives.seal(tenant, readContent, passphrase),
    async importArchive(archive, passphrase) {
      const opened = await archives.open(tenant, archive, passphrase);
      const content = opened.ok ? fromArchiveJson(opened.value) : opened;
      const planned = content.ok ? await planFilling(content.value, identity) : content;
      if (!planned.ok) return planned;
      const { filling, leftOut } = planned.value;
      if (!(await repository.fillWallet(tenant, filling))) return refuse('CONFLICT', 'archive', 'the wallet is not empty');
      return ok({ credentials: filling.credentials.length, leftOut });
    },
    async leave() {
      // What the wallet made goes, and nothing it was lent.
      const made = identity.kind === 'pairwise' ? await identity.keys.listKeys() : [];
      await repository.removeAll(
        tenant,
        made.map(({ keyId }) => keyId),
      );
    },
  };
}

/** How an issuer's configuration names a type. */
const typeNameOf = ({ type, format }: Pick<HeldCredential, 'type' | 'format'>): string =>
  format === 'dc+sd-jwt' ? vctOf(type) : String(type);

/** Faces that a verifier knows first. */
const byAudience = (faces: readonly WalletRelation[]): readonly WalletRelation[] =>
  [...faces].sort((a, b) => Number(b.audience !== undefined) - Number(a.audience !== undefined));

// People take the format that discloses selectively; organisations take both, for vp+jwt is what some peers speak.
function chooseConfigurations({
  identity,
  types = CREDENTIAL_TYPES,
}: Pick<HolderParts, 'identity' | 'types'>): (offered: readonly OfferedConfiguration[]) => readonly string[] {
  return (offered) =>
    offered
      .filter(({ format }) => format === 'dc+sd-jwt' || identity.kind === 'single')
      .filter(({ format, type }) => types.some((known) => typeNameOf({ type: known, format }) === type))
      .map(({ id }) => id);
}
