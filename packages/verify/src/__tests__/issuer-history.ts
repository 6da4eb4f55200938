import { createHash } from 'node:crypto';
import { issuedDigestOf, toEntry, toIssuanceRecord } from '@gridpass/audit';
import { parseJson } from '@gridpass/codec';
import {
  Fault,
  assertOk,
  instant,
  ok,
  refuse,
  type AnchoredHead,
  type DidResolverPort,
  type DidSigner,
  type DidUrl,
  type Instant,
  type IssuanceEvidence,
  type RequestId,
} from '@gridpass/core';
import { toDidEthr } from '@gridpass/did';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { issueVcJwt, type CredentialInput, type IssuedCredential } from '@gridpass/suite';
import { NOON, type PaperSociety } from '@gridpass/testkit';
import type { PastKeyPorts } from '../index.js';

const DAY = 86_400;

// RFC 9162 2.1.1 and 2.1.3.1, straight from the text: what is tested is checked against the definition.
const sha = (...parts: readonly Uint8Array[]): Uint8Array => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const leafOf = (entry: string): Uint8Array => sha(Uint8Array.of(0), Buffer.from(entry));
const split = (n: number): number => 2 ** Math.floor(Math.log2(n - 1));
const rootOf = (leaves: readonly Uint8Array[]): Uint8Array =>
  leaves.length === 1
    ? leaves[0]!
    : sha(Uint8Array.of(1), rootOf(leaves.slice(0, split(leaves.length))), rootOf(leaves.slice(split(leaves.length))));
const pathOf = (m: number, leaves: readonly Uint8Array[]): readonly Uint8Array[] => {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return m < k
    ? [...pathOf(m, leaves.slice(0, k)), rootOf(leaves.slice(k))]
    : [...pathOf(m - k, leaves.slice(k)), rootOf(leaves.slice(0, k))];
};

/** An issuer with a did:ethr, keys that come and go, a log, and a chain that dates both. Each event is `step` seconds after the one before. */
export interface IssuerHistory {
  readonly ports: PastKeyPorts;
  readonly resolver: DidResolverPort;
  readonly entries: string[];
  readonly heads: AnchoredHead[];
  /** How often the log and the chain were asked. */
  readonly asked: { log: number; chain: number };
  now(): Instant;
  signer(): DidSigner;
  /** Issues with the key of today, and writes it down. */
  issue(more?: Partial<CredentialInput>): Promise<IssuedCredential>;
  /** Signs with any key, and writes nothing down. */
  forge(signer: DidSigner, issuedAt: Instant): Promise<IssuedCredential>;
  anchor(): void;
  /** The key of today goes, another one comes. */
  rotate(): DidSigner;
  break(what: 'log' | 'chain' | 'nothing'): void;
  /** What the log says instead of the truth. */
  lie(about: ((evidence: IssuanceEvidence) => IssuanceEvidence) | undefined): void;
}

/** Starts the history; its issuer is an organisation that the society does not know. */
export function createIssuerHistory(society: PaperSociety, step = 100): IssuerHistory {
  let now = NOON - 9 * DAY;
  let broken: 'log' | 'chain' | 'nothing' = 'nothing';
  let lie: ((evidence: IssuanceEvidence) => IssuanceEvidence) | undefined;
  const tick = (): Instant => instant((now += step));
  const entries: string[] = [];
  const heads: AnchoredHead[] = [];
  const asked = { log: 0, chain: 0 };
  const first = createSigner(generatePrivateJwk('ES256K'));
  const did = toDidEthr(first.publicJwk, 31_337);
  const keys: { readonly signer: DidSigner; readonly from: number; until: number }[] = [];
  const add = (signer = createSigner(generatePrivateJwk('ES256K'))): DidSigner => {
    const named: DidSigner = { ...signer, did, kid: `${did}#delegate-${String(keys.length + 1)}` as DidUrl };
    keys.push({ signer: named, from: now, until: Number.POSITIVE_INFINITY });
    return named;
  };
  add(first);
  const today = (): DidSigner => keys.at(-1)!.signer;
  const input = (issuer: DidSigner, more: Partial<CredentialInput>): CredentialInput => ({
    ...society.input('RegulatorAccreditation', issuer, society.regulator.did),
    issuedAt: instant(now),
    validFrom: instant(NOON - 20 * DAY),
    validUntil: instant(NOON + 100 * DAY),
    status: (['revocation', 'suspension'] as const).map((purpose) => ({
      kind: 'bitstring',
      purpose,
      uri: `https://issuer.example/t/root/status/${purpose}`,
      index: entries.length,
    })),
    ...more,
  });
  return {
    entries,
    heads,
    asked,
    now: () => instant(now),
    signer: today,
    issue: async (more = {}) => {
      tick();
      const issued = await issueVcJwt(input(today(), more));
      entries.push(toEntry(toIssuanceRecord(issued.digest, instant(now), `r-${String(entries.length)}` as RequestId)));
      return issued;
    },
    forge: (signer, issuedAt) => issueVcJwt(input(signer, { issuedAt })),
    anchor: () => {
      const anchoredAt = tick();
      if (entries.length > (heads.at(-1)?.size ?? 0)) heads.push({ size: entries.length, root: rootOf(entries.map(leafOf)), anchoredAt });
    },
    rotate: () => {
      keys.at(-1)!.until = tick();
      return add();
    },
    break: (what) => {
      broken = what;
    },
    lie: (about) => {
      lie = about;
    },
    resolver: {
      resolveDid: async (asking, options) => {
        if (asking !== did) return society.resolver.resolveDid(asking, options);
        const at = options?.at ?? now;
        const listed = keys.filter(({ from, until }) => from <= at && at < until);
        const next = keys.flatMap(({ from, until }) => [from, until]).filter((change) => change > at && Number.isFinite(change));
        return ok({
          did,
          ...(options?.at === undefined || next.length === 0 ? {} : { nextChangeAt: instant(Math.min(...next)) }),
          keys: listed.map(({ signer }) => ({
            id: signer.kid,
            alg: signer.alg,
            publicJwk: signer.publicJwk,
            relationships: ['assertionMethod'],
          })),
          services: [],
          fetchedAt: instant(options?.at === undefined ? now : at),
          documentDigest: `document-${String(listed.length)}`,
        });
      },
    },
    ports: {
      evidence: {
        fetchIssuanceEvidence: async ({ digest }) => {
          asked.log += 1;
          if (broken === 'log') throw new Fault('REMOTE_UNAVAILABLE', 'the log of the test is down');
          const index = entries.findIndex((entry) => issuedDigestOf(assertOk(parseJson(entry))) === digest);
          const head = heads.find(({ size }) => size > index);
          if (lie !== undefined) return ok(lie({ index: Math.max(0, index), entry: entries[index] ?? '', proof: [] }));
          if (index < 0 || head === undefined) return refuse('KEY_NOT_AUTHORIZED', 'resolve', 'not there');
          return ok({ index, entry: entries[index]!, proof: pathOf(index, entries.slice(0, head.size).map(leafOf)) });
        },
      },
      anchors: {
        firstCovering: async (issuer, index) => {
          asked.chain += 1;
          if (broken === 'chain') throw new Fault('CHAIN_UNAVAILABLE', 'the chain of the test is down');
          return issuer === did ? heads.find(({ size }) => size > index) : undefined;
        },
      },
    },
  };
}

export { pathOf, leafOf };
