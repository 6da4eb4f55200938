// Compile-only: each line marked @ts-expect-error is a way around the stages that TypeScript must refuse. Were one of
// them to compile, `tsc -p test/types` would fail on the unused mark. The last block is the control: the true path.
import type { DidResolverPort, Received } from '@gridpass/core';
import { Current, Parsed, Proven, Resolved, Trusted, type Expected, type Verifier } from '@gridpass/verify';

type RingOf = Parameters<typeof Resolved.resolve>[1];
type ProveContextOf = Parameters<typeof Proven.prove>[2];
type StatusOf = Parameters<typeof Current.check>[1];
type TrustContextOf = Parameters<typeof Trusted.trust>[1];

declare const received: Received;
declare const parsed: Parsed;
declare const resolved: Resolved;
declare const proven: Proven;
declare const current: Current;
declare const trusted: Trusted;
declare const ring: RingOf;
declare const expected: Expected;
declare const proveContext: ProveContextOf;
declare const status: StatusOf;
declare const trustContext: TrustContextOf;
declare const verifier: Verifier;
declare const resolver: DidResolverPort;

// No stage type can be made outside its own file.
// @ts-expect-error the constructor is private
export const madeParsed = new Parsed(received, parsed.presentation);
// @ts-expect-error the constructor is private
export const madeResolved = new Resolved(parsed, resolved.issuerKeys, resolved.holderKey);
// @ts-expect-error the constructor is private
export const madeProven = new Proven(received, proven.credentials, proven.holder, proven.challenge);
// @ts-expect-error the constructor is private
export const madeCurrent = new Current(proven, current.status);
// @ts-expect-error the constructor is private
export const madeTrusted = new Trusted(current, trusted);

// Nor does a literal of the same shape pass for one.
// @ts-expect-error the seal is missing
export const literalParsed: Parsed = { received, presentation: parsed.presentation };
// @ts-expect-error the seal is missing
export const literalTrusted: Trusted = { ...trusted };
// @ts-expect-error the seal does not survive a round trip through JSON
export const copiedTrusted: Trusted = JSON.parse(JSON.stringify(trusted)) as Omit<Trusted, never>;

// No stage can be left out.
// @ts-expect-error resolve takes Parsed
export const skipsParse = Resolved.resolve(received, ring);
// @ts-expect-error prove takes Resolved
export const skipsResolve = Proven.prove(parsed, expected, proveContext);
// @ts-expect-error check takes Proven
export const skipsProve = Current.check(resolved, status);
// @ts-expect-error trust takes Current
export const skipsStatus = Trusted.trust(proven, trustContext);

// Nor be run backwards.
// @ts-expect-error check takes Proven, not what comes after
export const backwards = Current.check(trusted, status);

// No stage type can be extended, and nothing on one can be changed.
// @ts-expect-error the constructor is private
export class Forged extends Trusted {}
// @ts-expect-error facts are read-only
trusted.facts = [];
// @ts-expect-error and so is the list
trusted.facts.push({ kind: 'value', path: 'CustomerStatus.active', value: true });
// @ts-expect-error goodUntil is read-only
trusted.goodUntil = received.at;

// Facts exist on Trusted alone.
// @ts-expect-error no facts before trust
export const earlyFacts = proven.facts;
// @ts-expect-error no facts before trust
export const lateFacts = current.facts;

// A bare string is no DID, a bare number no instant.
// @ts-expect-error a Did comes from a parser
export const bareDid = resolver.resolveDid('did:web:regulator.example');
// @ts-expect-error an Instant comes from instant()
export const bareInstant: Received = { ...received, at: 1_780_272_000 };

// A verified credential has no holder and is nothing the gate may take for a presentation.
export const aloneIsNotTrusted = async (): Promise<Trusted | undefined> => {
  const alone = await verifier.verifyCredential('', received.at);
  // @ts-expect-error VerifiedCredential is no stage type
  return alone.value;
};

// Control: the path that exists.
export async function control(): Promise<Trusted | undefined> {
  const first = Parsed.parse(received, { maxCredentials: 8 });
  if (!first.ok) return undefined;
  const second = await Resolved.resolve(first.value, ring);
  if (!second.ok) return undefined;
  const third = await Proven.prove(second.value, expected, proveContext);
  if (!third.ok) return undefined;
  const fourth = await Current.check(third.value, status);
  if (!fourth.ok) return undefined;
  const fifth = await Trusted.trust(fourth.value, trustContext);
  return fifth.ok ? fifth.value : undefined;
}
