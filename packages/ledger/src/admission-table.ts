import type { DesiredAdmission, Instant } from '@gridpass/core';

type Entry = Pick<DesiredAdmission, 'account' | 'channel' | 'until'>;

/** The admissions of one chain in memory, for the check of every transaction. */
export interface AdmissionTable {
  put(admission: Entry): void;
  remove(name: Pick<Entry, 'account' | 'channel'>): void;
  /** Takes these for all there are; a later lease that is known already stays. */
  replace(admissions: readonly Entry[]): void;
  channelsOf(account: string, at: Instant): readonly string[];
}

/** An empty table: nobody is admitted until somebody is put in. */
export function createAdmissionTable(): AdmissionTable {
  let accounts = new Map<string, Map<string, Instant>>();
  const put = (into: Map<string, Map<string, Instant>>, { account, channel, until }: Entry): void => {
    const channels = into.get(account) ?? new Map<string, Instant>();
    const known = channels.get(channel);
    if (known === undefined || known < until) channels.set(channel, until);
    into.set(account, channels);
  };
  return {
    put: (admission) => {
      put(accounts, admission);
    },
    remove: ({ account, channel }) => {
      const channels = accounts.get(account);
      channels?.delete(channel);
      if (channels?.size === 0) accounts.delete(account);
    },
    replace: (admissions) => {
      const fresh = new Map<string, Map<string, Instant>>();
      for (const admission of admissions) {
        const known = accounts.get(admission.account)?.get(admission.channel);
        put(fresh, known !== undefined && known > admission.until ? { ...admission, until: known } : admission);
      }
      accounts = fresh;
    },
    channelsOf: (account, at) => [...(accounts.get(account) ?? [])].filter(([, until]) => until > at).map(([channel]) => channel),
  };
}
