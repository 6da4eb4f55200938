import { randomInt } from 'node:crypto';
import { decodeBase64url, digestOf, isJsonObject, memberOf, parseJson, randomToken } from '@gridpass/codec';
import { InputError, instant, ok, refuse } from '@gridpass/core';
import type {
  Clock,
  CredentialFormat,
  DidSigner,
  Outcome,
  StatusEntry,
  StatusEntryBits,
  StatusList,
  StatusPublication,
  StatusReference,
  StatusRepository,
  TenantId,
  TransactionHandle,
} from '@gridpass/core';
import { MAX_LIST_SIZE, MIN_LIST_SIZE, problemOfListTimes } from './bounds.js';
import { readLsbFirst, readMsbFirst, writeLsbFirst, writeMsbFirst } from './bits.js';
import { BITSTRING_MEDIA_TYPE, TOKEN_BITS, TOKEN_MEDIA_TYPE, buildListDocument } from './list-document.js';

/** What a credential can be made. `revoked` is final, `suspended` is taken back by `valid`. */
export type CredentialStatus = 'revoked' | 'suspended' | 'valid';

export interface StatusIssuerSettings {
  /** Entries in a list; from 131 072 to 2 097 152, a multiple of 8. */
  readonly listSize: number;
  /** How long a publication counts. */
  readonly listLifeSeconds: number;
  /** How long readers may keep a publication before asking again; at most a quarter of its life. */
  readonly ttlSeconds: number;
  /** A list is signed anew this long after its signature, changed or not: what readers bound is the time since it was signed. */
  readonly resignSeconds: number;
}

/** A signed list as it goes over the wire. */
export interface PublishedList {
  readonly mediaType: typeof BITSTRING_MEDIA_TYPE | typeof TOKEN_MEDIA_TYPE;
  readonly body: string;
  readonly etag: string;
  readonly maxAgeSeconds: number;
}

export interface StatusIssuer {
  /** Hands out entries for one credential; an entry is never handed out again, even if the credential is never issued. */
  allocateStatus(
    tenant: TenantId,
    format: CredentialFormat,
    options?: { readonly tx?: TransactionHandle },
  ): Promise<readonly StatusReference[]>;
  /** Sets the status of one credential by all its references; STATUS_FINAL once revoked, NOT_FOUND for entries of somebody else. */
  setStatus(
    tenant: TenantId,
    references: readonly StatusReference[],
    status: CredentialStatus,
    options?: { readonly tx?: TransactionHandle },
  ): Promise<Outcome<true>>;
  /** The current signed list: the stored bytes while they are current, newly signed otherwise. NOT_FOUND for an unknown list. */
  publishList(tenant: TenantId, listId: string, signer: DidSigner): Promise<Outcome<PublishedList>>;
}

interface StatusIssuerParts {
  readonly repository: StatusRepository;
  readonly clock: Clock;
  readonly settings: StatusIssuerSettings;
  /** Address of a list; must contain the list id as a whole path segment and differ for every tenant. */
  readonly listUri: (tenant: TenantId, listId: string) => string;
}

