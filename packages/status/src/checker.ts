import { Fault, endsAfter, instant, ok, refuse } from '@gridpass/core';
import type {
  Clock,
  Did,
  DidResolverPort,
  FetchPort,
  Meter,
  Instant,
  ListAge,
  ListAges,
  Outcome,
  SeenStatusLists,
  StatusEvidence,
  StatusPort,
  StatusReference,
} from '@gridpass/core';
import { readLsbFirst, readMsbFirst } from './bits.js';
import { MAX_SIGNED_AGE_SECONDS, assertSignedAge, signedAgeOf } from './bounds.js';
import type { SignedAgeBounds } from './bounds.js';
import { fetchList } from './fetch-list.js';
import type { ProvenList } from './fetch-list.js';
import type { ListContent } from './parse-list.js';
import { isAtLeast } from './seen-in-memory.js';

export interface StatusCheckerParts {
  readonly fetch: FetchPort;
  readonly resolver: DidResolverPort;
  readonly clock: Clock;
  /** How long a list counts after it was fetched: the longest time a revocation may stay unseen while servers and caches are honest. */
  readonly stalenessBoundSeconds: number;
  /** Told whether a list was at hand and counts; nobody is unless given. */
  readonly meter?: Pick<Meter, 'looked'>;
  /** How long a list counts after it was signed: the longest time a revocation may stay unseen where somebody replays lists. */
  readonly signedAge: SignedAgeBounds;
  /** Where the newest publication of each list is remembered. */
  readonly seen: SeenStatusLists;
  /** Lists kept in memory; the least lately fetched go first. */
  readonly maxLists?: number;
}

/** A status port with a memory; `refresh` fetches a list again before its time. */
export interface StatusChecker extends StatusPort {
  readonly stalenessBoundSeconds: number;
  /** Fetches every known list at this address again; throws the faults of a check. */
  refresh(uri: string): Promise<void>;
  /** The lists in memory that count now, and when the oldest of them was signed. */
  remembered(): ListAges;
}

interface CachedList {
  readonly reference: StatusReference;
  readonly issuer: Did;
  readonly content: ProvenList;
  /** When it was signed, never later than when it came: a clock that is ahead gives it no longer life. */
  readonly signedAt: Instant;
  readonly etag?: string;
  readonly evidence: StatusEvidence;
  /** From here on a check starts a new fetch beside itself and still answers from memory. */
  readonly refreshAt: number;
}

