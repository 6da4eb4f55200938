import { isJsonObject, memberOf, parseHandle, textsOf } from '@gridpass/codec';
import { Fault } from '@gridpass/core';
import type { Digest, JsonObject, JsonValue } from '@gridpass/core';

/** What acts in a log changed for good or until now. What follows from them by the rules follows again when they are done again. */
export interface LoggedChanges {
  /** Revoked with their approval and all that came of it. */
  readonly revoked: readonly Digest[];
  /** Revoked alone, without other copies: by a rule, or because somebody took over. */
  readonly revokedCopies: readonly Digest[];
  /** Suspended by an operator, and not resumed. */
  readonly suspended: readonly Digest[];
  /** Suspended for a cause of its own, and not released from it. */
  readonly held: readonly { readonly digest: Digest; readonly cause: string }[];
  /** Applications that were closed by an act of their own or together with a credential, and that were rejected. */
  readonly closed: readonly string[];
  readonly rejected: readonly string[];
  /** Offers that were withdrawn by an act of their own; closing withdraws the others. */
  readonly withdrawn: readonly string[];
}

/**
 * Reads what was written down as JSON of {@link LoggedChanges}; undefined where it is not that. A field that is not there is of a
 * version that knew none of it: nothing was changed. One that is not known is of a later version, and is not passed over.
 */
export function parseLoggedChanges(json: JsonValue): LoggedChanges | undefined {
  if (!isJsonObject(json)) return undefined;
  let isWhole = true;
  const list = <T>(name: keyof LoggedChanges, read: (item: JsonValue) => T | undefined): readonly T[] => {
    const member = memberOf(json, name);
    const found = member === undefined ? [] : member;
    const items = Array.isArray(found) ? found.map((item: JsonValue) => read(item)) : [undefined];
    const known = items.filter((item) => item !== undefined);
    isWhole &&= known.length === items.length;
    return known;
  };
  const changes: LoggedChanges = {
    revoked: list('revoked', toDigest),
    revokedCopies: list('revokedCopies', toDigest),
    suspended: list('suspended', toDigest),
    held: list('held', toHeld),
    closed: list('closed', toText),
    rejected: list('rejected', toText),
    withdrawn: list('withdrawn', toText),
  };
  return isWhole && Object.keys(json).every((name) => Object.hasOwn(changes, name)) ? changes : undefined;
}

const toDigest = (item: JsonValue): Digest | undefined => (typeof item === 'string' ? parseHandle(item) : undefined);
const toText = (item: JsonValue): string | undefined => (typeof item === 'string' ? item : undefined);

function toHeld(item: JsonValue): LoggedChanges['held'][number] | undefined {
  if (!isJsonObject(item)) return undefined;
  const [digest, cause] = [toDigest(memberOf(item, 'digest') ?? null), memberOf(item, 'cause')];
  return digest !== undefined && typeof cause === 'string' ? { digest, cause } : undefined;
}

/** Causes of suspension of one credential. Acts from before causes were logged are counted: each stood for one cause more or less. */
interface Causes {
  readonly named: Set<string>;
  unnamed: number;
  /** Request of the last resumption without cause: an act may stand in the log twice. */
  resumedBy?: JsonValue | undefined;
}

const OPERATOR = 'operator';

/**
 * Collects what the acts of a log changed, entry by entry in their order. Fault AUDIT_UNAVAILABLE where an act names what it changed in
 * another way than is known here: read in part, the rest of it would be lost for good.
 */
export function createChangeCollector(): { add(entry: JsonObject): void; changes(): LoggedChanges } {
  const [revoked, copies, closed, rejected, withdrawn] = [
    new Set<Digest>(),
    new Set<Digest>(),
    new Set<string>(),
    new Set<string>(),
    new Set<string>(),
  ];
  const suspensions = new Map<Digest, Causes>();
  const causesOf = (digest: Digest): Causes => {
    const causes = suspensions.get(digest) ?? { named: new Set<string>(), unnamed: 0 };
    suspensions.set(digest, causes);
    return causes;
  };
  return {
    add: (entry) => {
      const evidence = memberOf(entry, 'evidence');
      if (memberOf(entry, 'kind') !== 'act' || !isJsonObject(evidence)) return;
      const credentials = (): readonly Digest[] => listed(evidence, 'credentials', toDigest);
      for (const id of listed(evidence, 'applications', toText)) closed.add(id);
      switch (memberOf(entry, 'action')) {
        case 'revoke':
          for (const digest of credentials()) (memberOf(evidence, 'exact') === true ? copies : revoked).add(digest);
          return;
        case 'take-over':
          for (const digest of credentials()) copies.add(digest);
          return;
        case 'suspend':
          for (const digest of credentials()) addCause(causesOf(digest), evidence);
          return;
        case 'resume':
          for (const digest of credentials()) takeCause(causesOf(digest), evidence, memberOf(entry, 'requestId'));
          return;
        case 'close':
          addText(closed, evidence, 'applicationId');
          return;
        case 'reject':
          addText(rejected, evidence, 'applicationId');
          return;
        case 'withdraw':
          addText(withdrawn, evidence, 'offerId');
          return;
        default:
      }
    },
    changes: () => {
      const standing = [...suspensions];
      return {
        revoked: [...revoked],
        revokedCopies: [...copies],
        suspended: standing.filter(([, { named, unnamed }]) => unnamed > 0 || named.has(OPERATOR)).map(([digest]) => digest),
        held: standing.flatMap(([digest, { named }]) =>
          [...named].filter((cause) => cause !== OPERATOR).map((cause) => ({ digest, cause })),
        ),
        closed: [...closed],
        rejected: [...rejected],
        withdrawn: [...withdrawn],
      };
    },
  };
}

function addCause(causes: Causes, evidence: JsonObject): void {
  const cause = memberOf(evidence, 'cause');
  if (typeof cause === 'string') causes.named.add(cause);
  else causes.unnamed += 1;
  causes.resumedBy = undefined;
}

/** An act is logged for what it changed alone, so that each resumption takes exactly one cause; what cannot be told stays suspended. */
function takeCause(causes: Causes, evidence: JsonObject, requestId: JsonValue | undefined): void {
  const cause = memberOf(evidence, 'cause');
  if (typeof cause === 'string') {
    // One that was set before causes were logged is among the unnamed.
    if (!causes.named.delete(cause) && causes.unnamed > 0 && causes.resumedBy !== requestId) causes.unnamed -= 1;
  } else if (causes.resumedBy !== requestId) {
    causes.unnamed = Math.max(0, causes.unnamed - 1);
  }
  causes.resumedBy = requestId;
}

function addText(set: Set<string>, evidence: JsonObject, name: string): void {
  const text = memberOf(evidence, name);
  if (typeof text === 'string') set.add(text);
  else if (text !== undefined) throw unread(name);
}

/** What a list of the act names; nothing where the act has no such list. */
function listed<T>(evidence: JsonObject, name: string, read: (text: string) => T | undefined): readonly T[] {
  const member = memberOf(evidence, name);
  if (member === undefined) return [];
  const texts = textsOf(member);
  if (texts === undefined) throw unread(name);
  return texts.map((text) => {
    const item = read(text);
    if (item === undefined) throw unread(name);
    return item;
  });
}

const unread = (name: string): Fault =>
  new Fault('AUDIT_UNAVAILABLE', `an act of the log cannot be read whole: evidence/${name}; replay it with the version that wrote it`);
