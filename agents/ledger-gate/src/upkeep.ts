import type { AdmissionKeeper } from '@gridpass/ledger';

/** What a round of upkeep told, for operators. */
export type UpkeepEvent =
  | {
      readonly kind: 'rechecked';
      readonly standing: number;
      readonly renewed: number;
      readonly withdrawn: number;
      readonly unknown: number;
    }
  | { readonly kind: 'reconciled'; readonly written: number; readonly withdrawn: number }
  | { readonly kind: 'fault'; readonly code: string };

export interface UpkeepParts {
  readonly keeper: Pick<AdmissionKeeper, 'recheck' | 'reconcile'>;
  /** Makes sure that the contracts stand where they did, and tells whether the chain went back behind what it once had. */
  readonly hasChainLostState: () => Promise<boolean>;
  readonly recheckSeconds: number;
  /** Every so many rounds the chain is compared as a whole; after a fault always. */
  readonly reconcileEvery: number;
  readonly log: (event: UpkeepEvent) => void;
}

/** Keeps looking whether the admissions still stand, round after round; a fault is told and the next round goes on. */
export function startUpkeep(parts: UpkeepParts): { readonly round: () => Promise<void>; readonly stop: () => Promise<void> } {
  let stopped = false;
  let rounds = 0;
  let behind = false;
  let running: Promise<void> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function once(): Promise<void> {
    rounds += 1;
    try {
      behind ||= await parts.hasChainLostState();
      if (behind || rounds % parts.reconcileEvery === 0) {
        const { written, withdrawn } = await parts.keeper.reconcile();
        if (behind || written + withdrawn > 0) parts.log({ kind: 'reconciled', written, withdrawn });
        behind = false;
      }
      const report = await parts.keeper.recheck();
      if (report.renewed + report.withdrawn + report.unknown > 0) parts.log({ kind: 'rechecked', ...report });
    } catch (cause) {
      behind = true;
      parts.log({ kind: 'fault', code: codeOf(cause) });
    }
  }
  const round = (): Promise<void> =>
    (running ??= once().finally(() => {
      running = undefined;
    }));
  const schedule = (): void => {
    if (stopped) return;
    timer = setTimeout(() => void round().then(schedule), parts.recheckSeconds * 1000);
  };
  schedule();
  return {
    round,
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

function codeOf(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'INTERNAL';
}