/** Creates the checking side. A warm check reads one bit: no I/O, no signature, no inflation. */
export function createStatusChecker(parts: StatusCheckerParts): StatusChecker {
  assertSignedAge(parts.signedAge);
  const cache = new Map<string, CachedList>();
  const inFlight = new Map<string, Promise<Outcome<CachedList>>>();
  /** What a fetch met that nobody waited for and nobody named, by the list it was to replace. */
  const unexpected = new WeakMap<CachedList, { readonly error: unknown }>();
  const maxLists = parts.maxLists ?? 1_000;

  // A grant checks the same references again and again; their long keys are spelled once.
  const keys = new WeakMap<StatusReference, { readonly issuer: Did; readonly key: string }>();
  const keyOf = (reference: StatusReference, issuer: Did): string => {
    const known = keys.get(reference);
    if (known?.issuer === issuer) return known.key;
    const key = `${reference.kind} ${issuer} ${reference.uri}`;
    keys.set(reference, { issuer, key });
    return key;
  };

  const load = async (key: string, reference: StatusReference, issuer: Did): Promise<Outcome<CachedList>> => {
    const known = cache.get(key);
    const etagged = known?.etag === undefined ? {} : { known: { etag: known.etag, kid: known.content.kid } };
    const fetched = await fetchList(parts, { reference, issuer, ...etagged });
    if (!fetched.ok) return fetched;
    const now = parts.clock.now();
    const content = fetched.value.kind === 'unchanged' ? known?.content : fetched.value.content;
    if (content === undefined) throw new Fault('STATUS_UNAVAILABLE', 'the server says unchanged of a list that was not asked for so');
    // Before it is remembered: a list of the future would shut out all others.
    assertNotAhead(content, now, parts.stalenessBoundSeconds);
    const signedAt = content === known?.content ? known.signedAt : instant(Math.min(content.issuedAt, now));
    await assertNewest(parts, { reference, issuer, age: { issuedAt: signedAt, version: content.version }, now });
    assertCounts(content, now);
    // "Unchanged" adds nothing to this one: whoever stands between can say so for ever.
    const endOfAge = instant(signedAt + signedAgeOf(parts.signedAge, issuer));
    if (!endsAfter(endOfAge, now)) throw new Fault('STATUS_STALE', 'the newest list was signed longer ago than lists of this issuer count');
    const etag = fetched.value.kind === 'unchanged' ? known?.etag : fetched.value.etag;
    const goodUntil = instant(Math.min(content.expiresAt ?? endOfAge, endOfAge, now + parts.stalenessBoundSeconds));
    const entry: CachedList = {
      reference,
      issuer,
      content,
      signedAt,
      ...(etag === undefined ? {} : { etag }),
      evidence: Object.freeze({ uri: reference.uri, listIssuedAt: content.issuedAt, goodUntil }),
      refreshAt: Math.min(goodUntil, now + parts.stalenessBoundSeconds / 2),
    };
    keep(cache, key, entry, maxLists);
    return ok(entry);
  };

  const loadOnce = (key: string, reference: StatusReference, issuer: Did): Promise<Outcome<CachedList>> => {
    const running = inFlight.get(key);
    if (running !== undefined) return running;
    const started = load(key, reference, issuer).finally(() => inFlight.delete(key));
    inFlight.set(key, started);
    return started;
  };

  /** The list from memory while it counts, else fetched. */
  const listOf = (reference: StatusReference, issuer: Did, at: Instant): CachedList | Promise<Outcome<CachedList>> => {
    const key = keyOf(reference, issuer);
    const known = cache.get(key);
    const met = known === undefined ? undefined : unexpected.get(known);
    if (known !== undefined && met !== undefined) {
      unexpected.delete(known);
      throw met.error;
    }
    const now = Math.max(at, parts.clock.now());
    const counts = known !== undefined && endsAfter(known.evidence.goodUntil, now);
    parts.meter?.looked('status-lists', counts);
    if (!counts) return loadOnce(key, reference, issuer);
    if (now >= known.refreshAt && !inFlight.has(key)) {
      // A fault is met again by a check once the list at hand no longer counts; what is none is a mistake of ours, for the next check to throw.
      loadOnce(key, reference, issuer).catch((error: unknown) => {
        if (!(error instanceof Fault)) unexpected.set(known, { error });
      });
    }
    return known;
  };

  return {
    stalenessBoundSeconds: parts.stalenessBoundSeconds,
    remembered: () => {
      const now = parts.clock.now();
      const [first, ...others] = [...cache.values()]
        .filter(({ evidence }) => endsAfter(evidence.goodUntil, now))
        .map(({ signedAt }) => signedAt);
      return first === undefined ? { lists: 0 } : { lists: others.length + 1, oldestAt: others.reduce((a, b) => (b < a ? b : a), first) };
    },
    checkStatus: async ({ references, issuer, at }) => {
      // A credential that cannot be revoked has no usable status (house rule: "no status" never means "fine").
      if (!references.some((reference) => reference.kind === 'token' || reference.purpose === 'revocation')) {
        return refuse('STATUS_MISSING', 'status', 'no reference to a revocation status');
      }
      const evidence: StatusEvidence[] = [];
      let suspended = false;
      for (const reference of references) {
        let list = listOf(reference, issuer, at);
        if (list instanceof Promise) {
          const loaded = await list;
          if (!loaded.ok) return loaded;
          list = loaded.value;
        }
        const says = readReference(list.content, reference);
        if (!says.ok) return says;
        if (says.value === 'revoked') return refuse('REVOKED', 'status', 'revoked in its list');
        suspended ||= says.value === 'suspended';
        evidence.push(list.evidence);
      }
      return suspended ? refuse('SUSPENDED', 'status', 'suspended in its list') : ok(evidence);
    },
    refresh: async (uri) => {
      const known = [...cache].filter(([, entry]) => entry.reference.uri === uri);
      await Promise.all(
        known.map(async ([key, entry]) => {
          // What a fetch under way meets is told to whoever asked for it; ours begins after it, and its fault is thrown.
          await inFlight.get(key)?.catch(() => undefined);
          await loadOnce(key, entry.reference, entry.issuer);
        }),
      );
    },
  };
}

