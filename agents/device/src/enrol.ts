import { endsAfter, instant, isFaultOfOthers } from '@gridpass/core';
import type { Clock, CredentialType, Did, HeldApplication, HeldCredential, Instant, Refusal } from '@gridpass/core';
import { tellOwner } from '@gridpass/hold';
import type { Holder } from '@gridpass/hold';
import type { DeviceConfig } from './config.js';

type Enrolment = DeviceConfig['enrol'][number];

/** What enrolling works with. */
export interface EnrolParts {
  readonly holder: Pick<Holder, 'apply' | 'applications' | 'credentials' | 'refreshApplications' | 'refreshStates'>;
  /** The device's own DID, which a commissioning says where its configuration leaves it out: it is not known before the first start. */
  readonly did: Did;
  readonly clock: Clock;
  readonly config: Pick<DeviceConfig, 'enrol' | 'renewBeforeSeconds' | 'retrySeconds'>;
  /** Told of each application that was made or could not be, and of each credential that was received. */
  readonly say: (type: CredentialType, what: string) => void;
}

/**
 * One round: receives what was granted, then applies for each credential of the configuration that is not there, or that ends soon, and is
 * not applied for. What was turned down is applied for again after `retrySeconds`. An issuer that does not answer is asked at the next round.
 */
export async function enrol({ holder, did, clock, config, say }: EnrolParts): Promise<void> {
  const before = new Set((await holder.credentials()).map(({ credentialId }) => credentialId));
  const toldBefore = new Set((await holder.applications()).map(troubleWith));
  await holder.refreshApplications();
  for (const { credentialId, type } of await holder.credentials()) if (!before.has(credentialId)) say(type, 'received');
  for (const application of await holder.applications()) {
    const { type, problem, because } = application;
    if (problem !== '' && !toldBefore.has(troubleWith(application))) say(type, because === undefined ? problem : `${problem}: ${because}`);
  }
  // After it: what a new one took the place of is not shown any more.
  await holder.refreshStates();
  for (const one of config.enrol) {
    const [held, applications] = [await holder.credentials(), await holder.applications()];
    const at = clock.now();
    if (held.some((credential) => lastsFor(credential, one, config.renewBeforeSeconds, at))) continue;
    if (applications.some((application) => isInTheWay(application, one, config.retrySeconds, at))) continue;
    const evidence = findEvidence(held, one.evidence, at);
    if (evidence === undefined) say(one.type, 'waits for its evidence');
    else await applyFor(holder, { ...one, claims: claimsOf(one, did) }, evidence, say);
  }
}

/** What kept one application from being received: told once, until it is something else. */
const troubleWith = ({ id, problem, because }: HeldApplication): string => JSON.stringify([id, problem, because]);

const toldOf = ({ code, detail }: Refusal): string => `${code}: ${tellOwner(code, detail)}`;

const claimsOf = ({ type, claims }: Enrolment, deviceDid: Did): Enrolment['claims'] =>
  type === 'DeviceCommissioning' ? { deviceDid, ...claims } : claims;

async function applyFor(
  holder: Pick<Holder, 'apply'>,
  { issuer, type, claims }: Enrolment,
  evidence: readonly string[],
  say: EnrolParts['say'],
): Promise<void> {
  try {
    const applied = await holder.apply({ issuer, type, claims, evidence });
    say(type, applied.ok ? `applied, ${applied.value.state}` : toldOf(applied.refusal));
  } catch (error) {
    // Of the other side, or of what it stands on; a store of ours that does not answer keeps no application either.
    if (!isFaultOfOthers(error)) throw error;
    say(type, error.code);
  }
}

const stands = ({ state }: HeldCredential): boolean => state === 'valid' || state === 'unknown';

/** What is suspended is there: it is resumed or revoked, and no other is had meanwhile. Of a life that is short only the last third is the time to renew: else what was just received would be renewed at once. */
function lastsFor(credential: HeldCredential, { type }: Enrolment, renewBeforeSeconds: number, at: Instant): boolean {
  const { validFrom, validUntil } = credential;
  const before = Math.min(renewBeforeSeconds, Math.floor((validUntil - validFrom) / 3));
  return credential.type === type && credential.state !== 'revoked' && endsAfter(validUntil, instant(at + before));
}

/** It waits for a decision or to be received; or it was turned down, or what came of it ended, not long ago. */
function isInTheWay(application: HeldApplication, { issuer, type }: Enrolment, retrySeconds: number, at: Instant): boolean {
  if (application.issuer !== issuer || application.type !== type || application.receivedAt !== undefined) return false;
  const isOver = application.state === 'rejected' || application.state === 'closed';
  return !isOver || endsAfter(instant(application.checkedAt + retrySeconds), at);
}

/** One standing credential of each type, the one that ends last; undefined while one is missing. */
function findEvidence(held: readonly HeldCredential[], types: readonly CredentialType[], at: Instant): readonly string[] | undefined {
  const found = types.map((type) =>
    held
      .filter((one) => one.type === type && one.format === 'dc+sd-jwt' && stands(one) && endsAfter(one.validUntil, at))
      .sort((a, b) => b.validUntil - a.validUntil)
      .at(0),
  );
  const ids = found.flatMap((one) => (one === undefined ? [] : [one.credentialId]));
  return ids.length === types.length ? ids : undefined;
}
