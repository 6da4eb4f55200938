import { Fault, endsAfter, instant, ok, refuse } from '@gridpass/core';
import type {
  AccreditationRepository,
  AccreditationTask,
  CredentialType,
  Did,
  Digest,
  HeldApplication,
  HeldCredential,
  Instant,
  JsonObject,
  JsonValue,
  Outcome,
} from '@gridpass/core';
import { canonicalJson } from '@gridpass/codec';
import { ENTITLING_TYPES } from '@gridpass/trust';
import { isOver } from './applications.js';
import { createHolder } from './holder.js';
import type { Holder } from './holder.js';
import type { HolderParts, WalletIdentity } from './parts.js';
import { parseCredential } from './prove-received.js';

const STAGE = 'accreditation';
/** For how long a task is somebody's who died over it, or who takes longer. */
const TURN_SECONDS = 120;
/** How long the next try waits after the first failure; twice as long after each further one. */
const FIRST_WAIT_SECONDS = 30;
const LONGEST_WAIT_SECONDS = 3_600;

/** An issuer is held accountable by one DID. */
type SingleIdentity = Extract<WalletIdentity, { readonly kind: 'single' }>;

/** When an accreditation is applied for again. */
export interface AccreditationSettings {
  /** How long before its end; of a short life in its last third at the earliest. */
  readonly renewBeforeSeconds: number;
  /** How long after a renewal was turned down, or brought no later end, it is asked for again. */
  readonly retrySeconds: number;
}

/** An accreditation that is held. */
export interface Accreditation {
  readonly digest: Digest;
  readonly type: CredentialType;
  readonly issuer: Did;
  /** The address of the credential issuer, where it is renewed. */
  readonly origin: string;
  readonly validFrom: Instant;
  readonly validUntil: Instant;
  readonly state: 'in force' | 'expiring' | 'ended' | 'suspended' | 'revoked' | 'unknown';
  /** Whether what is issued from now on may rest on it. */
  readonly adopted: boolean;
  /** When it is applied for again; absent where a newer one has taken its place. */
  readonly renewFrom?: Instant;
  readonly problem: string;
  readonly nextTry?: Instant;
}

/** An application at a superior issuer, with the time of the next try after a failure. */
export type AppliedFor = HeldApplication & { readonly nextTry?: Instant };

/** Whoever acts: an operator, or the issuer itself. */
export interface Owner {
  /** Makes what is held and proven the ground of what is issued; refuses what does not entitle its issuer. */
  adopt(digest: Digest): Promise<Outcome<unknown>>;
  /** Writes an act into the log of the issuer. */
  record(action: string, evidence: JsonObject): Promise<void>;
}

/** What an issuer does about its own accreditations. */
export interface Accreditations {
  list(): Promise<{ readonly held: readonly Accreditation[]; readonly applications: readonly AppliedFor[] }>;
  /** Applies at a superior. CREDENTIAL_CONFIGURATION_UNKNOWN for a type that entitles to nothing, and what the superior refuses. */
  apply(
    wish: { readonly issuer: string; readonly type: CredentialType; readonly claims: JsonValue; readonly validUntil?: Instant },
    by: Owner,
  ): Promise<Outcome<HeldApplication>>;
  /**
   * Receives what an offer holds and adopts it. CREDENTIAL_CONFIGURATION_UNKNOWN where it holds no accreditation, HOLDER_MISMATCH for one of
   * another subject, and what a verifier that knows the roots alone refuses of it.
   */
  adopt(
    offer: { readonly offerUri: string; readonly txCode?: string; readonly issuer?: string },
    by: Owner,
  ): Promise<Outcome<readonly Digest[]>>;
  /** Applies for the same again where it came from. STATUS_FINAL for what is revoked, CONFLICT while that is applied for already. */
  renew(digest: Digest, by: Owner): Promise<Outcome<HeldApplication>>;
  /** The public text of one that is held. */
  readDocument(digest: Digest): Promise<Outcome<string>>;
  /** One round: receives what was granted, adopts it, and applies for what ends soon. What fails is told, and tried again later. */
  lookAfter(by: Owner): Promise<void>;
}

type Wired = Pick<
  HolderParts,
  'tenant' | 'repository' | 'resolver' | 'fetch' | 'status' | 'clock' | 'schemas' | 'findIssuerKey' | 'archives'
>;