/** An older list than was seen before, by whatever replica, is a fault: it says nothing about the holder. */
async function assertNewest(
  { seen }: Pick<StatusCheckerParts, 'seen'>,
  {
    reference,
    issuer,
    age,
    now,
  }: { readonly reference: StatusReference; readonly issuer: Did; readonly age: ListAge; readonly now: Instant },
): Promise<void> {
  const { kind, uri } = reference;
  const newest = await seen.noteSeen({ kind, issuer, uri, age, forgetBefore: instant(Math.max(0, now - MAX_SIGNED_AGE_SECONDS)) });
  if (!isAtLeast(age, newest)) throw new Fault('STATUS_STALE', 'the server gave an older list than was seen before');
}

function readReference(content: ListContent, reference: StatusReference): Outcome<'valid' | 'revoked' | 'suspended'> {
  const { index } = reference;
  if (!Number.isSafeInteger(index) || index < 0 || index >= content.size)
    return refuse('STATUS_LIST_INVALID', 'status', 'reference.index: not an entry of the list');
  if (reference.kind === 'bitstring') {
    if (!content.purposes.includes(reference.purpose))
      return refuse('STATUS_LIST_INVALID', 'status', 'list.statusPurpose: not the purpose of the reference');
    const set = readMsbFirst(content.bits, index) === 1;
    return ok(!set ? 'valid' : reference.purpose === 'revocation' ? 'revoked' : 'suspended');
  }
  // Token Status List 7.1: 0 VALID, 1 INVALID, 2 SUSPENDED; the rest is for agreements we have none of.
  switch (readLsbFirst(content.bits, index, content.width)) {
    case 0:
      return ok('valid');
    case 1:
      return ok('revoked');
    case 2:
      return ok('suspended');
    default:
      return refuse('STATUS_LIST_INVALID', 'status', 'the entry has a value without an agreed meaning');
  }
}

/** Throws Fault STATUS_UNAVAILABLE for a list that was signed later than clocks differ. */
function assertNotAhead({ issuedAt }: ListContent, now: Instant, stalenessBoundSeconds: number): void {
  if (issuedAt > now + stalenessBoundSeconds)
    throw new Fault('STATUS_UNAVAILABLE', 'the list is from the future; one of the clocks is wrong');
}

/** Throws Fault STATUS_STALE or STATUS_UNAVAILABLE unless the list counts now, by its own times. */
function assertCounts(content: ListContent, now: Instant): void {
  if (content.expiresAt !== undefined && !endsAfter(content.expiresAt, now)) throw new Fault('STATUS_STALE', 'the newest list has expired');
  // Both times are of one clock, so how far that clock is ahead is known by now: whoever dates a list later means it.
  if (content.notBefore > Math.max(now, content.issuedAt)) throw new Fault('STATUS_UNAVAILABLE', 'the list is not valid yet');
}

/** Puts an entry last and drops the first ones beyond the bound. */
function keep<V>(map: Map<string, V>, key: string, value: V, max: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= max) break;
    map.delete(oldest);
  }
}
