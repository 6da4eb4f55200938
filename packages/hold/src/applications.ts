import { CREDENTIAL_TYPES, instant, isFaultOfOthers, isHeldBySubject, ok, refuse } from '@gridpass/core';
import type {
  CredentialType,
  Did,
  FaultCode,
  HeldApplication,
  HeldCredential,
  Instant,
  JsonObject,
  JsonValue,
  Outcome,
  RefusalCode,
  UnprovenCredential,
  WalletRelation,
} from '@gridpass/core';
import { memberOf, randomToken, toKeptText } from '@gridpass/codec';
import type { Faces } from './faces.js';
import { claimsIn, nextDisclosureId } from './disclosure.js';
import { createIssuerClient } from './issuer-client.js';
import type { HolderParts } from './parts.js';
import { createRenewals, originOf, readApplicationId } from './renewals.js';
import { tellOwner } from './told.js';

const STAGE = 'apply';
const STATES: readonly HeldApplication['state'][] = ['pending', 'approved', 'rejected', 'issued', 'closed'];
const MAX_REASON = 500;
/** How long the turn to receive is somebody's who died over it, or who takes longer for one step. */
const TURN_SECONDS = 120;

/** A turn that was taken, by when it began last. */
interface Turn {
  at: Instant;
}

/** What the owner of a wallet asks an issuer for. */
export interface ApplicationWish {
  /** The credential issuer's address. */
  readonly issuer: string;
  readonly type: CredentialType;
  readonly claims: JsonValue;
  /** Of an organisation or device its own DID unless given, where the holder is the subject. */
  readonly subject?: Did;
  readonly validUntil?: Instant;
  /** Ids of credentials that are shown; all of one face, which is the one that applies. */
  readonly evidence?: readonly string[];
  /** The verifier whom the credential is for, where a person knows that already: the face shown there applies. */
  readonly audience?: string;
}

/** Applying at issuers, and receiving what was applied for. */
export interface Applying {
  /**
   * Applies in the name of one face and keeps the application. Refuses SCHEMA_VIOLATION, with each path that is wrong, before anything is sent;
   * NOT_FOUND and HOLDER_MISMATCH for evidence that is not held, or not by that face; and what the issuer refuses. The same wish again is the same application while it is open.
   */
  apply(wish: ApplicationWish): Promise<Outcome<HeldApplication>>;
  applications(): Promise<readonly HeldApplication[]>;
  /**
   * Asks how applications stand, receives what is ready, also what renews something that was received before, and tells how many changed. What kept one from being asked or received stands in its
   * `problem`, and the others go on. With an id that one alone.
   */
  refreshApplications(id?: string): Promise<number>;
  /** Forgets an application; the issuer is told nothing. */
  removeApplication(id: string): Promise<boolean>;
}

/** How what was applied for comes into the wallet. */
export interface Receiving {
  /** Redeems an offer of this issuer for one face, of this type alone. Nothing of it is proven. */
  redeem(
    offerUri: string,
    own: { readonly issuer: string; readonly type: CredentialType; readonly face: WalletRelation },
  ): Promise<Outcome<readonly UnprovenCredential[]>>;
  /** Proves credentials against their issuers and keeps them, all or none; a Fault where that cannot be told now. */
  keep(received: readonly UnprovenCredential[], faces: readonly WalletRelation[]): Promise<Outcome<readonly HeldCredential[]>>;
}

/** Refusals of a credential that may stand a moment later: what is above it is resumed, a document is published, a cache ends. */
const MAY_PASS: readonly RefusalCode[] = ['SUSPENDED', 'KEY_NOT_AUTHORIZED', 'DID_NOT_FOUND'];