/** Creates the issuing side of status; InputError CONFIG_INVALID on settings that would make lists small or dead on arrival. */
export function createStatusIssuer({ repository, clock, settings, listUri }: StatusIssuerParts): StatusIssuer {
  assertSettings(settings);
  const allocate = async (
    tenant: TenantId,
    kind: StatusList['kind'],
    tx: TransactionHandle | undefined,
  ): Promise<{ readonly uri: string; readonly index: number }> => {
    const bytes = (settings.listSize * (kind === 'token' ? TOKEN_BITS : 1)) / 8;
    const entry = await repository.allocateEntry(
      { tenant, kind, size: settings.listSize, bytes, pick: (size) => randomInt(size), newListId: () => randomToken(15) },
      tx,
    );
    return { uri: listUri(tenant, entry.listId), index: entry.index };
  };
  return {
    allocateStatus: async (tenant, format, { tx } = {}) => {
      if (format === 'dc+sd-jwt') return [{ kind: 'token', ...(await allocate(tenant, 'token', tx)) }];
      const revocation = await allocate(tenant, 'revocation', tx);
      const suspension = await allocate(tenant, 'suspension', tx);
      return [
        { kind: 'bitstring', purpose: 'revocation', ...revocation },
        { kind: 'bitstring', purpose: 'suspension', ...suspension },
      ];
    },
    setStatus: async (tenant, references, status, { tx } = {}) => {
      const entries: StatusEntry[] = [];
      for (const reference of references) {
        const listId = reference.uri.split(/[/?#=&]/).find((part) => part !== '' && listUri(tenant, part) === reference.uri);
        if (listId === undefined || !Number.isSafeInteger(reference.index))
          return refuse('NOT_FOUND', 'status', 'reference: not an entry of a list of this tenant');
        entries.push({ listId, index: reference.index });
      }
      return repository.changeLists({ tenant, entries, change: (lists) => changeBits(lists, entries, status) }, tx);
    },
    publishList: (tenant, listId, signer) =>
      publishList({ repository, clock, settings }, { tenant, listId, signer, uri: listUri(tenant, listId) }),
  };
}

function assertSettings({ listSize, listLifeSeconds, ttlSeconds, resignSeconds }: StatusIssuerSettings): void {
  if (!Number.isSafeInteger(listSize) || listSize < MIN_LIST_SIZE || listSize > MAX_LIST_SIZE || listSize % 8 !== 0)
    throw new InputError('CONFIG_INVALID', `listSize: from ${MIN_LIST_SIZE} to ${MAX_LIST_SIZE} and a multiple of 8`);
  const problem = problemOfListTimes({ lifeSeconds: listLifeSeconds, ttlSeconds, resignSeconds });
  if (problem !== undefined)
    throw new InputError('CONFIG_INVALID', `${problem.key === 'lifeSeconds' ? 'listLifeSeconds' : problem.key}: ${problem.says}`);
}

const readEntry = (list: StatusList, index: number): number =>
  list.kind === 'token' ? readLsbFirst(list.bits, index, TOKEN_BITS) : readMsbFirst(list.bits, index);

/** The bits after the change, for lists that change at all; what was revoked stays so, across all references of the credential. */
function changeBits(
  lists: ReadonlyMap<string, StatusList>,
  entries: readonly StatusEntry[],
  status: CredentialStatus,
): Outcome<readonly StatusEntryBits[]> {
  const at = entries.flatMap(({ listId, index }) => {
    const list = lists.get(listId);
    return list === undefined ? [] : [{ list, index }];
  });
  const revoked = at.some(({ list, index }) => list.kind !== 'suspension' && readEntry(list, index) === 1);
  if (revoked && status !== 'revoked') return refuse('STATUS_FINAL', 'status', 'revoked before');
  const bits = new Map<string, Uint8Array>();
  for (const { list, index } of at) {
    const next = nextEntry(list.kind, status, readEntry(list, index));
    const current = bits.get(list.listId) ?? list.bits;
    if (next === readEntry({ ...list, bits: current }, index)) continue;
    bits.set(list.listId, list.kind === 'token' ? writeLsbFirst(current, index, TOKEN_BITS, next) : writeMsbFirst(current, index, next));
  }
  return ok([...bits].map(([listId, changed]) => ({ listId, bits: changed })));
}

function nextEntry(kind: StatusList['kind'], status: CredentialStatus, current: number): number {
  switch (kind) {
    case 'revocation':
      return status === 'revoked' ? 1 : current;
    case 'suspension':
      return status === 'revoked' ? current : status === 'suspended' ? 1 : 0;
    case 'token':
      return status === 'revoked' ? 1 : status === 'suspended' ? 2 : 0;
  }
}

async function publishList(
  { repository, clock, settings }: Pick<StatusIssuerParts, 'repository' | 'clock' | 'settings'>,
  { tenant, listId, signer, uri }: { readonly tenant: TenantId; readonly listId: string; readonly signer: DidSigner; readonly uri: string },
): Promise<Outcome<PublishedList>> {
  for (;;) {
    const known = await repository.readPublication(tenant, listId);
    if (known === undefined) return refuse('NOT_FOUND', 'status', 'no such list');
    const now = clock.now();
    if (
      known.published !== undefined &&
      known.published.version === known.version &&
      // A list says what is so now: once its issuer rotated, the old key vouches for nothing any more.
      signedBy(known.published.body, signer) &&
      now < known.published.at + settings.resignSeconds &&
      now < known.published.expiresAt - settings.listLifeSeconds / 4
    ) {
      return ok(toPublishedList(known.kind, known.published.body, settings));
    }
    const read = await repository.readList(tenant, listId);
    if (read === undefined) continue;
    const { list, published: previous } = read;
    // INVARIANT: neither iat nor version ever goes back, also when the clock does; readers refuse a list that is older than one they saw.
    const at = instant(Math.max(now, previous?.at ?? 0));
    const expiresAt = instant(
      Math.max(at + settings.listLifeSeconds, (previous?.expiresAt ?? 0) + (previous?.version === list.version ? 1 : 0)),
    );
    const body = await buildListDocument({ list, uri, signer, issuedAt: at, expiresAt, ttlSeconds: settings.ttlSeconds });
    const next: StatusPublication = { version: list.version, at, expiresAt, body };
    // Signed outside a transaction: a replica that was first wins, and its bytes are served.
    if (await repository.storePublication({ tenant, listId, previous, next })) return ok(toPublishedList(list.kind, body, settings));
  }
}

/** Whether a stored publication names this key; the bytes are our own. */
function signedBy(body: string, { kid }: DidSigner): boolean {
  const bytes = decodeBase64url(body.slice(0, body.indexOf('.')));
  const header = bytes.ok ? parseJson(bytes.value) : bytes;
  return header.ok && isJsonObject(header.value) && memberOf(header.value, 'kid') === kid;
}

function toPublishedList(kind: StatusList['kind'], body: string, settings: StatusIssuerSettings): PublishedList {
  return {
    mediaType: kind === 'token' ? TOKEN_MEDIA_TYPE : BITSTRING_MEDIA_TYPE,
    body,
    etag: `"${digestOf(body)}"`,
    maxAgeSeconds: settings.ttlSeconds,
  };
}