interface AccreditationParts extends Wired {
  readonly identity: SingleIdentity;
  readonly accreditations: AccreditationRepository;
  readonly settings: AccreditationSettings;
  /** Proves a credential as a gate would that knows the roots alone. */
  readonly verify: (compact: string) => Promise<Outcome<unknown>>;
  /** What the issuer may rest on now. */
  readonly adopted: () => Promise<readonly Digest[]>;
  /** Told of each try that came to nothing. */
  readonly say: (task: string, code: string) => void;
}

type Held = HeldCredential & { readonly claims: JsonObject };

/**
 * The holder inside an issuer: it applies for, receives, shows and renews what entitles the issuer, and holds nothing else. It is lent the
 * key of the issuer's DID for proofs of possession alone.
 */
export function createAccreditations(parts: AccreditationParts): Accreditations {
  const { identity } = parts;
  const holder = createHolder({
    ...parts,
    types: ENTITLING_TYPES,
    admit: (received, issuer) => admit(parts, identity.did, received, issuer),
    // It answers no presentation requests.
    unregisteredVerifiers: 'refuseUnregistered',
    clockSkewSeconds: 0,
    issuerTrust: async () => refuse('NOT_ENTITLED', STAGE, 'an issuer presents nothing here'),
  });
  const applyAgain = createRenewal(parts, holder);

  async function apply(wish: Parameters<Accreditations['apply']>[0], by: Owner): Promise<Outcome<HeldApplication>> {
    const { issuer, type } = wish;
    if (!ENTITLING_TYPES.includes(type))
      return refuse('CREDENTIAL_CONFIGURATION_UNKNOWN', STAGE, `type: entitles to nothing; one of ${ENTITLING_TYPES.join(', ')}`);
    const applied = await holder.apply({ ...wish, subject: identity.did });
    if (applied.ok) await by.record('apply-accreditation', { issuer, type, applicationId: applied.value.applicationId });
    return applied;
  }

  return {
    apply,
    list: () => listAll(parts, holder),
    async adopt({ offerUri, ...options }, by) {
      const received = await holder.receiveOffer(offerUri, options);
      if (!received.ok) return received;
      const adopted: Digest[] = [];
      for (const { digest } of received.value.filter(({ format }) => format === 'vc+jwt')) {
        const taken = await by.adopt(digest);
        if (!taken.ok) return taken;
        adopted.push(digest);
      }
      return adopted.length > 0
        ? ok(adopted)
        : refuse('CREDENTIAL_CONFIGURATION_UNKNOWN', STAGE, 'offer: nothing in vc+jwt, which chains are made of');
    },
    async renew(digest, by) {
      const found = (await readHeld(parts)).find((one) => one.digest === digest);
      if (found === undefined) return refuse('NOT_FOUND', STAGE, 'digest: no accreditation that is held');
      if (found.state === 'revoked') return refuse('STATUS_FINAL', STAGE, 'revoked: apply anew');
      const applied = await applyAgain(found, by, 'asked');
      return applied ?? refuse('CONFLICT', STAGE, 'applied for already; see the list');
    },
    async readDocument(digest) {
      const found = (await readHeld(parts)).find((one) => one.digest === digest);
      return found === undefined ? refuse('NOT_FOUND', 'document', 'no public document of that digest') : ok(found.compact);
    },
    lookAfter: (by) => lookAfter(parts, holder, applyAgain, by),
  };
}

/** What is let in: of this issuer, and good for a verifier that knows the roots alone. Its origin is kept for its renewal. */
async function admit(parts: AccreditationParts, did: Did, received: HeldCredential, issuer: string): Promise<Outcome<true>> {
  const parsed = parseCredential(received.compact, received.format);
  if (!parsed.ok) return parsed;
  if (parsed.value.content.subject !== did) return refuse('HOLDER_MISMATCH', STAGE, `${received.type}: about somebody else`);
  const verified = await parts.verify(received.compact);
  if (!verified.ok) return verified;
  if (received.format === 'vc+jwt') await parts.accreditations.keepOrigin(parts.tenant, { digest: received.digest, issuer });
  return ok(true);
}

/** Accreditations as links of a chain, the one that ends last first. */
async function readHeld({ repository, tenant }: Pick<HolderParts, 'repository' | 'tenant'>): Promise<readonly Held[]> {
  const held: Held[] = [];
  for (const credential of await repository.credentials(tenant)) {
    const parsed = credential.format === 'vc+jwt' ? parseCredential(credential.compact, credential.format) : undefined;
    if (parsed?.ok === true) held.push({ ...credential, claims: parsed.value.content.claims });
  }
  return held.sort((a, b) => b.validUntil - a.validUntil);
}

