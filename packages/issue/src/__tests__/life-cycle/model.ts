import type { CredentialFormat } from '@gridpass/core';

// What should be true, as plain data. It knows no database, no key and no digest: things are named r1, a2, o3.
export type WishName = 'role' | 'first' | 'rival' | 'anna' | 'alias' | 'bo' | 'carla' | 'dan' | 'device' | 'meter' | 'owner' | 'heir';
export type TenantName = 'regulator' | 'dso' | 'maker';

/** What the rules ask about a wish; what it is in the world is in world.ts. */
interface WishRule {
  readonly tenant: TenantName;
  /** Roles of organisations run on when they are renewed. */
  readonly organisation?: true;
  /** Issued under the role of the distribution system operator. */
  readonly underRole?: true;
  /** Held by one DID alone. */
  readonly party?: string;
  /** Held in shares of one whole. */
  readonly point?: { readonly name: string; readonly share: number };
  readonly standsOn?: WishName;
  /** The subject is stated and has the first key alone. */
  readonly oneKey?: true;
  /** About a device: what was decided before the device changed hands is not issued after it. */
  readonly ofDevice?: true;
  /** The same claims for the same keys under another name of the applicant. */
  readonly twin?: WishName;
}

export const WISHES: Readonly<Record<WishName, WishRule>> = {
  role: { tenant: 'regulator', organisation: true, party: 'of the operator', oneKey: true },
  first: { tenant: 'regulator', organisation: true, party: 'wanted twice', oneKey: true },
  rival: { tenant: 'regulator', organisation: true, party: 'wanted twice', oneKey: true },
  anna: { tenant: 'dso', underRole: true, point: { name: 'one', share: 1_000_000 } },
  bo: { tenant: 'dso', underRole: true, point: { name: 'one', share: 1_000_000 } },
  carla: { tenant: 'dso', underRole: true, point: { name: 'shared', share: 600_000 } },
  dan: { tenant: 'dso', underRole: true, point: { name: 'shared', share: 500_000 } },
  alias: { tenant: 'dso', underRole: true, point: { name: 'one', share: 1_000_000 }, twin: 'anna' },
  device: { tenant: 'maker', oneKey: true },
  meter: { tenant: 'dso', underRole: true, standsOn: 'device', ofDevice: true },
  owner: { tenant: 'maker', standsOn: 'device', point: { name: 'of the device', share: 1_000_000 }, ofDevice: true },
  heir: { tenant: 'maker', standsOn: 'device', point: { name: 'of the device', share: 1_000_000 }, ofDevice: true },
};

/** All that are drawn. */
export const ALL_WISHES = Object.keys(WISHES) as WishName[];
/** Those that somebody applies for; the operator's role is there from the beginning. */
export const WANTED = ALL_WISHES.filter((name) => name !== 'role');

export interface ModelApplication {
  readonly id: string;
  readonly wish: WishName;
  state: 'pending' | 'approved' | 'issued' | 'rejected' | 'closed';
  decidedAt?: number;
  /** Its place among all that was decided and changed; two of one second have one each. */
  decidedOrder?: number;
  closedOrder?: number;
  readonly renews?: string;
  readonly evidence?: string;
  /** Those whom a take-over may end. */
  takeOver?: WishName[];
}

export interface ModelOffer {
  readonly id: string;
  readonly application: string;
  withdrawn: boolean;
}

export interface ModelRecord {
  readonly id: string;
  readonly wish: WishName;
  readonly application: string;
  readonly offer: string;
  readonly format: CredentialFormat;
  readonly key: number;
  /** The how manieth key of its issuer signed it. */
  readonly signedWith: number;
  readonly issuedAt: number;
  /** The place of its last change of state among all that was decided and changed. */
  changedOrder: number;
  state: 'active' | 'suspended' | 'revoked';
  reason: string;
  causes: string[];
  readonly on: readonly { readonly record: string; readonly kind: 'authority' | 'prerequisite' }[];
}

export interface Model {
  readonly applications: ModelApplication[];
  readonly offers: ModelOffer[];
  readonly records: ModelRecord[];
  readonly news: { readonly what: 'revoked' | 'suspended' | 'resumed'; readonly record: string }[];
  /** When the device changed hands last, and by which application of its new owner. */
  handover?: { readonly at: number; readonly application: string };
  /** The how manieth key each issuer signs with, and those that its document no longer names. */
  readonly keys: Record<TenantName, number>;
  readonly goneKeys: string[];
  /** When the command began that is being done. */
  now: number;
  order: number;
  next: number;
}

/** What an act answers, and which acts it leaves in the audit log. */
export interface Answer {
  readonly outcome: 'ok' | 'refused';
  readonly logged: readonly string[];
}

export const REFUSED: Answer = { outcome: 'refused', logged: [] };
export const done = (...logged: string[]): Answer => ({ outcome: 'ok', logged });

/** The world as it begins: the operator has its role, nobody else has anything. */
export function createModel(): Model {
  return {
    applications: [{ id: 'a0', wish: 'role', state: 'issued', decidedAt: 0, decidedOrder: 0 }],
    offers: [],
    records: [
      {
        ...{
          id: 'r0',
          wish: 'role',
          application: 'a0',
          offer: '',
          format: 'vc+jwt',
          key: 0,
          state: 'active',
          reason: '',
          causes: [],
          on: [],
        },
        ...{ signedWith: 0, issuedAt: 0, changedOrder: 0 },
      },
    ],
    news: [],
    keys: { regulator: 0, dso: 0, maker: 0 },
    goneKeys: [],
    now: 0,
    order: 1,
    next: 1,
  };
}

/** Who is behind a wish: two names of one applicant are one. */
export const personOf = (wish: WishName): WishName => WISHES[wish].twin ?? wish;
export const nameOf = (model: Model, letter: string): string => `${letter}${String(model.next++)}`;
export const applicationsOf = ({ applications }: Model, wish: WishName) => applications.filter((one) => one.wish === wish);
export const recordsOf = ({ records }: Model, wish: WishName) => records.filter((one) => one.wish === wish);
export const find = <T extends { readonly id: string }>(rows: readonly T[], id: string): T => {
  const found = rows.find((row) => row.id === id);
  if (found === undefined) throw new Error(`the model has no ${id}`);
  return found;
};
