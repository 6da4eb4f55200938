import { instant, isOrganisations, ok, refuse } from '@gridpass/core';
import type { Application, CredentialHandle, Did, Instant, IssuedRecord, MarketCalendar, Outcome, Thumbprint } from '@gridpass/core';
import { memberOf, textsIn } from '@gridpass/codec';
import { overruleOf } from './overrule.js';
import { flowsOf, meteringPointOf } from './point.js';
import { checkTexts } from './shown.js';
import { joinHolders, namesOf, toApproval } from './same-holder.js';
import type { Holding, SoleReader, Standing } from './same-holder.js';
import type { Flow } from './point.js';

/** Whom it would be issued to, and when. */
interface SoleQuestion {
  readonly application: Application;
  readonly subjects: readonly Did[];
  /** The proven keys; at approval there are none yet, and so no subjects that nobody stated. */
  readonly thumbprints: readonly Thumbprint[] | 'not-yet-proven';
  readonly at: Instant;
  /** Where the days are kept that claims state. */
  readonly calendar: MarketCalendar;
}

const WHOLE_PPM = 1_000_000;
/** The claims that tell what is held by one alone. */
const WHAT_IS_HELD = ['meteringPointHash', 'deviceDid', 'deviceClass', 'direction'];

/** The names under which {@link checkSole} is to be asked, locked in this order: a race for one of them is decided by the lock. */
export function soleNames({ type, party, claims }: Pick<Application, 'type' | 'party' | 'claims'>): readonly string[] {
  const names: string[] = [];
  if (isOrganisations(type) && party !== undefined) names.push(`party ${party.scheme}:${party.value}`);
  const point = type === 'MeteringPointEntitlement' || isMeter({ type, claims }) ? meteringPointOf(claims) : undefined;
  if (point !== undefined) names.push(`point ${point.hash}`, ...(point.code === undefined ? [] : [`point ${point.code}`]));
  if (type === 'DeviceOwnership' || isMeter({ type, claims })) names.push(`device ${textsIn(claims, 'deviceDid').join()}`);
  return names.sort();
}

/**
 * What is held by one alone, or in shares of one whole: a party by one DID, a metering point by one household or jointly, a device by
 * its owners, a metering point by one meter, a meter at one metering point. Refuses PARTY_TAKEN, SHARE_EXCEEDED or
 * METERING_POINT_OCCUPIED, and SCHEMA_VIOLATION where what is held is not named by a text; answers what a take-over ends. To be believed it is asked under {@link soleNames}.
 */
export async function checkSole(reader: SoleReader, question: SoleQuestion): Promise<Outcome<readonly IssuedRecord[]>> {
  const { application } = question;
  if (isOrganisations(application.type)) return checkPartyFree(reader, question);
  const rule = RULES[application.type];
  if (rule === undefined) return ok([]);
  const named = checkTexts(application.claims, WHAT_IS_HELD, 'sole');
  const outcome = named.ok ? await rule(reader, question) : named;
  return outcome.ok ? ok([]) : outcome;
}

const RULES: Readonly<Partial<Record<Application['type'], (reader: SoleReader, question: SoleQuestion) => Promise<Outcome<true>>>>> = {
  MeteringPointEntitlement: checkEntitled,
  DeviceOwnership: checkOwners,
  DeviceCommissioning: checkMeter,
};

async function checkPartyFree(reader: SoleReader, { application, subjects, at }: SoleQuestion): Promise<Outcome<readonly IssuedRecord[]>> {
  const { party } = application;
  if (party === undefined) return ok([]);
  if (new Set(subjects).size > 1)
    return refuse(
      'PARTY_TAKEN',
      'party',
      'claims/party: asked for with keys of several DIDs; state the subject, one DID holds all roles of a party',
    );
  // By subject and not by application: a second offer to another key is a second DID too.
  const others = (await reader.find({ kind: 'party', party })).filter(
    (record) => stands(record, at) && isOrganisations(record.type) && !subjects.includes(record.subject),
  );
  const holders = overruleOf(application, 'take-over')?.holders ?? [];
  const untold = others.find(({ subject }) => !holders.includes(subject));
  return untold === undefined
    ? ok(others)
    : refuse(
        'PARTY_TAKEN',
        'party',
        `claims/party: ${untold.subject} holds ${untold.type} of it; revoke that, apply with that DID as subject, or approve with a take-over and its reason`,
      );
}

async function checkEntitled(reader: SoleReader, question: SoleQuestion): Promise<Outcome<true>> {
  const { application } = question;
  const point = meteringPointOf(application.claims);
  if (point === undefined) return ok(true);
  const others = (await foreign(reader, question, { kind: 'meteringPoint', point })).filter((other) => overlaps(other, question));
  const exceeded = flowsOf(application.claims).find((flow) => sumOf(others, flow) + shareOf(application) > WHOLE_PPM);
  return exceeded === undefined
    ? ok(true)
    : refuse(
        'SHARE_EXCEEDED',
        'entitlement',
        `claims/meteringPointHash: the entitlement to ${exceeded} is held; revoke it at move-out, or state claims/sharePpm for each joint holder; a further key of its holder is issued to by an offer of the same application`,
      );
}