const isSame = (a: Held, b: Held): boolean =>
  a.type === b.type && a.issuer === b.issuer && canonicalJson(a.claims) === canonicalJson(b.claims);

/** Whether another one of the same content lasts longer. */
const isSucceeded = (one: Held, all: readonly Held[]): boolean =>
  all.some((other) => isSame(one, other) && other.validUntil > one.validUntil && other.state !== 'revoked');

/** Of a life that is short only the last third is the time to renew: else what was just received would be renewed at once. */
function renewFrom({ validFrom, validUntil }: HeldCredential, { renewBeforeSeconds }: AccreditationSettings): Instant {
  return instant(validUntil - Math.min(renewBeforeSeconds, Math.floor((validUntil - validFrom) / 3)));
}

async function listAll(parts: AccreditationParts, holder: Pick<Holder, 'applications'>): ReturnType<Accreditations['list']> {
  const { accreditations: repository, tenant, clock, settings } = parts;
  const [all, adopted] = [await readHeld(parts), await parts.adopted()];
  const origins = new Map((await repository.listOrigins(tenant)).map(({ digest, issuer }) => [digest, issuer]));
  const tasks = new Map((await repository.listTasks(tenant)).map((task) => [task.task, task]));
  const at = clock.now();
  const troubleOf = (...names: readonly string[]): Pick<Accreditation, 'problem' | 'nextTry'> => {
    const failed = names.map((name) => tasks.get(name)).find((task) => task !== undefined && task.problem !== '');
    return failed === undefined ? { problem: '' } : { problem: failed.problem, nextTry: failed.dueAt };
  };
  const held = all.map((one): Accreditation => {
    const { digest, type, issuer, validFrom, validUntil } = one;
    return {
      ...{ digest, type, issuer, validFrom, validUntil, origin: origins.get(digest) ?? '', adopted: adopted.includes(digest) },
      state: stateOf(one, renewFrom(one, settings), at),
      ...(isSucceeded(one, all) || one.state === 'revoked' ? {} : { renewFrom: renewFrom(one, settings) }),
      ...troubleOf(`adopt:${digest}`, `renew:${digest}`),
    };
  });
  const applications = (await holder.applications()).map((application): AppliedFor => {
    const { nextTry } = troubleOf(`ask:${application.id}`);
    return isOver(application) || nextTry === undefined ? application : { ...application, nextTry };
  });
  return { held, applications };
}

function stateOf({ state, validUntil }: HeldCredential, from: Instant, at: Instant): Accreditation['state'] {
  if (state === 'revoked') return 'revoked';
  if (!endsAfter(validUntil, at)) return 'ended';
  if (state === 'suspended') return 'suspended';
  if (state === 'unknown') return 'unknown';
  return endsAfter(from, at) ? 'in force' : 'expiring';
}

/** Applies for the same again, unless that is under way or, where nobody asked, was turned down not long ago: then undefined. */
type ApplyAgain = (one: Held, by: Owner, why: 'asked' | 'due') => Promise<Outcome<HeldApplication> | undefined>;

function createRenewal(parts: AccreditationParts, holder: Pick<Holder, 'apply' | 'applications'>): ApplyAgain {
  const { accreditations: repository, tenant, clock, identity, settings } = parts;
  return async (one, by, why) => {
    const task = `renew:${one.digest}`;
    const before = (await repository.listTasks(tenant)).find((known) => known.task === task);
    const last = (await holder.applications()).find(({ id }) => id === before?.application);
    if (last !== undefined && !isOver(last)) return undefined;
    // Also where it was granted: an authority above that ends as soon gives no later end, and asking on would bring one more each round.
    const lastTime = last?.receivedAt ?? last?.checkedAt;
    if (why === 'due' && lastTime !== undefined && endsAfter(instant(lastTime + settings.retrySeconds), clock.now())) return undefined;
    const issuer = (await repository.listOrigins(tenant)).find(({ digest }) => digest === one.digest)?.issuer;
    if (issuer === undefined) return refuse('NOT_FOUND', STAGE, 'digest: nobody knows where it came from');
    const { type, claims } = one;
    const applied = await holder.apply({ issuer, type, claims, subject: identity.did });
    if (!applied.ok) return applied;
    await by.record('renew-accreditation', { issuer, type, renews: one.digest, applicationId: applied.value.applicationId });
    await repository.saveTask(tenant, {
      task,
      failures: 0,
      // Whoever has the task goes on having it.
      dueAt: before?.dueAt ?? clock.now(),
      problem: '',
      application: applied.value.id,
    });
    return applied;
  };
}

