// Compile-only, as stages.ts: ways around decide, record and grant that TypeScript must refuse, and the true path.
import type { StoredGrant } from '@gridpass/core';
import {
  Access,
  Decided,
  Grant,
  LiveGrant,
  Recorded,
  createGrant,
  decideOnGrant,
  decideOnPresentation,
  isPermit,
  recordDecision,
  type Asked,
  type GateSettings,
  type RecordPorts,
  type Subject,
} from '@gridpass/gate';
import type { Current, Trusted } from '@gridpass/verify';

declare const current: Current;
declare const trusted: Trusted;
declare const stored: StoredGrant;
declare const asked: Asked;
declare const binding: Pick<Subject, 'holderThumbprint' | 'sessionThumbprint' | 'actor'>;
declare const decided: Decided;
declare const recorded: Recorded;
declare const ports: RecordPorts;
declare const settings: GateSettings;
const life = { tokenLifeSeconds: 1, responseCodeLifeSeconds: 1 };

// @ts-expect-error no decision before trust
export const decidesEarly = decideOnPresentation(current, binding, asked);
// @ts-expect-error a copy has lost its seal
export const decidesOnCopy = decideOnPresentation({ ...trusted }, binding, asked);
// @ts-expect-error a row of the store has not been asked whether it still stands
export const decidesOnRow = decideOnGrant(stored, asked);
// @ts-expect-error a grant needs a record
export const grantsUnrecorded = createGrant(decided, life);
// @ts-expect-error a record alone may be that of a deny
export const grantsDenied = createGrant(recorded, life);
// @ts-expect-error a literal is no record
export const grantsLiteral = createGrant({ decided, receipt: recorded.receipt, effect: 'permit' }, life);
// @ts-expect-error the constructor is private
export const madeDecided = new Decided(decided.subject, asked, decided.decision);
// @ts-expect-error the constructor is private
export const madeRecorded = new Recorded(decided, recorded.receipt);
// @ts-expect-error the constructor is private
export const madeGrant = new Grant(stored, 'code');
// @ts-expect-error the constructor is private
export const madeLive = new LiveGrant(stored);
// @ts-expect-error the constructor is private
export const madeAccess = new Access(stored, recorded);
// @ts-expect-error a verdict cannot be turned
decided.decision.effect = 'permit';
// @ts-expect-error a gate without an audit log is no gate
export const withoutAudit: GateSettings = { ...settings, audit: undefined };

// Control: the path that exists.
export async function control(): Promise<Grant | undefined> {
  const written = await recordDecision(ports, decideOnPresentation(trusted, binding, asked));
  return isPermit(written) ? createGrant(written, life) : undefined;
}