async function checkOwners(reader: SoleReader, question: SoleQuestion): Promise<Outcome<true>> {
  const [device] = textsIn(question.application.claims, 'deviceDid');
  if (device === undefined) return ok(true);
  const others = await foreign(reader, question, { kind: 'device', device: device as Did });
  return sumOf(others) + shareOf(question.application) <= WHOLE_PPM
    ? ok(true)
    : refuse('SHARE_EXCEEDED', 'ownership', 'claims/sharePpm: the shares of all owners of the device would be more than 1000000');
}

async function checkMeter(reader: SoleReader, { application, at }: SoleQuestion): Promise<Outcome<true>> {
  const point = meteringPointOf(application.claims);
  const [device] = textsIn(application.claims, 'deviceDid');
  if (!isMeter(application) || point === undefined || device === undefined) return ok(true);
  const flows = flowsOf(application.claims);
  for (const { application: other } of await standing(reader, application, { kind: 'meteringPoint', point }, at)) {
    const sameFlow = flowsOf(other.claims).some((flow) => flows.includes(flow));
    if (isMeter(other) && sameFlow && textsIn(other.claims, 'deviceDid')[0] !== device)
      return refuse(
        'METERING_POINT_OCCUPIED',
        'meter',
        'claims/meteringPointHash: another meter is commissioned there; revoke its commissioning first',
      );
  }
  for (const { application: other } of await standing(reader, application, { kind: 'device', device: device as Did }, at)) {
    const there = meteringPointOf(other.claims);
    if (there?.hash !== point.hash && (point.code === undefined || there?.code !== point.code))
      return refuse(
        'METERING_POINT_OCCUPIED',
        'meter',
        'claims/deviceDid: the meter is commissioned at another metering point; revoke that first',
      );
  }
  return ok(true);
}

async function standing(
  reader: SoleReader,
  { type }: Pick<Application, 'type'>,
  handle: CredentialHandle,
  at: Instant,
): Promise<readonly Standing[]> {
  const found: Standing[] = [];
  for (const record of await reader.find(handle)) {
    if (record.type !== type || !stands(record, at)) continue;
    const application = await reader.read(record.applicationId);
    if (application !== undefined) found.push({ record, application });
  }
  return found;
}

/** What others hold. Whoever applies under the name of a holder is another one until a key says otherwise; before that it is not asked. */
async function foreign(reader: SoleReader, question: SoleQuestion, handle: CredentialHandle): Promise<readonly Holding[]> {
  const { application, subjects, thumbprints, at } = question;
  const proven = thumbprints === 'not-yet-proven' ? [] : thumbprints;
  const own = new Set([await toApproval(reader, application), ...namesOf(subjects, proven)]);
  const holdings: Holding[] = [];
  for (const one of await standing(reader, application, handle, at)) {
    const mayBeSameHolder = thumbprints === 'not-yet-proven' && one.application.applicant === application.applicant;
    const names = [await toApproval(reader, one.application), ...namesOf([one.record.subject], [one.record.holderThumbprint])];
    if (!mayBeSameHolder) holdings.push({ ...one, names });
  }
  const isOwn = (holder: readonly Holding[]): boolean => holder.some(({ names }) => names.some((name) => own.has(name)));
  return joinHolders(holdings)
    .filter((holder) => !isOwn(holder))
    .flat();
}

/** The sum of shares, each holder counted once with the largest; of one flow where one is named. */
function sumOf(others: readonly Holding[], flow?: Flow): number {
  const counted = others.filter(({ application }) => flow === undefined || flowsOf(application.claims).includes(flow));
  return joinHolders(counted).reduce((sum, holder) => sum + Math.max(...holder.map(({ application }) => shareOf(application))), 0);
}

/** Who states no share holds the whole. */
function shareOf({ claims }: Pick<Application, 'claims'>): number {
  const share = memberOf(claims, 'sharePpm');
  return typeof share === 'number' ? share : WHOLE_PPM;
}

/** Whether there is a second in which both would hold it: from the day of the market that the claims name to the end of the credential. */
function overlaps(other: Standing, { application, at, calendar }: SoleQuestion): boolean {
  const end = Math.min(other.record.validUntil, application.validUntil);
  return at < end && Math.max(firstDayOf(application), firstDayOf(other.application)) <= calendar.epochDayAt(instant(end - 1));
}

function firstDayOf({ claims }: Pick<Application, 'claims'>): number {
  const day = memberOf(claims, 'entitledFrom');
  return typeof day === 'number' ? day : 0;
}

function isMeter({ type, claims }: Pick<Application, 'type' | 'claims'>): boolean {
  return type === 'DeviceCommissioning' && memberOf(claims, 'deviceClass') === 'smart_meter';
}

/** A suspended credential may stand again: it keeps its place. */
function stands(record: IssuedRecord, at: Instant): boolean {
  return record.state !== 'revoked' && record.validUntil > at;
}
