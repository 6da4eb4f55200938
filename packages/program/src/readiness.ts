import { performance } from 'node:perf_hooks';
import { Fault, type Clock } from '@gridpass/core';
import { within } from './within.js';

/** What a program depends on, by the only names that a probe is told. */
export type DependencyName = 'database' | 'chain' | 'log' | 'keys' | 'outbox';

/** One question to one dependency. */
export interface Check {
  readonly name: DependencyName;
  /** Throws, whatever it likes, where the dependency does not do what it is for. */
  readonly ask: () => Promise<void>;
  /** False: it is shown and does not decide whether the program is ready; true unless given. */
  readonly decides?: boolean;
}

/** How one dependency stands, and since when it has stood so. */
export interface CheckState {
  readonly name: DependencyName;
  readonly status: 'ok' | 'failing';
  /** RFC 3339, in UTC. */
  readonly since: string;
}

/** What `/readyz` answers. No name of a tenant, no address and no message of a driver is in it. */
export interface ReadyState {
  readonly status: 'ready' | 'unready' | 'draining';
  readonly checks: readonly CheckState[];
}

/** Whether a program can do its work. */
export interface Readiness {
  add(check: Check): void;
  /** As it was found within the last second; at most one question to each dependency is on its way. */
  state(): Promise<ReadyState>;
  /** From now on the program is not ready: it takes its leave. */
  drain(): void;
}

interface ReadinessParts {
  readonly clock: Clock;
  readonly checks?: readonly Check[];
  /** Told of each change, for the log. */
  readonly onChange?: (state: ReadyState) => void;
  /** Told what a question met and nobody named. */
  readonly onUnexpected?: (error: unknown) => void;
  /** How long one question may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** How long an answer counts, in milliseconds. */
  readonly keepMs?: number;
}

/** Makes the readiness of one program. Nothing is asked before somebody wants to know. */
export function createReadiness(parts: ReadinessParts): Readiness {
  const { checks = [], onChange, keepMs = 1_000 } = parts;
  const watched = checks.map((check) => watch(check, parts));
  let draining = false;
  let known: { readonly at: number; readonly checks: readonly CheckState[] } | undefined;
  let asking: Promise<readonly CheckState[]> | undefined;
  let told: string | undefined;

  const round = async (): Promise<readonly CheckState[]> => {
    const states = await Promise.all(watched.map(({ look }) => look()));
    known = { at: performance.now(), checks: states };
    return states;
  };
  const fresh = async (): Promise<readonly CheckState[]> => {
    if (known !== undefined && performance.now() - known.at < keepMs) return known.checks;
    asking ??= round().finally(() => {
      asking = undefined;
    });
    return asking;
  };
  const isReady = (states: readonly CheckState[]): boolean =>
    states.every(({ status }, index) => status === 'ok' || watched[index]?.decides === false);

  return {
    add: (check) => {
      watched.push(watch(check, parts));
      known = undefined;
    },
    drain: () => {
      draining = true;
    },
    state: async () => {
      // Whoever leaves says so at once, also where a dependency hangs.
      const states = draining ? (known?.checks ?? []) : await fresh();
      const state: ReadyState = { status: draining ? 'draining' : isReady(states) ? 'ready' : 'unready', checks: states };
      const now = JSON.stringify([state.status, states.map(({ name, status }) => [name, status])]);
      // The first answer of a program that is ready is no news.
      if (now !== told && (told !== undefined || state.status !== 'ready')) onChange?.(state);
      told = now;
      return state;
    },
  };
}

interface Watched {
  readonly decides: boolean;
  look(): Promise<CheckState>;
}

/** Remembers since when a dependency has stood as it does. A question that hangs is not asked a second time beside itself. */
function watch({ name, ask, decides = true }: Check, { clock, onUnexpected, timeoutMs = 2_000 }: ReadinessParts): Watched {
  let pending: Promise<boolean> | undefined;
  let last: CheckState | undefined;
  const answer = async (): Promise<boolean> => {
    pending ??= ask()
      .then(
        () => true,
        (error: unknown) => {
          // A fault is told where what depends on it is used.
          if (!(error instanceof Fault)) onUnexpected?.(error);
          return false;
        },
      )
      .finally(() => {
        pending = undefined;
      });
    return within(pending, timeoutMs, false);
  };
  return {
    decides,
    look: async () => {
      const status = (await answer()) ? 'ok' : 'failing';
      last = last?.status === status ? last : { name, status, since: `${new Date(clock.now() * 1_000).toISOString().slice(0, 19)}Z` };
      return last;
    },
  };
}