/** Whether it is the time to apply for the same again. */
const isToRenew = (one: Held, all: readonly Held[], settings: AccreditationSettings, at: Instant): boolean =>
  !isSucceeded(one, all) && one.state !== 'suspended' && !endsAfter(renewFrom(one, settings), at);

async function lookAfter(parts: AccreditationParts, holder: Holder, applyAgain: ApplyAgain, by: Owner): Promise<void> {
  const { clock, settings } = parts;
  for (const application of await holder.applications()) {
    if (isOver(application)) continue;
    await inTurn(parts, `ask:${application.id}`, async () => {
      await holder.refreshApplications(application.id);
      return (await holder.applications()).find(({ id }) => id === application.id)?.problem ?? '';
    });
  }
  await holder.refreshStates();
  const [all, adopted, at] = [await readHeld(parts), await parts.adopted(), clock.now()];
  for (const one of all) {
    if (one.state === 'revoked' || !endsAfter(one.validUntil, at)) continue;
    if (!adopted.includes(one.digest)) await inTurn(parts, `adopt:${one.digest}`, async () => codeOf(await by.adopt(one.digest)));
    if (!isToRenew(one, all, settings, at)) continue;
    await inTurn(parts, `renew:${one.digest}`, async () => codeOf((await applyAgain(one, by, 'due')) ?? ok(true)));
  }
  await forgetTries(parts, holder);
}

/** What needs to be done no longer has no tries that failed; of a renewal what was applied for is known for as long as it may be asked about. */
async function forgetTries(parts: AccreditationParts, holder: Pick<Holder, 'applications'>): Promise<void> {
  const { accreditations: repository, tenant, clock, settings } = parts;
  const [all, adopted, at] = [await readHeld(parts), await parts.adopted(), clock.now()];
  const living = all.filter(({ state, validUntil }) => state !== 'revoked' && endsAfter(validUntil, at));
  const wanted = new Set([
    ...(await holder.applications()).filter((one) => !isOver(one)).map(({ id }) => `ask:${id}`),
    ...living.filter(({ digest }) => !adopted.includes(digest)).map(({ digest }) => `adopt:${digest}`),
    ...living.filter((one) => isToRenew(one, all, settings, at)).map(({ digest }) => `renew:${digest}`),
  ]);
  const known = new Set(living.map(({ digest }) => `renew:${digest}`));
  for (const { failingSince, ...task } of await repository.listTasks(tenant)) {
    if (wanted.has(task.task)) continue;
    if (task.application === '' || !known.has(task.task)) await repository.removeTask(tenant, task.task, task.dueAt);
    else if (failingSince !== undefined) await repository.saveTask(tenant, { ...task, failures: 0, problem: '', dueAt: at }, task.dueAt);
  }
}

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? '' : outcome.refusal.code);

/** Does a task where it is due and nobody else has it; `work` says what was the matter. A fault is told and tried again, later each time. */
async function inTurn(parts: AccreditationParts, task: string, work: () => Promise<string>): Promise<void> {
  const { accreditations: repository, tenant, clock } = parts;
  const at = clock.now();
  const until = instant(at + TURN_SECONDS);
  const taken = await repository.takeTask(tenant, { task, at, until });
  if (taken === undefined) return;
  let problem: string;
  try {
    problem = await work();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    problem = error.code;
  }
  // The steps themselves can be done twice; what came of them is told by who has the task.
  const after = await afterwards(parts, taken, problem);
  if (problem === '' && after.application === '') return repository.removeTask(tenant, task, until);
  const told = await repository.saveTask(tenant, after, until);
  if (told && problem !== '') parts.say(task, problem);
}

async function afterwards(parts: AccreditationParts, taken: AccreditationTask, problem: string): Promise<AccreditationTask> {
  const { accreditations: repository, tenant, clock } = parts;
  const { application = '' } = (await repository.listTasks(tenant)).find(({ task }) => task === taken.task) ?? taken;
  const failures = problem === '' ? 0 : taken.failures + 1;
  const wait = failures === 0 ? 0 : Math.min(FIRST_WAIT_SECONDS * 2 ** (failures - 1), LONGEST_WAIT_SECONDS);
  const failing = problem === '' ? {} : { failingSince: taken.failingSince ?? clock.now() };
  return { task: taken.task, failures, problem, application, dueAt: instant(clock.now() + wait), ...failing };
}