/** Opens the applications of one wallet. */
export function createApplying(parts: HolderParts, faces: Faces, receiving: Receiving): Applying {
  const { tenant, identity, repository, clock } = parts;
  const issuers = createIssuerClient(parts);
  const renewals = createRenewals(parts, faces, issuers);

  async function chooseFace({ issuer, audience }: ApplicationWish, evidence: readonly HeldCredential[]): Promise<Outcome<WalletRelation>> {
    const [first] = evidence;
    if (first === undefined)
      return ok(audience === undefined ? await faces.foreseeFace(new URL(issuer).origin) : await faces.faceFor(audience));
    const face = (await repository.relations(tenant)).find(({ relationId }) => relationId === first.relationId);
    const named = audience === undefined ? face : await faces.faceFor(audience);
    if (face === undefined || named?.relationId !== face.relationId || evidence.some((held) => held.relationId !== face.relationId))
      return refuse('HOLDER_MISMATCH', STAGE, 'evidence: choose credentials of one face, the one that shall hold what is applied for');
    return ok(face);
  }

  async function findEvidence(ids: readonly string[]): Promise<Outcome<readonly HeldCredential[]>> {
    const held = await repository.credentials(tenant);
    const found: HeldCredential[] = [];
    for (const id of ids) {
      const credential = held.find(({ credentialId }) => credentialId === id);
      if (credential === undefined) return refuse('NOT_FOUND', STAGE, 'evidence: no such credential is held');
      // A vc+jwt names no key, so that nobody can be seen to hold it.
      if (credential.format !== 'dc+sd-jwt') return refuse('HOLDER_MISMATCH', STAGE, 'evidence: choose the copy in the format dc+sd-jwt');
      found.push(credential);
    }
    return ok(found);
  }

  /** Writes down what is shown to an issuer, before it leaves the wallet as a presentation does; then what came of it. */
  async function noteShown(
    evidence: readonly HeldCredential[],
    to: { readonly relationId: string; readonly issuer: string; readonly endpoint: string },
  ): Promise<(answer: 'accepted' | 'refused') => Promise<void>> {
    if (evidence.length === 0) return () => Promise.resolve();
    const disclosureId = nextDisclosureId();
    const shown = evidence.map(({ type, digest, compact }) => ({ type, digest, claims: claimsIn(compact) }));
    const { relationId, issuer: verifier, endpoint: responseUri } = to;
    await repository.keepDisclosure(tenant, { disclosureId, at: clock.now(), relationId, verifier, responseUri, shown, answer: 'sent' });
    return (answer) => repository.setDisclosureAnswer(tenant, { disclosureId, answer });
  }

  /**
   * As the issuer would judge them, so that the owner is told here which do not fit: what an issuer answers is a stranger's text. A type that
   * is none of ours the issuer judges alone.
   */
  const checkClaims = ({ type, claims }: ApplicationWish): Outcome<unknown> =>
    CREDENTIAL_TYPES.includes(type) ? parts.schemas.parseClaims(type, claims) : ok(claims);

  async function apply(wish: ApplicationWish): Promise<Outcome<HeldApplication>> {
    const { issuer, type, claims, validUntil } = wish;
    const fitting = checkClaims(wish);
    if (!fitting.ok) return fitting;
    const evidence = await findEvidence(wish.evidence ?? []);
    if (!evidence.ok) return evidence;
    const endpoint = await issuers.findApplications(issuer);
    if (!endpoint.ok) return endpoint;
    const face = await chooseFace(wish, evidence.value);
    if (!face.ok) return face;
    const subject = wish.subject ?? (identity.kind === 'single' && isHeldBySubject(type) ? identity.did : undefined);
    const body = {
      type,
      claims,
      ...(subject === undefined ? {} : { subject }),
      ...(validUntil === undefined ? {} : { validUntil }),
      ...(evidence.value.length === 0 ? {} : { evidence: evidence.value.map(({ compact }) => compact) }),
    };
    const signer = await faces.signerOf(face.value);
    const shown = await noteShown(evidence.value, { relationId: face.value.relationId, issuer, endpoint: endpoint.value });
    const answer = await issuers.call(signer, { method: 'POST', url: endpoint.value, body });
    await shown(answer.ok ? 'accepted' : 'refused');
    if (!answer.ok) return answer;
    const told = readTold(answer.value.json);
    const applicationId = readApplicationId(answer.value.json, 'applicationId');
    if (told === undefined || applicationId === undefined) return refuse('REQUEST_MALFORMED', STAGE, 'the issuer answered no application');
    const at = clock.now();
    const { relationId } = face.value;
    const common = { relationId, issuer, endpoint: endpoint.value, applicationId, type };
    return ok(
      await repository.keepApplication(tenant, { id: randomToken(12), ...common, ...told, submittedAt: at, checkedAt: at, problem: '' }),
    );
  }

  /** Whether the turn is still ours; it begins again then, and lasts longer than what one step may take. */
  async function goesOn({ id }: HeldApplication, turn: Turn): Promise<boolean> {
    const at = clock.now();
    if (!(await repository.renewApplicationTurn(tenant, { id, turn: turn.at, at }))) return false;
    turn.at = at;
    return true;
  }

  /** What is known of it after asking; received where an offer was ready. Undefined where another has the turn by now. */
  async function ask(application: HeldApplication, turn: Turn): Promise<HeldApplication | undefined> {
    const checked = { ...withoutTrouble(application), checkedAt: clock.now() };
    const face = (await repository.relations(tenant)).find(({ relationId }) => relationId === application.relationId);
    if (face === undefined) return { ...checked, ...troubleOf('KEY_UNAVAILABLE', 'face: the key that applied is not in the wallet') };
    if (application.unproven !== undefined) return prove(checked, application.unproven, face);
    const signer = await faces.signerOf(face);
    const url = `${application.endpoint}/${application.applicationId}`;
    const answer = await issuers.call(signer, { method: 'GET', url });
    if (!answer.ok) {
      // Long over, and its claims erased: there is nothing to wait for.
      const { code } = answer.refusal;
      return { ...checked, ...troubleOf(code, answer.refusal.detail), ...(code === 'NOT_FOUND' ? { state: 'closed' } : {}) };
    }
    const told = readTold(answer.value.json);
    if (told === undefined)
      return { ...checked, ...troubleOf('REQUEST_MALFORMED', 'state: the issuer answered no state of an application') };
    if (memberOf(answer.value.json, 'offer') !== 'ready') return { ...checked, ...told };
    // INVARIANT: a new offer takes the one before away, and is redeemed once: neither is asked for by who lost the turn.
    if (!(await goesOn(application, turn))) return undefined;
    const given = await issuers.call(signer, { method: 'POST', url: `${url}/offer` });
    if (!given.ok) return { ...checked, ...told, ...troubleOf(given.refusal.code, given.refusal.detail) };
    const offer = memberOf(given.value.json, 'offer');
    if (typeof offer !== 'string') return { ...checked, ...told, ...troubleOf('REQUEST_MALFORMED', 'offer: the issuer answered none') };
    const { issuer, type } = application;
    if (!(await goesOn(application, turn))) return undefined;
    const received = await receiving.redeem(offer, { issuer, type, face });
    if (!received.ok) return { ...checked, ...told, ...troubleOf(received.refusal.code, received.refusal.detail) };
    turn.at = clock.now();
    await repository.saveUnproven(tenant, { id: application.id, at: turn.at }, received.value);
    return prove({ ...checked, ...told }, received.value, face);
  }

  /** Received once it is proven. What is proven to be no good is let go; what cannot be told now waits, with the application. */
  async function prove(
    { unproven: _before, ...application }: HeldApplication,
    received: readonly UnprovenCredential[],
    face: WalletRelation,
  ): Promise<HeldApplication> {
    try {
      const kept = await receiving.keep(received, [face]);
      if (kept.ok) return { ...application, state: 'issued', receivedAt: clock.now() };
      const { code, detail } = kept.refusal;
      return { ...application, ...troubleOf(code, detail), ...(MAY_PASS.includes(code) ? { unproven: received } : {}) };
    } catch (error) {
      if (!isFaultOfOthers(error)) throw error;
      return { ...application, unproven: received, ...troubleOf(error.code, '') };
    }
  }

  async function refreshOne({ id }: HeldApplication, notAnswer: Set<string>): Promise<boolean> {
    const at = clock.now();
    const turn: Turn = { at };
    const staleBefore = instant(Math.max(0, at - TURN_SECONDS));
    // Of two that receive one application each would take the other's offer away.
    const application = await repository.takeApplicationTurn(tenant, { id, at, staleBefore });
    if (application === undefined) return false;
    let now: HeldApplication | undefined;
    try {
      now = await ask(application, turn);
    } catch (error) {
      // What was received may be written down by now, and this row was read before: nothing is written over it, and the turn ends by its time.
      if (!isFaultOfOthers(error)) throw error;
      if (error.code === 'REMOTE_UNAVAILABLE') notAnswer.add(originOf(application));
      now = { ...withoutTrouble(application), checkedAt: clock.now(), ...troubleOf(error.code, '') };
    }
    // What another has learnt since is newer.
    if (now === undefined || !(await repository.saveApplication(tenant, now, turn.at))) return false;
    return (
      now.state !== application.state ||
      now.receivedAt !== application.receivedAt ||
      now.problem !== application.problem ||
      now.because !== application.because
    );
  }

  return {
    apply,
    applications: () => repository.applications(tenant),
    async refreshApplications(id) {
      let changed = 0;
      const notAnswer = new Set<string>();
      for (const application of await repository.applications(tenant)) {
        if (isOver(application) || (id !== undefined && id !== application.id)) continue;
        if (await refreshOne(application, notAnswer)) changed += 1;
      }
      // Asked for by its id, an application is asked about alone.
      if (id !== undefined) return changed;
      for (const renewal of await renewals.find(notAnswer)) if (await refreshOne(renewal, notAnswer)) changed += 1;
      return changed;
    },
    removeApplication: (id) => repository.removeApplication(tenant, id),
  };
}

/** What a try came to nothing about, as its owner is told. Of a fault the cause stays inside: only what to do is said. */
function troubleOf(code: RefusalCode | FaultCode, detail: string): Pick<HeldApplication, 'problem' | 'because'> {
  const because = tellOwner(code, detail);
  return because === '' ? { problem: code } : { problem: code, because };
}

const withoutTrouble = ({ because: _before, ...application }: HeldApplication): HeldApplication => ({ ...application, problem: '' });

/** Nothing more is to come of it. */
export const isOver = ({ state, receivedAt }: HeldApplication): boolean =>
  receivedAt !== undefined || state === 'rejected' || state === 'closed';

/** What an issuer says of an application, as a store holds it; undefined for what is none. */
function readTold(json: JsonObject): Pick<HeldApplication, 'state' | 'reason'> | undefined {
  const state = STATES.find((known) => known === memberOf(json, 'state'));
  const reason = memberOf(json, 'reason');
  return state === undefined ? undefined : { state, reason: typeof reason === 'string' ? toKeptText(reason, MAX_REASON) : '' };
}
